/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent may say to the supervisor, and what that does then. One
 * function for each message, and one table.
 *
 * The agent is less trusted than httpd (which may be root): it can name an
 * account or a listener that is configured, and nothing else; no path, no
 * owner and no log comes from it.
 */
#include "module/files/atomic_file.h"
#include "module/supervisor/account_writer.h"
#include "module/supervisor/push.h"
#include "module/supervisor/report.h"
#include "module/supervisor/control_channel.h"
#include "module/supervisor/stores.h"
#include "module/supervisor/stranger.h"

#include "common/absence.h"
#include "common/lognos.h"
#include "common/protocol.h"
#include "common/warning.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_log.h>
#include <string.h>
#include <unistd.h>

/* Why a configuration was refused, when the agent does not say. */
#define NO_REASON "no reason given"

/* Whatever level the agent names, it can neither end httpd nor alarm anybody
 * beyond an error. */
#define LEVEL_MOST APLOG_ERR
#define LEVEL_LEAST APLOG_DEBUG

/* The account of a message; NULL if there is none of that name (any more: a
 * message may cross a new configuration). */
static const anonid_account_t *account_of(anonid_control_channel_t *talk,
                                          const anonid_frame_t *frame)
{
    const char *name =
        anonid_frame_text(frame, ANONID_TAG_ACCOUNT, talk->scratch);

    return name ? anonid_global_account(name) : NULL;
}

static apr_status_t on_ready(anonid_control_channel_t *talk,
                             const anonid_frame_t *frame)
{
    (void)frame;
    talk->ready = 1;
    anonid_absence_end(talk->retained->settings.state_dir);
    return APR_SUCCESS;
}

static apr_status_t on_config_done(anonid_control_channel_t *talk,
                                   const anonid_frame_t *frame)
{
    anonid_field_t field;
    const char *text;

    if (anonid_frame_u32(frame, ANONID_TAG_GENERATION, 0)
        != talk->retained->generation)
        return APR_SUCCESS;
    if (!anonid_frame_field(frame, ANONID_TAG_TEXT, &field)) {
        talk->done = 1;
        return APR_SUCCESS;
    }
    text = anonid_field_text(&field, talk->scratch);
    talk->refused = 1;
    apr_cpystrn(talk->said, text && *text ? text : NO_REASON,
                sizeof(talk->said));
    return APR_SUCCESS;
}

static apr_status_t on_log(anonid_control_channel_t *talk,
                           const anonid_frame_t *frame)
{
    uint32_t level = anonid_frame_u32(frame, ANONID_TAG_LEVEL, LEVEL_LEAST);
    const char *text =
        anonid_frame_text(frame, ANONID_TAG_TEXT, talk->scratch);

    if (level < LEVEL_MOST)
        level = LEVEL_MOST;
    if (level > LEVEL_LEAST)
        level = LEVEL_LEAST;
    if (text)
        anonid_report(talk->server, (int)level, "%s", text);
    return APR_SUCCESS;
}

static apr_status_t on_logon_warning(anonid_control_channel_t *talk,
                                     const anonid_frame_t *frame)
{
    const anonid_account_t *account = account_of(talk, frame);
    const char *text;

    if (!account || !talk->server)
        return APR_SUCCESS;
    text = anonid_warning_text(
        talk->scratch, account,
        (anonid_failure_t)anonid_frame_u32(frame, ANONID_TAG_CODE, 0),
        anonid_frame_text(frame, ANONID_TAG_DETAIL, talk->scratch),
        (int)anonid_frame_u32(frame, ANONID_TAG_KEPT, ANONID_KEPT_NOTHING),
        talk->config->help_url);
    anonid_report_account(talk->audience, account, APLOG_WARNING, text,
                          talk->scratch);
    return APR_SUCCESS;
}

static apr_status_t on_logon_recovered(anonid_control_channel_t *talk,
                                       const anonid_frame_t *frame)
{
    const anonid_account_t *account = account_of(talk, frame);
    const char *text;

    if (!account || !talk->server)
        return APR_SUCCESS;
    text =
        anonid_recovered_text(talk->scratch, account,
                              anonid_frame_u32(frame, ANONID_TAG_FAILURES, 0),
                              anonid_frame_u32(frame, ANONID_TAG_SECONDS, 0));
    anonid_report_account(talk->audience, account, APLOG_NOTICE, text,
                          talk->scratch);
    return APR_SUCCESS;
}

static apr_status_t on_expiry_warning(anonid_control_channel_t *talk,
                                      const anonid_frame_t *frame)
{
    const anonid_account_t *account = account_of(talk, frame);
    apr_time_t expires =
        (apr_time_t)anonid_frame_u64(frame, ANONID_TAG_EXPIRES, 0);

    if (account && talk->server)
        anonid_report_account(talk->audience, account, APLOG_WARNING,
                              anonid_expiry_text(talk->scratch, account,
                                                 expires, apr_time_now()),
                              talk->scratch);
    return APR_SUCCESS;
}

/* Says what became of a change of the account file. */
static apr_status_t answer_change(anonid_control_channel_t *talk,
                                  const anonid_frame_t *frame, uint16_t type,
                                  apr_status_t code, const char *why)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_status_t rv = anonid_push_wait(&talk->agent);

    if (rv != APR_SUCCESS)
        return rv;
    anonid_writer_begin(&w, type, 0, frame->id);
    anonid_writer_text(
        &w, ANONID_TAG_ACCOUNT,
        anonid_frame_text(frame, ANONID_TAG_ACCOUNT, talk->scratch));
    anonid_writer_u32(&w, ANONID_TAG_CODE, (uint32_t)code);
    anonid_writer_text(&w, ANONID_TAG_TEXT, code == APR_SUCCESS ? NULL : why);
    return anonid_push_frame(&talk->agent, &w, NULL, 0);
}

/* It waits for others, which then cost no more; see stores.h. */
static apr_status_t on_store_verifier(anonid_control_channel_t *talk,
                                      const anonid_frame_t *frame)
{
    const anonid_account_t *account = account_of(talk, frame);
    const char *verifier =
        anonid_frame_text(frame, ANONID_TAG_VERIFIER, talk->scratch);

    if (!account || !account->sync || !account->path || !verifier)
        return answer_change(talk, frame, ANONID_MSG_VERIFIER_STORED, EINVAL,
                             "not a synchronised account, or no verifier");
    anonid_stores_add(talk->stores, account, frame->id, verifier);
    return APR_SUCCESS;
}

/* The path is the configuration's, never the agent's. */
static const char *token_path(const anonid_account_t *account)
{
    return account && account->refresh
               ? account->refresh + strlen(ANONID_REFRESH_PREFIX)
               : NULL;
}

static apr_status_t on_store_token(anonid_control_channel_t *talk,
                                   const anonid_frame_t *frame)
{
    const char *path = token_path(account_of(talk, frame));
    const char *version =
        anonid_frame_text(frame, ANONID_TAG_VERSION, talk->scratch);
    int fd = anonid_channel_take_fd(&talk->agent);
    apr_status_t code = EINVAL, rv;
    char reason[128];

    if (path && version && fd >= 0)
        code = anonid_atomic_file_copy(path, version, fd, ANONID_SECRET_MAX,
                                       talk->scratch);
    if (fd >= 0)
        close(fd);
    rv = answer_change(
        talk, frame, ANONID_MSG_TOKEN_STORED, code,
        apr_psprintf(talk->scratch, "cannot change %s: %s",
                     path ? path : "what is no refresh token's file",
                     apr_strerror(code, reason, sizeof(reason))));
    if (code != APR_SUCCESS || rv != APR_SUCCESS)
        return rv;
    anonid_report(talk->server, APLOG_INFO, "a new refresh token is in %s",
                  path);
    return anonid_sources_pass_account(talk->sources, account_of(talk, frame),
                                       &talk->agent);
}

static apr_status_t on_add_line(anonid_control_channel_t *talk,
                                const anonid_frame_t *frame)
{
    const anonid_account_t *account = account_of(talk, frame);
    const char *why = "not a synchronised account";
    apr_status_t code = EINVAL;

    if (account && account->sync && account->path)
        code = anonid_account_writer_add(talk->retained->locks, account, &why,
                                         talk->scratch);
    if (code == APR_SUCCESS)
        anonid_report(talk->server, APLOG_NOTICE,
                      ANONID_LOGNO(0019) "The account '%s' was created in %s.",
                      account->name, account->path);
    return answer_change(talk, frame, ANONID_MSG_LINE_ADDED, code, why);
}

static apr_status_t on_look(anonid_control_channel_t *talk,
                            const anonid_frame_t *frame)
{
    const anonid_account_t *account = account_of(talk, frame);

    if (!account)
        return APR_SUCCESS;
    return anonid_sources_pass_account(talk->sources, account, &talk->agent);
}

/* The server that a listener is written in; NULL: there is no such one (any
 * more). */
static server_rec *server_of(const anonid_control_channel_t *talk,
                             const char *url)
{
    const apr_array_header_t *listens = talk->config->listens;

    for (int i = 0; url && i < listens->nelts; i++) {
        const anonid_listen_t *listen =
            APR_ARRAY_IDX(listens, i, const anonid_listen_t *);

        if (strcmp(listen->listener->url, url) == 0)
            return listen->server;
    }
    return NULL;
}

static apr_status_t on_stranger(anonid_control_channel_t *talk,
                                const anonid_frame_t *frame)
{
    const char *url =
        anonid_frame_text(frame, ANONID_TAG_LISTENER, talk->scratch);
    const anonid_stranger_t stranger = {
        (uid_t)anonid_frame_u32(frame, ANONID_TAG_UID, (uint32_t)-1),
        (pid_t)anonid_frame_u32(frame, ANONID_TAG_PID, 0),
        anonid_frame_u32(frame, ANONID_TAG_INODE, 0),
    };
    server_rec *server = server_of(talk, url);

    if (server)
        anonid_report(server, APLOG_WARNING,
                      ANONID_LOGNO(0048) "%s may not use AnonIDMailListen "
                                         "'%s' and was refused. If it is to, "
                                         "add its user to users=.",
                      anonid_stranger_text(&stranger, talk->scratch), url);
    return APR_SUCCESS;
}

typedef struct {
    uint16_t type;
    apr_status_t (*answer)(anonid_control_channel_t *talk,
                           const anonid_frame_t *frame);
} answer_t;

static const answer_t answers[] = {
    { ANONID_MSG_READY, on_ready },
    { ANONID_MSG_CONFIG_DONE, on_config_done },
    { ANONID_MSG_LOG, on_log },
    { ANONID_MSG_LOGON_WARNING, on_logon_warning },
    { ANONID_MSG_LOGON_RECOVERED, on_logon_recovered },
    { ANONID_MSG_EXPIRY_WARNING, on_expiry_warning },
    { ANONID_MSG_STORE_VERIFIER, on_store_verifier },
    { ANONID_MSG_STORE_TOKEN, on_store_token },
    { ANONID_MSG_ADD_LINE, on_add_line },
    { ANONID_MSG_LOOK, on_look },
    { ANONID_MSG_STRANGER, on_stranger },
};

#define N_ANSWERS (sizeof(answers) / sizeof(answers[0]))

apr_status_t anonid_control_channel_answer(anonid_control_channel_t *talk,
                                           const anonid_frame_t *frame)
{
    if (!anonid_message_allowed(frame, ANONID_FROM_AGENT))
        return APR_EINVAL;
    for (size_t i = 0; i < N_ANSWERS; i++) {
        if (answers[i].type == frame->type)
            return answers[i].answer(talk, frame);
    }
    return APR_EINVAL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the logon machine decides is done here, effect by effect; see
 * bootstrap.h and logon/step.h.
 */
#include "agent/bootstrap.h"
#include "agent/base/log.h"
#include "agent/control/reports.h"
#include "agent/logon/failed_store.h"
#include "agent/logon/farm.h"
#include "agent/logon/jobs.h"
#include "agent/logon/schedule.h"
#include "agent/oauth/library.h"
#include "agent/logon/step.h"
#include "agent/request/create.h"
#include "agent/status/table.h"

#include "common/lognos.h"

#include <unistd.h>

static void forget_failed(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    (void)effect;
    anonid_failed_store_forget(logon->account);
}

static void record_failed(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_failed_store_remember(logon->account, effect->failed.version,
                                 &effect->failed.outcome);
}

/* A new secret is proven. */
static void note_secret(const anonid_logon_t *logon)
{
    const int slot = logon->account->slot;

    if (logon->account->sync)
        anonid_status_table_count_rotation(slot, 0);
    anonid_status_table_secret(
        slot, logon->source.changed ? logon->source.changed : apr_time_now());
}

static void tell_mail(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_registry_tell(logon->name, effect->version);
    if (effect->version > 0)
        note_secret(logon);
}

static void report_recovery(anonid_logon_t *logon,
                            const anonid_effect_t *effect)
{
    anonid_report_recovered(logon->name, effect->recovered.failures,
                            effect->recovered.seconds);
}

static void publish(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_status_table_publish(
        logon->account->slot, effect->published.state, effect->published.code,
        effect->published.expires, effect->published.next_attempt);
    anonid_status_table_publish_expiry(logon->account->slot,
                                       effect->published.expiry.expires,
                                       effect->published.expiry.warnings);
}

static void warn(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_report_warning(logon->name, &effect->warning.outcome,
                          effect->warning.kept);
}

static void warn_expiry(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_report_expiry(logon->name, effect->when);
}

static void log_not_rotated(anonid_logon_t *logon,
                            const anonid_effect_t *effect)
{
    anonid_status_table_count_rotation(logon->account->slot, 1);
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0401) "The password of the account '%s' was not "
                                  "changed, and the old one stays in use: %s",
               logon->name, effect->why.detail);
}

static void log_not_stored(anonid_logon_t *logon,
                           const anonid_effect_t *effect)
{
    if (effect->why.code == ANONID_LOGON_OK)
        anonid_log(ANONID_LOG_NOTICE,
                   ANONID_LOGNO(0004) "The refresh token of the account '%s' "
                                      "is in its file again.",
                   logon->name);
    else
        anonid_log(ANONID_LOG_WARNING,
                   ANONID_LOGNO(0003) "The refresh token of the account '%s' "
                                      "was replaced by the token endpoint, "
                                      "and the new one could not be put into "
                                      "its file. It is in use, but is lost "
                                      "when the agent ends: %s",
                   logon->name, effect->why.detail);
}

static void tell_others(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    (void)effect;
    anonid_registry_changed(logon->name);
}

static void look(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    (void)effect;
    anonid_report_look(logon->name);
}

static void store(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_report_store(logon->name, effect->store.number,
                        effect->store.verifier);
}

static void store_token(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    int fd = anonid_secret_seal(effect->token.secret);

    if (fd < 0)
        return; /* it is tried again */
    anonid_report_store_token(logon->name, logon->source.version, fd,
                              effect->token.number);
    close(fd);
}

static void set_alarm(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_schedule_wake(logon, effect->when);
}

static void make_verifier(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_new_password_start(logon, effect->number);
}

static void attempt(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    anonid_farm_attempt(logon, effect->with);
}

static void answer(anonid_logon_t *logon, const anonid_effect_t *effect)
{
    (void)logon;
    anonid_waiters_tell(effect->answer.waiters, &effect->answer.outcome);
}

static void (*const carry_out[ANONID_EFFECT_KINDS])(
    anonid_logon_t *logon, const anonid_effect_t *effect) = {
    [ANONID_EFFECT_FORGET_FAILED] = forget_failed,
    [ANONID_EFFECT_RECORD_FAILED] = record_failed,
    [ANONID_EFFECT_PROVEN] = tell_mail,
    [ANONID_EFFECT_RECOVERED] = report_recovery,
    [ANONID_EFFECT_PUBLISH] = publish,
    [ANONID_EFFECT_WARN] = warn,
    [ANONID_EFFECT_WARN_EXPIRY] = warn_expiry,
    [ANONID_EFFECT_NOT_ROTATED] = log_not_rotated,
    [ANONID_EFFECT_NOT_STORED] = log_not_stored,
    [ANONID_EFFECT_TELL_OTHERS] = tell_others,
    [ANONID_EFFECT_LOOK] = look,
    [ANONID_EFFECT_STORE] = store,
    [ANONID_EFFECT_STORE_TOKEN] = store_token,
    [ANONID_EFFECT_ALARM] = set_alarm,
    [ANONID_EFFECT_MAKE_VERIFIER] = make_verifier,
    [ANONID_EFFECT_ATTEMPT] = attempt,
    [ANONID_EFFECT_ANSWER] = answer,
};

static void execute(anonid_logon_t *logon, const anonid_step_t *step)
{
    for (int i = 0; i < step->n_effects; i++)
        carry_out[step->effects[i].kind](logon, &step->effects[i]);
}

void anonid_bootstrap_logons(void)
{
    anonid_oauth_library_start();
    anonid_logon_execute_by(execute);
    anonid_create_use(anonid_report_add_line);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl mail: has the agent log an account on to each server of a mail
 * service, and prints what they offer. Nothing is sent.
 */
#include "ctl/command.h"
#include "ctl/text.h"

#include <apr_tables.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *url;
    const char *error; /* NULL: it let the account in */
    const char *tls;
    const char *mechanism;
    const char *mechanisms;
    const char *extensions;
    int has_size;
    uint64_t size;
} offer_t;

/* ---- reading ---- */

static void take_field(offer_t *offer, const anonid_field_t *field,
                       apr_pool_t *pool)
{
    static const struct {
        uint16_t tag;
        size_t offset;
    } texts[] = {
        { ANONID_TAG_TEXT, offsetof(offer_t, error) },
        { ANONID_TAG_TLS_VERSION, offsetof(offer_t, tls) },
        { ANONID_TAG_MECHANISM, offsetof(offer_t, mechanism) },
        { ANONID_TAG_MECHANISMS, offsetof(offer_t, mechanisms) },
        { ANONID_TAG_EXTENSIONS, offsetof(offer_t, extensions) },
    };

    if (field->tag == ANONID_TAG_SIZE)
        offer->has_size = anonid_field_u64(field, &offer->size);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].tag == field->tag)
            *(const char **)((char *)offer + texts[i].offset) =
                anonid_field_text(field, pool);
    }
}

static apr_array_header_t *read_offers(const anonid_frame_t *frame,
                                       apr_pool_t *pool)
{
    apr_array_header_t *offers = apr_array_make(pool, 4, sizeof(offer_t));
    offer_t *offer = NULL;
    anonid_fields_t fields;
    anonid_field_t field;

    anonid_fields_begin(&fields, frame);
    while (anonid_fields_next(&fields, &field)) {
        if (field.tag == ANONID_TAG_SERVER) {
            offer = memset(apr_array_push(offers), 0, sizeof(*offer));
            offer->url = anonid_field_text(&field, pool);
        }
        else if (offer) {
            take_field(offer, &field, pool);
        }
    }
    return offers;
}

/* ---- printing ---- */

static void print_line(const anonid_ctl_session_t *session, const char *name,
                       const char *text)
{
    if (text && *text)
        printf("    %-12s %s\n", name, anonid_session_shown(session, text));
}

static void print_size(const offer_t *offer)
{
    if (!offer->has_size)
        return;
    if (offer->size)
        printf("    %-12s %" APR_UINT64_T_FMT " octets a message\n", "limit",
               offer->size);
    else
        printf("    %-12s none is said\n", "limit");
}

static void print_offer(const anonid_ctl_session_t *session,
                        const offer_t *offer)
{
    printf("%s: %s\n",
           anonid_session_shown(session, offer->url ? offer->url : "?"),
           offer->error ? "no" : "logged on");
    if (offer->error) {
        print_line(session, "because", offer->error);
        return;
    }
    print_line(session, "encryption", offer->tls ? offer->tls : "none");
    print_line(session, "logged on by", offer->mechanism);
    print_line(session, "offers", offer->mechanisms);
    print_line(session, "extensions", offer->extensions);
    print_size(offer);
}

static json_t *offer_json(const offer_t *offer)
{
    return json_pack(
        "{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "url",
        anonid_text_json(offer->url), "logged_on", !offer->error, "error",
        anonid_text_json(offer->error), "tls", anonid_text_json(offer->tls),
        "mechanism", anonid_text_json(offer->mechanism), "mechanisms",
        anonid_text_json(offer->mechanisms), "extensions",
        anonid_text_json(offer->extensions), "size",
        offer->has_size ? json_integer((json_int_t)offer->size) : json_null());
}

static void print_json(const char *service, const char *account,
                       const apr_array_header_t *offers)
{
    json_t *servers = json_array();

    for (int i = 0; i < offers->nelts; i++)
        (void)json_array_append_new(
            servers, offer_json(&APR_ARRAY_IDX(offers, i, offer_t)));
    anonid_json_print(json_pack("{s:i, s:o, s:o, s:o}", "version", 1,
                                "service", anonid_text_json(service),
                                "account", anonid_text_json(account),
                                "servers", servers));
}

/* ---- the command ---- */

/* 1 if some server of each kind that was asked (by the scheme of its URL
 * without the "s" of TLS) has let the account in. */
static int is_served(const apr_array_header_t *offers, const char *url)
{
    size_t length = strcspn(url, ":");

    length -= length > 0 && url[length - 1] == 's';
    for (int i = 0; i < offers->nelts; i++) {
        const offer_t *offer = &APR_ARRAY_IDX(offers, i, offer_t);

        if (!offer->error && offer->url
            && strncmp(offer->url, url, length) == 0)
            return 1;
    }
    return 0;
}

static int judge(const apr_array_header_t *offers)
{
    for (int i = 0; i < offers->nelts; i++) {
        const char *url = APR_ARRAY_IDX(offers, i, offer_t).url;

        if (!url || !is_served(offers, url))
            return ANONID_CTL_FAILED;
    }
    return ANONID_CTL_DONE;
}

static int ask(anonid_ctl_session_t *session, char **words,
               anonid_frame_t *answer)
{
    anonid_writer_t request = ANONID_WRITER_INIT;

    anonid_writer_begin(&request, ANONID_MSG_MAIL, 0, 1);
    anonid_writer_text(&request, ANONID_TAG_SERVICE, words[0]);
    anonid_writer_text(&request, ANONID_TAG_ACCOUNT, words[1]);
    return anonid_session_ask(session, &request, answer);
}

static int show(const anonid_ctl_session_t *session,
                const anonid_frame_t *answer, const char *service, int as_json)
{
    const char *account =
        anonid_frame_text(answer, ANONID_TAG_ACCOUNT, session->pool);
    apr_array_header_t *offers = read_offers(answer, session->pool);

    if (as_json) {
        print_json(service, account, offers);
        return judge(offers);
    }
    printf("As account %s:\n",
           anonid_session_shown(session, account ? account : "?"));
    for (int i = 0; i < offers->nelts; i++)
        print_offer(session, &APR_ARRAY_IDX(offers, i, offer_t));
    return judge(offers);
}

int anonid_command_mail(anonid_ctl_session_t *session,
                        const anonid_command_t *command, int argc, char **argv)
{
    int as_json = argc > 0 && strcmp(argv[0], "--json") == 0;
    char *words[2] = { NULL, NULL };
    anonid_frame_t answer;
    int status;

    for (int i = as_json, n = 0; i < argc; i++, n++) {
        if (argv[i][0] == '-')
            return anonid_command_misused(command, "is no option", argv[i]);
        if (n == 2)
            return anonid_command_misused(
                command, "is one word too many; quote a name with blanks",
                argv[i]);
        words[n] = argv[i];
    }
    if (!words[0])
        return anonid_command_misused(command, "no SERVICE is named", NULL);
    status = ask(session, words, &answer);
    if (status)
        return status;
    if (answer.type != ANONID_MSG_MAIL_REPLY)
        return anonid_session_print(session, &answer);
    return show(session, &answer, words[0], as_json);
}

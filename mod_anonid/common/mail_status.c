/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How mail stands; see mail_status.h.
 */
#include "common/mail_status.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <stddef.h>
#include <string.h>

/* ---- from the table ---- */

static const char *read_text(const anonid_status_text_t *text,
                             apr_pool_t *pool)
{
    char value[ANONID_STATUS_TEXT];

    anonid_status_read_text(text, value);
    return apr_pstrdup(pool, value);
}

static uint64_t load(const _Atomic uint64_t *number)
{
    return atomic_load_explicit((_Atomic uint64_t *)number,
                                memory_order_relaxed);
}

static uint64_t load32(const _Atomic uint32_t *number)
{
    return atomic_load_explicit((_Atomic uint32_t *)number,
                                memory_order_relaxed);
}

static apr_time_t load_time(const _Atomic int64_t *when)
{
    return atomic_load_explicit((_Atomic int64_t *)when, memory_order_relaxed);
}

void anonid_server_status_read(const anonid_status_table_t *table,
                               const anonid_service_t *service,
                               const anonid_mail_server_t *server,
                               anonid_server_status_t *status,
                               apr_pool_t *pool)
{
    const anonid_status_server_t *slot;

    memset(status, 0, sizeof(*status));
    status->service = service->name;
    status->url = server->url;
    status->problem = "";
    if (!table || server->slot < 0 || server->slot >= ANONID_STATUS_SERVERS)
        return;
    slot = &table->servers[server->slot];
    status->logins = load(&slot->logins);
    status->refusals = load(&slot->refusals);
    status->failures = load(&slot->failures);
    status->last_login = load_time(&slot->last_login);
    status->down_since = load_time(&slot->down_since);
    status->certificate_expires = load_time(&slot->certificate_expires);
    status->problem = read_text(&slot->problem, pool);
    if (anonid_status_agent(table) == 0)
        return;
    status->idle = load32(&slot->idle);
    status->busy = load32(&slot->busy);
}

static const char *url_of_slot(const anonid_service_t *service, int slot)
{
    for (int i = 0; i < service->servers->nelts; i++) {
        const anonid_mail_server_t *server =
            &APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t);

        if (server->slot == slot)
            return server->url;
    }
    return NULL;
}

void anonid_pair_status_read(const anonid_status_table_t *table,
                             const char *account,
                             const anonid_service_t *service, int slot,
                             anonid_pair_status_t *status, apr_pool_t *pool)
{
    const anonid_status_pair_t *pair;

    memset(status, 0, sizeof(*status));
    status->account = account;
    status->service = service->name;
    status->reply = "";
    if (!table || slot < 0 || slot >= ANONID_STATUS_PAIRS)
        return;
    pair = &table->pairs[slot];
    status->logins = load(&pair->logins);
    status->refusals = load(&pair->refusals);
    status->last_login = load_time(&pair->last_login);
    status->last_refusal = load_time(&pair->last_refusal);
    status->refused_since = load_time(&pair->refused_since);
    status->held_until = load_time(&pair->held_until);
    status->refused_by =
        url_of_slot(service, (int)load32(&pair->refused_by) - 1);
    status->reply = read_text(&pair->reply, pool);
}

void anonid_listener_status_read(const anonid_status_table_t *table,
                                 const anonid_listener_t *listener,
                                 anonid_listener_status_t *status)
{
    const anonid_status_listener_t *slot;

    memset(status, 0, sizeof(*status));
    status->url = listener->url;
    status->account = listener->account;
    status->service = listener->service;
    status->max = listener->max;
    if (!table || listener->slot < 0
        || listener->slot >= ANONID_STATUS_LISTENERS)
        return;
    slot = &table->listeners[listener->slot];
    status->accepted = load(&slot->accepted);
    status->refused = load(&slot->refused);
    status->to_server = load(&slot->to_server);
    status->to_client = load(&slot->to_client);
    if (anonid_status_agent(table) != 0)
        status->clients = load32(&slot->clients);
}

/* ---- the wire: a tag, and where its value is ---- */

typedef struct {
    uint16_t tag;
    int is_text; /* else 64 bits */
    size_t offset;
} field_row_t;

#define NUMBER(tag, type, member)                                             \
    {                                                                         \
        ANONID_TAG_##tag, 0, offsetof(type, member)                           \
    }
#define TEXT(tag, type, member)                                               \
    {                                                                         \
        ANONID_TAG_##tag, 1, offsetof(type, member)                           \
    }
#define END                                                                   \
    {                                                                         \
        0, 0, 0                                                               \
    }

/* The first field of a row begins a run. */
static const field_row_t server_rows[] = {
    TEXT(SERVER, anonid_server_status_t, url),
    TEXT(SERVICE, anonid_server_status_t, service),
    NUMBER(LOGINS, anonid_server_status_t, logins),
    NUMBER(REFUSALS, anonid_server_status_t, refusals),
    NUMBER(SERVER_FAILURES, anonid_server_status_t, failures),
    NUMBER(LAST_LOGIN, anonid_server_status_t, last_login),
    NUMBER(DOWN_SINCE, anonid_server_status_t, down_since),
    NUMBER(CERTIFICATE_EXPIRES, anonid_server_status_t, certificate_expires),
    TEXT(TEXT, anonid_server_status_t, problem),
    NUMBER(IDLE, anonid_server_status_t, idle),
    NUMBER(BUSY, anonid_server_status_t, busy),
    END,
};

static const field_row_t pair_rows[] = {
    TEXT(ACCOUNT, anonid_pair_status_t, account),
    TEXT(SERVICE, anonid_pair_status_t, service),
    NUMBER(LOGINS, anonid_pair_status_t, logins),
    NUMBER(REFUSALS, anonid_pair_status_t, refusals),
    NUMBER(LAST_LOGIN, anonid_pair_status_t, last_login),
    NUMBER(LAST_REFUSAL, anonid_pair_status_t, last_refusal),
    NUMBER(REFUSED_SINCE, anonid_pair_status_t, refused_since),
    NUMBER(HELD_UNTIL, anonid_pair_status_t, held_until),
    TEXT(URL, anonid_pair_status_t, refused_by),
    TEXT(TEXT, anonid_pair_status_t, reply),
    END,
};

static const field_row_t listener_rows[] = {
    TEXT(LISTENER, anonid_listener_status_t, url),
    TEXT(ACCOUNT, anonid_listener_status_t, account),
    TEXT(SERVICE, anonid_listener_status_t, service),
    NUMBER(CLIENTS, anonid_listener_status_t, clients),
    NUMBER(CLIENTS_MAX, anonid_listener_status_t, max),
    NUMBER(ACCEPTED, anonid_listener_status_t, accepted),
    NUMBER(REFUSALS, anonid_listener_status_t, refused),
    NUMBER(TO_SERVER, anonid_listener_status_t, to_server),
    NUMBER(TO_CLIENT, anonid_listener_status_t, to_client),
    END,
};

static void encode(anonid_writer_t *w, const field_row_t *row,
                   const void *status)
{
    for (; row->tag; row++) {
        const char *at = (const char *)status + row->offset;
        const char *text;
        uint64_t number;

        if (row->is_text) {
            memcpy(&text, at, sizeof(text));
            anonid_writer_text(w, row->tag, text);
            continue;
        }
        memcpy(&number, at, sizeof(number));
        anonid_writer_u64(w, row->tag, number);
    }
}

void anonid_server_status_encode(anonid_writer_t *w,
                                 const anonid_server_status_t *status)
{
    encode(w, server_rows, status);
}

void anonid_pair_status_encode(anonid_writer_t *w,
                               const anonid_pair_status_t *status)
{
    encode(w, pair_rows, status);
}

void anonid_listener_status_encode(anonid_writer_t *w,
                                   const anonid_listener_status_t *status)
{
    encode(w, listener_rows, status);
}

/* ---- back ---- */

/* What a run is read into. */
typedef struct {
    const field_row_t *rows;
    void *status; /* NULL: none has begun */
} run_t;

static int take_field(const run_t *run, const anonid_field_t *field,
                      apr_pool_t *pool)
{
    const field_row_t *row = run->rows;
    const char *text;
    uint64_t number;

    while (row->tag && row->tag != field->tag)
        row++;
    if (!row->tag)
        return 1;
    if (row->is_text) {
        text = anonid_field_text(field, pool);
        memcpy((char *)run->status + row->offset, &text, sizeof(text));
        return text != NULL;
    }
    if (!anonid_field_u64(field, &number))
        return 0;
    memcpy((char *)run->status + row->offset, &number, sizeof(number));
    return 1;
}

static void *add(apr_array_header_t *list)
{
    return memset(apr_array_push(list), 0, (size_t)list->elt_size);
}

/* A listener has an ACCOUNT, too, which begins no pair. */
static int begins_pair(const run_t *run, uint16_t tag)
{
    const anonid_listener_status_t *listener = run->status;

    return tag == ANONID_TAG_ACCOUNT
           && (run->rows != listener_rows || listener->account);
}

/* Goes over to another run if the field begins one. */
static void turn(run_t *run, uint16_t tag, anonid_mail_status_t *mail)
{
    if (tag == ANONID_TAG_SERVER) {
        anonid_server_status_t *server = add(mail->servers);

        server->service = server->problem = "";
        *run = (run_t){ server_rows, server };
    }
    else if (tag == ANONID_TAG_LISTENER) {
        anonid_listener_status_t *listener = add(mail->listeners);

        listener->service = "";
        *run = (run_t){ listener_rows, listener };
    }
    else if (begins_pair(run, tag)) {
        anonid_pair_status_t *pair = add(mail->pairs);

        pair->service = pair->reply = "";
        *run = (run_t){ pair_rows, pair };
    }
}

int anonid_mail_status_decode(const anonid_frame_t *frame,
                              anonid_mail_status_t *mail, apr_pool_t *pool)
{
    run_t run = { server_rows, NULL };
    anonid_fields_t fields;
    anonid_field_t field;

    mail->servers = apr_array_make(pool, 4, sizeof(anonid_server_status_t));
    mail->pairs = apr_array_make(pool, 4, sizeof(anonid_pair_status_t));
    mail->listeners =
        apr_array_make(pool, 4, sizeof(anonid_listener_status_t));
    anonid_fields_begin(&fields, frame);
    while (anonid_fields_next(&fields, &field)) {
        turn(&run, field.tag, mail);
        if (run.status && !take_field(&run, &field, pool))
            return 0;
    }
    for (int i = 0; i < mail->listeners->nelts; i++) {
        anonid_listener_status_t *listener =
            &APR_ARRAY_IDX(mail->listeners, i, anonid_listener_status_t);

        listener->account = listener->account ? listener->account : "";
    }
    return 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts as data; see account.h.
 */
#include "common/account.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <string.h>

#define NAME_MAX_OCTETS 256

static const char *const provider_names[] = { "file", "ldap", "krb5", "token",
                                              "oauth2" };
static const char *const provider_kinds[] = { "local account", "LDAP account",
                                              "Kerberos account",
                                              "OAuth account",
                                              "OAuth account" };

#define N_PROVIDERS (sizeof(provider_names) / sizeof(provider_names[0]))

/* The user part: after DOMAIN\ or before @REALM. */
static const char *user_part(apr_pool_t *pool, const char *name)
{
    const char *mark = strchr(name, '\\');

    if (mark)
        return apr_pstrdup(pool, mark + 1);
    mark = strchr(name, '@');
    if (mark)
        return apr_pstrmemdup(pool, name, (apr_size_t)(mark - name));
    return apr_pstrdup(pool, name);
}

anonid_account_t *anonid_account_make(apr_pool_t *pool, const char *name)
{
    anonid_account_t *account = apr_pcalloc(pool, sizeof(*account));

    account->name = apr_pstrdup(pool, name);
    account->user = user_part(pool, name);
    account->provider = ANONID_PROVIDER_FILE;
    account->urls = apr_array_make(pool, 2, sizeof(const char *));
    account->options = apr_array_make(pool, 2, sizeof(const char *));
    account->scheme = ANONID_SCHEME_SCRAM;
    account->slot = -1;
    return account;
}

const char *anonid_account_source(const anonid_account_t *account)
{
    return account->refresh ? account->refresh : account->secret;
}

const char *anonid_account_client_source(const anonid_account_t *account)
{
    return account->refresh ? account->secret : NULL;
}

anonid_secret_kind_t
anonid_account_secret_kind(const anonid_account_t *account)
{
    static const char keytab[] = "keytab:";

    if (account->provider == ANONID_PROVIDER_TOKEN)
        return ANONID_SECRET_TOKEN;
    if (account->provider == ANONID_PROVIDER_OAUTH2)
        return account->refresh ? ANONID_SECRET_REFRESH : ANONID_SECRET_CLIENT;
    if (account->secret
        && strncmp(account->secret, keytab, sizeof(keytab) - 1) == 0)
        return ANONID_SECRET_KEYTAB;
    return ANONID_SECRET_PASSWORD;
}

unsigned anonid_account_proofs(const anonid_account_t *account)
{
    static const unsigned of_kind[] = {
        [ANONID_SECRET_PASSWORD] = ANONID_PROOF_PASSWORD,
        [ANONID_SECRET_KEYTAB] = 0, /* good for tickets only */
        [ANONID_SECRET_TOKEN] = ANONID_PROOF_TOKEN,
        [ANONID_SECRET_CLIENT] = ANONID_PROOF_TOKEN,
        [ANONID_SECRET_REFRESH] = ANONID_PROOF_TOKEN,
    };
    unsigned proofs = of_kind[anonid_account_secret_kind(account)];

    if (account->provider == ANONID_PROVIDER_KRB5)
        proofs |= ANONID_PROOF_TICKET;
    return proofs;
}

const char *anonid_provider_name(anonid_provider_t provider)
{
    return (size_t)provider < N_PROVIDERS ? provider_names[provider]
                                          : "unknown";
}

const char *anonid_account_kind(const anonid_account_t *account)
{
    if (strchr(account->name, '\\'))
        return "Windows NT account";
    return (size_t)account->provider < N_PROVIDERS
               ? provider_kinds[account->provider]
               : "account";
}

/* Octets that would break a log line, an account file or a shell's quoting
 * of a file name. */
static int forbidden(unsigned char c)
{
    return c < 0x20 || c == 0x7f || c == ':' || c == '/';
}

const char *anonid_account_name_error(const char *name)
{
    size_t length = strlen(name), marks = 0;

    if (length == 0)
        return "it is empty";
    if (length > NAME_MAX_OCTETS)
        return "it is longer than 256 octets";
    for (size_t i = 0; i < length; i++) {
        if (forbidden((unsigned char)name[i]))
            return "it holds a control character, ':' or '/'";
        if (name[i] != '\\' && name[i] != '@')
            continue;
        marks++;
        if (i == 0 || i == length - 1)
            return "there is nothing on one side of its '\\' or '@'";
    }
    return marks > 1 ? "it holds more than one '\\' or '@'" : NULL;
}

static void encode_list(anonid_writer_t *w, uint16_t tag,
                        const apr_array_header_t *list)
{
    for (int i = 0; i < list->nelts; i++)
        anonid_writer_text(w, tag, APR_ARRAY_IDX(list, i, const char *));
}

int anonid_account_encode(anonid_writer_t *w, const anonid_account_t *account)
{
    anonid_writer_begin(w, ANONID_MSG_ACCOUNT, 0, 0);
    anonid_writer_text(w, ANONID_TAG_ACCOUNT, account->name);
    anonid_writer_u32(w, ANONID_TAG_PROVIDER, (uint32_t)account->provider);
    anonid_writer_text(w, ANONID_TAG_PRINCIPAL, account->principal);
    encode_list(w, ANONID_TAG_URL, account->urls);
    encode_list(w, ANONID_TAG_OPTION, account->options);
    anonid_writer_text(w, ANONID_TAG_PATH, account->path);
    anonid_writer_text(w, ANONID_TAG_SECRET, account->secret);
    anonid_writer_text(w, ANONID_TAG_REFRESH, account->refresh);
    anonid_writer_u32(w, ANONID_TAG_SYNC, (uint32_t)account->sync);
    anonid_writer_text(w, ANONID_TAG_SCHEME, account->scheme);
    anonid_writer_u32(w, ANONID_TAG_SLOT, (uint32_t)account->slot);
    return anonid_writer_end(w);
}

/* Where a text field goes. */
static const char **text_slot(anonid_account_t *account, uint16_t tag)
{
    switch (tag) {
    case ANONID_TAG_PRINCIPAL:
        return &account->principal;
    case ANONID_TAG_PATH:
        return &account->path;
    case ANONID_TAG_SECRET:
        return &account->secret;
    case ANONID_TAG_REFRESH:
        return &account->refresh;
    case ANONID_TAG_SCHEME:
        return &account->scheme;
    default:
        return NULL;
    }
}

/* 1, or 0 for a text field that holds a NUL. Unknown tags are passed over. */
static int decode_text(anonid_account_t *account, const anonid_field_t *field,
                       apr_pool_t *pool)
{
    const char **slot = text_slot(account, field->tag);
    const char *text;

    if (!slot && field->tag != ANONID_TAG_URL
        && field->tag != ANONID_TAG_OPTION)
        return 1;
    text = anonid_field_text(field, pool);
    if (!text)
        return 0;
    if (slot)
        *slot = text;
    else if (field->tag == ANONID_TAG_URL)
        APR_ARRAY_PUSH(account->urls, const char *) = text;
    else
        APR_ARRAY_PUSH(account->options, const char *) = text;
    return 1;
}

anonid_account_t *anonid_account_decode(const anonid_frame_t *frame,
                                        apr_pool_t *pool)
{
    const char *name = anonid_frame_text(frame, ANONID_TAG_ACCOUNT, pool);
    uint32_t provider, slot;
    anonid_account_t *account;
    anonid_fields_t fields;
    anonid_field_t field;

    provider = anonid_frame_u32(frame, ANONID_TAG_PROVIDER, N_PROVIDERS);
    slot = anonid_frame_u32(frame, ANONID_TAG_SLOT, UINT32_MAX);
    if (!name || anonid_account_name_error(name) || provider >= N_PROVIDERS
        || slot > INT32_MAX)
        return NULL;
    account = anonid_account_make(pool, name);
    account->provider = (anonid_provider_t)provider;
    account->slot = (int)slot;
    account->sync = anonid_frame_u32(frame, ANONID_TAG_SYNC, 0) == 1;
    anonid_fields_begin(&fields, frame);
    while (anonid_fields_next(&fields, &field)) {
        if (!decode_text(account, &field, pool))
            return NULL;
    }
    return account;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a password; see expiry.h.
 *
 * No function of the krb5_init_creds_* kind passes on what the reply says of
 * it. krb5_get_init_creds_password does; that it asks again after a refusal,
 * at the primary KDC, matters only if the password is changed between the two
 * exchanges.
 */
#include "agent/krb5/expiry.h"

#include <stdint.h>
#include <string.h>

typedef struct {
    int is_known;
    krb5_timestamp when; /* 0: never */
} told_t;

static void on_expiry(krb5_context context, void *data,
                      krb5_timestamp password, krb5_timestamp account,
                      krb5_boolean is_last_req)
{
    told_t *told = data;

    (void)context;
    (void)is_last_req;
    told->is_known = 1;
    told->when = password;
    if (account && (!password || (uint32_t)account < (uint32_t)password))
        told->when = account;
}

apr_time_t anonid_krb5_time(krb5_context context, krb5_timestamp timestamp)
{
    krb5_timestamp offset = 0;
    krb5_int32 microseconds;

    (void)krb5_get_time_offsets(context, &offset, &microseconds);
    /* Timestamps are unsigned in all but their type. */
    return apr_time_from_sec((apr_time_t)(uint32_t)timestamp - offset);
}

int anonid_krb5_password_end(krb5_context context, krb5_principal client,
                             const char *password, apr_time_t *when)
{
    krb5_get_init_creds_opt *options = NULL;
    told_t told = { 0, 0 };
    krb5_creds creds;

    if (krb5_get_init_creds_opt_alloc(context, &options))
        return 0;
    krb5_get_init_creds_opt_set_canonicalize(
        options,
        krb5_princ_type(context, client) == KRB5_NT_ENTERPRISE_PRINCIPAL);
    memset(&creds, 0, sizeof(creds));
    if (krb5_get_init_creds_opt_set_expire_callback(context, options,
                                                    on_expiry, &told)
            == 0
        && krb5_get_init_creds_password(context, &creds, client, password,
                                        NULL, NULL, 0, NULL, options)
               == 0)
        krb5_free_cred_contents(context, &creds);
    krb5_get_init_creds_opt_free(context, options);
    if (told.is_known)
        *when = told.when ? anonid_krb5_time(context, told.when) : 0;
    return told.is_known;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form's key; see form_key.h.
 */
#include "module/submit/form_key.h"

#include <httpd.h>
#include <http_config.h>

#include <apr_general.h>

#define RETAINED_KEY "mod_anonid_form_key"

static const anonid_seal_key_t *key;

apr_status_t anonid_form_key_start(void)
{
    anonid_seal_key_t *retained = ap_retained_data_get(RETAINED_KEY);
    anonid_seal_key_t made;
    apr_status_t rv;

    key = retained;
    if (retained)
        return APR_SUCCESS;
    rv = apr_generate_random_bytes(made.octets, sizeof(made.octets));
    if (rv != APR_SUCCESS)
        return rv;
    retained = ap_retained_data_create(RETAINED_KEY, sizeof(*retained));
    *retained = made;
    key = retained;
    return APR_SUCCESS;
}

const anonid_seal_key_t *anonid_form_key(void)
{
    return key;
}

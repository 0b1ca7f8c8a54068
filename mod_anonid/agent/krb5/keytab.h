/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keytab out of a secret's octets. libkrb5 reads keytabs from files only,
 * and the file that the parent opened cannot be opened again by the agent's
 * user: so the octets go into a memfd, which libkrb5 opens by its descriptor.
 *
 * libkrb5 takes the place where a file is cut off for its end. Whoever copies
 * a keytab while httpd looks would then log on with an old key, which counts
 * as a bad password; so the file is looked through before.
 */
#ifndef ANONID_AGENT_KRB5_KEYTAB_H
#define ANONID_AGENT_KRB5_KEYTAB_H

#include <krb5.h>

#include "agent/secret/secret.h"

typedef struct {
    krb5_keytab keytab; /* NULL: not open */
    int fd;
} anonid_krb5_keytab_t;

#define ANONID_KRB5_KEYTAB_INIT                                               \
    {                                                                         \
        NULL, -1                                                              \
    }

/* NULL if the octets are a whole keytab with at least one key, else what is
 * wrong with them. Any octets may come. */
const char *anonid_krb5_keytab_error(const char *octets, size_t length);

/* Opens it. NULL, or what is wrong; it is closed then. */
const char *anonid_krb5_keytab_open(krb5_context context,
                                    const anonid_secret_t *secret,
                                    anonid_krb5_keytab_t *keytab);

/* Closes it; the octets in the memfd are gone with the descriptor. */
void anonid_krb5_keytab_close(krb5_context context,
                              anonid_krb5_keytab_t *keytab);

#endif

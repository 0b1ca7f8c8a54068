/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of SASL mechanisms; see mechanism.h.
 */
#include "common/mechanism.h"

#include <strings.h>

/* RFC 5802 section 5.1 and RFC 2195 bound nothing; servers send hundreds. */
#define USUAL 9216

/* A Kerberos ticket of Active Directory: MaxTokenSize of Windows. */
#define TICKET 49152

#define PASSWORD ANONID_PROOF_PASSWORD
#define REVEALS ANONID_MECHANISM_REVEALS
#define BINDS ANONID_MECHANISM_BINDS
#define SCRAM ANONID_MECHANISM_SCRAM
#define BLOCKS ANONID_MECHANISM_BLOCKS
#define DEFAULT ANONID_MECHANISM_DEFAULT
#define AVAILABLE ANONID_MECHANISM_AVAILABLE

/* Packages of Debian and of Fedora. */
#define CYRUS "libsasl2-modules (Fedora: cyrus-sasl-md5)"
#define NTLMSSP "gss-ntlmssp (Fedora: gssntlmssp)"

static const anonid_mechanism_info_t mechanisms[] = {
    { "GSSAPI", "GSSAPI", ANONID_PROOF_TICKET, BLOCKS | DEFAULT, TICKET,
      AVAILABLE, NULL },
    { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", PASSWORD, BINDS | SCRAM | DEFAULT,
      USUAL, AVAILABLE, NULL },
    { "SCRAM-SHA-256", "SCRAM-SHA-256", PASSWORD, SCRAM | DEFAULT, USUAL,
      AVAILABLE, NULL },
    { "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", PASSWORD, BINDS | SCRAM, USUAL,
      AVAILABLE, NULL },
    { "SCRAM-SHA-1", "SCRAM-SHA-1", PASSWORD, SCRAM, USUAL, AVAILABLE, NULL },
    { "NTLM", "NTLM", PASSWORD, BLOCKS | DEFAULT, USUAL, AVAILABLE, NTLMSSP },
    { "CRAM-MD5", "CRAM-MD5", PASSWORD, DEFAULT, USUAL, AVAILABLE, CYRUS },
    { "PLAIN", "PLAIN", PASSWORD, REVEALS, USUAL, AVAILABLE, CYRUS },
    { "OAUTHBEARER", "OAUTHBEARER", ANONID_PROOF_TOKEN, REVEALS | DEFAULT,
      USUAL, AVAILABLE, NULL },
    { "XOAUTH2", "XOAUTH2", ANONID_PROOF_TOKEN, REVEALS | DEFAULT, USUAL,
      AVAILABLE, NULL },
    { "LOGIN", "LOGIN", PASSWORD, REVEALS, USUAL, ANONID_MECHANISM_REFUSED,
      NULL },
};

#define N_MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

const anonid_mechanism_info_t *anonid_mechanism_find(const char *name)
{
    for (size_t i = 0; i < N_MECHANISMS; i++) {
        if (strcasecmp(mechanisms[i].name, name) == 0)
            return &mechanisms[i];
    }
    return NULL;
}

const anonid_mechanism_info_t *anonid_mechanism_at(size_t i)
{
    return i < N_MECHANISMS ? &mechanisms[i] : NULL;
}

size_t anonid_mechanism_index(const anonid_mechanism_info_t *mechanism)
{
    return (size_t)(mechanism - mechanisms);
}

int anonid_mechanism_suits(const anonid_mechanism_info_t *mechanism,
                           unsigned proofs)
{
    return mechanism->state == AVAILABLE && (mechanism->proof & proofs) != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of mail protocols; see mail_protocol.h.
 */
#include "common/mail_protocol.h"

#include <string.h>
#include <strings.h>

static const anonid_mail_scheme_t schemes[] = {
    { "submission", ANONID_MAIL_SUBMISSION, ANONID_TLS_START, 587 },
    { "submissions", ANONID_MAIL_SUBMISSION, ANONID_TLS_FIRST, 465 },
    { "imap", ANONID_MAIL_IMAP, ANONID_TLS_START, 143 },
    { "imaps", ANONID_MAIL_IMAP, ANONID_TLS_FIRST, 993 },
    { "pop3", ANONID_MAIL_POP3, ANONID_TLS_START, 110 },
    { "pop3s", ANONID_MAIL_POP3, ANONID_TLS_FIRST, 995 },
};

static const char *const sasl_services[] = {
    [ANONID_MAIL_SUBMISSION] = "smtp",
    [ANONID_MAIL_IMAP] = "imap",
    [ANONID_MAIL_POP3] = "pop",
};

#define N_SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

const anonid_mail_scheme_t *anonid_mail_scheme_of(const char *url,
                                                  const char **rest)
{
    const char *mark = strstr(url, "://");

    for (size_t i = 0; mark && i < N_SCHEMES; i++) {
        size_t length = strlen(schemes[i].name);

        if ((size_t)(mark - url) != length
            || strncasecmp(url, schemes[i].name, length) != 0)
            continue;
        *rest = mark + strlen("://");
        return &schemes[i];
    }
    return NULL;
}

const char *anonid_mail_scheme_name(anonid_mail_protocol_t protocol,
                                    anonid_tls_t tls)
{
    int first = tls == ANONID_TLS_FIRST;
    size_t i = 0;

    while (i < N_SCHEMES - 1
           && (schemes[i].protocol != protocol
               || (schemes[i].tls == ANONID_TLS_FIRST) != first))
        i++;
    return schemes[i].name;
}

const char *anonid_mail_sasl_service(anonid_mail_protocol_t protocol)
{
    return sasl_services[protocol];
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of errors with mail servers; see mail_error.h.
 */
#include "agent/net/mail_error.h"
#include "common/lognos.h"
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>

static const anonid_mail_error_info_t errors[] = {
    [ANONID_MAIL_ERROR_RESOLVE] = { ANONID_LOG_WARNING, ANONID_LOGNO(0210),
                                    "check the host of AnonIDMailServer and "
                                    "this "
                                    "machine's resolver",
                                    1, 1, 60 },
    [ANONID_MAIL_ERROR_CONNECT] = { ANONID_LOG_WARNING, ANONID_LOGNO(0211),
                                    "check that the server runs and that no "
                                    "firewall is in between",
                                    1, 1, 60 },
    [ANONID_MAIL_ERROR_TLS] = { ANONID_LOG_ERROR, ANONID_LOGNO(0212),
                                "the certificate must be valid for the "
                                "server's "
                                "name and come from "
                                "an authority of AnonIDMailTLS (ca=FILE "
                                "name=HOST)",
                                1, 1, 60 },
    [ANONID_MAIL_ERROR_PLAIN] = { ANONID_LOG_ERROR, ANONID_LOGNO(0212),
                                  "port and scheme of AnonIDMailServer do not "
                                  "fit together",
                                  1, 1, 60 },
    [ANONID_MAIL_ERROR_TRUST] = { ANONID_LOG_ERROR, ANONID_LOGNO(0213),
                                  "AnonIDMailTLS ca= must name a PEM file "
                                  "that "
                                  "AnonIDAgentUser can read",
                                  0, 0, 60 },
    [ANONID_MAIL_ERROR_LOST] = { ANONID_LOG_WARNING, ANONID_LOGNO(0214),
                                 "the mail server's own log should say why", 1,
                                 1, 60 },
    [ANONID_MAIL_ERROR_LATE] = { ANONID_LOG_WARNING, ANONID_LOGNO(0215),
                                 "the server is overloaded, or something in "
                                 "between drops packets",
                                 1, 1, 60 },
    [ANONID_MAIL_ERROR_GARBAGE] = { ANONID_LOG_ERROR, ANONID_LOGNO(0216),
                                    "check that AnonIDMailServer names a "
                                    "submission server, its port, "
                                    "and the right scheme (submissions: for "
                                    "TLS "
                                    "from the first byte)",
                                    1, 1, 60 },
    [ANONID_MAIL_ERROR_BUSY] = { ANONID_LOG_WARNING, ANONID_LOGNO(0217),
                                 "the mail server's own log should say why", 1,
                                 1, 60 },
    [ANONID_MAIL_ERROR_LOOP] = { ANONID_LOG_ERROR, ANONID_LOGNO(0233),
                                 "whatever is sent there would go round in a "
                                 "loop: let AnonIDMailServer name the mail "
                                 "server, or give AnonIDMailListen another "
                                 "port",
                                 1, 1, 300 },
    [ANONID_MAIL_ERROR_REFUSED] = { ANONID_LOG_ERROR, ANONID_LOGNO(0218),
                                    "the mail server's own log should say why "
                                    "it "
                                    "refuses this machine",
                                    1, 1, 300 },
    [ANONID_MAIL_ERROR_REJECTED] = { ANONID_LOG_ERROR, ANONID_LOGNO(0201),
                                     "check AnonIDMailFrom, and the message's "
                                     "size and content, against "
                                     "what the server lets the account send",
                                     0, 0, 0 },
    [ANONID_MAIL_ERROR_NO_STARTTLS] = { ANONID_LOG_ERROR, ANONID_LOGNO(0219),
                                        "switch TLS on in the mail server; if "
                                        "it "
                                        "was on, somebody in between "
                                        "may be removing it",
                                        1, 1, 300 },
    [ANONID_MAIL_ERROR_MECHANISM] = { ANONID_LOG_ERROR, ANONID_LOGNO(0220),
                                      "let AnonIDMechanism name a mechanism "
                                      "that "
                                      "the server offers",
                                      1, 0, 300 },
    [ANONID_MAIL_ERROR_TICKET] = { ANONID_LOG_ERROR, ANONID_LOGNO(0230),
                                   "the KDC has to know the server by the "
                                   "name in AnonIDMailServer, as smtp/host, "
                                   "imap/host or pop/host",
                                   1, 0, 60 },
    [ANONID_MAIL_ERROR_LOGIN] = { ANONID_LOG_ERROR, ANONID_LOGNO(0221),
                                  "check that the server knows the account "
                                  "and "
                                  "has the same password; "
                                  "it is tried again when the password "
                                  "changes, "
                                  "and seldom before, so "
                                  "that the account is not locked",
                                  0, 0, 60 },
    [ANONID_MAIL_ERROR_LOGIN_LATER] = { ANONID_LOG_WARNING, ANONID_LOGNO(0222),
                                        "the mail server cannot check "
                                        "passwords "
                                        "at the moment; its own log "
                                        "should say why",
                                        1, 1, 60 },
    [ANONID_MAIL_ERROR_HELD] = { ANONID_LOG_INFO, ANONID_LOGNO(0223),
                                 "see the error of the refused login", 0, 0,
                                 60 },
    [ANONID_MAIL_ERROR_STALE] = { ANONID_LOG_INFO, ANONID_LOGNO(0226),
                                  "it is logged on with the new one", 0, 0,
                                  1 },
    [ANONID_MAIL_ERROR_UNPROVEN] = { ANONID_LOG_ERROR, ANONID_LOGNO(0224),
                                     "this may be another server than you "
                                     "think: "
                                     "check its address and "
                                     "certificate before anything else",
                                     1, 1, 300 },
    [ANONID_MAIL_ERROR_INTERNAL] = { ANONID_LOG_ERROR, ANONID_LOGNO(0225),
                                     "give the agent more memory or "
                                     "descriptors "
                                     "(ulimit -n)",
                                     0, 0, 60 },
};

const anonid_mail_error_info_t *
anonid_mail_error_info(anonid_mail_error_kind_t kind)
{
    return &errors[kind];
}

int anonid_mail_error_is_lasting(anonid_mail_error_kind_t kind)
{
    static const char lasting[ANONID_MAIL_ERROR_INTERNAL + 1] = {
        [ANONID_MAIL_ERROR_TLS] = 1,         [ANONID_MAIL_ERROR_TRUST] = 1,
        [ANONID_MAIL_ERROR_LOOP] = 1,        [ANONID_MAIL_ERROR_REFUSED] = 1,
        [ANONID_MAIL_ERROR_NO_STARTTLS] = 1, [ANONID_MAIL_ERROR_MECHANISM] = 1,
        [ANONID_MAIL_ERROR_LOGIN] = 1,       [ANONID_MAIL_ERROR_HELD] = 1,
        [ANONID_MAIL_ERROR_UNPROVEN] = 1,
    };

    return lasting[kind];
}

const char *anonid_mail_error_public(anonid_mail_error_kind_t kind)
{
    return anonid_mail_error_is_lasting(kind)
               ? "The mail server does not let the account of this listener "
                 "in; the administrator's log says why"
               : "The mail server cannot be used at the moment; try again "
                 "later";
}

void anonid_mail_error_set(anonid_mail_error_t *error,
                           anonid_mail_error_kind_t kind, anonid_phase_t phase,
                           const char *format, ...)
{
    va_list args;

    error->kind = kind;
    error->phase = phase;
    error->retry_after = errors[kind].retry_after;
    va_start(args, format);
    vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    anonid_text_clean(error->text);
}

void anonid_mail_error_log(const anonid_mail_error_t *error,
                           const char *service, const char *server,
                           const char *account, int known)
{
    const anonid_mail_error_info_t *info = anonid_mail_error_info(error->kind);

    anonid_log(known ? ANONID_LOG_DEBUG : info->level,
               "%smail service '%s', server %s, account '%s': %s: %s (%s)",
               info->number, service, server, account,
               anonid_phase_name(error->phase), error->text, info->remedy);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of anonid-agent: which messages there are, who may send them
 * on which socket, and which fields they carry. The bytes are in wire.h.
 *
 * The agent finds its lifeline at descriptor 3 (ANONID_LIFELINE_FD): one end
 * of an AF_UNIX/SOCK_SEQPACKET pair whose other end httpd's parent keeps. End
 * of file means that httpd is gone, and the agent exits. Each datagram on it
 * is one octet with one descriptor: the control socket of a new supervisor,
 * which takes the place of the one before.
 *
 * Three stream sockets, all AF_UNIX/SOCK_STREAM:
 *
 *   control  a socketpair with the supervisor, which speaks first: HELLO and
 *            a configuration, whatever the one before it has said. End of
 *            file means that the supervisor is gone; the agent goes on, and
 *            keeps what it has to say for the next one.
 *   worker   listening, bound by the parent at <AnonIDStateDir>/agent.sock,
 *            mode 0600. A peer must have one of the worker uids of HELLO
 *            (SO_PEERCRED); requests may follow one another, each after the
 *            answer to the one before. A process may have so many connections
 *            (ANONID_WORKER_SHARE), and one that asks for nothing may be
 *            closed at any time.
 *   ctl      listening, bound by the parent at <AnonIDStateDir>/control.sock,
 *            mode 0600. A peer must be root or the agent's uid
 *            (SO_PEERCRED); several requests may follow one another.
 *
 * A frame that is malformed, too large, of a type that its sender may not
 * send, or late closes the connection it came on.
 *
 * Start-up, and after each change of supervisors, on control ("->"
 * supervisor to agent):
 *
 *   -> HELLO (+4 descriptors)
 *   -> CONFIG_BEGIN  ACCOUNT*  SERVICE*  PAIR*  LISTENER*  CONFIG_END
 *   <- READY          (HELLO and one whole configuration were taken up)
 *   <- CONFIG_DONE    (with the generation; TEXT if it was refused)
 *   -> SECRET / ACCOUNT_FILE, one for each source the accounts name
 *
 * SECRET and ACCOUNT_FILE come again whenever what is at a source has changed
 * (the agent passes over one whose VERSION it has). While a source cannot be
 * opened, SECRET_ERROR or ACCOUNT_FILE_ERROR says so, once for each reason.
 *
 * A synchronised password, at the start of an agent and on ROTATE:
 *
 *   <- STORE_VERIFIER
 *   -> VERIFIER_STORED, and if its CODE is 0:
 *   -> ACCOUNT_FILE, opened after the replacement; then the agent logs on
 *
 * A refresh token for which the token endpoint has given another:
 *
 *   <- STORE_TOKEN, again to each new supervisor until one has answered
 *   -> TOKEN_STORED
 *
 * The answer comes within 20 seconds. CODE is ENOENT when the file has no
 * line of that user (its line must be restored: none is invented), EEXIST
 * when it has several, EBUSY when another server controls the account, else
 * what the system said. All but ENOENT and EEXIST are tried again.
 */
#ifndef ANONID_COMMON_PROTOCOL_H
#define ANONID_COMMON_PROTOCOL_H

#include "common/wire.h"

#define ANONID_LIFELINE_FD 3

/* Most octets of a frame's body, by socket. */
#define ANONID_CONTROL_MAX (1024 * 1024)
#define ANONID_WORKER_MAX (64 * 1024)
#define ANONID_CTL_MAX (16 * 1024)
/* ... and of the agent's answers to anonidctl (tables of accounts). */
#define ANONID_CTL_REPLY_MAX (16 * 1024 * 1024)

/* Other bounds. */
#define ANONID_MESSAGE_MAX (64 * 1024 * 1024) /* octets of one message */
#define ANONID_ALIASES_MAX 64                 /* recipients of one message */
#define ANONID_SECRET_MAX 65536               /* octets of a secret */
#define ANONID_ACCOUNT_FILE_MAX (16 * 1024 * 1024)
#define ANONID_REPLY_TEXT_MAX 512 /* octets of a server's reply shown */
#define ANONID_WORKERS_MAX 1000   /* connections on the worker socket */
#define ANONID_WORKER_SHARE 250   /* ... of one process */
#define ANONID_TOKEN_LENGTH 32    /* octets of a token: 128 random bits */

/* Who may send a message. */
enum {
    ANONID_FROM_PARENT = 1, /* control, supervisor to agent */
    ANONID_FROM_AGENT = 2,  /* an answer or a report of the agent */
    ANONID_FROM_WORKER = 4, /* worker socket */
    ANONID_FROM_CTL = 8     /* ctl socket */
};

/*
 * The messages: X(name, number, who may send it, descriptors).
 *
 * HELLO            WORKER_UID+; descriptors: status table (read and
 *                  write), worker listener, ctl listener, and a folder of the
 *                  agent's own, in which it keeps what is to outlive it (see
 *                  agent/failed_store.h)
 * CONFIG_BEGIN     GENERATION, WORKERS
 * ACCOUNT          the fields of account.h
 * SERVICE          the fields of service.h
 * CONFIG_END       GENERATION
 * SECRET           ACCOUNT, VERSION and one descriptor to read the secret
 *                  from; CLIENT_SECRET if it is what goes with the refresh
 *                  token of the account, which follows
 * SECRET_ERROR     ACCOUNT, ERRNO, TEXT, and CLIENT_SECRET
 * ACCOUNT_FILE     PATH, VERSION and one descriptor
 * ACCOUNT_FILE_ERROR PATH, ERRNO, TEXT
 * VERIFIER_STORED  ACCOUNT, CODE (0, or an errno), TEXT if not 0; with the id
 *                  of the STORE_VERIFIER, as it may come after that was given
 *                  up, and another one was sent
 * TOKEN_STORED     the same, as the answer to the STORE_TOKEN of that id
 * LINE_ADDED       ACCOUNT, CODE (0; EEXIST: there is one; or another errno),
 *                  TEXT if not 0
 * PAIR             the fields of pair.h: the account may use the service. It
 *                  comes after both; no other pair may be used
 * LISTENER         the fields of listener.h, and the listening socket. It
 *                  comes after the pair of its account and service
 * STORE            the fields of shared_store.h: limits are shared there. It
 *                  comes between CONFIG_BEGIN and CONFIG_END
 * STORE_SECRET     URL (of the store), VERSION and one descriptor to read the
 *                  store's secret from
 * STORE_SECRET_ERROR URL, ERRNO, TEXT
 * READY            -
 * CONFIG_DONE      GENERATION, TEXT if it was refused
 * LOG              LEVEL (syslog's: 3 error ... 7 debug), TEXT
 * LOGON_WARNING    ACCOUNT, CODE, DETAIL, and KEPT (anonid_kept_t) if an older
 *                  logon of the account stays in use: a warning is due now
 * LOGON_RECOVERED  ACCOUNT, FAILURES, SECONDS
 * EXPIRY_WARNING   ACCOUNT, EXPIRES (of its secret): a warning is due now
 * STORE_VERIFIER   ACCOUNT, VERIFIER: put it in the account's line
 * STORE_TOKEN      ACCOUNT; descriptor: a sealed memfd with the refresh token
 *                  that takes the place of the one in its file. The
 *                  supervisor copies it and does not read it
 * ADD_LINE         ACCOUNT: put a line of it into its account file, which no
 *                  password fits
 * LOOK             ACCOUNT: look at its secret and account file now, and send
 *                  SECRET or SECRET_ERROR (if it has a source), ACCOUNT_FILE
 *                  or ACCOUNT_FILE_ERROR (if it has one), changed or not
 * STRANGER         LISTENER, UID, PID and INODE (of its socket) where they are
 *                  known: a process that may not use that listener was refused
 * SUBMIT           ACCOUNT, SERVICE, ALIAS+, CLIENT, FLAGS; descriptor: the
 *                  message, a sealed memfd (F_SEAL_WRITE, SHRINK, GROW)
 * SUBMITTED        RESULT (anonid_submit_result_t), DETAIL for the log,
 *                  RETRY_AFTER seconds, ALIAS for each accepted one,
 *                  REJECTED + TEXT (the server's reply, addresses removed)
 *                  for each that was not
 * STATUS           ACCOUNT or nothing for all
 * STATUS_REPLY     the fields of account_status.h
 * MAIL_STATUS      -
 * MAIL_STATUS_REPLY the fields of mail_status.h
 * MAIL             SERVICE, ACCOUNT (where several may use it): log on to its
 *                  servers
 * MAIL_REPLY       ACCOUNT; of each server SERVER, and TEXT if it refused,
 *                  else TLS_VERSION, MECHANISM (that was used), MECHANISMS and
 *                  EXTENSIONS (by single spaces), SIZE
 * ROTATE           ACCOUNT: a new password for a synchronised account
 * LOGON            ACCOUNT: one attempt now
 * CREATE           ACCOUNT: a line in the account file and a password, for a
 *                  synchronised account that has none; root only
 * CTL_REPLY        CODE (failure code, 0 good), TEXT, DETAIL
 * CHECK            -
 * CHECK_REPLY      TOKEN: good once, for half a minute; see module/check.h
 * REDEEM           TOKEN
 * REDEEMED         CODE: 0 if the token was good
 * FORM_KEY         -
 * FORM_KEY_REPLY   FORM_KEY, unless no secret is shared by several machines
 */
#define ANONID_MESSAGES(X)                                                    \
    X(HELLO, 1, ANONID_FROM_PARENT, 4)                                        \
    X(CONFIG_BEGIN, 2, ANONID_FROM_PARENT, 0)                                 \
    X(ACCOUNT, 3, ANONID_FROM_PARENT, 0)                                      \
    X(SERVICE, 4, ANONID_FROM_PARENT, 0)                                      \
    X(CONFIG_END, 5, ANONID_FROM_PARENT, 0)                                   \
    X(SECRET, 6, ANONID_FROM_PARENT, 1)                                       \
    X(SECRET_ERROR, 7, ANONID_FROM_PARENT, 0)                                 \
    X(ACCOUNT_FILE, 8, ANONID_FROM_PARENT, 1)                                 \
    X(ACCOUNT_FILE_ERROR, 9, ANONID_FROM_PARENT, 0)                           \
    X(VERIFIER_STORED, 10, ANONID_FROM_PARENT, 0)                             \
    X(PAIR, 11, ANONID_FROM_PARENT, 0)                                        \
    X(LINE_ADDED, 12, ANONID_FROM_PARENT, 0)                                  \
    X(LISTENER, 13, ANONID_FROM_PARENT, 1)                                    \
    X(STORE, 16, ANONID_FROM_PARENT, 0)                                       \
    X(STORE_SECRET, 17, ANONID_FROM_PARENT, 1)                                \
    X(STORE_SECRET_ERROR, 18, ANONID_FROM_PARENT, 0)                          \
    X(TOKEN_STORED, 31, ANONID_FROM_PARENT, 0)                                \
    X(READY, 32, ANONID_FROM_AGENT, 0)                                        \
    X(CONFIG_DONE, 33, ANONID_FROM_AGENT, 0)                                  \
    X(LOG, 34, ANONID_FROM_AGENT, 0)                                          \
    X(LOGON_WARNING, 35, ANONID_FROM_AGENT, 0)                                \
    X(LOGON_RECOVERED, 36, ANONID_FROM_AGENT, 0)                              \
    X(STORE_VERIFIER, 37, ANONID_FROM_AGENT, 0)                               \
    X(LOOK, 38, ANONID_FROM_AGENT, 0)                                         \
    X(ADD_LINE, 39, ANONID_FROM_AGENT, 0)                                     \
    X(STRANGER, 40, ANONID_FROM_AGENT, 0)                                     \
    X(EXPIRY_WARNING, 50, ANONID_FROM_AGENT, 0)                               \
    X(STORE_TOKEN, 63, ANONID_FROM_AGENT, 1)                                  \
    X(SUBMIT, 64, ANONID_FROM_WORKER, 1)                                      \
    X(SUBMITTED, 65, ANONID_FROM_AGENT, 0)                                    \
    X(REDEEM, 66, ANONID_FROM_WORKER, 0)                                      \
    X(REDEEMED, 67, ANONID_FROM_AGENT, 0)                                     \
    X(FORM_KEY, 76, ANONID_FROM_WORKER, 0)                                    \
    X(FORM_KEY_REPLY, 77, ANONID_FROM_AGENT, 0)                               \
    X(STATUS, 96, ANONID_FROM_CTL, 0)                                         \
    X(STATUS_REPLY, 97, ANONID_FROM_AGENT, 0)                                 \
    X(ROTATE, 98, ANONID_FROM_CTL, 0)                                         \
    X(LOGON, 99, ANONID_FROM_CTL, 0)                                          \
    X(CTL_REPLY, 100, ANONID_FROM_AGENT, 0)                                   \
    X(CHECK, 101, ANONID_FROM_CTL, 0)                                         \
    X(CHECK_REPLY, 102, ANONID_FROM_AGENT, 0)                                 \
    X(CREATE, 103, ANONID_FROM_CTL, 0)                                        \
    X(MAIL_STATUS, 104, ANONID_FROM_CTL, 0)                                   \
    X(MAIL_STATUS_REPLY, 105, ANONID_FROM_AGENT, 0)                           \
    X(MAIL, 106, ANONID_FROM_CTL, 0)                                          \
    X(MAIL_REPLY, 107, ANONID_FROM_AGENT, 0)

typedef enum {
#define X(name, number, from, fds) ANONID_MSG_##name = number,
    ANONID_MESSAGES(X)
#undef X
} anonid_message_t;

/* Field tags, the same in every message. T text, N u32, L u64, B octets. */
typedef enum {
    ANONID_TAG_ACCOUNT = 1,      /* T account name */
    ANONID_TAG_SERVICE = 2,      /* T mail service name */
    ANONID_TAG_GENERATION = 3,   /* N counts configurations */
    ANONID_TAG_WORKER_UID = 4,   /* N */
    ANONID_TAG_SLOT = 6,         /* N in the status table */
    ANONID_TAG_PROVIDER = 7,     /* N anonid_provider_t */
    ANONID_TAG_PRINCIPAL = 8,    /* T user, DN or principal to log on as */
    ANONID_TAG_URL = 9,          /* T a logon server; repeated, in order */
    ANONID_TAG_PATH = 10,        /* T account file */
    ANONID_TAG_SECRET = 11,      /* T source ("file:/..."), never a secret */
    ANONID_TAG_SYNC = 12,        /* N 1: the server controls the password */
    ANONID_TAG_SCHEME = 13,      /* T of the synchronised verifier */
    ANONID_TAG_VERSION = 14,     /* T of a secret's source, see source.h */
    ANONID_TAG_ERRNO = 15,       /* N */
    ANONID_TAG_TEXT = 16,        /* T for people */
    ANONID_TAG_DETAIL = 17,      /* T for the log or the bracket */
    ANONID_TAG_LEVEL = 18,       /* N syslog level */
    ANONID_TAG_CODE = 19,        /* N failure code or errno */
    ANONID_TAG_FAILURES = 20,    /* N */
    ANONID_TAG_SECONDS = 21,     /* N */
    ANONID_TAG_KEPT = 22,        /* N anonid_kept_t */
    ANONID_TAG_VERIFIER = 23,    /* T e.g. "{SCRAM-SHA-256}4096,..." */
    ANONID_TAG_SERVER = 24,      /* T URL of a mail server; in order */
    ANONID_TAG_CA_FILE = 25,     /* T */
    ANONID_TAG_TLS_NAME = 26,    /* T */
    ANONID_TAG_MECHANISM = 27,   /* T; in order */
    ANONID_TAG_MAIL_FROM = 28,   /* T */
    ANONID_TAG_ALIAS = 29,       /* T */
    ANONID_TAG_ADDRESS = 30,     /* T belongs to the ALIAS before it */
    ANONID_TAG_CLIENT = 31,      /* T who asked, for the log */
    ANONID_TAG_FLAGS = 32,       /* N ANONID_SUBMIT_... */
    ANONID_TAG_RESULT = 33,      /* N anonid_submit_result_t */
    ANONID_TAG_RETRY_AFTER = 34, /* N seconds */
    ANONID_TAG_REJECTED = 35,    /* T alias; the TEXT after it says why */
    ANONID_TAG_OPTION = 37,      /* T "name=value" of a provider, repeated */
    ANONID_TAG_TOKEN = 38,       /* T ANONID_TOKEN_LENGTH hexadecimal digits */
    ANONID_TAG_LISTENER = 45,    /* T URL of a listener */
    ANONID_TAG_UID = 46,         /* N who may connect; repeated */
    ANONID_TAG_MAX = 47,         /* N connections at a time */
    ANONID_TAG_INODE = 48,       /* N of a socket */
    ANONID_TAG_ALLOW = 60,       /* T a pattern of addresses; repeated */
    ANONID_TAG_STRICT = 61,      /* T "1": another sender is refused */

    /* Of STATUS_REPLY; times are apr_time_t. */
    ANONID_TAG_PID = 64,          /* N */
    ANONID_TAG_STARTED = 65,      /* L */
    ANONID_TAG_STATE = 66,        /* N anonid_state_t */
    ANONID_TAG_SINCE = 67,        /* L */
    ANONID_TAG_ATTEMPTS = 68,     /* L */
    ANONID_TAG_NEXT_ATTEMPT = 69, /* L */
    ANONID_TAG_RENEWAL = 70,      /* L */
    ANONID_TAG_EXPIRES = 71,      /* L */

    /* Of accounts with a refresh token. */
    ANONID_TAG_REFRESH = 85,       /* T its source, never a token */
    ANONID_TAG_CLIENT_SECRET = 86, /* N 1: it is the client's secret */

    /* Of SERVICE again. */
    ANONID_TAG_CLIENT_ADDRESS = 80, /* T "xclient" or "id"; repeated */
    ANONID_TAG_LIMIT = 100,         /* T of limit.h; repeated */
    ANONID_TAG_SERVER_SLOT = 120,   /* N of the SERVER before it */

    ANONID_TAG_SECRET_EXPIRES = 160, /* L; of the password or the token */
    ANONID_TAG_WORKERS = 170, /* N that httpd has at most (MaxRequestWorkers)
                               */

    /* Of MAIL_STATUS_REPLY; times are apr_time_t. */
    ANONID_TAG_LOGINS = 121,              /* L */
    ANONID_TAG_REFUSALS = 122,            /* L */
    ANONID_TAG_SERVER_FAILURES = 123,     /* L */
    ANONID_TAG_LAST_LOGIN = 124,          /* L */
    ANONID_TAG_LAST_REFUSAL = 125,        /* L */
    ANONID_TAG_DOWN_SINCE = 126,          /* L */
    ANONID_TAG_CERTIFICATE_EXPIRES = 161, /* L */
    ANONID_TAG_REFUSED_SINCE = 127,       /* L */
    ANONID_TAG_HELD_UNTIL = 128,          /* L */
    ANONID_TAG_IDLE = 129,                /* L sessions */
    ANONID_TAG_BUSY = 130,                /* L sessions */
    ANONID_TAG_CLIENTS = 131,             /* L connections */
    ANONID_TAG_CLIENTS_MAX = 132,         /* L */
    ANONID_TAG_ACCEPTED = 133,            /* L connections */
    ANONID_TAG_TO_SERVER = 134,           /* L octets */
    ANONID_TAG_TO_CLIENT = 135,           /* L octets */

    /* Of MAIL_REPLY. */
    ANONID_TAG_TLS_VERSION = 136, /* T "TLSv1.3" */
    ANONID_TAG_MECHANISMS = 137,  /* T by single spaces */
    ANONID_TAG_EXTENSIONS = 138,  /* T by single spaces */
    ANONID_TAG_SIZE = 139,        /* L octets of a message; 0: any */

    /* Of SUBMITTED. */
    ANONID_TAG_REPLY = 140, /* N code of the server's last reply */

    /* Of FORM_KEY_REPLY. */
    ANONID_TAG_FORM_KEY = 150 /* T derived from the store's secret */
} anonid_tag_t;

/* Flags of SUBMIT. */
enum {
    ANONID_SUBMIT_8BIT = 1, /* the body has octets over 127 */
    ANONID_SUBMIT_UTF8 = 2  /* header fields have them too (RFC 6532) */
};

/* What became of a message. Only ACCEPTED means that the server has it. */
typedef enum {
    ANONID_SUBMIT_ACCEPTED = 0,      /* final 250; see ALIAS and REJECTED */
    ANONID_SUBMIT_TEMPORARY = 1,     /* not sent; try again later */
    ANONID_SUBMIT_PERMANENT = 2,     /* not sent; refused for good */
    ANONID_SUBMIT_UNKNOWN_ALIAS = 3, /* DETAIL names it */
    ANONID_SUBMIT_TOO_LARGE = 4,     /* over SIZE of the server or ours */
    ANONID_SUBMIT_BAD_MESSAGE = 5,   /* DETAIL says what */
    ANONID_SUBMIT_NOT_LOGGED_ON = 6, /* the account is not logged on */
    ANONID_SUBMIT_UNCERTAIN = 7,     /* lost between the final dot and its
                                        reply: it may have been sent */
    ANONID_SUBMIT_UNKNOWN = 8,       /* no such account or service here */
    ANONID_SUBMIT_LIMITED = 9,       /* over the sending rate */
    ANONID_SUBMIT_NOT_PAIRED = 10    /* the account may not use the service */
} anonid_submit_result_t;

/* The name of a message ("SUBMIT"), or "unknown". */
const char *anonid_message_name(uint16_t type);

/* 1 if a message of that type, with that number of descriptors, may come
 * from that kind of peer (one ANONID_FROM_...). */
int anonid_message_allowed(const anonid_frame_t *frame, int from);

#endif

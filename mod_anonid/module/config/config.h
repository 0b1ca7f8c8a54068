/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module's configuration: what the directives leave behind.
 *
 * Owns the structures, their creation and merging, and finding them again.
 * Setters are in directives_*.c, what can only be checked at the end of the
 * configuration is in validate/validate.c. Everything is read-only after
 * check_config.
 */
#ifndef ANONID_MODULE_CONFIG_CONFIG_H
#define ANONID_MODULE_CONFIG_CONFIG_H

#include <ap_config.h>
#include <ap_expr.h>
#include <httpd.h>
#include <http_config.h>
#include <apr_hash.h>

#include "common/account.h"
#include "common/listener.h"
#include "common/pair.h"
#include "common/service.h"
#include "common/shared_store.h"
#include "module/config/form.h"
#include "module/config/mail_fields.h"

extern module AP_MODULE_DECLARE_DATA anonid_module;

typedef struct anonid_dir_t anonid_dir_t;

/* What a directive refers to by name, resolved by check_config, and where it
 * stands: sections are read before the accounts they name may be defined. */
typedef struct {
    int is_mail;                     /* 1: AnonIDMail, 0: AnonIDMapTo */
    const char *name;                /* as written; NULL for "None" and for
                                        AnonIDMapTo without argument */
    int none;                        /* AnonIDMapTo None */
    const anonid_account_t *account; /* AnonIDMapTo; NULL for None */
    const anonid_service_t *service; /* AnonIDMail */
    server_rec *server;              /* whose configuration it stands in */
    const char *path;                /* of the section, NULL: the server */
    const anonid_dir_t *section;     /* the section's own, unmerged fields */
    const ap_directive_t *directive; /* file and line, for messages */
} anonid_reference_t;

/* AnonIDOnLogonFailure. */
typedef enum {
    ANONID_ON_FAILURE_UNAVAILABLE = 0,
    ANONID_ON_FAILURE_FORBIDDEN,
    ANONID_ON_FAILURE_DECLINE
} anonid_on_failure_t;

/* AnonIDHeaders: a field's name in lower case and with '-' for '_', or what
 * names begin with. */
typedef struct {
    const char *name;
    int is_prefix;
} anonid_header_name_t;

/* AnonIDRemoteUser: `account` (the account's name), `none`, or a text. */
typedef struct {
    int none;
    const char *text; /* NULL: the account's name */
} anonid_remote_user_t;

/*
 * Per-directory fields, declared once: X(type, name, unset value). Created,
 * and merged ("the inner one if it is set"), from this list.
 */
#define ANONID_DIR_FIELDS(X)                                                  \
    X(const anonid_reference_t *, map_to, NULL)                               \
    X(const ap_expr_info_t *, unless, NULL)                                   \
    X(const anonid_remote_user_t *, remote_user, NULL)                        \
    X(int, on_failure, -1)                                                    \
    X(int, valid_user, -1)                                                    \
    X(const anonid_reference_t *, mail, NULL)                                 \
    X(apr_array_header_t *, mail_fields, NULL)                                \
    X(anonid_form_languages_t *, form_languages, NULL)                        \
    X(const anonid_template_t *, form_template, NULL)                         \
    X(const char *, form_thanks, NULL)                                        \
    X(const anonid_form_robots_t *, form_robots, NULL)                        \
    /* SetHandler anonid-status: 1 if its section has a Require, else 0 */    \
    X(int, status_guard, -1)

struct anonid_dir_t {
#define X(type, name, unset) type name;
    ANONID_DIR_FIELDS(X)
#undef X
};

/* What there is once per server, virtual or not. */
typedef struct {
    apr_array_header_t *references; /* anonid_reference_t *: the AnonIDMapTo
                                       and AnonIDMail that stand in it; NULL:
                                       none */
} anonid_server_t;

/* AnonIDMailListen, and where it stands. Account, service and default users
 * are filled in by check_config. */
typedef struct {
    anonid_listener_t *listener;
    server_rec *server;
    const ap_directive_t *directive;
    int has_users; /* users= */
    int mode;      /* of a Unix socket; -1: as it is by default */
    gid_t group;   /* of a Unix socket; -1: as it is by default */
} anonid_listen_t;

/* What there is once per httpd. */
typedef struct {
    apr_array_header_t *accounts;   /* anonid_account_t *, as defined; the
                                       default account last if it is in use */
    apr_array_header_t *services;   /* anonid_service_t * */
    apr_array_header_t *references; /* anonid_reference_t *: every AnonIDMapTo
                                       and AnonIDMail, of all servers */
    apr_array_header_t *pairs;      /* anonid_pair_t: which account may use
                                       which service; after the check */
    apr_array_header_t *listens;    /* anonid_listen_t *, of all servers */
    apr_array_header_t *header_names;   /* anonid_header_name_t */
    apr_array_header_t *catalogs;       /* anonid_catalog_t *: all languages,
                                         English first */
    apr_array_header_t *form_languages; /* anonid_form_languages_t *, of all
                                           sections */
    apr_hash_t *field_names;            /* of AnonIDMailFields, all sections */
    apr_hash_t *accounts_by_key;  /* key of the name -> anonid_account_t * */
    apr_hash_t *services_by_name; /* name -> anonid_service_t * */
    apr_hash_t *definitions;      /* by address: account, service, or a
                                       field below, e.g. &state_dir ->
                                       const ap_directive_t * */
    const char *account_file;     /* absolute; never NULL after the check */
    const char *agent_user;       /* NULL: one of its own */
    const char *agent_program;    /* absolute after the check */
    const char *state_dir;        /* absolute after the check */
    const char *help_url;         /* never NULL after the check */
    uid_t agent_uid; /* after the check; the caller's own when not root */
    gid_t agent_gid;
    int server_status; /* AnonIDServerStatus: 1, or 0 for Off */
    anonid_shared_store_t *limit_store; /* NULL: none; url and secret are
                                           there after the check */
    anonid_account_t *open_account;     /* while <AnonIDAccount> is read */
    anonid_service_t *open_service;     /* while <AnonIDMailService> is read */
} anonid_global_t;

/* The one global configuration: made anew whenever the configuration is
 * read. */
anonid_global_t *anonid_global(void);

/* 1 while a running httpd reads its configuration again. It serves, so no
 * file is looked at then that is the supervisor's or the agent's to read: its
 * file system may hang. They say what is wrong with it. */
int anonid_config_is_restart(void);

/* The per-directory configuration of a request. */
const anonid_dir_t *anonid_dir(const request_rec *r);

/* The per-directory configuration of a server outside all sections, merged
 * with the main server's once the configuration has been read. */
const anonid_dir_t *anonid_dir_of_server(const server_rec *s);

/* An account or service by name (exactly as configured; the domain part of
 * DOMAIN\user and user@REALM without regard to case), or NULL. */
anonid_account_t *anonid_global_account(const char *name);
anonid_service_t *anonid_global_service(const char *name);

/* Adds a definition; its name must be new. */
void anonid_global_add_account(anonid_account_t *account,
                               const ap_directive_t *directive);
void anonid_global_add_service(anonid_service_t *service,
                               const ap_directive_t *directive);

/* Where an account, a service or a field of the global configuration (by its
 * address) was defined; NULL: it is a default. */
const ap_directive_t *anonid_global_definition(const void *defined);
void anonid_global_define(const void *defined,
                          const ap_directive_t *directive);

/* Adds a reference to the global ones and to its server's. */
void anonid_global_add_reference(anonid_reference_t *reference);

/* The module record's functions. */
void *anonid_config_create_dir(apr_pool_t *p, char *path);
void *anonid_config_merge_dir(apr_pool_t *p, void *base, void *add);
void *anonid_config_create_server(apr_pool_t *p, server_rec *s);

extern const command_rec anonid_directives[];

/* Hooks: check_config. */
void anonid_config_register(apr_pool_t *p);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of what the agent needs: its user, its program, the folder of its
 * sockets, and the files that it opens itself. It must not create or start
 * anything.
 */
#include "module/validate/validate.h"
#include "module/validate/access_as.h"
#include "module/supervisor/statedir.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <unixd.h>

/* The longest name that a socket has in the folder. */
#define LONGEST_SOCKET "/control.sock"

static const ap_directive_t *place(const void *field)
{
    return anonid_global_definition(field);
}

/* Who is not root cannot choose. */
static void keep_own_user(anonid_check_t *check, anonid_global_t *global)
{
    if (global->agent_user && global->agent_uid != geteuid())
        anonid_check_warn(check, place(&global->agent_user),
                          "AnonIDAgentUser '%s' has no effect: httpd is not "
                          "started by root, and the agent runs as the user "
                          "that starts it",
                          global->agent_user);
    global->agent_uid = geteuid();
    global->agent_gid = getegid();
}

static void check_user(anonid_check_t *check)
{
    anonid_global_t *global = anonid_global();

    if (geteuid() != 0) {
        keep_own_user(check, global);
        return;
    }
    if (global->agent_user)
        return;
    global->agent_uid = ap_unixd_config.user_id;
    global->agent_gid = ap_unixd_config.group_id;
    if (global->agent_uid == 0)
        anonid_check_error(check, NULL,
                           "the agent never runs as root, which is httpd's "
                           "User; name an unprivileged user with "
                           "AnonIDAgentUser");
}

static const char *wrong_program(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return errno == ENOENT ? "does not exist" : strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "is not a program";
    if (access(path, X_OK) != 0)
        return "cannot be executed";
    if (st.st_mode & S_IWOTH)
        return "can be changed by everybody (run: chmod o-w)";
    return NULL;
}

static void check_program(anonid_check_t *check)
{
    const anonid_global_t *global = anonid_global();
    const char *wrong = wrong_program(global->agent_program);

    if (!wrong
        && !anonid_access_as(global->agent_uid, global->agent_gid,
                             global->agent_program, O_PATH))
        wrong = "the agent's user cannot get at it, because a folder above "
                "it is closed to others";
    if (wrong)
        anonid_check_error(check, place(&global->agent_program),
                           "AnonIDAgentProgram '%s': %s; name the "
                           "anonid-agent that belongs to this module, in a "
                           "place for everybody",
                           global->agent_program, wrong);
}

static int workers_reach(apr_pool_t *p, const char *folder)
{
    return anonid_access_as(ap_unixd_config.user_id, ap_unixd_config.group_id,
                            apr_pstrcat(p, folder, "/.", NULL), O_PATH);
}

/* An empty folder that somebody made for httpd becomes root's at the start. */
static int can_be_taken(const char *path, uid_t owner)
{
    return geteuid() == 0
           && (owner == 0 || owner == ap_unixd_config.user_id
               || owner == anonid_global()->agent_uid)
           && anonid_statedir_is_empty(path);
}

/* What is wrong with a runtime folder that is there. */
static const char *wrong_folder(apr_pool_t *p, const char *path,
                                const struct stat *st)
{
    if (!S_ISDIR(st->st_mode))
        return "is not a directory; name one, or a path that is free";
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return "can be written by others, who could put another socket in "
               "the agent's place; name a folder of its own";
    if (can_be_taken(path, st->st_uid))
        return NULL;
    if (geteuid() == 0 && st->st_uid != 0)
        return "does not belong to root, and its owner could put another "
               "socket in the agent's place; remove it, or name another";
    if (!workers_reach(p, path))
        return "is closed to httpd's User, whose processes have to reach the "
               "agent's socket in it; run: chmod 711";
    return NULL;
}

/* What is wrong with the folder above the runtime folder. */
static const char *wrong_parent(apr_pool_t *p, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return apr_psprintf(p,
                            "cannot be created, because '%s' is not a "
                            "directory; create that one, or name another",
                            path);
    if (!workers_reach(p, path))
        return apr_psprintf(p,
                            "cannot be reached by httpd's User, because '%s' "
                            "or a folder above it is closed to others; name "
                            "one in another place",
                            path);
    return NULL;
}

static const char *folder_of(apr_pool_t *p, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash > path ? apr_pstrmemdup(p, path, slash - path) : "/";
}

/* httpd's own runtime folder is made by apachectl, and gone after a reboot:
 * root makes it like apachectl (see supervisor/statedir.c). */
static int will_be_made(const char *runtime_dir)
{
    return geteuid() == 0 && !place(&anonid_global()->state_dir)
           && access(runtime_dir, F_OK) != 0 && errno == ENOENT;
}

static const char *wrong_state_dir(apr_pool_t *p, const char *path)
{
    const char *parent = folder_of(p, path);
    const char *wrong;
    struct stat st;

    if (strlen(path) + strlen(LONGEST_SOCKET)
        >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return "is too long for the path of a socket (107 octets with "
               "\"" LONGEST_SOCKET "\"); name a shorter one";
    wrong =
        wrong_parent(p, will_be_made(parent) ? folder_of(p, parent) : parent);
    if (wrong)
        return wrong;
    if (lstat(path, &st) == 0)
        return wrong_folder(p, path, &st);
    if (errno != ENOENT)
        return apr_psprintf(p, "cannot be looked at: %s", strerror(errno));
    return NULL;
}

static void check_state_dir(anonid_check_t *check)
{
    const anonid_global_t *global = anonid_global();
    const char *wrong = wrong_state_dir(check->p, global->state_dir);

    if (wrong)
        anonid_check_error(check, place(&global->state_dir),
                           "AnonIDStateDir '%s' %s", global->state_dir, wrong);
}

/* The agent itself opens the files of authorities. */
static void check_authorities(anonid_check_t *check,
                              const anonid_service_t *service)
{
    const anonid_global_t *global = anonid_global();

    if (service->ca_file
        && !anonid_access_as(global->agent_uid, global->agent_gid,
                             service->ca_file, O_RDONLY))
        anonid_check_error(check, place(service),
                           "AnonIDMailTLS ca=%s: the agent's user cannot "
                           "read the file; it is no secret, so let everybody "
                           "read it and the folders above it",
                           service->ca_file);
}

static void check_services(anonid_check_t *check)
{
    const apr_array_header_t *services = anonid_global()->services;
    int i;

    for (i = 0; i < services->nelts; i++)
        check_authorities(
            check, APR_ARRAY_IDX(services, i, const anonid_service_t *));
}

void anonid_check_agent(anonid_check_t *check)
{
    check_user(check);
    check_program(check);
    check_state_dir(check);
    check_services(check);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of what the agent needs: its user, its program, the folder of its
 * sockets, and the files that it opens itself. It must not create or start
 * anything.
 */
#include "module/validate/validate.h"
#include "module/validate/access_as.h"
#include "module/validate/agent_user.h"
#include "module/supervisor/statedir.h"
#include "module/files/trusted.h"

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

static void choose_user(anonid_check_t *check, anonid_global_t *global)
{
    if (!anonid_agent_user_choose(global->state_dir, ap_unixd_config.user_id,
                                  &global->agent_uid, &global->agent_gid))
        anonid_check_error(check, NULL,
                           "the agent has no user of its own, because all "
                           "uids from 61184 to 65519 are taken; create a "
                           "system user 'anonid', or name an unprivileged "
                           "one with AnonIDAgentUser");
    else if (!anonid_access_exists(global->agent_uid))
        anonid_check_error(check, NULL,
                           "the agent would get uid %ld, which does not "
                           "exist in this container; create a system user "
                           "'anonid', or name an unprivileged one with "
                           "AnonIDAgentUser",
                           (long)global->agent_uid);
}

static void check_user(anonid_check_t *check)
{
    anonid_global_t *global = anonid_global();

    if (geteuid() != 0)
        keep_own_user(check, global);
    else if (!global->agent_user)
        choose_user(check, global);
    else if (global->agent_uid == ap_unixd_config.user_id)
        anonid_check_warn(check, place(&global->agent_user),
                          "AnonIDAgentUser '%s' is httpd's User: the "
                          "programs of the sites (CGI) run as it too, can "
                          "end the agent and ask it what anonidctl asks; "
                          "leave the directive out, and the agent gets a "
                          "user of its own",
                          global->agent_user);
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

/* Only a program that its user cannot read is never dumpable, not even
 * between execve() and the agent's own prctl(). */
static int is_readable_by_agent(const anonid_global_t *global)
{
    return geteuid() == 0
           && anonid_access_as(global->agent_uid, global->agent_gid,
                               global->agent_program, O_RDONLY);
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
    else if (is_readable_by_agent(global))
        anonid_check_warn(check, place(&global->agent_program),
                          "AnonIDAgentProgram '%s' can be read by the "
                          "agent's user (uid %ld), whose other processes "
                          "then could open the agent's memory in the moment "
                          "of its start; run: chown root '%s'; chmod 0711 "
                          "'%s'",
                          global->agent_program, (long)global->agent_uid,
                          global->agent_program, global->agent_program);
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

static int fits_socket(const char *path)
{
    return strlen(path) + strlen(LONGEST_SOCKET)
           < sizeof(((struct sockaddr_un *)0)->sun_path);
}

static const char *wrong_state_dir(apr_pool_t *p, const char *path)
{
    const char *parent = folder_of(p, path);
    const char *wrong;
    struct stat st;

    if (!fits_socket(path))
        return "is too long for the path of a socket (107 octets with "
               "\"" LONGEST_SOCKET "\"); name a shorter one";
    if (will_be_made(parent))
        parent = folder_of(p, parent);
    wrong = wrong_parent(p, parent);
    if (wrong)
        return wrong;
    wrong = anonid_trusted_check(parent, p);
    if (wrong)
        return apr_pstrcat(p, "is in no safe place: ", wrong, NULL);
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

    if (service->ca_file && !anonid_config_is_restart()
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

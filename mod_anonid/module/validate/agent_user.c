/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's default user; see agent_user.h.
 */
#include "module/validate/agent_user.h"
#include "module/supervisor/statedir.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#define NAME "anonid"

/* What systemd keeps for users that are in no file (DynamicUser=), so that
 * distributions give none of them to anybody. */
#define FIRST 61184
#define LAST 65519
#define COUNT (LAST - FIRST + 1)

static int find_named(uid_t httpd_uid, uid_t *uid, gid_t *gid)
{
    const struct passwd *user = getpwnam(NAME);

    if (!user || user->pw_uid == 0 || user->pw_uid == httpd_uid)
        return 0;
    *uid = user->pw_uid;
    *gid = user->pw_gid;
    return 1;
}

static int is_free(uid_t uid, uid_t httpd_uid)
{
    return uid >= FIRST && uid <= LAST && uid != httpd_uid && !getpwuid(uid)
           && !getgrgid((gid_t)uid);
}

/* The owner of the agent's folder; root if there is no such folder. */
static uid_t former(const char *state_dir)
{
    char path[PATH_MAX];
    struct stat st;
    int n = snprintf(path, sizeof(path), "%s/" ANONID_AGENT_FOLDER, state_dir);

    if (n < 0 || (size_t)n >= sizeof(path) || lstat(path, &st) != 0
        || !S_ISDIR(st.st_mode))
        return 0;
    return st.st_uid;
}

/* FNV-1a: two state folders of one machine hardly ever share a user. */
static uint32_t hash(const char *text)
{
    uint32_t value = 0x811c9dc5u;

    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * 0x01000193u;
    return value;
}

int anonid_agent_user_choose(const char *state_dir, uid_t httpd_uid,
                             uid_t *uid, gid_t *gid)
{
    uint32_t place = hash(state_dir);
    int tries;

    if (find_named(httpd_uid, uid, gid))
        return 1;
    *uid = former(state_dir);
    for (tries = 0; tries < COUNT && !is_free(*uid, httpd_uid); tries++)
        *uid = FIRST + place++ % COUNT;
    *gid = (gid_t)*uid;
    return is_free(*uid, httpd_uid);
}

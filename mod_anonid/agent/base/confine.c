/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls and files that are closed to the agent; see confine.h.
 *
 * A refused call fails with EPERM and does not kill the process: libraries,
 * and the system's modules for names and users, try this and that and can do
 * without, and an agent that is ended by one of them logs nobody on. To who
 * has broken in both mean the same.
 */
#include "agent/base/confine.h"
#include "agent/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The leak checker of sanitized builds is, at the end of a program, another
 * process that traces it. */
#ifdef __SANITIZE_ADDRESS__
#define LEAKS_ARE_LOOKED_FOR 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_LOOKED_FOR 1
#endif
#endif
#ifndef LEAKS_ARE_LOOKED_FOR
#define LEAKS_ARE_LOOKED_FOR 0
#endif

/* clone(2)'s flags are its first argument but there. */
#ifdef __s390__
#define CLONE_FLAGS SCMP_A1
#else
#define CLONE_FLAGS SCMP_A0
#endif

static int landlock_version; /* of the kernel's; 0: it has none */

/* ---- system calls ---- */

/* All of these are refused. Names that this machine does not have are passed
 * over. The 32-bit ones of other tables end the process (BADARCH). */
static const char *const refused[] = {
    /* another program, or other processes' memory */
    "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv",
    "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
    /* another user */
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid",
    "setfsuid", "setfsgid", "setgroups", "setuid32", "setgid32", "setreuid32",
    "setregid32", "setresuid32", "setresgid32", "setfsuid32", "setfsgid32",
    "setgroups32", "capset",
    /* another view of the system */
    "chroot", "pivot_root", "unshare", "setns", "mount", "umount", "umount2",
    "mount_setattr", "move_mount", "open_tree", "open_tree_attr", "fsopen",
    "fsconfig", "fsmount", "fspick", "quotactl", "quotactl_fd",
    "fanotify_init", "name_to_handle_at", "open_by_handle_at",
    /* what the kernel is made of */
    "init_module", "finit_module", "delete_module", "create_module", "bpf",
    "perf_event_open", "kexec_load", "kexec_file_load", "lookup_dcookie",
    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "personality", "modify_ldt", "iopl", "ioperm", "vm86", "vm86old", "uselib",
    /* its keys (krb5 tries them where krb5.conf names a KEYRING) */
    "add_key", "keyctl", "request_key",
    /* the machine */
    "reboot", "swapon", "swapoff", "acct", "syslog", "sethostname",
    "setdomainname", "settimeofday", "clock_settime", "clock_settime64",
    "clock_adjtime", "clock_adjtime64", "adjtimex", "stime", "vhangup"
};

static int refuse_all(scmp_filter_ctx filter)
{
    int rv = 0;

    for (size_t i = 0; i < COUNT(refused) && rv == 0; i++) {
        int number = seccomp_syscall_resolve_name(refused[i]);

        if (number != __NR_SCMP_ERROR)
            rv = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
    }
    return rv;
}

/* Threads are all that may be made. What clone3() is asked for lies in memory,
 * where a filter cannot look; glibc takes clone() where it is not there. */
static int allow_threads_only(scmp_filter_ctx filter)
{
    int rv =
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

    if (rv != 0)
        return rv;
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                            CLONE_FLAGS(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

static const char *refuse_system_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rv = filter ? 0 : -ENOMEM;

    if (rv == 0)
        rv = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
                              SCMP_ACT_KILL_PROCESS);
    if (rv == 0)
        rv = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rv == 0)
        rv = refuse_all(filter);
    if (rv == 0)
        rv = allow_threads_only(filter);
    if (rv == 0)
        rv = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    errno = -rv;
    return rv == 0 ? NULL : "seccomp";
}

/* ---- files ---- */

/* Landlock's numbers of what changes something, of its first version. Reading
 * is not restricted: which files libraries and later configurations need is
 * not known here, and what the agent's user must not read it cannot. */
#define CHANGES                                                               \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE               \
     | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE         \
     | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR             \
     | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK             \
     | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK           \
     | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Which came later, by version; headers may be older than the kernel. */
static const struct {
    int version;
    uint64_t access;
} later[] = {
    { 2, UINT64_C(1) << 13 }, /* linking and renaming between folders */
    { 3, UINT64_C(1) << 14 }, /* truncating */
    { 5, UINT64_C(1) << 15 }, /* ioctl(2) on devices */
};

/* What the agent does in its own folder: files are written, renamed there,
 * and removed. */
#define OWN                                                                   \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE           \
     | LANDLOCK_ACCESS_FS_MAKE_REG | (UINT64_C(1) << 14))

static int is_root_folder(void)
{
    struct stat here, root;

    return stat(".", &here) != 0 || stat("/", &root) != 0
           || (here.st_dev == root.st_dev && here.st_ino == root.st_ino);
}

static int allow_own_folder(int rules, uint64_t handled)
{
    struct landlock_path_beneath_attr own = { .allowed_access =
                                                  OWN & handled };
    int rv;

    if (is_root_folder())
        return 0;
    own.parent_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (own.parent_fd < 0)
        return -1;
    rv = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
                      &own, 0);
    close(own.parent_fd);
    return rv;
}

static uint64_t what_is_handled(void)
{
    uint64_t handled = CHANGES;

    for (size_t i = 0; i < COUNT(later); i++) {
        if (landlock_version >= later[i].version)
            handled |= later[i].access;
    }
    return handled;
}

static const char *close_files(void)
{
    struct landlock_ruleset_attr attr = { .handled_access_fs = CHANGES };
    int rules, rv;

    landlock_version =
        (int)syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
                     LANDLOCK_CREATE_RULESET_VERSION);
    if (landlock_version <= 0) {
        landlock_version = 0;
        return NULL;
    }
    attr.handled_access_fs = what_is_handled();
    rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    if (rules < 0)
        return "landlock_create_ruleset";
    rv = allow_own_folder(rules, attr.handled_access_fs);
    if (rv == 0)
        rv = (int)syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
    return rv == 0 ? NULL : "landlock_restrict_self";
}

/* ---- both ---- */

const char *anonid_confine(void)
{
    const char *failed = close_files();

    if (!failed && !LEAKS_ARE_LOOKED_FOR)
        failed = refuse_system_calls();
    return failed;
}

void anonid_confine_log(void)
{
    if (landlock_version > 0)
        anonid_log(ANONID_LOG_DEBUG,
                   "files can be written in the agent's own folder only "
                   "(Landlock %d)",
                   landlock_version);
    else
        anonid_log(ANONID_LOG_DEBUG,
                   "this kernel has no Landlock: files can be written "
                   "wherever the agent's user may");
}

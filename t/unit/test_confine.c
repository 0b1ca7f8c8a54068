/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent denies itself, tried by processes that have: other programs,
 * processes, users and views of the system are refused, nothing is written
 * outside the own folder, and what a library does goes on.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/harden.h"

static char folder[] = "/tmp/anonid-unit-XXXXXX";

/* In the child: says where it went wrong, and ends. */
#define DEMAND(truth)                                                         \
    do {                                                                      \
        if (!(truth)) {                                                       \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__,     \
                    #truth, errno);                                           \
            _exit(1);                                                         \
        }                                                                     \
    } while (0)

#define DEMAND_REFUSED(call, reason)                                          \
    do {                                                                      \
        errno = 0;                                                            \
        DEMAND((long)(call) == -1 && errno == (reason));                      \
    } while (0)

static int group_setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

/* Runs it in a process that has hardened itself in that folder. */
static void in_hardened_process(const char *dir, void (*run)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        DEMAND(chdir(dir) == 0);
        DEMAND(anonid_harden(2) == NULL);
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
                   LANDLOCK_CREATE_RULESET_VERSION)
           > 0;
}

/* The sanitizers' leak checker needs what is refused. */
static int has_filter(void)
{
#ifdef __SANITIZE_ADDRESS__
    return 0;
#else
    return 1;
#endif
}

#define RETURN_UNLESS(truth)                                                  \
    do {                                                                      \
        if (!(truth)) {                                                       \
            print_message("# skipped: not %s\n", #truth);                     \
            return;                                                           \
        }                                                                     \
    } while (0)

/* ---- system calls ---- */

static void try_programs(void)
{
    char *const argv[] = { "true", NULL };
    char *const environment[] = { NULL };

    DEMAND_REFUSED(execve("/bin/true", argv, environment), EPERM);
    DEMAND_REFUSED(
        syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, environment, 0),
        EPERM);
    DEMAND_REFUSED(fork(), EPERM);
    DEMAND_REFUSED(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), EPERM);
    DEMAND(system("true") != 0);
}

static void refuses_other_programs(void **state)
{
    (void)state;
    RETURN_UNLESS(has_filter());
    in_hardened_process(folder, try_programs);
}

static void try_processes(void)
{
    char octet;
    struct iovec here = { &octet, 1 }, there = { &octet, 1 };

    DEMAND_REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM);
    DEMAND_REFUSED(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL), EPERM);
    DEMAND_REFUSED(process_vm_readv(getppid(), &here, 1, &there, 1, 0), EPERM);
    DEMAND_REFUSED(process_vm_writev(getppid(), &here, 1, &there, 1, 0),
                   EPERM);
}

static void refuses_other_processes(void **state)
{
    (void)state;
    RETURN_UNLESS(has_filter());
    in_hardened_process(folder, try_processes);
}

static void try_users(void)
{
    gid_t none;

    DEMAND_REFUSED(setuid(getuid()), EPERM);
    DEMAND_REFUSED(setresgid(getgid(), getgid(), getgid()), EPERM);
    DEMAND_REFUSED(setgroups(0, &none), EPERM);
}

static void refuses_other_users(void **state)
{
    (void)state;
    RETURN_UNLESS(has_filter());
    in_hardened_process(folder, try_users);
}

static void try_views(void)
{
    DEMAND_REFUSED(chroot("/"), EPERM);
    DEMAND_REFUSED(unshare(CLONE_NEWUSER), EPERM);
    DEMAND_REFUSED(mount("none", folder, "tmpfs", 0, NULL), EPERM);
    DEMAND_REFUSED(syscall(SYS_pivot_root, "/", "/"), EPERM);
    DEMAND_REFUSED(syscall(SYS_setns, 0, 0), EPERM);
    DEMAND_REFUSED(personality(0xffffffff), EPERM);
    DEMAND_REFUSED(syscall(SYS_bpf, 0, NULL, 0), EPERM);
    DEMAND_REFUSED(syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0), EPERM);
    DEMAND_REFUSED(syscall(SYS_userfaultfd, 0), EPERM);
    DEMAND_REFUSED(syscall(SYS_io_uring_setup, 1, NULL), EPERM);
    DEMAND_REFUSED(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
    DEMAND_REFUSED(syscall(SYS_finit_module, 0, "", 0), EPERM);
    DEMAND_REFUSED(syscall(SYS_reboot, 0, 0, 0, NULL), EPERM);
}

static void refuses_another_view_of_the_system(void **state)
{
    (void)state;
    RETURN_UNLESS(has_filter());
    in_hardened_process(folder, try_views);
}

static void *thread_main(void *unused)
{
    (void)unused;
    if (has_filter())
        DEMAND_REFUSED(execl("/bin/true", "true", NULL), EPERM);
    if (has_landlock())
        DEMAND_REFUSED(open("/tmp/anonid-unit", O_WRONLY | O_CREAT, 0600),
                       EACCES);
    return folder;
}

static void try_threads(void)
{
    pthread_t thread;
    void *result = NULL;

    DEMAND(pthread_create(&thread, NULL, thread_main, NULL) == 0);
    DEMAND(pthread_join(thread, &result) == 0 && result == folder);
}

static void makes_threads_that_are_refused_the_same(void **state)
{
    (void)state;
    in_hardened_process(folder, try_threads);
}

static void try_libraries(void)
{
    struct addrinfo *found = NULL;
    FILE *file = fopen("/etc/passwd", "re");

    DEMAND(getaddrinfo("localhost", "25", NULL, &found) == 0);
    freeaddrinfo(found);
    DEMAND(file && fclose(file) == 0);
    DEMAND(getservbyname("smtp", "tcp") || errno != EPERM);
}

static void leaves_names_and_reading_alone(void **state)
{
    (void)state;
    in_hardened_process(folder, try_libraries);
}

/* ---- files ---- */

static void try_own_folder(void)
{
    int fd = open("new", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    DEMAND(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
    DEMAND(rename("new", "record") == 0);
    DEMAND(close(open("record", O_WRONLY | O_TRUNC)) == 0);
    DEMAND(unlink("record") == 0);
    DEMAND_REFUSED(mkdir("more", 0700), EACCES);
    DEMAND_REFUSED(symlink("/etc", "link"), EACCES);
    DEMAND_REFUSED(mkfifo("fifo", 0600), EACCES);
}

static void writes_records_in_its_own_folder(void **state)
{
    (void)state;
    RETURN_UNLESS(has_landlock());
    in_hardened_process(folder, try_own_folder);
}

/* As root, who may do all of this otherwise. */
static void try_elsewhere(void)
{
    DEMAND_REFUSED(open("/tmp/anonid-unit", O_WRONLY | O_CREAT, 0600), EACCES);
    DEMAND_REFUSED(open("/etc/passwd", O_WRONLY), EACCES);
    DEMAND_REFUSED(open("/dev/null", O_WRONLY), EACCES);
    DEMAND_REFUSED(mkdir("/tmp/anonid-unit", 0700), EACCES);
    DEMAND_REFUSED(unlink("/etc/passwd"), EACCES);
    DEMAND_REFUSED(rename("/etc/passwd", "/etc/passwd-"), EACCES);
    DEMAND(close(open("/etc/passwd", O_RDONLY)) == 0);
}

static void writes_nowhere_else(void **state)
{
    (void)state;
    RETURN_UNLESS(has_landlock());
    in_hardened_process(folder, try_elsewhere);
    in_hardened_process("/", try_elsewhere);
}

/* ---- what others can see ---- */

/* The value of a line of /proc/self/status, as it stands there. */
static void demand_status(const char *name, const char *value)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    size_t n = strlen(name);

    DEMAND(file);
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, n) == 0 && line[n] == ':') {
            line[strcspn(line, "\n")] = '\0';
            DEMAND(strcmp(line + n + 2, value) == 0);
            fclose(file);
            return;
        }
    }
    DEMAND(!"the line is there");
}

static void look_at_status(void)
{
    demand_status("NoNewPrivs", "1");
    if (has_filter())
        demand_status("Seccomp", "2");
    DEMAND(prctl(PR_GET_DUMPABLE) == 0);
}

static void cannot_be_dumped_nor_gain_privileges(void **state)
{
    (void)state;
    in_hardened_process(folder, look_at_status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_other_programs),
        cmocka_unit_test(refuses_other_processes),
        cmocka_unit_test(refuses_other_users),
        cmocka_unit_test(refuses_another_view_of_the_system),
        cmocka_unit_test(makes_threads_that_are_refused_the_same),
        cmocka_unit_test(leaves_names_and_reading_alone),
        cmocka_unit_test(writes_records_in_its_own_folder),
        cmocka_unit_test(writes_nowhere_else),
        cmocka_unit_test(cannot_be_dumped_nor_gain_privileges),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

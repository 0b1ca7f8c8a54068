/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system with one file, "secret", whose attributes nobody gets while
 * the file HANG is there; whoever waits for them has a file REACHED.pid. As a
 * network file system whose server has gone.
 *
 *   sleeping_fs HANG REACHED -f MOUNT-POINT
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONTENT "a secret on a slow file system\n"

static const char *hang, *reached;

static void sleep_while_it_hangs(void)
{
    const struct timespec moment = { 0, 20000000 };
    char path[4096];

    if (access(hang, F_OK) != 0)
        return;
    snprintf(path, sizeof(path), "%s.%ld", reached,
             (long)fuse_get_context()->pid);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    while (access(hang, F_OK) == 0)
        nanosleep(&moment, NULL);
}

static int get_attributes(const char *path, struct stat *st,
                          struct fuse_file_info *info)
{
    (void)info;
    memset(st, 0, sizeof(*st));
    if (strcmp(path, "/") == 0) {
        st->st_mode = S_IFDIR | 0755;
        st->st_nlink = 2;
        return 0;
    }
    if (strcmp(path, "/secret") != 0)
        return -ENOENT;
    sleep_while_it_hangs();
    st->st_mode = S_IFREG | 0600;
    st->st_nlink = 1;
    st->st_uid = getuid();
    st->st_gid = getgid();
    st->st_size = sizeof(CONTENT) - 1;
    st->st_mtime = 1;
    return 0;
}

static int read_content(const char *path, char *buffer, size_t size,
                        off_t offset, struct fuse_file_info *info)
{
    size_t length = sizeof(CONTENT) - 1, at = (size_t)offset;

    (void)path;
    (void)info;
    if (at >= length)
        return 0;
    if (size > length - at)
        size = length - at;
    memcpy(buffer, CONTENT + at, size);
    return (int)size;
}

/* Nothing is to be answered from a cache. */
static void *configure(struct fuse_conn_info *connection,
                       struct fuse_config *config)
{
    (void)connection;
    config->attr_timeout = config->entry_timeout = 0;
    return NULL;
}

static const struct fuse_operations operations = {
    .getattr = get_attributes,
    .read = read_content,
    .init = configure,
};

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    hang = argv[1];
    reached = argv[2];
    argv[2] = argv[0];
    return fuse_main(argc - 2, argv + 2, &operations, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system with one file, "secret", whose attributes nobody gets while
 * the file HANG is there; whoever waits for them has a file REACHED.pid. As a
 * network file system whose server has gone.
 *
 *   sleeping_fs HANG REACHED CONTENT -f MOUNT-POINT
 *
 * What is in the file CONTENT, up to 64 KB, is in "secret".
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

static const char *hang, *reached;
static char content[65536];
static size_t content_length;

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
    st->st_size = (off_t)content_length;
    st->st_mtime = 1;
    return 0;
}

static int read_content(const char *path, char *buffer, size_t size,
                        off_t offset, struct fuse_file_info *info)
{
    size_t at = (size_t)offset;

    (void)path;
    (void)info;
    if (at >= content_length)
        return 0;
    if (size > content_length - at)
        size = content_length - at;
    memcpy(buffer, content + at, size);
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
    FILE *file = argc < 5 ? NULL : fopen(argv[3], "r");

    if (!file)
        return 2;
    content_length = fread(content, 1, sizeof(content), file);
    fclose(file);
    hang = argv[1];
    reached = argv[2];
    argv[3] = argv[0];
    return fuse_main(argc - 3, argv + 3, &operations, NULL);
}

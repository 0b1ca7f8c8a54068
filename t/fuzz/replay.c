/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs one fuzz target over its corpus, without a fuzzer, and reports in TAP.
 * The corpus of replay_<x> is t/fuzz/corpus/<x>/ below ANONID_SRCDIR; files
 * named as arguments are run instead of it. It must not know any target.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int cases, failures;

static void report(int ok, const char *name, const char *reason)
{
    cases++;
    failures += !ok;
    printf("%s %d - %s%s%s\n", ok ? "ok" : "not ok", cases, name,
           reason ? ": " : "", reason ? reason : "");
    fflush(stdout);
}

/* The whole file in a block of just its size, so that a sanitizer sees the
 * first octet read behind it. NULL with errno on failure. */
static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long length;

    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        length = ftell(file);
        rewind(file);
        *size = length > 0 ? (size_t)length : 0;
        data = malloc(*size > 0 ? *size : 1);
        if (data != NULL && fread(data, 1, *size, file) != *size) {
            free(data);
            data = NULL;
        }
    }
    fclose(file);
    return data;
}

static void run_file(const char *path)
{
    size_t size = 0;
    uint8_t *data = read_file(path, &size);

    if (data == NULL) {
        report(0, path, strerror(errno));
        return;
    }
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    report(1, path, NULL);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void run_folder(const char *folder)
{
    struct dirent **entries;
    int i, n = -1;

    if (chdir(folder) == 0)
        n = scandir(".", &entries, is_visible, alphasort);
    if (n <= 0) {
        report(0, folder, n < 0 ? strerror(errno) : "there is no input");
        return;
    }
    for (i = 0; i < n; i++) {
        run_file(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

static void run_corpus(const char *program)
{
    const char *srcdir = getenv("ANONID_SRCDIR");
    const char *name = strrchr(program, '/');
    char folder[PATH_MAX];

    name = name ? name + 1 : program;
    if (strncmp(name, "replay_", 7) == 0)
        name += 7;
    snprintf(folder, sizeof(folder), "%s/t/fuzz/corpus/%s",
             srcdir ? srcdir : ".", name);
    run_folder(folder);
}

int main(int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i++)
        run_file(argv[i]);
    if (argc < 2)
        run_corpus(argv[0]);
    printf("1..%d\n", cases);
    return failures > 0;
}

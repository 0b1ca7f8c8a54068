/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account file, read and sorted; see account_table.h.
 *
 * Ten thousand accounts may share a file of megabytes: were it searched for
 * each of them, a start would read tens of gigabytes.
 */
#include "agent/provider/account_table.h"

#include "common/protocol.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP 65536

/* Where in the text a user's name is. */
typedef struct {
    uint32_t at;
    uint32_t length;
} name_t;

/* Until it is read, all but the descriptor is empty; afterwards nothing
 * changes any more, and the descriptor is closed. */
struct anonid_account_table_t {
    pthread_mutex_t lock; /* while the file is read */
    int fd;               /* -1: it was read */
    char *text;
    size_t length, capacity;
    name_t *names; /* sorted */
    size_t n_names;
    int has_nul;
};

anonid_account_table_t *anonid_account_table_make(int fd)
{
    anonid_account_table_t *table = calloc(1, sizeof(*table));

    if (!table) {
        close(fd);
        return NULL;
    }
    pthread_mutex_init(&table->lock, NULL);
    table->fd = fd;
    return table;
}

static void forget_text(anonid_account_table_t *table)
{
    free(table->text);
    free(table->names);
    table->text = NULL;
    table->names = NULL;
    table->length = table->capacity = table->n_names = 0;
}

void anonid_account_table_free(anonid_account_table_t *table)
{
    if (!table)
        return;
    if (table->fd >= 0)
        close(table->fd);
    forget_text(table);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

/* ---- reading ---- */

static int grow(anonid_account_table_t *table)
{
    size_t capacity = table->capacity ? table->capacity * 2 : READ_STEP;
    char *text = realloc(table->text, capacity);

    if (!text)
        return 0;
    table->text = text;
    table->capacity = capacity;
    return 1;
}

/* Reads all of the file with pread, because the descriptor's offset is
 * everybody's. NULL is good, else what is wrong. */
static const char *read_text(anonid_account_table_t *table)
{
    for (;;) {
        ssize_t n;

        if (table->length == table->capacity && !grow(table))
            return "there is no memory for it";
        n = pread(table->fd, table->text + table->length,
                  table->capacity - table->length, (off_t)table->length);
        if (n == 0)
            return NULL;
        if (n < 0 && errno != EINTR)
            return strerror(errno);
        if (n > 0)
            table->length += (size_t)n;
        if (table->length > ANONID_ACCOUNT_FILE_MAX)
            return "it is over 16 MB";
    }
}

static size_t count_users(const anonid_account_table_t *table)
{
    size_t at = 0, n = 0, length;
    const char *user;

    while (anonid_accountfile_next(table->text, table->length, &at, &user,
                                   &length))
        n++;
    return n;
}

/* ---- order ---- */

static int compare(const char *a, size_t a_length, const char *b,
                   size_t b_length)
{
    size_t least = a_length < b_length ? a_length : b_length;
    int order = memcmp(a, b, least);

    if (order != 0)
        return order;
    return (a_length > b_length) - (a_length < b_length);
}

static int compare_names(const void *a, const void *b, void *text)
{
    const name_t *x = a, *y = b;

    return compare((const char *)text + x->at, x->length,
                   (const char *)text + y->at, y->length);
}

static const char *sort_users(anonid_account_table_t *table)
{
    size_t n = count_users(table), at = 0, length;
    const char *user;

    table->names = calloc(n + 1, sizeof(*table->names));
    if (!table->names)
        return "there is no memory for it";
    while (anonid_accountfile_next(table->text, table->length, &at, &user,
                                   &length)) {
        name_t name = { (uint32_t)(user - table->text), (uint32_t)length };

        table->names[table->n_names++] = name;
    }
    qsort_r(table->names, table->n_names, sizeof(*table->names), compare_names,
            table->text);
    return NULL;
}

/* Under the lock: who finds the file read needs none. */
static const char *read_once(anonid_account_table_t *table)
{
    const char *why;

    if (table->fd < 0)
        return NULL;
    why = read_text(table);
    if (!why)
        why = sort_users(table);
    if (why) {
        forget_text(table);
        return why;
    }
    table->has_nul =
        table->length > 0 && memchr(table->text, '\0', table->length);
    close(table->fd);
    table->fd = -1;
    return NULL;
}

/* ---- looking up ---- */

static int is_user(const anonid_account_table_t *table, size_t i,
                   const char *user, size_t length)
{
    return i < table->n_names
           && compare(table->text + table->names[i].at, table->names[i].length,
                      user, length)
                  == 0;
}

/* The first that does not stand before the user. */
static size_t lower_bound(const anonid_account_table_t *table,
                          const char *user, size_t length)
{
    size_t low = 0, high = table->n_names;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const name_t *name = &table->names[middle];

        if (compare(table->text + name->at, name->length, user, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The line is well-formed, because it is in the table; so its verifier is
 * found by the reading of it alone. */
static anonid_accountfile_t copy(const anonid_account_table_t *table,
                                 const name_t *name, const char *user,
                                 char verifier[ANONID_VERIFIER_ROOM])
{
    const char *line = table->text + name->at;
    size_t left = table->length - name->at;
    const char *end = memchr(line, '\n', left);
    anonid_verifier_span_t span;
    anonid_accountfile_t found = anonid_accountfile_find(
        line, end ? (size_t)(end - line) : left, user, &span);

    if (found != ANONID_ACCOUNTFILE_OK)
        return found;
    memcpy(verifier, line + span.offset, span.length);
    verifier[span.length] = '\0';
    return found;
}

static anonid_accountfile_t look_up(const anonid_account_table_t *table,
                                    const char *user,
                                    char verifier[ANONID_VERIFIER_ROOM])
{
    size_t length = strlen(user);
    size_t i = lower_bound(table, user, length);

    if (table->has_nul)
        return ANONID_ACCOUNTFILE_BAD;
    if (!is_user(table, i, user, length))
        return ANONID_ACCOUNTFILE_MISSING;
    if (is_user(table, i + 1, user, length))
        return ANONID_ACCOUNTFILE_TWICE;
    return copy(table, &table->names[i], user, verifier);
}

anonid_accountfile_t
anonid_account_table_find(anonid_account_table_t *table, const char *user,
                          char verifier[ANONID_VERIFIER_ROOM],
                          const char **why)
{
    pthread_mutex_lock(&table->lock);
    *why = read_once(table);
    pthread_mutex_unlock(&table->lock);
    return *why ? ANONID_ACCOUNTFILE_BAD : look_up(table, user, verifier);
}

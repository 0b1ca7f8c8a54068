/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a visitor's browser says beside its form: Accept-Language and seals
 * from pages. The input is both, with a line end between. Whatever they are, a
 * language is chosen that there is, and no seal is taken that was not made
 * here.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "module/text/accept.h"
#include "module/text/language.h"
#include "module/text/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const tags[] = { "en", "de", "pt-br" };

#define N_TAGS ((int)(sizeof(tags) / sizeof(tags[0])))

/* Ends the program unless it holds. */
static void require(int holds)
{
    if (!holds)
        abort();
}

/* A seal of the input is good; the input itself is one of nobody's key. */
static void check_seal(apr_pool_t *pool, const char *text)
{
    static const anonid_seal_key_t key = { { 42 } };
    const char *seal = anonid_seal_make(pool, &key, "a", text, 0);
    const char *opened;
    apr_time_t made;

    require(anonid_seal_open(pool, &key, "a", text, &made) == NULL);
    opened = anonid_seal_open(pool, &key, "a", seal, &made);
    if (strlen(text) < 4096)
        require(opened && strcmp(opened, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int started;
    apr_pool_t *pool;
    char *accept, *seal;
    int chosen;

    if (!started)
        apr_initialize();
    started = 1;
    apr_pool_create(&pool, NULL);
    accept = apr_pstrmemdup(pool, (const char *)data, size);
    seal = accept + strcspn(accept, "\n");
    if (*seal)
        *seal++ = '\0';
    chosen = anonid_language_choose(accept, tags, N_TAGS);
    require(chosen >= 0 && chosen < N_TAGS);
    require(!(anonid_accept_asks_json(accept)
              && anonid_accept_prefers_html(accept)));
    check_seal(pool, seal);
    apr_pool_destroy(pool);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libcurl and Jansson are given once per program: memory that is wiped.
 */
#include "agent/oauth/library.h"
#include "agent/base/wipe.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void anonid_oauth_library_start(void)
{
    json_set_alloc_funcs(malloc, anonid_wipe_free);
    (void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, anonid_wipe_free,
                               anonid_wipe_realloc, strdup, calloc);
}

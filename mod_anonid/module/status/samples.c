/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of Prometheus' text format; see samples.h.
 */
#include "module/status/samples.h"

#include "common/text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

/* A label's value: backslash and quote are escaped, a line end is gone. */
static const char *escape(apr_pool_t *pool, const char *text)
{
    char *clean = apr_pstrdup(pool, text);
    char *escaped = apr_palloc(pool, 2 * strlen(clean) + 1), *out = escaped;

    anonid_text_clean(clean);
    for (; *clean; clean++) {
        if (*clean == '\\' || *clean == '"')
            *out++ = '\\';
        *out++ = *clean;
    }
    *out = '\0';
    return escaped;
}

void anonid_sample_label(anonid_samples_t *w, const char *name,
                         const char *value)
{
    w->labels =
        apr_pstrcat(w->r->pool, w->labels, *w->labels ? "," : "", name, "=\"",
                    escape(w->r->pool, value ? value : ""), "\"", NULL);
}

/* A sample of the labels so far, which are used up by it. */
static void put(anonid_samples_t *w, const char *suffix, const char *value)
{
    ap_rvputs(w->r, w->name, suffix, *w->labels ? "{" : "", w->labels,
              *w->labels ? "} " : " ", value, "\n", NULL);
    w->labels = "";
}

void anonid_sample_count(anonid_samples_t *w, uint64_t value)
{
    put(w, "", apr_psprintf(w->r->pool, "%" APR_UINT64_T_FMT, value));
}

static const char *seconds_text(apr_pool_t *pool, int64_t microseconds)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT ".%06" APR_INT64_T_FMT,
                        microseconds / APR_USEC_PER_SEC,
                        microseconds % APR_USEC_PER_SEC);
}

void anonid_sample_seconds(anonid_samples_t *w, int64_t microseconds)
{
    put(w, "", seconds_text(w->r->pool, microseconds));
}

static const char *bound_text(apr_pool_t *pool, int i)
{
    return i == ANONID_STATUS_BUCKETS - 1
               ? "+Inf"
               : apr_psprintf(pool, "%g",
                              (double)anonid_status_bounds[i]
                                  / APR_USEC_PER_SEC);
}

void anonid_sample_histogram(anonid_samples_t *w,
                             const anonid_histogram_view_t *h)
{
    const char *labels = w->labels;
    apr_pool_t *pool = w->r->pool;
    uint64_t below = 0;

    for (int i = 0; i < ANONID_STATUS_BUCKETS; i++) {
        below += h->counts[i];
        w->labels = labels;
        anonid_sample_label(w, "le", bound_text(pool, i));
        put(w, "_bucket", apr_psprintf(pool, "%" APR_UINT64_T_FMT, below));
    }
    w->labels = labels;
    put(w, "_sum", seconds_text(pool, (int64_t)h->microseconds));
    w->labels = labels;
    put(w, "_count", apr_psprintf(pool, "%" APR_UINT64_T_FMT, h->total));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples in Prometheus' text format 0.0.4: labels, escaped, and values. Knows
 * no metric.
 *
 *   name{label="value",...} number
 */
#ifndef ANONID_MODULE_STATUS_SAMPLES_H
#define ANONID_MODULE_STATUS_SAMPLES_H

#include "module/status/view.h"

#include <httpd.h>

typedef struct {
    request_rec *r;
    const anonid_status_view_t *view;
    const char *name;   /* of the metric */
    const char *labels; /* of the next sample, without braces; "": none */
} anonid_samples_t;

/* Adds a label to the next sample; NULL is an empty value. */
void anonid_sample_label(anonid_samples_t *w, const char *name,
                         const char *value);

/* A sample of the labels so far, which are used up by it: a number, or
 * microseconds as seconds. */
void anonid_sample_count(anonid_samples_t *w, uint64_t value);
void anonid_sample_seconds(anonid_samples_t *w, int64_t microseconds);

/* All lines of a histogram; the labels so far are those of each. */
void anonid_sample_histogram(anonid_samples_t *w,
                             const anonid_histogram_view_t *h);

#endif

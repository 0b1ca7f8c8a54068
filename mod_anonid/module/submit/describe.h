/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program that sends messages has to know of a place, as JSON: who can
 * be written to, with which fields, and how much.
 */
#ifndef ANONID_MODULE_SUBMIT_DESCRIBE_H
#define ANONID_MODULE_SUBMIT_DESCRIBE_H

#include <httpd.h>
#include <jansson.h>

#include "module/submit/page.h"

/* A new document:
 *
 *   {"aliases": ["sales"...],
 *    "fields": [{"name": "subject", "label": "Subject", "required": false,
 *                "max_octets": 998}...],
 *    "limits": {"body_octets": 10485760, "attachments": 64, ...,
 *               "rates": ["10/minute per-client"...]}}
 *
 * with labels in the page's language. */
json_t *anonid_describe(request_rec *r, const anonid_page_t *page);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing HTML: the escaping of what is not ours. Owns what may stand in a
 * page; knows nothing of forms.
 */
#ifndef ANONID_MODULE_SUBMIT_HTML_H
#define ANONID_MODULE_SUBMIT_HTML_H

#include <httpd.h>

/* A text as it is shown in one line, between tags and in attributes. NULL is
 * empty. */
const char *anonid_html_escape(request_rec *r, const char *text);

/* Writes what the visitor wrote back into a field: nothing of it is lost.
 * NULL is empty. */
void anonid_html_put_value(request_rec *r, const char *value);

#endif

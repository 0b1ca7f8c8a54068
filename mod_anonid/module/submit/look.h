/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a page looks like: its template, our style sheet and script, and the
 * Content-Security-Policy that lets in just these. Owns the policy; knows
 * nothing of forms.
 */
#ifndef ANONID_MODULE_SUBMIT_LOOK_H
#define ANONID_MODULE_SUBMIT_LOOK_H

#include <httpd.h>

#include "module/text/template.h"

/* Before a child serves: reads the built-in template. */
void anonid_look_start(apr_pool_t *p);

/* The template of a request's place. Never NULL. */
const anonid_template_t *anonid_look_template(const request_rec *r);

/* The policy of its pages. */
const char *anonid_look_policy(request_rec *r);

/* Writes the element <style> or <script>. */
void anonid_look_put_style(request_rec *r);
void anonid_look_put_script(request_rec *r);

#endif

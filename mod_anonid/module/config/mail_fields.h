/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDMailFields: what a form asks beside subject and text. Plain data.
 */
#ifndef ANONID_MODULE_CONFIG_MAIL_FIELDS_H
#define ANONID_MODULE_CONFIG_MAIL_FIELDS_H

typedef struct {
    const char *name;  /* of the field in a form or in JSON */
    const char *label; /* for people: on the page and in the message */
    int is_required;   /* a form without it is not sent */
} anonid_mail_field_t;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from a form that was sent to the page that says so: a redirect, so
 * that a reload sends nothing again. What the page says is sealed in its URL;
 * the server keeps nothing.
 */
#ifndef ANONID_MODULE_SUBMIT_THANKS_H
#define ANONID_MODULE_SUBMIT_THANKS_H

#include <httpd.h>

#include "module/channel/agent_client.h"

/* The URL to go to: AnonIDFormThanks where all recipients have the message,
 * else this page with a seal. NULL if it would be too long. */
const char *anonid_thanks_location(request_rec *r,
                                   const anonid_receipt_t *receipt,
                                   const char *message_id);

/* This page's path, without its query, as it stands in a Location field. */
const char *anonid_thanks_path(request_rec *r);

/* 1 if the request asks for the page of a message that was sent: what became
 * of it, and its Message-ID. */
int anonid_thanks_open(request_rec *r, anonid_receipt_t *receipt,
                       const char **message_id);

#endif

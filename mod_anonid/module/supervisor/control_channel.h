/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation of a supervisor with a running agent: waiting for what it
 * says, and answering it; and hearing when httpd's parent wants the end.
 */
#ifndef ANONID_MODULE_SUPERVISOR_CONTROL_CHANNEL_H
#define ANONID_MODULE_SUPERVISOR_CONTROL_CHANNEL_H

#include <httpd.h>

#include "module/supervisor/audience.h"
#include "module/config/config.h"
#include "module/supervisor/retained.h"
#include "module/supervisor/sources.h"
#include "module/supervisor/stores.h"

#include "common/channel.h"

#include <signal.h>

/* Octets of a line of the agent's standard error that are kept. */
#define ANONID_CONTROL_CHANNEL_LINE 512

/* What the supervisor is wanted to do. */
typedef enum {
    ANONID_STAY,
    ANONID_LEAVE, /* another one follows */
    ANONID_END    /* httpd ends, or is gone */
} anonid_wish_t;

typedef struct {
    anonid_retained_t *retained;
    anonid_channel_t agent; /* fd -1: none is there */
    int handover;           /* to httpd's parent */
    anonid_wish_t wish;
    sigset_t awake; /* the signals that are blocked while it waits */
    const anonid_global_t *config;
    server_rec *server;          /* the main one */
    anonid_sources_t *sources;   /* of that configuration */
    anonid_stores_t *stores;     /* verifiers that wait */
    anonid_audience_t *audience; /* of its warnings */
    apr_pool_t *scratch;         /* cleared after each step */
    int ready;                   /* READY has come from this agent */
    int done;                    /* the last configuration was taken up ... */
    int refused;                 /* ... or not; then said says why */
    char said[ANONID_CONTROL_CHANNEL_LINE];
    char line
        [ANONID_CONTROL_CHANNEL_LINE]; /* of standard error, not ended yet */
    size_t line_length;
    char last_line[ANONID_CONTROL_CHANNEL_LINE]; /* ... the last whole one */
} anonid_control_channel_t;

/* Prepares a conversation about that configuration; everything it needs is
 * made in the pool. */
void anonid_control_channel_begin(anonid_control_channel_t *talk,
                                  anonid_retained_t *retained, server_rec *s,
                                  int handover, apr_pool_t *pool);

/* Waits until the agent says something, a signal comes (all but those of
 * `awake` are let in), httpd's parent wants something, or timeout is over;
 * and answers what has come. APR_SUCCESS; APR_EOF when the agent has closed
 * its socket; else it broke the protocol or is hung. */
apr_status_t anonid_control_channel_step(anonid_control_channel_t *talk,
                                         apr_interval_time_t timeout);

/* Logs what the agent has said on standard error so far; at_end: also a line
 * that has no end. */
void anonid_control_channel_read_errors(anonid_control_channel_t *talk,
                                        int at_end);

/* Answers one message of the agent (answers.c): APR_SUCCESS, APR_EINVAL for
 * one that it may not send, or an error of the channel. */
apr_status_t anonid_control_channel_answer(anonid_control_channel_t *talk,
                                           const anonid_frame_t *frame);

#endif

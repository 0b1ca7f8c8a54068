/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs that wait for a thread, in lanes.
 *
 * Jobs that wait for the same server share a lane. Lanes take turns, and only
 * so many jobs of one lane run at once: a server that hangs then holds a few
 * threads and not all of them. Jobs without a lane wait for nobody; they have
 * their turn, too, and no limit.
 *
 * Knows no thread; who uses it locks it.
 */
#ifndef ANONID_AGENT_LANES_H
#define ANONID_AGENT_LANES_H

#include "workpool.h"

typedef struct anonid_lane_t anonid_lane_t;

typedef struct anonid_job_t {
    struct anonid_job_t *next;
    anonid_work_t work;
    anonid_work_t done;
    void *data;
    anonid_lane_t *lane; /* from being added to having ended */
} anonid_job_t;

/* There are as many lanes as there are servers that somebody waits for: few,
 * so a list will do. In the order of their turns. */
typedef struct {
    anonid_lane_t *first;
    anonid_lane_t *last;
    int most; /* jobs of one lane that run at once */
} anonid_lanes_t;

/* Adds a job; lane NULL: it has none. 1, or 0 if there is no memory. */
int anonid_lanes_add(anonid_lanes_t *lanes, const char *lane,
                     anonid_job_t *job);

/* Takes the job that may run next; NULL: there is none now. */
anonid_job_t *anonid_lanes_take(anonid_lanes_t *lanes);

/* A job that was taken has ended. At most one more may run because of it. */
void anonid_lanes_ended(anonid_lanes_t *lanes, anonid_job_t *job);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs in lanes; see lanes.h.
 */
#include "lanes.h"

#include <stdlib.h>
#include <string.h>

/* Lives while it has jobs, waiting or running. */
struct anonid_lane_t {
    anonid_lane_t *next;
    anonid_job_t *first; /* that waits */
    anonid_job_t *last;
    int running;
    char name[]; /* "": of the jobs that wait for nobody */
};

/* ---- the list ---- */

static void append(anonid_lanes_t *lanes, anonid_lane_t *lane)
{
    lane->next = NULL;
    if (lanes->last)
        lanes->last->next = lane;
    else
        lanes->first = lane;
    lanes->last = lane;
}

static void unlink_lane(anonid_lanes_t *lanes, const anonid_lane_t *lane)
{
    anonid_lane_t *before = NULL;

    for (anonid_lane_t *at = lanes->first; at != lane; at = at->next)
        before = at;
    if (before)
        before->next = lane->next;
    else
        lanes->first = lane->next;
    if (lanes->last == lane)
        lanes->last = before;
}

static anonid_lane_t *find(const anonid_lanes_t *lanes, const char *name)
{
    anonid_lane_t *lane = lanes->first;

    while (lane && strcmp(lane->name, name) != 0)
        lane = lane->next;
    return lane;
}

static anonid_lane_t *find_or_make(anonid_lanes_t *lanes, const char *name)
{
    size_t size = strlen(name) + 1;
    anonid_lane_t *lane = find(lanes, name);

    if (lane)
        return lane;
    lane = calloc(1, sizeof(*lane) + size);
    if (!lane)
        return NULL;
    memcpy(lane->name, name, size);
    append(lanes, lane);
    return lane;
}

/* ---- jobs ---- */

int anonid_lanes_add(anonid_lanes_t *lanes, const char *name,
                     anonid_job_t *job)
{
    anonid_lane_t *lane = find_or_make(lanes, name ? name : "");

    if (!lane)
        return 0;
    job->lane = lane;
    job->next = NULL;
    if (lane->last)
        lane->last->next = job;
    else
        lane->first = job;
    lane->last = job;
    return 1;
}

static int may_run(const anonid_lanes_t *lanes, const anonid_lane_t *lane)
{
    return lane->first && (!lane->name[0] || lane->running < lanes->most);
}

anonid_job_t *anonid_lanes_take(anonid_lanes_t *lanes)
{
    anonid_lane_t *lane = lanes->first;
    anonid_job_t *job;

    while (lane && !may_run(lanes, lane))
        lane = lane->next;
    if (!lane)
        return NULL;
    job = lane->first;
    lane->first = job->next;
    if (!lane->first)
        lane->last = NULL;
    lane->running++;
    unlink_lane(lanes, lane);
    append(lanes, lane);
    return job;
}

void anonid_lanes_ended(anonid_lanes_t *lanes, anonid_job_t *job)
{
    anonid_lane_t *lane = job->lane;

    job->lane = NULL;
    if (--lane->running > 0 || lane->first)
        return;
    unlink_lane(lanes, lane);
    free(lane);
}

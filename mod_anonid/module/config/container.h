/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers: <AnonIDAccount> and <AnonIDMailService>.
 *
 * Owns reading a container: its argument, and the directives inside it, which
 * httpd would otherwise carry out wherever they stand. Knows nothing of what
 * the directives mean.
 */
#ifndef ANONID_MODULE_CONFIG_CONTAINER_H
#define ANONID_MODULE_CONFIG_CONTAINER_H

#include <httpd.h>
#include <http_config.h>

/* A directive that may stand in a container. */
typedef struct {
    const char *name;
    int once; /* 1: not twice in the same container */
} anonid_container_item_t;

typedef struct {
    const char *name; /* "<AnonIDAccount" */
    const anonid_container_item_t *items;
    int n_items;
} anonid_container_t;

/* The one word of "<Container word>" into *word; NULL, or what is wrong: with
 * that, or with where the container stands. args is what httpd gives to a
 * RAW_ARGS directive. */
const char *anonid_container_word(cmd_parms *cmd, const char *args,
                                  const char **word);

/* What is wrong with a second container of that name. */
const char *anonid_container_twice(cmd_parms *cmd,
                                   const anonid_container_t *container,
                                   const char *name,
                                   const ap_directive_t *first);

/* What is wrong with the directive of cmd outside of such a container. */
const char *anonid_container_outside(cmd_parms *cmd,
                                     const anonid_container_t *container);

/* Carries out the directives inside the container of cmd; NULL, or what is
 * wrong with the first bad one. */
const char *anonid_container_read(cmd_parms *cmd,
                                  const anonid_container_t *container);

/* Makes httpd name the line of the first directive of that name inside the
 * container of cmd, rather than the container's own; returns error. */
const char *anonid_container_blame(cmd_parms *cmd, const char *name,
                                   const char *error);

#endif

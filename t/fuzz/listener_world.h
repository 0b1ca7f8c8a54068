/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is around the dialogue of a listener, without sockets and servers, for
 * fuzz targets: a client that sends what the fuzzer says, and a login that
 * fails the first time and works the second time.
 */
#ifndef ANONID_T_FUZZ_LISTENER_WORLD_H
#define ANONID_T_FUZZ_LISTENER_WORLD_H

#include "agent/relay/protocol.h"

/* Has the dialogue with a client that sends data in pieces of `step` octets
 * (0: all at once). Aborts if it consumes what it was not given, if a line
 * that it says does not end, or if anything happens after the end. */
void listener_world_run(const anonid_listener_protocol_t *protocol,
                        unsigned flags, const char *data, size_t length,
                        size_t step);

/* The same in pieces of several sizes: aborts unless the client is told the
 * same each time, and the mail server gets the same octets. */
void listener_world_check(const anonid_listener_protocol_t *protocol,
                          unsigned flags, const char *data, size_t length);

#endif

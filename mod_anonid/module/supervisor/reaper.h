/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The minder of one run: see program.h, whose part it is. Owns the two
 * processes, their descriptors, signals and limits, and the sealed output.
 *
 * Minder and program are made in a process with threads: up to exec they call
 * async-signal-safe functions only.
 */
#ifndef ANONID_MODULE_SUPERVISOR_REAPER_H
#define ANONID_MODULE_SUPERVISOR_REAPER_H

#include "module/supervisor/program.h"

/* Makes a minder that runs the program, reports once and ends. argv and
 * environment end with NULL, argv[0] is an absolute path. Its pid, to be given
 * to anonid_program_end; -1 with errno. */
pid_t anonid_reaper_start(char *const argv[], char *const environment[],
                          uint32_t number, int send);

#endif

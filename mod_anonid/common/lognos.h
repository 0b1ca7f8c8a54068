/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message numbers. An operator looks a message up, and a log watcher matches
 * it, by its number: a number is never reused and its meaning never changes.
 * Ranges: 1-9 logon, 10-99 parent and agent, 100-199 mapping, 200-299 mail,
 * 300-399 HTTP submission, 400-499 local accounts, 500-599 configuration.
 */
#ifndef ANONID_COMMON_LOGNOS_H
#define ANONID_COMMON_LOGNOS_H

/* The prefix of a message: ANONID_LOGNO(0001) is "ANID0001: ". */
#define ANONID_LOGNO(n) "ANID" #n ": "

#endif

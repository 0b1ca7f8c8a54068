/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out when a test wants it to: for the program's own calls
 * (which the linker wraps, see Makefile.inc), for OpenSSL's, and for those of
 * libevent and libsasl2 that tell their caller; both crash on others. What is
 * freed is overwritten, so that a second free or a late use is seen, and is
 * searched for secrets before that.
 */
#ifndef ANONID_T_FAULTY_MEMORY_H
#define ANONID_T_FAULTY_MEMORY_H

/* Before anything else in the program: 1, or 0 if a library has memory
 * already. */
int faulty_memory_start(void);

/* What is freed must not hold that text, of up to 63 octets; up to 4. */
void faulty_memory_forbid(const char *text);

/* From now on the nth allocation (1, 2, ...) finds no memory, and if it
 * lasts, none after it does; 0: all do. */
void faulty_memory_arm(unsigned long nth, int lasting);

/* 1: OpenSSL, which takes most of it, always has memory. */
void faulty_memory_spare_openssl(int spare);

/* Ends that. Returns how many allocations there were. */
unsigned long faulty_memory_disarm(void);

/* Mappings, one for each secret, that there are now. */
int faulty_memory_mappings(void);

/* How often something forbidden was in what was freed or unmapped. */
int faulty_memory_spilled(void);

#endif

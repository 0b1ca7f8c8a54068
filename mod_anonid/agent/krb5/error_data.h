/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The e-data of a KRB-ERROR, where Windows and Samba put the NTSTATUS that
 * tells a locked account from a disabled or an expired one.
 *
 * Two shapes are seen (DER; all tags explicit):
 *
 *   Windows  KERB-ERROR-DATA (MS-KILE 2.2.2):
 *            SEQUENCE { [1] INTEGER 3, [2] OCTET STRING KERB-EXT-ERROR }
 *   Samba    METHOD-DATA (RFC 4120 5.9.1) with one such element:
 *            SEQUENCE OF SEQUENCE { [1] INTEGER 3, [2] OCTET STRING ... }
 *
 * KERB-EXT-ERROR is 12 octets: NTSTATUS, reserved, flags, little-endian.
 * Every octet is hostile; nothing is allocated.
 */
#ifndef ANONID_AGENT_KRB5_ERROR_DATA_H
#define ANONID_AGENT_KRB5_ERROR_DATA_H

#include <stddef.h>
#include <stdint.h>

/* 1 with the first NTSTATUS found, or 0: none, or not such data. At most
 * 64 KiB are looked at. */
int anonid_krb5_error_data_ntstatus(const unsigned char *data, size_t length,
                                    uint32_t *status);

#endif

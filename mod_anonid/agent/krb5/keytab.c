/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keytabs in memory; see keytab.h.
 */
#include "agent/krb5/keytab.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VERSION_OCTETS 2
#define SIZE_OCTETS 4

static const unsigned char version[VERSION_OCTETS] = { 0x05, 0x02 };

static int32_t read_size(const char *octets)
{
    const unsigned char *at = (const unsigned char *)octets;

    return (int32_t)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16
                     | (uint32_t)at[2] << 8 | (uint32_t)at[3]);
}

/*
 * From libkrb5's documentation of the format, version 2:
 *
 *   keytab = 05 02 *(size record)
 *   size   = 4 octets, big-endian, signed: of the record; negative for a
 *            hole of that many octets, where a key was removed; 0 ends it
 */
const char *anonid_krb5_keytab_error(const char *octets, size_t length)
{
    size_t at = VERSION_OCTETS;
    int keys = 0;

    if (length < VERSION_OCTETS || memcmp(octets, version, at) != 0)
        return "it is not a keytab";
    while (at < length) {
        int64_t size;

        if (length - at < SIZE_OCTETS)
            return "the keytab is cut off";
        size = read_size(octets + at);
        at += SIZE_OCTETS;
        if (size == 0)
            break;
        keys += size > 0;
        size = size < 0 ? -size : size;
        if ((uint64_t)size > length - at)
            return "the keytab is cut off";
        at += (size_t)size;
    }
    return keys ? NULL : "the keytab holds no key";
}

static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        data += n;
        length -= (size_t)n;
    }
    return 1;
}

const char *anonid_krb5_keytab_open(krb5_context context,
                                    const anonid_secret_t *secret,
                                    anonid_krb5_keytab_t *keytab)
{
    const char *octets = anonid_secret_data(secret);
    size_t length = anonid_secret_length(secret);
    const char *error = anonid_krb5_keytab_error(octets, length);
    char name[64];

    if (error)
        return error;
    keytab->fd = memfd_create("anonid-keytab", MFD_CLOEXEC);
    snprintf(name, sizeof(name), "FILE:/proc/self/fd/%d", keytab->fd);
    if (keytab->fd >= 0 && write_all(keytab->fd, octets, length)
        && krb5_kt_resolve(context, name, &keytab->keytab) == 0)
        return NULL;
    anonid_krb5_keytab_close(context, keytab);
    return "the keytab cannot be opened";
}

void anonid_krb5_keytab_close(krb5_context context,
                              anonid_krb5_keytab_t *keytab)
{
    if (keytab->keytab)
        (void)krb5_kt_close(context, keytab->keytab);
    if (keytab->fd >= 0)
        close(keytab->fd);
    keytab->keytab = NULL;
    keytab->fd = -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A DER reader for just two shapes; see error_data.h.
 */
#include "agent/krb5/error_data.h"

#define DATA_MAX 65536
#define ELEMENTS_MAX 64

#define DER_INTEGER 0x02
#define DER_OCTET_STRING 0x04
#define DER_SEQUENCE 0x30
#define DER_CONTEXT(n) (0xa0 + (n))

#define KERB_ERR_TYPE_EXTENDED 3
#define KERB_EXT_ERROR_SIZE 12

typedef struct {
    const unsigned char *at;
    size_t left;
} der_t;

/* Reads a definite length; 0 if it is malformed or goes beyond the data. */
static int read_length(der_t *der, size_t *length)
{
    size_t n, octets;

    if (der->left == 0)
        return 0;
    n = *der->at++;
    der->left--;
    if (n >= 0x80) {
        octets = n & 0x7f;
        if (octets == 0 || octets > 3 || octets > der->left)
            return 0;
        for (n = 0; octets > 0; octets--, der->left--)
            n = n << 8 | *der->at++;
    }
    *length = n;
    return n <= der->left;
}

/* Takes one element of that tag off the front; its content goes to inner. */
static int take(der_t *der, unsigned char tag, der_t *inner)
{
    size_t length;

    if (der->left == 0 || der->at[0] != tag)
        return 0;
    der->at++;
    der->left--;
    if (!read_length(der, &length))
        return 0;
    inner->at = der->at;
    inner->left = length;
    der->at += length;
    der->left -= length;
    return 1;
}

/* The content of SEQUENCE { [1] INTEGER 3, [2] OCTET STRING 12 octets }. */
static int extended_error(der_t content, uint32_t *status)
{
    der_t wrapped, type, value;

    if (!take(&content, DER_CONTEXT(1), &wrapped)
        || !take(&wrapped, DER_INTEGER, &type) || type.left != 1
        || type.at[0] != KERB_ERR_TYPE_EXTENDED)
        return 0;
    if (!take(&content, DER_CONTEXT(2), &wrapped)
        || !take(&wrapped, DER_OCTET_STRING, &value)
        || value.left != KERB_EXT_ERROR_SIZE)
        return 0;
    *status = (uint32_t)value.at[0] | (uint32_t)value.at[1] << 8
              | (uint32_t)value.at[2] << 16 | (uint32_t)value.at[3] << 24;
    return 1;
}

int anonid_krb5_error_data_ntstatus(const unsigned char *data, size_t length,
                                    uint32_t *status)
{
    der_t all = { data, length }, outer, element;

    if (length > DATA_MAX || !take(&all, DER_SEQUENCE, &outer))
        return 0;
    if (extended_error(outer, status))
        return 1;
    for (int i = 0; i < ELEMENTS_MAX; i++) {
        if (!take(&outer, DER_SEQUENCE, &element))
            return 0;
        if (extended_error(element, status))
            return 1;
    }
    return 0;
}

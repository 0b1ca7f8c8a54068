/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The e-data of a KRB-ERROR: any octets give a status or none.
 */
#include <stdint.h>

#include "agent/krb5/error_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t status;

    (void)anonid_krb5_error_data_ntstatus(data, size, &status);
    return 0;
}

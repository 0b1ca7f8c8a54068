/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of certificates; see certificate_file.h. It must not understand what
 * is in a certificate: the agent's TLS library does.
 */
#include "module/config/certificate_file.h"
#include "module/config/config.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#define LINE_MAX_OCTETS 1024

/* RFC 7468 section 5, and OpenSSL's variant with trust settings. */
static int begins_certificate(const char *line)
{
    return strncmp(line, "-----BEGIN CERTIFICATE-----", 27) == 0
           || strncmp(line, "-----BEGIN TRUSTED CERTIFICATE-----", 35) == 0;
}

static int holds_certificate(apr_file_t *file)
{
    char line[LINE_MAX_OCTETS];

    while (apr_file_gets(line, sizeof(line), file) == APR_SUCCESS) {
        if (begins_certificate(line))
            return 1;
    }
    return 0;
}

static const char *cannot_open(apr_pool_t *p, apr_status_t status)
{
    char text[120];

    if (APR_STATUS_IS_ENOENT(status))
        return "does not exist; write the path of the authority's "
               "certificate";
    return apr_psprintf(p, "cannot be read: %s",
                        apr_strerror(status, text, sizeof(text)));
}

const char *anonid_certificate_file_check(apr_pool_t *p, const char *path)
{
    apr_status_t status;
    apr_finfo_t finfo;
    apr_file_t *file;
    int holds;

    if (anonid_config_is_restart())
        return NULL;
    status = apr_stat(&finfo, path, APR_FINFO_TYPE, p);
    if (status != APR_SUCCESS && status != APR_INCOMPLETE)
        return cannot_open(p, status);
    if (finfo.filetype != APR_REG)
        return "is not a regular file; write the path of the authority's "
               "certificate";
    status =
        apr_file_open(&file, path, APR_READ | APR_BUFFERED, APR_OS_DEFAULT, p);
    if (status != APR_SUCCESS)
        return cannot_open(p, status);
    holds = holds_certificate(file);
    apr_file_close(file);
    return holds ? NULL
                 : "holds no certificate in PEM (-----BEGIN CERTIFICATE-----);"
                   " write the path of the authority's certificate";
}

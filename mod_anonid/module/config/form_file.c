/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's files; see form_file.h.
 */
#include "module/config/form_file.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

static const char *read_open(apr_pool_t *p, apr_file_t *file, apr_size_t max,
                             const char **text, apr_size_t *length)
{
    apr_finfo_t finfo;
    apr_status_t rv =
        apr_file_info_get(&finfo, APR_FINFO_TYPE | APR_FINFO_SIZE, file);
    char *data;

    if (rv == APR_SUCCESS && finfo.filetype != APR_REG)
        return "it is not a regular file";
    if (rv == APR_SUCCESS && finfo.size > (apr_off_t)max)
        return apr_psprintf(p, "it is longer than %lu KB",
                            (unsigned long)(max / 1024));
    data = apr_pcalloc(p, (apr_size_t)finfo.size + 1);
    *length = 0;
    if (rv == APR_SUCCESS)
        rv = apr_file_read_full(file, data, (apr_size_t)finfo.size, length);
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv))
        return apr_psprintf(p, "it cannot be read (%pm)", &rv);
    *text = data;
    return NULL;
}

/* A FIFO must not hold httpd's start. */
const char *anonid_form_file_read(apr_pool_t *p, const char *path,
                                  apr_size_t max, const char **text,
                                  apr_size_t *length)
{
    const char *error;
    apr_finfo_t finfo;
    apr_file_t *file;
    apr_status_t rv = apr_stat(&finfo, path, APR_FINFO_TYPE, p);

    if (rv == APR_SUCCESS && finfo.filetype != APR_REG)
        return "it is not a regular file";
    if (rv == APR_SUCCESS || rv == APR_INCOMPLETE)
        rv = apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p);
    if (rv != APR_SUCCESS)
        return apr_psprintf(p, "it cannot be read (%pm)", &rv);
    error = read_open(p, file, max, text, length);
    apr_file_close(file);
    return error;
}

const char *anonid_form_file_error(cmd_parms *cmd, const char *path, int line,
                                   const char *error)
{
    if (line > 0)
        return apr_psprintf(cmd->pool, "%s: on line %d of %s: %s",
                            cmd->directive->directive, line, path, error);
    return apr_psprintf(cmd->pool, "%s: %s: %s", cmd->directive->directive,
                        path, error);
}

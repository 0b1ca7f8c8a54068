/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsasl2's own server; see sasl_server.h.
 */
#include "sasl_server.h"

#include "agent/sasl/sasl.h"

#include <sasl/saslplug.h>
#include <string.h>

static const char *known_user, *known_password, *iterations;

/* Where the server looks the password up: an auxiliary property plugin. */
static int look_up(void *context, sasl_server_params_t *params, unsigned flags,
                   const char *user, unsigned length)
{
    (void)context;
    if ((flags & SASL_AUXPROP_AUTHZID) || length < strlen(known_user)
        || strncmp(user, known_user, strlen(known_user)) != 0)
        return SASL_NOUSER;
    return params->utils->prop_set(params->propctx, "*userPassword",
                                   known_password,
                                   (int)strlen(known_password));
}

static sasl_auxprop_plug_t password_plugin = { 0,    0,       NULL,
                                               NULL, look_up, "anonidtest",
                                               NULL };

static int password_plugin_init(const sasl_utils_t *utils, int max,
                                int *version, sasl_auxprop_plug_t **plug,
                                const char *name)
{
    (void)utils;
    (void)max;
    (void)name;
    *version = SASL_AUXPROP_PLUG_VERSION;
    *plug = &password_plugin;
    return SASL_OK;
}

static int server_option(void *context, const char *plugin, const char *option,
                         const char **result, unsigned *length)
{
    (void)context;
    (void)plugin;
    *result = strcmp(option, "auxprop_plugin") == 0            ? "anonidtest"
              : strcmp(option, "scram_iteration_counter") == 0 ? iterations
                                                               : NULL;
    if (length && *result)
        *length = (unsigned)strlen(*result);
    return *result ? SASL_OK : SASL_FAIL;
}

static const sasl_callback_t callbacks[] = {
    { SASL_CB_GETOPT, ANONID_SASL_CALLBACK(server_option), NULL },
    { SASL_CB_LIST_END, NULL, NULL }
};

int unit_sasl_start(const char *user, const char *password)
{
    known_user = user;
    known_password = password;
    return sasl_auxprop_add_plugin("anonidtest", password_plugin_init)
               == SASL_OK
           && sasl_server_init(callbacks, "anonid-test") == SASL_OK;
}

void unit_sasl_iterate(const char *count)
{
    iterations = count;
}

int unit_sasl_open(sasl_conn_t **conn)
{
    return sasl_server_new("smtp", "localhost", "localhost", NULL, NULL,
                           callbacks, 0, conn);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDMechanism: which SASL mechanisms a mail service may use. Knows their
 * names and whether the agent has them, not how they work.
 */
#include "module/config/config.h"
#include "module/config/directives.h"

#include <apr_strings.h>

typedef enum {
    AVAILABLE,
    NOT_YET,
    REFUSED
} availability_t;

/* In the default order of AnonIDMechanism, as far as they are in it. */
static const struct {
    const char *name;
    availability_t availability;
} mechanisms[] = {
    { "GSSAPI", NOT_YET },          { "SCRAM-SHA-256-PLUS", AVAILABLE },
    { "SCRAM-SHA-256", AVAILABLE }, { "SCRAM-SHA-1-PLUS", AVAILABLE },
    { "SCRAM-SHA-1", AVAILABLE },   { "NTLM", NOT_YET },
    { "CRAM-MD5", AVAILABLE },      { "PLAIN", AVAILABLE },
    { "OAUTHBEARER", NOT_YET },     { "XOAUTH2", NOT_YET },
    { "LOGIN", REFUSED },
};

#define N_MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

static const char *available_names(apr_pool_t *p)
{
    const char *names = "";
    size_t i;

    for (i = 0; i < N_MECHANISMS; i++) {
        if (mechanisms[i].availability == AVAILABLE)
            names = apr_pstrcat(p, names, *names ? ", " : "",
                                mechanisms[i].name, NULL);
    }
    return names;
}

static const char *refusal(cmd_parms *cmd, const char *word,
                           const char *reason)
{
    return apr_psprintf(cmd->pool, "AnonIDMechanism '%s' %s; write one of: %s",
                        word, reason, available_names(cmd->temp_pool));
}

static int is_listed(const anonid_service_t *service, const char *name)
{
    int i;

    for (i = 0; i < service->mechanisms->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(service->mechanisms, i, const char *), name)
            == 0)
            return 1;
    }
    return 0;
}

static const char *add_mechanism(cmd_parms *cmd, anonid_service_t *service,
                                 const char *word)
{
    size_t i = 0;

    while (i < N_MECHANISMS && ap_cstr_casecmp(word, mechanisms[i].name) != 0)
        i++;
    if (i == N_MECHANISMS)
        return refusal(cmd, word, "is unknown");
    if (mechanisms[i].availability == NOT_YET)
        return refusal(cmd, word, "is not there in this build yet");
    if (mechanisms[i].availability == REFUSED)
        return refusal(cmd, word,
                       "is not supported, because PLAIN does the same in "
                       "one step");
    if (is_listed(service, mechanisms[i].name))
        return apr_psprintf(cmd->pool,
                            "AnonIDMechanism '%s' is listed twice: remove "
                            "one of them",
                            word);
    APR_ARRAY_PUSH(service->mechanisms, const char *) = mechanisms[i].name;
    return NULL;
}

const char *anonid_set_mechanism(cmd_parms *cmd, void *dir, int argc,
                                 char *const argv[])
{
    anonid_service_t *service = anonid_global()->open_service;
    const char *error = NULL;
    int i;

    (void)dir;
    if (!service)
        return "AnonIDMechanism belongs inside <AnonIDMailService name>";
    if (argc == 0)
        return "AnonIDMechanism names no mechanism; write one or more, the "
               "best first, or leave it out for the default";
    apr_array_clear(service->mechanisms);
    for (i = 0; i < argc && !error; i++)
        error = add_mechanism(cmd, service, argv[i]);
    return error;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look of a page; see look.h.
 */
#include "module/submit/look.h"
#include "module/config/config.h"
#include "module/text/embedded.h"

#include <apr_strings.h>
#include <apr_uri.h>
#include <glib.h>
#include <http_protocol.h>
#include <string.h>

#define SHA256_OCTETS 32

static struct {
    const anonid_template_t *template;
    const char *style;
    const char *script;
    const char *style_hash; /* as a policy has it: 'sha256-...' */
    const char *script_hash;
} look;

/* W3C Content Security Policy Level 3, section 2.3.1: hash-source. */
static const char *hash_source(apr_pool_t *p, const char *text)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[SHA256_OCTETS];
    gsize length = sizeof(digest);
    const char *source;
    char *encoded;

    g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text));
    g_checksum_get_digest(sum, digest, &length);
    g_checksum_free(sum);
    encoded = g_base64_encode(digest, length);
    source = apr_pstrcat(p, "'sha256-", encoded, "'", NULL);
    g_free(encoded);
    return source;
}

void anonid_look_start(apr_pool_t *p)
{
    const char *page = anonid_embedded_text("form.html");
    anonid_template_t *template = NULL;
    int line;

    (void)anonid_template_read(p, page, strlen(page), &template, &line);
    look.template = template;
    look.style = anonid_embedded_text("form.css");
    look.script = anonid_embedded_text("form.js");
    look.style_hash = hash_source(p, look.style);
    look.script_hash = hash_source(p, look.script);
}

const anonid_template_t *anonid_look_template(const request_rec *r)
{
    const anonid_template_t *own = anonid_dir(r)->form_template;

    return own && own->is_own ? own : look.template;
}

/* " https://www.example.com" where a form leads to another site in the end:
 * browsers want a policy to allow that, too. */
static const char *thanks_origin(request_rec *r)
{
    const char *thanks = anonid_dir(r)->form_thanks;
    apr_uri_t uri;

    if (!thanks || *thanks == '/' || *thanks == '\0'
        || apr_uri_parse(r->pool, thanks, &uri) != APR_SUCCESS)
        return "";
    return apr_pstrcat(r->pool, " ", uri.scheme, "://", uri.hostinfo, NULL);
}

/* Our own page loads nothing; a template may load what is of its site. A site
 * may show the form in a frame of its own. */
const char *anonid_look_policy(request_rec *r)
{
    int is_own = anonid_look_template(r)->is_own;
    const char *self = is_own ? "'self' " : "";

    return apr_pstrcat(r->pool, "default-src ", is_own ? "'self'" : "'none'",
                       "; form-action 'self'", thanks_origin(r),
                       "; base-uri 'none'; frame-ancestors 'self'; "
                       "style-src ",
                       self, look.style_hash, "; script-src ", self,
                       look.script_hash,
                       is_own ? "; img-src 'self' data:" : "", NULL);
}

void anonid_look_put_style(request_rec *r)
{
    ap_rvputs(r, "<style>", look.style, "</style>", NULL);
}

void anonid_look_put_script(request_rec *r)
{
    ap_rvputs(r, "<script>", look.script, "</script>", NULL);
}

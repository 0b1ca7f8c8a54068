/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking httpd; see http.h.
 */
#include "ctl/http.h"

#include "common/build.h"

#include <apr_strings.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MAX ((size_t)1024 * 1024)

/* The body as it comes in. */
typedef struct {
    char *text;
    size_t length;
} body_t;

static int has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return 1;
    }
    return 0;
}

const char *anonid_http_error(const anonid_http_request_t *request)
{
    if (has_control(request->url) || strchr(request->url, ' '))
        return "the URL holds a space or a control character";
    if (request->address && has_control(request->address))
        return "the address holds a control character";
    for (int i = 0; i < request->headers->nelts; i++) {
        const char *header = APR_ARRAY_IDX(request->headers, i, const char *);

        if (has_control(header) || !strchr(header, ':'))
            return "a header field is written as 'Name: value'";
    }
    return NULL;
}

/* libcurl's write function; less than all ends the transfer. */
static size_t hear(char *octets, size_t size, size_t n, void *context)
{
    body_t *body = context;

    if (n > (ANSWER_MAX - body->length) / size)
        return 0;
    memcpy(body->text + body->length, octets, size * n);
    body->length += size * n;
    return size * n;
}

/* Adds to a list, which stays whole when there is no memory. */
static int append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);

    if (longer)
        *list = longer;
    return longer != NULL;
}

/* "connect to" in curl's words: any name and port leads to the address. */
static int fill_lists(const anonid_http_request_t *request,
                      struct curl_slist **headers, struct curl_slist **to)
{
    apr_pool_t *pool = request->headers->pool;

    for (int i = 0; i < request->headers->nelts; i++) {
        if (!append(headers, APR_ARRAY_IDX(request->headers, i, const char *)))
            return 0;
    }
    return !request->address
           || append(to, apr_pstrcat(pool, "::", request->address, NULL));
}

/* A certificate is not looked at: it need not fit where the operator asks at
 * a loopback address, and nothing is said that others must not hear. */
static CURLcode set_up(CURL *curl, const anonid_http_request_t *request,
                       apr_interval_time_t timeout, body_t *body)
{
    long milliseconds = (long)apr_time_as_msec(timeout);

    if (curl_easy_setopt(curl, CURLOPT_URL, request->url) != CURLE_OK)
        return CURLE_OUT_OF_MEMORY;
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    /* The access log tells it from a visitor's. */
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT,
                           "anonidctl/" ANONID_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                           milliseconds > 0 ? milliseconds : 1L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, hear);
    return curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
}

static CURLcode perform(const anonid_http_request_t *request,
                        apr_interval_time_t timeout, body_t *body)
{
    struct curl_slist *headers = NULL, *to = NULL;
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_OUT_OF_MEMORY;

    if (curl && fill_lists(request, &headers, &to))
        code = set_up(curl, request, timeout, body);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_CONNECT_TO, to);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    curl_slist_free_all(to);
    return code;
}

const char *anonid_http_get(const anonid_http_request_t *request,
                            apr_interval_time_t timeout)
{
    body_t body = { apr_palloc(request->headers->pool, ANSWER_MAX + 1), 0 };
    CURLcode code = perform(request, timeout, &body);

    body.text[body.length] = '\0';
    if (code == CURLE_OK)
        return body.text;
    if (code == CURLE_WRITE_ERROR) /* too much to be our answer */
        return "";
    fprintf(stderr,
            "anonidctl: httpd did not answer at %s: %s; another address can "
            "be given with --connect HOST:PORT\n",
            request->address ? request->address : request->url,
            curl_easy_strerror(code));
    return NULL;
}

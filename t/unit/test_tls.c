/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS as the agent sets it up, against OpenSSL's own server over a socket
 * pair: which certificates are taken, which versions, and that both ends
 * compute the same channel binding.
 */
#include "certificate.h"
#include "unit.h"

#include "agent/net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "mail.example.test"

static EVP_PKEY *key;
static X509 *certificate;
static char ca_file[] = "/tmp/anonid-test-tls-XXXXXX";

/* The server's half, on a thread of its own. */
typedef struct {
    int fd;
    int version; /* the only one that it speaks */
    anonid_binding_t binding;
    char sni[128];
    int good;
} server_t;

static void *serve(void *data)
{
    server_t *server = data;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    const char *sni;
    SSL *ssl;
    char end;

    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_min_proto_version(ctx, server->version);
    SSL_CTX_set_max_proto_version(ctx, server->version);
    SSL_CTX_use_certificate(ctx, certificate);
    SSL_CTX_use_PrivateKey(ctx, key);
    ssl = SSL_new(ctx);
    SSL_set_fd(ssl, server->fd);
    server->good = SSL_accept(ssl) == 1;
    if (server->good && server->version == TLS1_3_VERSION)
        anonid_tls_binding(ssl, &server->binding);
    else if (server->good)
        server->binding.length = SSL_get_peer_finished(
            ssl, server->binding.data, sizeof(server->binding.data));
    sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    snprintf(server->sni, sizeof(server->sni), "%s", sni ? sni : "");
    (void)SSL_read(ssl, &end, 1); /* until the client is done */
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(server->fd);
    return NULL;
}

/* One handshake: 1 if both are content. text: why not. */
static int shake_hands(const char *trusted, const char *name, int version,
                       anonid_binding_t *binding, server_t *server, char *text,
                       size_t size)
{
    pthread_t thread;
    int ends[2], good;
    SSL *ssl = anonid_tls_new(trusted, name, text, size);

    assert_non_null(ssl);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    memset(server, 0, sizeof(*server));
    server->fd = ends[1];
    server->version = version;
    assert_int_equal(pthread_create(&thread, NULL, serve, server), 0);
    SSL_set_fd(ssl, ends[0]);
    ERR_clear_error();
    good = SSL_connect(ssl) == 1;
    if (good)
        anonid_tls_binding(ssl, binding);
    else
        anonid_tls_explain(ssl, ERR_peek_error(), name, text, size);
    SSL_free(ssl);
    close(ends[0]);
    pthread_join(thread, NULL);
    return good;
}

static void both_ends_agree(void **state)
{
    static const struct {
        int version;
        const char *name;
        size_t length;
    } rows[] = { { TLS1_3_VERSION, "tls-exporter", 32 },
                 { TLS1_2_VERSION, "tls-unique", 12 } };
    anonid_binding_t binding;
    server_t server;
    char text[256] = "";

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(shake_hands(ca_file, NAME, rows[i].version, &binding,
                                &server, text, sizeof(text)));
        assert_string_equal(server.sni, NAME);
        assert_string_equal(binding.name, rows[i].name);
        assert_int_equal(binding.length, rows[i].length);
        assert_int_equal(server.binding.length, rows[i].length);
        assert_memory_equal(binding.data, server.binding.data, binding.length);
    }
}

static void assert_refused(const char *trusted, const char *name, int version,
                           const char *why)
{
    anonid_binding_t binding;
    server_t server;
    char text[256] = "";

    assert_false(shake_hands(trusted, name, version, &binding, &server, text,
                             sizeof(text)));
    if (!strstr(text, why))
        fail_msg("\"%s\" does not say \"%s\"", text, why);
}

static void others_are_refused(void **state)
{
    (void)state;
    assert_refused(ca_file, "other.example.test", TLS1_3_VERSION,
                   "not valid for other.example.test: hostname mismatch");
    assert_refused(ca_file, "192.0.2.1", TLS1_3_VERSION,
                   "not valid for 192.0.2.1: IP address mismatch");
    assert_refused(NULL, NAME, TLS1_3_VERSION, "not valid for " NAME);
    assert_refused(ca_file, NAME, TLS1_1_VERSION, "version");
}

static void unreadable_authorities_are_named(void **state)
{
    char text[256];

    (void)state;
    assert_null(anonid_tls_new("/nonexistent", NAME, text, sizeof(text)));
    assert_non_null(strstr(text, "'/nonexistent' cannot be read: No such"));
    assert_null(anonid_tls_new("/dev/null", NAME, text, sizeof(text)));
    assert_non_null(strstr(text, "'/dev/null' cannot be read: "));
}

static void a_named_pipe_is_not_waited_for(void **state)
{
    char folder[] = "/tmp/anonid-test-tls-XXXXXX", path[64], text[256];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(anonid_tls_new(path, NAME, text, sizeof(text)));
    assert_non_null(strstr(text, "it is not a regular file"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static int make_authority(void **state)
{
    int fd = mkstemp(ca_file);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (!file || unit_setup(state) != 0)
        return -1;
    signal(SIGPIPE, SIG_IGN); /* a peer may hang up first */
    key = EVP_EC_gen("P-256");
    certificate = unit_certificate_make(key, NAME);
    PEM_write_X509(file, certificate);
    return fclose(file);
}

static int drop_authority(void **state)
{
    unlink(ca_file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    anonid_tls_stop();
    return unit_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_agree),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(unreadable_authorities_are_named),
        cmocka_unit_test(a_named_pipe_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, make_authority, drop_authority);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server to log on to; see tls_server.h.
 */
#include "tls_server.h"
#include "certificate.h"
#include "sasl_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sasl/saslutil.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "localhost"
#define LINE 8192

static char ca_file[] = "/tmp/anonid-test-ca-XXXXXX";

/* ---- one connection ---- */

static int say(SSL *ssl, const char *text)
{
    return SSL_write(ssl, text, (int)strlen(text)) > 0;
}

/* Reads a line, without its CRLF: 1, or 0 at the end. */
static int hear(SSL *ssl, char *line)
{
    int length = 0;

    while (length < LINE - 1 && SSL_read(ssl, line + length, 1) == 1) {
        if (line[length++] != '\n')
            continue;
        line[length < 2 ? 0 : length - 2] = '\0';
        return 1;
    }
    return 0;
}

/* Sends a challenge and hears the answer, decoded, and its length. */
static int challenge(SSL *ssl, const char *out, unsigned out_length, char *in,
                     unsigned *in_length)
{
    char line[LINE] = "334 ";

    if (sasl_encode64(out ? out : "", out ? out_length : 0, line + 4, LINE - 8,
                      NULL)
        != SASL_OK)
        return 0;
    strcat(line, "\r\n");
    return say(ssl, line) && hear(ssl, line)
           && sasl_decode64(line, (unsigned)strlen(line), in, LINE, in_length)
                  == SASL_OK;
}

/* AUTH SCRAM-SHA-256 */
static int log_on(SSL *ssl, char *command)
{
    char in[LINE], *mechanism = command + 5, *initial = strchr(mechanism, ' ');
    sasl_conn_t *conn = NULL;
    const char *out = NULL;
    unsigned in_length = 0, length = 0;
    int code = unit_sasl_open(&conn);

    if (initial)
        *initial++ = '\0';
    if (code == SASL_OK && initial)
        code = sasl_decode64(initial, (unsigned)strlen(initial), in, LINE,
                             &in_length);
    if (code == SASL_OK)
        code = sasl_server_start(conn, mechanism, initial ? in : NULL,
                                 in_length, &out, &length);
    while (code == SASL_CONTINUE) {
        if (!challenge(ssl, out, length, in, &in_length))
            break;
        code = sasl_server_step(conn, in, in_length, &out, &length);
    }
    sasl_dispose(&conn);
    return say(ssl, code == SASL_OK ? "235 ok\r\n" : "535 no\r\n");
}

static void serve(SSL *ssl)
{
    char line[LINE];

    if (SSL_accept(ssl) != 1 || !say(ssl, "220 here\r\n"))
        return;
    while (hear(ssl, line)) {
        if (strncmp(line, "EHLO ", 5) == 0)
            say(ssl, "250-here\r\n250 AUTH SCRAM-SHA-256 PLAIN\r\n");
        else if (strncmp(line, "AUTH PLAIN ", 11) == 0)
            say(ssl, "235 whoever you are\r\n");
        else if (strncmp(line, "AUTH ", 5) == 0)
            log_on(ssl, line);
        else
            say(ssl, "221 bye\r\n");
    }
}

/* ---- the server ---- */

static void run(int listener, EVP_PKEY *key, X509 *certificate)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    /* A test that crashes cannot end it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    SSL_CTX_use_certificate(ctx, certificate);
    SSL_CTX_use_PrivateKey(ctx, key);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        SSL *ssl = SSL_new(ctx);
        int on = 1;

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        SSL_set_fd(ssl, fd);
        serve(ssl);
        SSL_free(ssl);
        close(fd);
    }
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, length) != 0
        || listen(fd, 64) != 0
        || getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

static int write_certificate(X509 *certificate)
{
    int fd = mkstemp(ca_file);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    return file && PEM_write_X509(file, certificate) && fclose(file) == 0;
}

int tls_server_start(tls_server_t *server, const char *user,
                     const char *password)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = unit_certificate_make(key, NAME);
    int listener = listen_somewhere(&server->port);

    server->ca_file = ca_file;
    signal(SIGPIPE, SIG_IGN); /* a peer may hang up first */
    server->pid = listener >= 0 && write_certificate(certificate)
                          && unit_sasl_start(user, password)
                      ? fork()
                      : -1;
    if (server->pid == 0)
        run(listener, key, certificate);
    close(listener);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return server->pid > 0;
}

void tls_server_stop(tls_server_t *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    unlink(ca_file);
}

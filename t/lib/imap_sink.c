/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IMAP server that costs next to nothing (AnonID::Test::ImapSink): it lets
 * everybody in who knows one password, by LOGIN or SCRAM-SHA-256, whose keys
 * it computes once, and sends one mailbox. It is no Dovecot; what it is for is
 * to show what the proxies before it can do when the server is not the limit.
 *
 *   imap_sink PORT PASSWORD MAILBOX-OCTETS [CHAIN KEY]
 *
 * With a certificate it speaks TLS from the first byte.
 */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define KEY 32
#define LINE 1024
#define CHUNK 65536
#define ITERATIONS 4096
#define CAPABILITIES "IMAP4rev1 LITERAL+ SASL-IR AUTH=SCRAM-SHA-256"
#define SERVER_NONCE "3rfcNHYJY1ZVvWVs7j"

typedef enum {
    COMMANDS,
    LITERALS,     /* of LOGIN */
    CLIENT_FINAL, /* of SCRAM */
    SCRAM_END
} state_t;

typedef struct {
    struct bufferevent *bev;
    state_t state;
    char tag[LINE];
    char first_bare[LINE], server_first[LINE];
    size_t owed; /* octets of the mailbox that are still to be sent */
} peer_t;

static struct event_base *base;
static SSL_CTX *tls;
static const char *password;
static size_t mailbox;
static unsigned char stored_key[KEY], server_key[KEY];
static char chunk[CHUNK];

static void say(peer_t *peer, const char *text)
{
    bufferevent_write(peer->bev, text, strlen(text));
}

static void say_tagged(peer_t *peer, const char *text)
{
    say(peer, peer->tag);
    say(peer, text);
}

static void accept_login(peer_t *peer)
{
    peer->state = COMMANDS;
    say_tagged(peer, " OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n");
}

static void refuse(peer_t *peer)
{
    peer->state = COMMANDS;
    say_tagged(peer, " NO [AUTHENTICATIONFAILED] Wrong\r\n");
}

/* ---- SCRAM-SHA-256 (RFC 7677) ---- */

static void hmac(const unsigned char *key, const char *text,
                 unsigned char out[KEY])
{
    unsigned n;

    HMAC(EVP_sha256(), key, KEY, (const unsigned char *)text, strlen(text),
         out, &n);
}

static void make_keys(void)
{
    static const unsigned char salt[] = "saltsaltsaltsalt";
    unsigned char salted[KEY], client_key[KEY];

    PKCS5_PBKDF2_HMAC(password, -1, salt, sizeof(salt) - 1, ITERATIONS,
                      EVP_sha256(), KEY, salted);
    hmac(salted, "Client Key", client_key);
    hmac(salted, "Server Key", server_key);
    EVP_Digest(client_key, KEY, stored_key, NULL, EVP_sha256(), NULL);
}

static void say_challenge(peer_t *peer, const char *text)
{
    unsigned char base64[2 * LINE];

    EVP_EncodeBlock(base64, (const unsigned char *)text, (int)strlen(text));
    say(peer, "+ ");
    say(peer, (const char *)base64);
    say(peer, "\r\n");
}

static int decode(const char *base64, char out[LINE])
{
    size_t length = strlen(base64);
    int n;

    if (length == 0 || length > LINE)
        return 0;
    n = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)base64,
                        (int)length);
    while (n > 0 && length > 0 && base64[--length] == '=')
        n--;
    out[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static void begin_scram(peer_t *peer, const char *response)
{
    char text[LINE];
    const char *nonce;

    if (!decode(response, text)
        || (strncmp(text, "n,,", 3) != 0 && strncmp(text, "y,,", 3) != 0)) {
        refuse(peer);
        return;
    }
    snprintf(peer->first_bare, LINE, "%s", text + 3);
    nonce = strstr(peer->first_bare, "r=");
    snprintf(peer->server_first, LINE, "%.300s" SERVER_NONCE ",s=%s,i=%d",
             nonce ? nonce : "r=", "c2FsdHNhbHRzYWx0c2FsdA==", ITERATIONS);
    say_challenge(peer, peer->server_first);
    peer->state = CLIENT_FINAL;
}

static void end_scram(peer_t *peer, const char *response)
{
    char text[LINE], whole[3 * LINE + 4], answer[LINE];
    unsigned char signature[KEY], key[KEY], proof[KEY + 4], b64[64];
    char *p = decode(response, text) ? strstr(text, ",p=") : NULL;

    if (!p || strlen(p + 3) != 44) {
        refuse(peer);
        return;
    }
    *p = '\0';
    EVP_DecodeBlock(proof, (unsigned char *)p + 3, 44);
    snprintf(whole, sizeof(whole), "%s,%s,%s", peer->first_bare,
             peer->server_first, text);
    hmac(stored_key, whole, signature);
    for (int i = 0; i < KEY; i++)
        signature[i] ^= proof[i];
    EVP_Digest(signature, KEY, key, NULL, EVP_sha256(), NULL);
    if (memcmp(key, stored_key, KEY) != 0) {
        refuse(peer);
        return;
    }
    hmac(server_key, whole, signature);
    EVP_EncodeBlock(b64, signature, KEY);
    snprintf(answer, sizeof(answer), "v=%s", b64);
    say_challenge(peer, answer);
    peer->state = SCRAM_END;
}

/* ---- commands ---- */

/* Sends some of the mailbox, or its end. */
static void send_mailbox(peer_t *peer)
{
    const size_t n = peer->owed < CHUNK ? peer->owed : CHUNK;

    if (n == 0)
        return;
    (void)evbuffer_add_reference(bufferevent_get_output(peer->bev), chunk, n,
                                 NULL, NULL);
    peer->owed -= n;
    if (peer->owed == 0)
        say(peer, ")\r\nc OK Done\r\n");
}

static void begin_mailbox(peer_t *peer)
{
    char line[LINE];

    snprintf(line, sizeof(line), "* 1 FETCH (BODY[] {%zu}\r\n", mailbox);
    say(peer, line);
    peer->owed = mailbox;
    send_mailbox(peer);
}

static int is_literal(const char *line)
{
    size_t n = strlen(line);

    return n > 0 && line[n - 1] == '}';
}

/* The arguments of LOGIN, of which the last is the password. */
static void take_login(peer_t *peer, const char *line)
{
    size_t n = strlen(line), m = strlen(password);

    if (is_literal(line)) {
        peer->state = LITERALS;
        say(peer, "+ OK\r\n");
    }
    else if (n >= m && strcmp(line + n - m, password) == 0) {
        accept_login(peer);
    }
    else {
        refuse(peer);
    }
}

static void take_command(peer_t *peer, char *line)
{
    char *name = strchr(line, ' ');

    if (!name) {
        say(peer, "* BAD\r\n");
        return;
    }
    *name++ = '\0';
    snprintf(peer->tag, sizeof(peer->tag), "%s", line);
    if (strncmp(name, "LOGIN ", 6) == 0)
        take_login(peer, name + 6);
    else if (strncmp(name, "AUTHENTICATE SCRAM-SHA-256 ", 27) == 0)
        begin_scram(peer, name + 27);
    else if (strncmp(name, "FETCH ", 6) == 0)
        begin_mailbox(peer);
    else if (strcmp(name, "CAPABILITY") == 0)
        say(peer, "* CAPABILITY " CAPABILITIES "\r\n");
    if (strncmp(name, "CAPA", 4) == 0 || strncmp(name, "EXAM", 4) == 0
        || strcmp(name, "NOOP") == 0)
        say_tagged(peer, " OK Done\r\n");
}

static void take_line(peer_t *peer, char *line)
{
    switch (peer->state) {
    case LITERALS:
        take_login(peer, line);
        break;
    case CLIENT_FINAL:
        end_scram(peer, line);
        break;
    case SCRAM_END:
        accept_login(peer);
        break;
    default:
        take_command(peer, line);
    }
}

/* ---- connections ---- */

static void on_input(struct bufferevent *bev, void *context)
{
    char *line;

    while ((line = evbuffer_readln(bufferevent_get_input(bev), NULL,
                                   EVBUFFER_EOL_CRLF))) {
        if (strlen(line) < LINE)
            take_line(context, line);
        free(line);
    }
}

static void on_drained(struct bufferevent *bev, void *context)
{
    (void)bev;
    send_mailbox(context);
}

static void on_end(struct bufferevent *bev, short what, void *context)
{
    if (what & BEV_EVENT_CONNECTED) {
        say(context, "* OK [CAPABILITY " CAPABILITIES "] sink\r\n");
        return;
    }
    bufferevent_free(bev);
    free(context);
}

static struct bufferevent *make_bev(evutil_socket_t fd)
{
    if (!tls)
        return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    return bufferevent_openssl_socket_new(
        base, fd, SSL_new(tls), BUFFEREVENT_SSL_ACCEPTING,
        BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd,
                          struct sockaddr *from, int length, void *context)
{
    peer_t *peer = calloc(1, sizeof(*peer));

    (void)listener;
    (void)from;
    (void)length;
    (void)context;
    if (!peer)
        abort();
    peer->bev = make_bev(fd);
    bufferevent_setcb(peer->bev, on_input, on_drained, on_end, peer);
    bufferevent_enable(peer->bev, EV_READ | EV_WRITE);
    if (!tls)
        on_end(peer->bev, BEV_EVENT_CONNECTED, peer);
}

static SSL_CTX *make_tls(const char *chain, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (SSL_CTX_use_certificate_chain_file(ctx, chain) != 1
        || SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    struct rlimit limit;

    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: see imap_sink.c\n");
        return 2;
    }
    password = argv[2];
    mailbox = strtoul(argv[3], NULL, 10);
    tls = argc == 6 ? make_tls(argv[4], argv[5]) : NULL;
    make_keys();
    memset(chunk, 'x', sizeof(chunk));
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    base = event_base_new();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    if (!evconnlistener_new_bind(base, on_connection, NULL,
                                 LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE,
                                 4096, (struct sockaddr *)&address,
                                 sizeof(address))) {
        perror("imap_sink: bind");
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    event_base_dispatch(base);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS under libldap; see tls.h. The layer's private data is the SSL.
 */
#include "agent/ldap/tls.h"
#include "agent/net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* ---- the layer (lber-sockbuf(3)) ---- */

static int layer_setup(Sockbuf_IO_Desc *layer, void *ssl)
{
    layer->sbiod_pvt = ssl;
    return 0;
}

static int layer_remove(Sockbuf_IO_Desc *layer)
{
    SSL_free(layer->sbiod_pvt);
    layer->sbiod_pvt = NULL;
    return 0;
}

/* Says goodbye without waiting for an answer. */
static int layer_close(Sockbuf_IO_Desc *layer)
{
    if (layer->sbiod_pvt)
        (void)SSL_shutdown(layer->sbiod_pvt);
    return 0;
}

static int layer_ctrl(Sockbuf_IO_Desc *layer, int option, void *argument)
{
    if (option == LBER_SB_OPT_DATA_READY && SSL_pending(layer->sbiod_pvt) > 0)
        return 1;
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

/* What read(2) and write(2) would have said. */
static ber_slen_t as_system_call(SSL *ssl, int n)
{
    if (n > 0)
        return n;
    switch (SSL_get_error(ssl, n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        errno = ECONNRESET;
        return -1;
    }
}

static ber_slen_t layer_read(Sockbuf_IO_Desc *layer, void *data, ber_len_t n)
{
    SSL *ssl = layer->sbiod_pvt;

    ERR_clear_error();
    return as_system_call(ssl, SSL_read(ssl, data, (int)n));
}

static ber_slen_t layer_write(Sockbuf_IO_Desc *layer, void *data, ber_len_t n)
{
    SSL *ssl = layer->sbiod_pvt;

    ERR_clear_error();
    return as_system_call(ssl, SSL_write(ssl, data, (int)n));
}

static Sockbuf_IO tls_layer = { layer_setup, layer_remove, layer_ctrl,
                                layer_read,  layer_write,  layer_close };

/* ---- the handshake ---- */

/* Waits for what the handshake wants; 0 if it wants nothing, or in vain. */
static int await(SSL *ssl, int fd, int result, anonid_deadline_t deadline)
{
    int wanted = SSL_get_error(ssl, result);

    errno = 0;
    if (wanted == SSL_ERROR_WANT_READ)
        return anonid_deadline_poll(fd, POLLIN, deadline);
    return wanted == SSL_ERROR_WANT_WRITE
           && anonid_deadline_poll(fd, POLLOUT, deadline);
}

static int shake_hands(SSL *ssl, int fd, const char *name,
                       anonid_deadline_t deadline, char *why, size_t size)
{
    int result;

    do {
        ERR_clear_error();
        result = SSL_connect(ssl);
    } while (result != 1 && await(ssl, fd, result, deadline));
    if (result == 1)
        return 1;
    if (errno == ETIMEDOUT)
        snprintf(why, size, "the TLS handshake took too long");
    else
        anonid_tls_explain(ssl, ERR_peek_error(), name, why, size);
    return 0;
}

/* Puts the layer into libldap's socket buffer, which owns the SSL then. */
static int add_layer(LDAP *ld, SSL *ssl)
{
    Sockbuf *buffer = NULL;

    if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer) != LDAP_OPT_SUCCESS
        || !buffer)
        return 0;
    return ber_sockbuf_add_io(buffer, &tls_layer, LBER_SBIOD_LEVEL_TRANSPORT,
                              ssl)
           == 0;
}

int anonid_ldap_tls_start(LDAP *ld, int fd, const char *ca_file,
                          const char *name, anonid_deadline_t deadline,
                          char *why, size_t size)
{
    SSL *ssl = anonid_tls_new(ca_file, name, why, size);

    if (!ssl)
        return 0;
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE
                          | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_set_fd(ssl, fd) == 1
        && shake_hands(
            ssl, fd, name,
            anonid_deadline_within(deadline, ANONID_LDAP_HANDSHAKE_SECONDS),
            why, size)
        && add_layer(ld, ssl))
        return 1;
    SSL_free(ssl);
    return 0;
}

/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * The way of a connection's bytes: TCP on the loopback, or TLS on top of it. */

#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum { SOURCES = 200 };  /* addresses 127.0.0.2 and following, so that no one's ports run out */

static SSL_CTX *context;

void channel_prepare(void) {
    if (!options.tls)
        return;
    context = SSL_CTX_new(TLS_client_method());
    if (!context)
        fail("OpenSSL does not start");
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL); /* a certificate made for this run */
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static struct sockaddr_in loopback(unsigned last, uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f000000u + last)};
}

static struct sockaddr_in next_server(void) {
    static size_t server;
    return loopback(1, options.ports[server++ % options.port_count]);
}

int channel_open(void) {
    static unsigned source;
    static const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("no socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in from = loopback(2 + source++ % SOURCES, 0), to = next_server();
    if (bind(fd, (struct sockaddr *)&from, sizeof from))
        fail("no source address: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
        fail("no connection: %s", strerror(errno));
    return fd;
}

void channel_secure(struct client *client) {
    client->tls = SSL_new(context);
    if (!client->tls || !SSL_set_fd(client->tls, client->fd))
        fail("OpenSSL has no more connections");
    SSL_set_connect_state(client->tls);
}

static ssize_t tls_result(struct client *client, int result) {
    switch (SSL_get_error(client->tls, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: return 0;
    default: fail("the TLS connection failed");
    }
}

static ssize_t tcp_result(ssize_t result) {
    if (result >= 0)
        return result;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return -1;
    return 0; /* reset: the connection is over */
}

ssize_t channel_read(struct client *client, unsigned char *to, size_t size) {
    if (!client->tls)
        return tcp_result(recv(client->fd, to, size, 0));
    int result = SSL_read(client->tls, to, (int)size);
    return result > 0 ? result : tls_result(client, result);
}

ssize_t channel_write(struct client *client, const unsigned char *from, size_t size) {
    if (!client->tls)
        return tcp_result(send(client->fd, from, size, MSG_NOSIGNAL));
    int result = SSL_write(client->tls, from, (int)size);
    return result > 0 ? result : tls_result(client, result);
}

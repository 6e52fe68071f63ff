/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * One connection's life: connecting, TLS, the upgrade, messages, the end. */

#define _GNU_SOURCE
#include "load.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 256 * 1024 };

static const char EXTENSIONS[] = "\r\nSec-WebSocket-Extensions:";

void client_start(struct client *client) {
    client->fd = channel_open();
    client->state = CONNECTING;
    client->waits_to_write = true;
    loop_watch(client, true);
}

void client_close(struct client *client) {
    if (client->tls)
        SSL_free(client->tls);
    close(client->fd);
    free(client->answer);
    frames_forget(&client->frames);
    memset(client, 0, sizeof *client);
    client->state = CLOSED;
}

static void want_to_write(struct client *client, bool wants) {
    if (client->waits_to_write == wants)
        return;
    client->waits_to_write = wants;
    loop_watch(client, false);
}

/* Write what there is; a pong goes between two turns. */
static void flush(struct client *client) {
    for (;;) {
        if (!client->out_size && client->pong_size) {
            client->out = client->pong;
            client->out_size = client->pong_size;
            client->pong_size = 0;
        }
        if (!client->out_size)
            break;
        ssize_t written = channel_write(client, client->out, client->out_size);
        if (written <= 0)
            break; /* what has ended is seen by the next read */
        client->out += written;
        client->out_size -= (size_t)written;
    }
    want_to_write(client, client->out_size > 0);
}

void client_send(struct client *client, const struct bytes *bytes) {
    if (client->out_size)
        fail("a client was to send while it sends");
    client->out = bytes->at;
    client->out_size = bytes->size;
    flush(client);
}

void client_pong(struct client *client, const unsigned char *data, size_t size) {
    if (client->out == client->pong && client->out_size)
        return; /* an earlier pong is on its way: one is enough (RFC 6455 section 5.5.3) */
    client->pong_size = frame_write(client->pong, 0x8a, data, size);
    flush(client);
}

static void upgrade(struct client *client) {
    client->state = UPGRADING;
    client->answer = malloc(HEAD_LIMIT + 1);
    if (!client->answer)
        fail("no memory");
    client_send(client, &request);
}

static void secure(struct client *client) {
    ERR_clear_error();
    int result = SSL_do_handshake(client->tls);
    if (result == 1) {
        upgrade(client);
        return;
    }
    int error = SSL_get_error(client->tls, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        fail("TLS: %s", ERR_reason_error_string(ERR_get_error()));
    want_to_write(client, error == SSL_ERROR_WANT_WRITE);
}

static void connected(struct client *client) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error)
        fail("no connection: %s", strerror(error));
    want_to_write(client, false);
    if (!options.tls) {
        upgrade(client);
        return;
    }
    client->state = SECURING;
    channel_secure(client);
    secure(client);
}

static bool header_holds(const char *head, const char *name, const char *value) {
    const char *line = strcasestr(head, name);
    const char *end = line ? strstr(line + 2, "\r\n") : NULL;
    const char *found = line ? strstr(line, value) : NULL;
    return found && end && found < end;
}

static void check_answer(struct client *client) {
    const char *head = client->answer;
    if (strncmp(head, "HTTP/1.1 101 ", 13))
        fail("refused: %.*s", (int)strcspn(head, "\r"), head);
    if (!header_holds(head, "\r\nSec-WebSocket-Accept:", accept_value))
        fail("the answer to the key is wrong");
    client->frames.keeps_context = !header_holds(head, EXTENSIONS, "server_no_context_takeover");
    if (options.deflate && !header_holds(head, EXTENSIONS, "permessage-deflate"))
        fail("the server does not compress");
    if (!options.deflate && strcasestr(head, EXTENSIONS))
        fail("the server wants an extension that was not offered");
}

/* Take bytes of the answer's head; what comes after it are frames. */
static void take_answer(struct client *client, const unsigned char *data, size_t size) {
    size_t taken = size < HEAD_LIMIT - client->answer_size ? size : HEAD_LIMIT - client->answer_size;
    memcpy(client->answer + client->answer_size, data, taken);
    size_t before = client->answer_size;
    client->answer_size += taken;
    client->answer[client->answer_size] = 0;
    char *end = strstr(client->answer, "\r\n\r\n");
    if (!end) {
        if (client->answer_size == HEAD_LIMIT)
            fail("the head of the answer is too long");
        return;
    }
    size_t used = (size_t)(end + 4 - client->answer) - before;
    end[2] = 0;
    check_answer(client);
    free(client->answer);
    client->answer = NULL;
    client->answer_size = 0;
    client->state = OPEN;
    workload_opened(client);
    if (used < size && client->state != CLOSED)
        frames_feed(client, data + used, size - used);
}

static void ended(struct client *client) {
    if (client->state != CLOSING)
        fail("the server closed a connection");
    client_close(client);
    workload_closed(client);
}

static void read_some(struct client *client) {
    static unsigned char buffer[READ_SIZE];
    do {
        ERR_clear_error();
        ssize_t size = channel_read(client, buffer, READ_SIZE);
        if (size < 0)
            return;
        if (size == 0) {
            ended(client);
            return;
        }
        if (client->state == UPGRADING)
            take_answer(client, buffer, (size_t)size);
        else
            frames_feed(client, buffer, (size_t)size);
    } while (client->tls); /* OpenSSL may hold more than the socket shows */
}

void client_ready(struct client *client, uint32_t events) {
    if (client->state == CONNECTING)
        connected(client);
    else if (client->state == SECURING)
        secure(client);
    else if (client->state != CLOSED) {
        if (events & EPOLLOUT)
            flush(client);
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            read_some(client);
    }
}

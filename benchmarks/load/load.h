/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * What the parts of the load generator share. It has one thread, and talks to the loopback only. */

#ifndef LOAD_H
#define LOAD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <zlib.h>

enum mode { ECHO, FAN_OUT, HANDSHAKES, IDLE };
enum kind { TEXT, BINARY, JSON };

/* What the command line says (options.c). */
struct options {
    enum mode mode;
    enum kind kind;
    uint16_t ports[16]; /* the clients connect to one after another */
    size_t port_count;
    const char *path;
    size_t clients;
    size_t size;        /* bytes of a payload */
    size_t burst;       /* messages that a client writes at once */
    size_t batch;       /* messages that the server broadcasts for one trigger */
    bool tls, deflate;
    double warm_up, seconds;
    pid_t pids[64];     /* the server's processes, whose CPU time is read */
    size_t pid_count;
};

extern struct options options;
void options_read(int count, char **arguments);

/* Print {"error": ...} and exit. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
double seconds_now(void);

/* Bytes that all clients share (messages.c). */
struct bytes {
    unsigned char *at;
    size_t size;
};

extern struct bytes payload;    /* what a message from the server must hold */
extern struct bytes turn;       /* what a client sends at once: one message, or one burst */
extern struct bytes closing;    /* a close frame */
extern struct bytes request;    /* the head of an upgrade request */
extern char accept_value[32];   /* what its answer must hold */

void messages_make(void);
size_t frame_write(unsigned char *to, int first, const unsigned char *from, size_t size);

/* One connection (client.c), what it reads (frames.c), and the way its bytes go (channel.c). */
enum state { CONNECTING, SECURING, UPGRADING, OPEN, CLOSING, CLOSED };

enum { HEAD_LIMIT = 2048, CONTROL_LIMIT = 125, FRAME_HEAD = 14 };

struct frames {
    unsigned char head[FRAME_HEAD];
    size_t head_size;
    uint64_t left;              /* bytes of the frame's payload that have not come yet */
    uint64_t message_at;        /* bytes of the message that have come */
    bool in_payload, in_message, compressed;
    bool keeps_context;         /* the server did not take the offer to compress each message alone */
    unsigned char *kept;        /* a control frame's payload, or a compressed message's */
    size_t kept_size, kept_room;
    z_stream *inflater;
};

struct client {
    int fd;
    SSL *tls;
    enum state state;
    bool waits_to_write;
    const unsigned char *out;   /* what is still to be written */
    size_t out_size;
    unsigned char pong[FRAME_HEAD + CONTROL_LIMIT];
    size_t pong_size;
    char *answer;               /* the head of the answer, until it is complete */
    size_t answer_size;
    size_t received;            /* of the messages of this burst */
    struct frames frames;
};

void client_start(struct client *client);
void client_ready(struct client *client, uint32_t events);
void client_send(struct client *client, const struct bytes *bytes);
void client_close(struct client *client);
void client_pong(struct client *client, const unsigned char *data, size_t size);

void frames_feed(struct client *client, const unsigned char *data, size_t size);
void frames_forget(struct frames *frames);

/* Both give the number of bytes, 0 at the end of the connection, -1 for "later". */
void channel_prepare(void);
int channel_open(void);
void channel_secure(struct client *client);
ssize_t channel_read(struct client *client, unsigned char *to, size_t size);
ssize_t channel_write(struct client *client, const unsigned char *from, size_t size);

/* What a workload does when something has happened (workloads.c). */
void workload_opened(struct client *client);
void workload_message(struct client *client);
void workload_closed(struct client *client);
void workload_run(void);

/* The loop (loop.c). */
void loop_prepare(void);
void loop_watch(struct client *client, bool is_new);
void loop_turn(void);
void loop_watch_input(void);
bool loop_input_ended(void);

#endif

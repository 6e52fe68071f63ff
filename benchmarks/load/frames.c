/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * What a client reads: each byte of each message is compared with what it must be, as it comes. */

#include "load.h"

#include <stdlib.h>
#include <string.h>

enum { CONTINUATION = 0, TEXT_FRAME = 1, BINARY_FRAME = 2, CLOSE = 8, PING = 9, PONG = 10 };

static int opcode(const struct frames *frames) { return frames->head[0] & 15; }
static bool is_control(const struct frames *frames) { return opcode(frames) >= CLOSE; }
static bool is_last(const struct frames *frames) { return frames->head[0] & 0x80; }

void frames_forget(struct frames *frames) {
    if (frames->inflater) {
        inflateEnd(frames->inflater);
        free(frames->inflater);
    }
    free(frames->kept);
    memset(frames, 0, sizeof *frames);
}

static void keep(struct frames *frames, const unsigned char *data, size_t size) {
    if (frames->kept_size + size + 4 > frames->kept_room) {
        frames->kept_room = 2 * (frames->kept_size + size + 4);
        frames->kept = realloc(frames->kept, frames->kept_room);
        if (!frames->kept)
            fail("no memory");
    }
    memcpy(frames->kept + frames->kept_size, data, size);
    frames->kept_size += size;
}

static void compare(uint64_t at, const unsigned char *data, size_t size) {
    if (at + size > payload.size)
        fail("a message is longer than %zu bytes", payload.size);
    if (memcmp(payload.at + at, data, size))
        fail("a message differs from what was sent");
}

/* Inflate a whole message. */
static void inflate_kept(struct frames *frames) {
    static unsigned char *plain;
    static const unsigned char tail[] = {0, 0, 255, 255};
    if (!plain && !(plain = malloc(payload.size + 1)))
        fail("no memory");
    if (!frames->inflater) {
        frames->inflater = calloc(1, sizeof(z_stream));
        if (!frames->inflater || inflateInit2(frames->inflater, -15) != Z_OK)
            fail("zlib does not start");
    }
    keep(frames, tail, sizeof tail);
    if (!frames->keeps_context)
        inflateReset(frames->inflater);
    frames->inflater->next_in = frames->kept;
    frames->inflater->avail_in = (uInt)frames->kept_size;
    frames->inflater->next_out = plain;
    frames->inflater->avail_out = (uInt)payload.size + 1;
    int result = inflate(frames->inflater, Z_SYNC_FLUSH);
    if ((result != Z_OK && result != Z_STREAM_END) || frames->inflater->avail_in)
        fail("a message cannot be inflated");
    frames->message_at = payload.size + 1 - frames->inflater->avail_out;
    compare(0, plain, frames->message_at);
    frames->kept_size = 0;
}

static void end_message(struct client *client) {
    struct frames *frames = &client->frames;
    if (frames->compressed)
        inflate_kept(frames);
    if (frames->message_at != payload.size)
        fail("a message has %llu bytes, not %zu", (unsigned long long)frames->message_at, payload.size);
    frames->in_message = false;
    workload_message(client);
}

static void end_control(struct client *client) {
    struct frames *frames = &client->frames;
    size_t size = frames->kept_size;
    frames->kept_size = 0;
    if (opcode(frames) == PING)
        client_pong(client, frames->kept, size);
    else if (opcode(frames) == CLOSE && client->state != CLOSING)
        fail("the server closed with %d", size < 2 ? 1005 : frames->kept[0] << 8 | frames->kept[1]);
}

static void begin_payload(struct frames *frames) {
    bool starts = opcode(frames) == TEXT_FRAME || opcode(frames) == BINARY_FRAME;
    frames->in_payload = true;
    if (is_control(frames)) {
        if (frames->left > CONTROL_LIMIT || !is_last(frames))
            fail("a control frame is too long");
        if (frames->compressed && frames->in_message && frames->kept_size)
            fail("a control frame within a compressed message is not provided for");
        return;
    }
    if (starts == frames->in_message)
        fail("a frame continues nothing, or a message begins within another");
    if (starts && (opcode(frames) == BINARY_FRAME) != (options.kind == BINARY && options.mode == ECHO))
        fail("a message is of the wrong kind");
    if (starts) {
        frames->in_message = true;
        frames->message_at = 0;
        frames->compressed = frames->head[0] & 0x40;
        if (frames->compressed != (options.deflate && options.mode == ECHO))
            fail("a message is %scompressed", frames->compressed ? "" : "not ");
    }
}

/* Take a byte of a frame's head; the head says how long it is. */
static void take_head(struct frames *frames, unsigned char byte) {
    frames->head[frames->head_size++] = byte;
    if (frames->head_size < 2)
        return;
    int length = frames->head[1];
    if (length & 0x80)
        fail("a frame of the server is masked");
    size_t wide = length < 126 ? 0 : length == 126 ? 2 : 8;
    if (frames->head_size < 2 + wide)
        return;
    frames->left = wide ? 0 : (uint64_t)length;
    for (size_t i = 0; i < wide; i++)
        frames->left = frames->left << 8 | frames->head[2 + i];
    begin_payload(frames);
}

static size_t take_payload(struct frames *frames, const unsigned char *data, size_t size) {
    size_t taken = size < frames->left ? size : (size_t)frames->left;
    if (is_control(frames) || frames->compressed)
        keep(frames, data, taken);
    else {
        compare(frames->message_at, data, taken);
        frames->message_at += taken;
    }
    frames->left -= taken;
    return taken;
}

void frames_feed(struct client *client, const unsigned char *data, size_t size) {
    struct frames *frames = &client->frames;
    while (size || (frames->in_payload && !frames->left)) {
        if (!frames->in_payload) {
            take_head(frames, *data++);
            size--;
            continue;
        }
        size_t taken = take_payload(frames, data, size);
        data += taken;
        size -= taken;
        if (frames->left)
            return;
        frames->in_payload = false;
        frames->head_size = 0;
        if (is_control(frames))
            end_control(client);
        else if (is_last(frames))
            end_message(client);
        if (client->state == CLOSED)
            return;
    }
}

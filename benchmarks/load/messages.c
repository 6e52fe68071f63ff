/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * What is sent, made once: all clients send the same bytes, so that the generator has little to do. */

#include "load.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes payload, turn, closing, request;
char accept_value[32];

static const char KEY[] = "d3N0d2lzdCBiZW5jaG1hcg==";
static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz";

enum { LAST = 0x80, COMPRESSED = 0x40, TEXT_FRAME = 1, BINARY_FRAME = 2, CLOSE_FRAME = 8 };

static void *room(size_t size) {
    void *at = malloc(size ? size : 1);
    if (!at)
        fail("no memory");
    return at;
}

static uint32_t next_random(void) {
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* Write one masked frame (RFC 6455 section 5.2) and give its size. */
size_t frame_write(unsigned char *to, int first, const unsigned char *from, size_t size) {
    size_t at = 0;
    to[at++] = (unsigned char)first;
    int wide = size < 126 ? 0 : size < 65536 ? 2 : 8;
    to[at++] = (unsigned char)(0x80 | (wide == 0 ? (int)size : wide == 2 ? 126 : 127));
    for (int i = wide - 1; i >= 0; i--)
        to[at++] = (unsigned char)((uint64_t)size >> (8 * i));
    uint32_t mask = next_random();
    unsigned char key[4];
    memcpy(key, &mask, 4);
    memcpy(to + at, key, 4);
    at += 4;
    for (size_t i = 0; i < size; i++)
        to[at + i] = from[i] ^ key[i % 4];
    return at + size;
}

static void fill_json(char *to, size_t size) {
    size_t at = (size_t)snprintf(to, size + 1, "[");
    while (at < size) {
        int width = snprintf(to + at, size - at + 1,
                             "{\"id\": %u, \"name\": \"%.*s\", \"price\": %u.%02u, \"in_stock\": %s}, ",
                             next_random() % 100000, (int)(3 + next_random() % 12), LETTERS + next_random() % 12,
                             next_random() % 1000, next_random() % 100, next_random() % 2 ? "true" : "false");
        at += (size_t)width;
    }
    /* The last object is cut; what follows the last whole one is blank. */
    char *end = to + size - 1;
    while (*end != '}' && end > to)
        *end-- = ' ';
    end[1] = ']';
}

static void make_payload(void) {
    payload.size = options.size;
    payload.at = room(options.size + 1);
    if (options.kind == JSON) {
        if (options.size < 128)
            fail("JSON needs a --size of at least 128");
        fill_json((char *)payload.at, options.size);
        return;
    }
    for (size_t i = 0; i < options.size; i++)
        payload.at[i] = options.kind == TEXT ? (unsigned char)LETTERS[i % 26] : (unsigned char)next_random();
}

/* Compress without context (RFC 7692 section 7.2.1). */
static struct bytes compress_payload(void) {
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        fail("zlib does not start");
    size_t limit = deflateBound(&stream, payload.size) + 16;
    struct bytes small = {room(limit), 0};
    stream.next_in = payload.at;
    stream.avail_in = (uInt)payload.size;
    stream.next_out = small.at;
    stream.avail_out = (uInt)limit;
    if (deflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_in)
        fail("zlib does not compress");
    small.size = stream.total_out - 4;
    deflateEnd(&stream);
    return small;
}

static void make_turn(void) {
    struct bytes body = options.deflate ? compress_payload() : payload;
    char trigger[24];
    if (options.mode == FAN_OUT) {
        int width = snprintf(trigger, sizeof trigger, "%zu", options.batch);
        body = (struct bytes){(unsigned char *)trigger, (size_t)width};
    }
    bool binary = options.kind == BINARY && options.mode != FAN_OUT;
    int first = LAST | (options.deflate ? COMPRESSED : 0) | (binary ? BINARY_FRAME : TEXT_FRAME);
    turn.at = room(options.burst * (FRAME_HEAD + body.size));
    for (size_t i = 0; i < options.burst; i++)
        turn.size += frame_write(turn.at + turn.size, first, body.at, body.size);
}

static void make_request(void) {
    static const char offer[] = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                                "client_no_context_takeover\r\n";
    request.at = room(1024);
    request.size = (size_t)snprintf((char *)request.at, 1024,
                                    "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\n"
                                    "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                                    "Sec-WebSocket-Version: 13\r\n%s\r\n",
                                    options.path, options.ports[0], KEY, options.deflate ? offer : "");
    if (request.size >= 1024)
        fail("--path is too long");
    char text[sizeof KEY + sizeof GUID];
    snprintf(text, sizeof text, "%s%s", KEY, GUID);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(text, strlen(text), digest, &size, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)accept_value, digest, (int)size);
}

void messages_make(void) {
    make_payload();
    make_turn();
    make_request();
    static const unsigned char normal[] = {1000 >> 8, 1000 & 255};
    closing.at = room(FRAME_HEAD + sizeof normal);
    closing.size = frame_write(closing.at, LAST | CLOSE_FRAME, normal, sizeof normal);
}

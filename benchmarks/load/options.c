/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * The command line, and how the generator ends when something is wrong. */

#include "load.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct options options = {
    .path = "/", .clients = 100, .size = 64, .burst = 1, .batch = 1, .warm_up = 0.3, .seconds = 1.5,
};

void fail(const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *at = text; *at; at++)
        if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ')
            *at = '\'';
    printf("{\"error\": \"%s\"}\n", text);
    exit(1);
}

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int choose(const char *name, const char *text, const char *const *words, int count) {
    for (int i = 0; i < count; i++)
        if (!strcmp(text, words[i]))
            return i;
    fail("--%s cannot be %s", name, text);
}

static double number(const char *name, const char *text, double least) {
    char *end;
    double value = strtod(text, &end);
    if (*end || !(value >= least))
        fail("--%s must be a number of at least %g, not %s", name, least, text);
    return value;
}

static void add_port(const char *text) {
    if (options.port_count == sizeof options.ports / sizeof *options.ports)
        fail("too many ports");
    options.ports[options.port_count++] = (uint16_t)number("port", text, 1);
}

static void add_pid(const char *text) {
    if (options.pid_count == sizeof options.pids / sizeof *options.pids)
        fail("too many processes");
    options.pids[options.pid_count++] = (pid_t)number("pid", text, 1);
}

void options_read(int count, char **arguments) {
    static const char *const modes[] = {"echo", "fan-out", "handshakes", "idle"};
    static const char *const kinds[] = {"text", "binary", "json"};
    enum { MODE, KIND, PORT, PATH, CLIENTS, SIZE, BURST, BATCH, TLS, DEFLATE, WARM_UP, SECONDS, PID };
    static const struct option known[] = {
        {"mode", 1, 0, MODE},       {"kind", 1, 0, KIND},       {"port", 1, 0, PORT},
        {"path", 1, 0, PATH},       {"clients", 1, 0, CLIENTS}, {"size", 1, 0, SIZE},
        {"burst", 1, 0, BURST},     {"batch", 1, 0, BATCH},     {"tls", 0, 0, TLS},
        {"deflate", 0, 0, DEFLATE}, {"warm-up", 1, 0, WARM_UP}, {"seconds", 1, 0, SECONDS},
        {"pid", 1, 0, PID},         {0, 0, 0, 0},
    };
    int found, which = 0;
    while ((found = getopt_long(count, arguments, "", known, &which)) != -1) {
        const char *name = known[which].name;
        switch (found) {
        case MODE: options.mode = (enum mode)choose(name, optarg, modes, 4); break;
        case KIND: options.kind = (enum kind)choose(name, optarg, kinds, 3); break;
        case PORT: add_port(optarg); break;
        case PATH: options.path = optarg; break;
        case CLIENTS: options.clients = (size_t)number(name, optarg, 1); break;
        case SIZE: options.size = (size_t)number(name, optarg, 0); break;
        case BURST: options.burst = (size_t)number(name, optarg, 1); break;
        case BATCH: options.batch = (size_t)number(name, optarg, 1); break;
        case TLS: options.tls = true; break;
        case DEFLATE: options.deflate = true; break;
        case WARM_UP: options.warm_up = number(name, optarg, 0); break;
        case SECONDS: options.seconds = number(name, optarg, 0.01); break;
        case PID: add_pid(optarg); break;
        default: fail("unknown option");
        }
    }
    if (!options.port_count || optind < count)
        fail("--port is missing, or there is something that is no option");
}

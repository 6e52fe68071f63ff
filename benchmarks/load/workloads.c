/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * The workloads, and the window in which they are measured. */

#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { AT_ONCE = 32 };                  /* connections that are being opened */
static const double PATIENCE = 15;      /* seconds without progress after which all is given up */
static const double SETTLING = 0.2;     /* seconds for the server to know its last client */

static struct client *clients;
static size_t opened;
static uint64_t done;                   /* messages, deliveries or handshakes */
static uint64_t delivered;              /* of the present trigger */

struct moment {
    double at, own;                     /* seconds: the clock, and CPU time of the generator */
    double servers[64];                 /* and that of each of the servers' processes */
    uint64_t done;
};

/* User and system time of all threads of a process, in nanoseconds: more exact than /proc's ticks. */
static double cpu_of(pid_t pid) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
        fail("the server's process %d is gone", (int)pid);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct moment moment_now(void) {
    struct moment now = {.at = seconds_now(), .done = done, .own = cpu_of(0)};
    for (size_t i = 0; i < options.pid_count; i++)
        now.servers[i] = cpu_of(options.pids[i]);
    return now;
}

void workload_opened(struct client *client) {
    opened++;
    if (options.mode != HANDSHAKES)
        return;
    client->state = CLOSING;
    client_send(client, &closing);
}

void workload_closed(struct client *client) {
    done++;
    client_start(client);
}

void workload_message(struct client *client) {
    done++;
    if (options.mode == ECHO && ++client->received == options.burst) {
        client->received = 0;
        client_send(client, &turn);
    } else if (options.mode == FAN_OUT && ++delivered == options.clients * options.batch) {
        delivered = 0;
        client_send(&clients[0], &turn);
    }
}

static void run_for(double seconds) {
    double now = seconds_now(), end = now + seconds, last = now;
    uint64_t before = done;
    for (; now < end; now = seconds_now()) {
        loop_turn();
        if (done != before) {
            before = done;
            last = now;
        } else if (now - last > PATIENCE && options.mode != IDLE)
            fail("nothing came for %g seconds", PATIENCE);
    }
}

static void open_all(void) {
    size_t started = 0, before = 0;
    for (double last = seconds_now(); opened < options.clients; loop_turn()) {
        while (started < options.clients && started - opened < AT_ONCE)
            client_start(&clients[started++]);
        if (opened != before) {
            before = opened;
            last = seconds_now();
        } else if (seconds_now() - last > PATIENCE)
            fail("%zu of %zu clients could connect", opened, options.clients);
    }
}

static void report(const struct moment *begin, uint64_t count) {
    struct moment end = moment_now();
    double all = 0;
    printf("{\"server_cpus\": [");
    for (size_t i = 0; i < options.pid_count; i++) {
        double one = end.servers[i] - begin->servers[i];
        printf("%s%.6f", i ? ", " : "", one);
        all += one;
    }
    printf("], \"count\": %llu, \"seconds\": %.6f, \"server_cpu\": %.6f, \"load_cpu\": %.6f}\n",
           (unsigned long long)count, end.at - begin->at, all, end.own - begin->own);
    fflush(stdout);
}

static void begin_sending(void) {
    size_t senders = options.mode == FAN_OUT ? 1 : options.clients;
    for (size_t i = 0; i < senders; i++)
        client_send(&clients[i], &turn);
}

static void hold(void) {
    loop_watch_input();
    while (!loop_input_ended())
        loop_turn();
}

void workload_run(void) {
    clients = calloc(options.clients, sizeof *clients);
    if (!clients)
        fail("no memory");
    struct moment begin = moment_now();
    if (options.mode == HANDSHAKES)
        for (size_t i = 0; i < options.clients; i++)
            client_start(&clients[i]);
    else
        open_all();
    if (options.mode == IDLE) {
        report(&begin, opened);
        hold();
        return;
    }
    if (options.mode != HANDSHAKES) {
        double end = seconds_now() + SETTLING;
        while (seconds_now() < end)
            loop_turn();
        begin_sending();
    }
    run_for(options.warm_up);
    begin = moment_now();
    run_for(options.seconds);
    report(&begin, done - begin.done);
}

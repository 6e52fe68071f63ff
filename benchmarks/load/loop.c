/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * The loop: waiting for sockets, and for the end of the standard input. */

#include "load.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 512, WAIT_MS = 20 };

static int epoll;
static bool input_ended;

void loop_prepare(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        fail("no epoll: %s", strerror(errno));
}

void loop_watch(struct client *client, bool is_new) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (client->waits_to_write)
        event.events |= EPOLLOUT;
    if (epoll_ctl(epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, client->fd, &event))
        fail("a socket cannot be watched: %s", strerror(errno));
}

void loop_watch_input(void) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event))
        input_ended = true; /* a file or nothing: there is nobody to wait for */
}

bool loop_input_ended(void) { return input_ended; }

static void read_input(void) {
    char byte[64];
    if (read(STDIN_FILENO, byte, sizeof byte) <= 0)
        input_ended = true;
}

void loop_turn(void) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, WAIT_MS);
    if (count < 0 && errno != EINTR)
        fail("no waiting: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr)
            client_ready(events[i].data.ptr, events[i].events);
        else
            read_input();
    }
}

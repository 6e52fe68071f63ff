/* SPDX-FileCopyrightText: 2026 the wstwist authors
 * SPDX-License-Identifier: MIT
 *
 * The load generator: opens WebSocket connections to a server on this machine, keeps it busy for a while,
 * checks what comes back, and prints one line of JSON. */

#include "load.h"

int main(int count, char **arguments) {
    options_read(count, arguments);
    messages_make();
    channel_prepare();
    loop_prepare();
    workload_run();
    return 0;
}

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A web site of somebody's own with a project in it, as a process; its argument is ``epoll`` or ``fast``."""

import sys
from typing import Any

from wstwist import reactors

reactors.install("epoll" if sys.argv[1] == "epoll" else None)

from twisted.internet import reactor  # noqa: E402 - installed above
from twisted.web.resource import Resource  # noqa: E402
from twisted.web.server import Site  # noqa: E402

from soak.projects import Echo  # noqa: E402
from wstwist.service import ProjectService  # noqa: E402
from wstwist.wire.endpoints import listen, tcp  # noqa: E402


def main(reactor: Any) -> None:
    """Serve the project at /Echo of a site."""
    service = ProjectService(Echo)
    pages = Resource()
    pages.putChild(b"Echo", service.resource())
    reactor.callWhenRunning(service.startService)
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    port = listen(tcp(reactor, 0, "127.0.0.1"), Site(pages), "the site")
    sys.stdout.write(f"Echo at ws://127.0.0.1:{port.getHost().port}/Echo\n")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main(reactor)

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Whether new clients should be sent to this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wstwist.deployment import Deployment
    from wstwist.service import ProjectService


def obstacle(service: ProjectService) -> str | None:
    """Say why a server does not take clients; None: it does.

    A project that is stopped or blocked was meant to be: it is no obstacle.
    """
    if not service.running_projects.is_serving:
        return "the server stops, or has not started"
    return next(filter(None, map(_obstacle_of, service.deployments)), None)


def _obstacle_of(deployment: Deployment) -> str | None:
    host = deployment.host
    if deployment.is_stopped:
        return None
    if host is None or not host.is_accepting:
        return f"{deployment.name} does not run"
    return f"{deployment.name} starts" if host.service.is_starting else None

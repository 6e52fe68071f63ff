# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The cluster that a configuration names. Nothing here needs nats-py, which may not be there."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wstwist.cluster.settings import DEFAULT_NAME, Cluster
from wstwist.exceptions import ConfigurationError
from wstwist.supervising.worker import this_worker

if TYPE_CHECKING:
    from wstwist.config import Configuration


def cluster_of(configuration: Configuration, reactor: Any) -> Cluster | None:
    """Give the cluster that this process is to join; None: it is alone.

    Args:
        configuration: What is served where.
        reactor: What it runs on.

    Raises:
        ConfigurationError: It cannot join one.
    """
    given = {
        "cluster": configuration.cluster,
        "nats_credentials": configuration.nats_credentials,
        "nats_nkey": configuration.nats_nkey,
        "nats_ca": configuration.nats_ca,
    }
    worker = this_worker()
    label = "" if worker is None else f"worker {worker.slot}"
    if worker is not None and worker.nats:
        check_can_join(reactor)
        name = configuration.cluster or DEFAULT_NAME
        return Cluster(worker.nats, name, label, worker.nats_token)
    if not configuration.nats:
        for name, value in given.items():
            if value is not None:
                raise ConfigurationError(f"{name} is for clusters: say where NATS is, --nats (nats)")
        return None
    cluster = Cluster(
        servers=configuration.nats,
        name=configuration.cluster or DEFAULT_NAME,
        label=label,
        credentials=_path(configuration.nats_credentials),
        nkey=_path(configuration.nats_nkey),
        ca=_path(configuration.nats_ca),
    )
    check_can_join(reactor)
    return cluster


def check_can_join(reactor: Any) -> None:
    """Refuse where nats-py is missing, or cannot run."""
    if find_spec("nats") is None:
        raise ConfigurationError("--nats needs nats-py: pip install 'wstwist[cluster]'")
    if getattr(reactor, "_asyncioEventloop", None) is None:
        raise ConfigurationError(
            "--nats needs the asyncio reactor: leave --reactor out, or --reactor=asyncio"
        )


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name).absolute()

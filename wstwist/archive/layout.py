# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which files of a server go where in its archive, and what stays behind."""

from __future__ import annotations

import re
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from wstwist.archive.fitting import Fit
from wstwist.archive.manifest import CONFIGURATION, LeftOut
from wstwist.archive.places import Places
from wstwist.archive.snapshot import Served, Snapshot
from wstwist.config_projects import absolute

_OWN = "wstwist"
"""The package whose projects are wherever wstwist is."""

_ENDPOINTS = ("listen", "admin", "metrics")
_KEY = re.compile(r"privateKey=((?:[^:\\]|\\.)+)")
_FILES = ("unix:", "/")
"""What an endpoint has in its description that names files."""


class Layout:
    """A plan of an archive.

    Args:
        snapshot: The server.
        options: What it says of itself beside its projects, paths absolute.

    Attributes:
        places: Where files and folders go.
        fits: What the configuration has to say of them there.
        projects: What the manifest says of the projects.
        left_out: What is known not to be there.
        notes: What else somebody should know who has the archive.
        keys: Files with private keys.
    """

    def __init__(self, snapshot: Snapshot, options: Any) -> None:
        """Work it out; no file is read."""
        self.places = Places(snapshot.folder)
        self.fits: list[Fit] = []
        self.projects: list[dict[str, str]] = []
        self.left_out: list[LeftOut] = []
        self.notes: list[str] = []
        self.keys: set[Path] = set()
        self._snapshot = snapshot
        for served in snapshot.projects:
            self._project(served)
        self._tls(options)
        self._endpoints(options)

    def _project(self, served: Served) -> None:
        plan = served.plan
        directory = self._directory(served)
        self.fits.append(Fit(plan.name, "directory", directory, is_needed=directory != "."))
        self.projects.append(
            {"name": plan.name, "import": plan.spec, "directory": directory, "state": plan.state}
        )
        if served.web is not None and not _is_ours(plan.spec):
            web = self.places.put(served.web, f"web/{plan.name}")
            is_needed = served.is_web_fixed or not served.web.is_relative_to(plan.directory)
            self.fits.append(Fit(plan.name, "web", web, is_needed=is_needed))
        if served.database is not None:
            self._database(served, served.database)

    def _directory(self, served: Served) -> str:
        """Give where a project's modules are in the archive, or would be."""
        plan = served.plan
        if _is_ours(plan.spec):
            return "."
        if _has_module(plan.directory, plan.spec):
            return self.places.put(plan.directory, f"projects/{plan.name}")
        module = _package_of(plan.spec)
        why = f"it is not below {plan.directory}: install it where the server is to be"
        self.left_out.append(LeftOut(f"the module {module} of {plan.name}", why))
        return "."

    def _database(self, served: Served, text: str) -> None:
        name = served.plan.name
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            return  # a project that does not run
        file = _file_of(url)
        if file is None:
            self._other_database(name, url)
            return
        path = self._absolute(file)
        place = self.places.put(path, f"data/{name}/{path.name}")
        is_needed = Path(file).is_absolute() or self._snapshot.working != self._snapshot.folder
        fitting = url.set(database=place).render_as_string(hide_password=False)
        self.fits.append(Fit(name, "database", fitting, is_needed=is_needed))

    def _other_database(self, name: str, url: URL) -> None:
        """Say that a database is not contained which is no file."""
        is_sqlite = url.get_backend_name() == "sqlite"
        why = "it is in memory, or named by a URI" if is_sqlite else "use its own tools"
        shown = url.render_as_string(hide_password=True)
        self.left_out.append(LeftOut(f"the database of {name}, {shown}", why))
        if url.password is not None:
            self.notes.append(
                f"the password of the database of {name} may be in {CONFIGURATION}, or in the project: "
                "keep the archive to yourself"
            )

    def _tls(self, options: Any) -> None:
        """Put the files of ``--tls-port`` into their places; the key stays behind, and is named."""
        for name in ("cert", "client_ca", "key"):
            value = getattr(options, name)
            if value is not None:
                path = self._absolute(value)
                place = self.places.put(path, f"tls/{path.name}")
                self.fits.append(Fit("", name, place, is_needed=True))
                if name == "key":
                    self.keys.add(path)
                    self.notes.append(f"the server needs a private key in {place}; `wstwist cert` makes one")

    def _endpoints(self, options: Any) -> None:
        for name in _ENDPOINTS:
            value = getattr(options, name) or ()
            for endpoint in (value,) if isinstance(value, str) else value:
                self.keys.update(self._absolute(each) for each in _KEY.findall(endpoint))
                if any(part in endpoint for part in _FILES):
                    self.notes.append(f"{name}: {endpoint} names files of the machine that it is from")

    def _absolute(self, path: str) -> Path:
        return absolute(path, self._snapshot.working)


def _is_ours(spec: str) -> bool:
    return _package_of(spec) == _OWN


def _package_of(spec: str) -> str:
    return spec.partition(":")[0].partition(".")[0]


def _has_module(folder: Path, spec: str) -> bool:
    """Whether a project's module is in a folder."""
    try:
        return PathFinder.find_spec(_package_of(spec), [str(folder)]) is not None
    except (ImportError, ValueError):
        return False


def _file_of(url: URL) -> str | None:
    """Give the path of an SQLite file; None: the database is something else."""
    if url.get_backend_name() != "sqlite" or "uri" in url.query:
        return None
    return None if url.database in (None, "", ":memory:") else url.database

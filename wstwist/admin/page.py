# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
# twisted.web has hardly any types.
# mypy: disable-error-code="no-untyped-call"
"""The administration's page: files of a folder, and the header fields that keep it to itself.

The page is made of ES modules in ``page/``, which nothing builds. It speaks to the API beside it only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.web.resource import IResource, Resource

from wstwist.wire import web

FOLDER = Path(__file__).with_suffix("")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""What the page may do: load what is beside it, no inline script or style, and nothing makes HTML of text."""

_HEADERS = {
    b"content-security-policy": POLICY.encode("ascii"),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
}


def resource() -> IResource:
    """Give the resource for ``/``: the page's files, and ``/wstwist.js``, which it connects with."""
    return _Page(web.folder(FOLDER))


class _Page(Resource):
    """The folder, each answer of which has the header fields."""

    def __init__(self, files: IResource) -> None:
        """Remember the folder."""
        super().__init__()
        self._files = files

    def getChildWithDefault(self, path: bytes, request: Any) -> IResource:
        """Find a file."""
        for name, value in _HEADERS.items():
            request.setHeader(name, value)
        child: IResource = self._files.getChildWithDefault(path, request)
        return child

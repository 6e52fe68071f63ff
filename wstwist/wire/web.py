# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N815 - the names are Twisted's
# twisted.web has hardly any types.
# mypy: disable-error-code="no-untyped-call"
"""What a browser sees that comes without WebSocket: an author's folder of files, or a short page.

Beside either there is the library for pages, ``/wstwist.js``, unless the folder has a file of that name.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from twisted.web.pages import notFound
from twisted.web.resource import IResource, Resource
from twisted.web.static import File

from wstwist.exceptions import ConfigurationError

# What Python's table lacks on some machines, or has wrong.
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
# The one range that is served. A server may ignore others (RFC 9110, section 14.2): 4,000 ranges that overlap
# would be 4,000 times the file.
_RANGE = re.compile(rb"bytes=(?:[0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})")
# The library for pages: its files, and their types.
_LIBRARY = {b"wstwist.js": "text/javascript", b"wstwist.d.ts": "text/plain"}
_LIBRARY_FOLDER = Path(__file__).parents[1] / "web"
_PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>WebSocket server</title></head>
<body><h1>This is a WebSocket server</h1>
<p>There is no page here: connect with a WebSocket client, ws:// or wss://.</p></body></html>
"""


def folder(path: str | Path) -> IResource:
    """Serve a folder's files, ``index.html`` for the folder itself, and none whose name begins with a dot.

    Raises:
        ConfigurationError: when there is no such folder.
    """
    if not Path(path).is_dir():
        raise ConfigurationError(f"the folder {path} is not there")
    return _BesideTheLibrary(_Folder(str(Path(path).absolute()), defaultType="application/octet-stream"))


def about() -> IResource:
    """Serve a short page at ``/`` that says what this is, the library, and nothing elsewhere."""
    root = _Root()
    root.putChild(b"", _About())
    for name in _LIBRARY:
        root.putChild(name, _of_library(name))
    return root


class _Root(Resource):
    """Has nothing but what was put into it."""

    def getChild(self, _path: bytes, _request: Any) -> IResource:
        """Say so, without the answer that twisted.web itself calls unsafe."""
        return notFound()


class _About(Resource):
    """The short page."""

    isLeaf = True

    def render_GET(self, request: Any) -> bytes:
        """Give the page."""
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        request.setHeader(b"x-content-type-options", b"nosniff")
        return _PAGE

    def render_HEAD(self, request: Any) -> bytes:
        """Give its head; twisted.web would log the request, query and all, if it had to drop the page."""
        request.setHeader(b"content-length", b"%d" % len(self.render_GET(request)))
        return b""


class _BesideTheLibrary(Resource):
    """A folder, and the library's files where the folder has none of their names."""

    def __init__(self, root: _Folder) -> None:
        """Remember the folder."""
        super().__init__()
        self._root = root

    def getChildWithDefault(self, path: bytes, request: Any) -> IResource:
        """Find what there is under a name."""
        if path in _LIBRARY and not self._root.child(path.decode("ascii")).exists():
            return _of_library(path)
        child: IResource = self._root.getChildWithDefault(path, request)
        return child


class _Folder(File):
    """twisted.web's folder, more careful."""

    contentTypes = {**File.contentTypes, **_TYPES}  # noqa: RUF012 - Twisted's name and kind
    contentEncodings: dict[str, str] = {}  # noqa: RUF012 - a .gz is a file like any other
    indexNames = ["index.html"]  # noqa: RUF012

    def getChild(self, path: bytes, request: Any) -> IResource:
        """Find a file of the folder that may be seen."""
        if path.startswith(b".") or b"\0" in path or not _is_utf8(path):
            return notFound()
        child = super().getChild(path, request)
        return child if isinstance(child, _Folder) else notFound()

    def directoryListing(self) -> IResource:
        """List nothing."""
        return notFound()

    def redirect(self, request: Any) -> bytes:
        """Send a browser from a folder's name to the folder, by a path and never by the Host it named."""
        target = request.path.rpartition(b"/")[2] + b"/"
        request.setResponseCode(308)
        request.setHeader(b"location", b"./" + target)
        return b""

    def render_GET(self, request: Any) -> Any:
        """Give the file; a browser asks each time whether it has changed."""
        request.setHeader(b"x-content-type-options", b"nosniff")
        request.setHeader(b"cache-control", b"no-cache")
        ranges = request.requestHeaders.getRawHeaders(b"range", ())
        if len(ranges) != 1 or not _RANGE.fullmatch(ranges[0]):
            request.requestHeaders.removeHeader(b"range")
        return super().render_GET(request)

    render_HEAD = render_GET

    def _rangeToOffsetAndSize(self, start: int | None, end: int | None) -> tuple[int, int]:
        """Understand the last bytes of a file that has fewer as all of them."""
        if start is None and end is not None:
            end = min(end, self.getFileSize())
        found: tuple[int, int] = super()._rangeToOffsetAndSize(start, end)
        return found

    def _setContentHeaders(self, request: Any, size: int | None = None) -> None:
        """Say that texts are UTF-8."""
        super()._setContentHeaders(request, size)
        kind = self.type or ""
        if kind.startswith("text/") or kind.endswith(("json", "xml")):
            request.setHeader(b"content-type", f"{kind}; charset=utf-8".encode("ascii"))


def _of_library(name: bytes) -> _Folder:
    """Give one of the library's files."""
    file = _Folder(str(_LIBRARY_FOLDER / name.decode("ascii")))
    file.type, file.encoding = _LIBRARY[name], None
    return file


def _is_utf8(path: bytes) -> bool:
    """Whether a part of a path is text."""
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where a server's administration is, and which token opens it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from wstwist.cli.trouble import Trouble

DEFAULT = "http://localhost:9001"
"""Where a server's administration is when nothing says where."""

CONFIGURATION = Path("wstwist.toml")
TOKENS = "wstwist.tokens"

_PART = re.compile(r"((?:[^:\\]|\\.)*)(?::|$)")
_ANYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - nothing is bound here


class Token(NamedTuple):
    """A token, and where it is from.

    Attributes:
        text: It.
        origin: The file or variable that it is from, for messages.
    """

    text: str
    origin: str


def find_server(server: str | None, file: Path | None) -> str:
    """Give the URL of the administration.

    Args:
        server: As the command line or the environment says it.
        file: The configuration file; None: ``wstwist.toml`` of this folder, if it is there.

    Raises:
        Trouble: It is no URL, or the file cannot be read or says that there is none.
    """
    if server:
        return _checked(server)
    path = configuration_file(file)
    endpoint = None if path is None else _read(path).get("admin")
    if path is None or endpoint is None:
        return DEFAULT
    return _checked(url_of(str(endpoint), path))


def configuration_file(file: Path | None) -> Path | None:
    """Give the configuration file that is meant; None where there is none."""
    return file or (CONFIGURATION if CONFIGURATION.is_file() else None)


def url_of(endpoint: str, file: Path) -> str:
    """Give the URL of an administration that a configuration file says in Twisted's endpoint language."""
    if endpoint == "off":
        raise Trouble(f'{file} says admin = "off": the server can be asked nothing; give it an endpoint')
    plain, named = _parts(endpoint)
    kind, *rest = plain if len(plain) > 1 or not plain[0].isdecimal() else ["tcp", *plain]
    if kind == "unix":
        path = named.get("address") or (rest[0] if rest else "")
        return f"unix:{(file.parent / path).absolute()}"
    port = named.get("port") or (rest[0] if rest else "")
    if kind not in ("tcp", "tcp6", "ssl", "tls", "fast") or port in ("", "0"):
        raise Trouble(f"{file}: admin = {endpoint!r} says no port that can be asked: use --server URL")
    is_secure = kind in ("ssl", "tls") or not {"certKey", "privateKey"}.isdisjoint(named)
    host = named.get("interface", "")
    host = "localhost" if host in _ANYWHERE else f"[{host}]" if ":" in host else host
    return f"{'https' if is_secure else 'http'}://{host}:{port}"


def check_private(url: str) -> None:
    """Refuse to show a token to those on the way.

    Raises:
        Trouble: It would go over a network without TLS.
    """
    host = urlsplit(url).hostname or "" if url.startswith("http:") else "localhost"
    try:
        is_near = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_near = False
    if not is_near:
        raise Trouble(
            f"{url}: others on the way could read the token: use https, or `ssh -L 9001:localhost:9001 "
            f"{host}` and http://localhost:9001 (--insecure: send it nevertheless)"
        )


def find_token(token_file: Path | None, file: Path | None) -> Token:
    """Give the token.

    Args:
        token_file: The file of tokens that the command line names.
        file: The configuration file that it names.

    Raises:
        Trouble: There is none, or its file cannot be read.
    """
    if token_file is not None:
        return read_token(token_file)
    text = os.environ.get("WSTWIST_TOKEN", "").strip()
    if text:
        if not _is_token(text):
            raise Trouble("$WSTWIST_TOKEN is no token: it has spaces, or characters that no token has")
        return Token(text, "$WSTWIST_TOKEN")
    places = _places(configuration_file(file))
    for place in places:
        if place.exists():
            return read_token(place)
    raise Trouble(
        f"there is no token: neither $WSTWIST_TOKEN nor {' nor '.join(map(str, places))}; "
        "use --token-file FILE (the server's log says where its tokens are)"
    )


def read_token(path: Path) -> Token:
    """Read a token: of a file of tokens the one that permits most, or all that another file has.

    Raises:
        Trouble: There is none in it.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Trouble(f"{path}: the token cannot be read: {error.strerror}") from None
    except ValueError:
        text = ""
    if text.startswith("{"):
        text = _of_tokens(text)
    if not _is_token(text):
        raise Trouble(f"{path}: there is no token in it; a {TOKENS} is wanted, or a file with just the token")
    return Token(text, str(path))


def _is_token(text: str) -> bool:
    return text.isascii() and text.isprintable() and text != "" and " " not in text


def _of_tokens(text: str) -> str:
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    found = content.get("full") or content.get("read") if isinstance(content, dict) else None
    return found if isinstance(found, str) else ""


def _places(file: Path | None) -> list[Path]:
    """Name the files where a server's tokens may be."""
    beside = [] if file is None else [file.parent / TOKENS]
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if Path(state).is_absolute() else Path("~/.local/state")
    try:
        return [*beside, base.expanduser() / "wstwist" / TOKENS]
    except RuntimeError:  # there is no home
        return beside


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Trouble(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Trouble(f"{path}: is no TOML: {error}") from None


def _checked(server: str) -> str:
    """Check an address, and give it without a slash at its end."""
    if server.startswith("unix:"):
        return f"unix:{Path(server.removeprefix('unix:').removeprefix('//')).absolute()}"
    try:
        parts = urlsplit(server)
        is_right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_right = False
    if is_right and "@" in parts.netloc:
        raise Trouble(
            "an address of a server has no user and no password: http://localhost:9001; "
            "--token-file FILE says who asks"
        )
    if not is_right:
        raise Trouble(
            f"{server!r} is no address of a server: http://localhost:9001, https://ops.example.org:9443 "
            "or unix:/run/wstwist/admin.sock would be"
        )
    return quote(server.rstrip("/"), safe=":/[]%@.-_~")


def _parts(endpoint: str) -> tuple[list[str], dict[str, str]]:
    """Take a description of an endpoint apart: what stands by itself, and what has a name."""
    plain: list[str] = []
    named: dict[str, str] = {}
    for part in _PART.findall(endpoint)[:-1] or [endpoint]:
        name, sign, value = part.partition("=")
        text = re.sub(r"\\(.)", r"\1", value or name)
        if sign:
            named[name] = text
        else:
            plain.append(text)
    return plain, named

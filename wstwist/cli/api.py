# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Asking a server's administration."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from wstwist.cli.trouble import Trouble
from wstwist.cli.whereabouts import Token

LONG = 75.0
"""Seconds that it may take to do something: a procedure may take a minute."""

SHORT = 15.0
"""Seconds that it may take to say something: an event in progress may be waited for."""

CONNECTING = 5.0
"""Seconds in which there must be a connection."""

_MARK = "wstwist"
"""The header field that each answer of an administration has."""

_STREAMED = httpx.Timeout(900.0, connect=CONNECTING)  # what is large may be made first


class Answered(Trouble):
    """The server has refused.

    Args:
        status: The HTTP status.
        message: Why, and what to do next.
        problem: All that the server says of it, as in RFC 9457.
    """

    def __init__(self, status: int, message: str, problem: Mapping[str, Any]) -> None:
        """Keep them."""
        super().__init__(message)
        self.status = status
        self.problem = problem


class Api:
    """A server's administration. It is used in a ``with``.

    Args:
        server: Its address: a URL, or ``unix:PATH``.
        token: Who asks.
        ca: A file with the certificates of who signed the server's; None: the system's.
        is_insecure: Whether any certificate will do.
        patience: Seconds that an answer may take.

    Attributes:
        server: As given.
        token: As given.

    Raises:
        Trouble: The certificates cannot be read.
    """

    def __init__(
        self,
        server: str,
        token: Token,
        ca: Path | None = None,
        is_insecure: bool = False,
        patience: float = LONG,
    ) -> None:
        """Prepare; nobody is asked yet."""
        self.server = server
        self.token = token
        self.ca = ca
        self.is_insecure = is_insecure
        self._patience = patience
        path = server.removeprefix("unix:") if server.startswith("unix:") else None
        self._client = httpx.Client(
            base_url="http://localhost" if path else server,
            headers={"Authorization": f"Bearer {token.text}"},
            timeout=_timeout(patience),
            transport=httpx.HTTPTransport(uds=path) if path else None,
            verify=_verification(ca, is_insecure) if server.startswith("https:") else False,
            trust_env=False,  # a proxy that is meant for the web would see the token
        )

    def __enter__(self) -> Self:
        """Give it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        self._client.close()

    def get(self, *path: str, **query: Any) -> Any:
        """Get something.

        Args:
            path: The parts of its path below ``/api/v1``; a part may have any characters, slashes too.
            query: Parameters; those that are None are left out.

        Raises:
            Trouble: The server does not answer, or does not give it.
        """
        return self._ask("GET", path, params=_given(query), timeout=_timeout(min(self._patience, SHORT)))

    def post(self, *path: str, **body: Any) -> Any:
        """Have something done; `body` are the members of what is sent, without those that are None."""
        return self._ask("POST", path, json=_given(body))

    def patch(self, *path: str, **body: Any) -> Any:
        """Change something; a member that is None is sent, too."""
        return self._ask("PATCH", path, json=body)

    def delete(self, *path: str) -> None:
        """Remove something."""
        self._ask("DELETE", path)

    @contextmanager
    def stream(self, *path: str, **query: Any) -> Iterator[httpx.Response]:
        """Give an answer whose content is not read yet: ``iter_bytes()`` does that."""
        asked = self._client.stream("GET", _joined(path), params=_given(query), timeout=_STREAMED)
        with self._troubles(), asked as response:
            if response.is_error:
                response.read()
            self._check(response)
            yield response

    def _ask(self, method: str, path: tuple[str, ...], **settings: Any) -> Any:
        with self._troubles():
            response = self._client.request(method, _joined(path), **settings)
        self._check(response)
        return self._content(response) if response.content else None

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Say in one line why there is no answer."""
        try:
            yield
        except httpx.ConnectError as error:
            raise Trouble(self._nobody(error)) from None
        except httpx.ConnectTimeout:
            raise Trouble(f"nobody answers at {self.server} in time: is the address right?") from None
        except httpx.TimeoutException:
            raise Trouble(
                f"{self.server} has not answered in time: is the address right? Its log may say why"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Trouble(
                f"{self.server} broke the connection off ({error or type(error).__name__}): "
                "is that the administration's address?"
            ) from None

    def _nobody(self, error: httpx.ConnectError) -> str:
        if "WRONG_VERSION_NUMBER" in str(_cause(error)):
            return f"{self.server} does not speak TLS: write http:// in place of https://"
        if isinstance(_cause(error), ssl.SSLError):
            return (
                f"{self.server}: there is no TLS connection ({_cause(error)}): "
                "is the certificate ours? --ca FILE names who signed it"
            )
        return (
            f"nobody answers at {self.server} ({error}): is the server running? `wstwist serve` starts one, "
            "--server URL names another"
        )

    def _check(self, response: httpx.Response) -> None:
        """Raise what the server refuses."""
        status = response.status_code
        if status == 413:  # noqa: PLR2004 - Content Too Large
            raise Trouble(f"{self.server} does not take that much at once")
        if _MARK not in response.headers:
            raise Trouble(f"{self.server} is no administration of wstwist: is the address right?")
        if status < 400:  # noqa: PLR2004 - the first status of errors
            return
        problem = self._content(response)
        detail = problem.get("detail") if isinstance(problem, dict) else None
        if not isinstance(detail, str):
            raise Trouble(f"{self.server} answers {status} without a reason: its log may say why")
        raise Answered(status, self._advice(status, detail), problem)

    def _advice(self, status: int, detail: str) -> str:
        """Add to what the server says what to do next, where that depends on this side."""
        if status == 401:  # noqa: PLR2004 - Unauthorized
            return (
                f"{self.server} does not know the token of {self.token.origin}: "
                "use --token-file FILE (the server's log says where its tokens are)"
            )
        if status == 403:  # noqa: PLR2004 - Forbidden
            return f"{detail} (it is from {self.token.origin}): use --token-file FILE with the full token"
        if status == 404 and detail.startswith("there is no project") and "did you mean" not in detail:  # noqa: PLR2004 - Not Found
            return f"{detail}: `wstwist list` lists those that there are"
        return detail

    def _content(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError:
            if response.is_error:
                return None
            raise Trouble(f"{self.server} is no administration of wstwist: is the address right?") from None


def _timeout(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=min(seconds, CONNECTING))


def _joined(path: tuple[str, ...]) -> str:
    if "" in path:
        raise Trouble("the name of a project is empty: `wstwist list` lists those that there are")
    return "/".join(("/api/v1", *(quote(part, safe="") for part in path)))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _cause(error: BaseException) -> BaseException:
    """Give what an error of httpx began with."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _verification(ca: Path | None, is_insecure: bool) -> ssl.SSLContext | bool:
    """Say which certificates will do."""
    if is_insecure:
        return False
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or error
        raise Trouble(f"{ca}: there are no certificates to be read in it: {reason}") from None

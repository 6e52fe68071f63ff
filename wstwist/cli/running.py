# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Running a command, and what becomes of its errors."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import click

from wstwist.cli import INTERRUPTED
from wstwist.cli.commands import wstwist
from wstwist.cli.trouble import Trouble
from wstwist.exceptions import WstwistError

_TRACEBACK = "WSTWIST_TRACEBACK"
"""The environment variable that has tracebacks of our own faults shown."""


def run() -> int:
    """Run the command that the command line names, and give the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # in any alphabet
    if sys.stdout is None:
        Trouble("stdout is closed: there is nowhere to write to; > /dev/null would do").show()
        return 1
    try:
        status = wstwist.main(prog_name="wstwist", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        _write_nothing_more()  # whoever read has gone, and is not interested in why we end
        return 1
    except Exception as error:  # noqa: BLE001 - a traceback is no message
        _write_nothing_more()
        trouble = Trouble(_what_is_wrong(error))
        trouble.show()
        return trouble.exit_code
    return status if isinstance(status, int) else 0


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, WstwistError):
        return str(error)
    if isinstance(error, UnicodeError):
        return f"what was given is no UTF-8: {ascii(getattr(error, 'object', ''))[:100]}"
    if isinstance(error, OSError):
        return f"{error.filename or 'the output'}: {error.strerror or error}"
    if os.environ.get(_TRACEBACK):
        traceback.print_exception(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"a fault in wstwist: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno}); "
        f"please report it, with what {_TRACEBACK}=1 shows"
    )


def _write_nothing_more() -> None:
    """Have Python not try again, at its end, to write what could not be written."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Running a command, and what becomes of its errors."""

from __future__ import annotations

import sys

import click

from wstwist.cli import INTERRUPTED
from wstwist.cli.commands import wstwist
from wstwist.cli.trouble import Trouble
from wstwist.exceptions import WstwistError


def run() -> int:
    """Run the command that the command line names, and give the exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # names in any alphabet
    try:
        status = wstwist.main(prog_name="wstwist", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except WstwistError as error:
        trouble = Trouble(str(error))
        trouble.show()
        return trouble.exit_code
    except BrokenPipeError:
        sys.stderr.close()  # whoever read has gone, and is not interested in why we end
        return 1
    return status if isinstance(status, int) else 0

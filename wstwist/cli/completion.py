# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from wstwist.cli import framing
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble

_VARIABLE = "_WSTWIST_COMPLETE"


@framing.command(
    "completion",
    examples=(
        'eval "$(wstwist completion bash)"',
        "wstwist completion zsh",
        "wstwist completion fish --json",
    ),
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a shell's completion script.

    For bash put the first example into ~/.bashrc; likewise for zsh into ~/.zshrc; for fish put what is
    printed into ~/.config/fish/completions/wstwist.fish. Names of projects and clients are completed by
    asking the server. With --json it prints {"shell": NAME, "script": TEXT}.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise Trouble(f"there is no completion for {shell}")
    script = kind(ctx.find_root().command, {}, "wstwist", _VARIABLE).source()
    out = ctx.ensure_object(Output)
    out.show({"shell": shell, "script": script}, script)

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist new``."""

from __future__ import annotations

import builtins
import importlib.util
import keyword
import re
import shlex
import sys
from pathlib import Path
from typing import Any, TypeVar

import click

from wstwist.cli.framing import command as make_command
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble

T = TypeVar("T")

_USED = frozenset({"Client", "LAST", "Limits", "Line", "MemoryClient", "MemoryServer", "Project", "TestCase"})
"""Names that the project uses for something else."""

_LAST_PORT = 65535


@make_command(
    "new",
    examples=(
        "wstwist new Chat --yes",
        "wstwist new Board --directory board --port 8000 --without-database --yes",
        "wstwist new Feed --no-page --yes --json",
    ),
)
@click.argument("name")
@click.option("--directory", type=click.Path(path_type=Path), help="The folder [default: the module's name].")
@click.option(
    "--port", type=click.IntRange(1, _LAST_PORT), metavar="PORT", help="Where it is served [default: 9000]."
)
@click.option(
    "--with-database/--without-database",
    "database",
    default=None,
    help="Keep data in SQLite [default: with].",
)
@click.option("--page/--no-page", default=None, help="Make a web page [default: make one].")
@click.option("--yes", "-y", "is_sure", is_flag=True, help="Do not ask: take the defaults.")
@click.pass_obj
def command(
    out: Output,
    name: str,
    directory: Path | None,
    port: int | None,
    database: bool | None,
    page: bool | None,
    is_sure: bool,
) -> None:
    """Make a project: its module, tests, configuration, and a page.

    NAME is the name of its class, such as Chat. On a terminal it asks what no option says. What is made is a
    small chat that works, to read and to change.
    """
    from wstwist.template import Wanted, make

    name, module = class_name(name), module_name(name)
    asks = not is_sure and sys.stdin is not None and sys.stdin.isatty()
    if directory is None:
        directory = _ask("Folder", Path(module), asks, click.Path(path_type=Path))
    _require_empty(directory)
    wanted = Wanted(
        name,
        module,
        port=_ask("Port", 9000, asks, click.IntRange(1, _LAST_PORT)) if port is None else port,
        database=_confirm("Keep data in a database (SQLite)?", asks) if database is None else database,
        page=_confirm("Make a web page?", asks) if page is None else page,
    )
    files = make(wanted)
    _write(directory, files)
    url = f"http://localhost:{wanted.port}/" if wanted.page else None
    text = [
        f"{directory} has {', '.join(files)}",
        "Next:",
        f"  cd {shlex.quote(str(directory))}",
        "  wstwist serve --reload",
    ]
    if url:
        text.append(f"  and open {url}")
    document = {
        "project": name,
        "import": f"{module}:{name}",
        "directory": str(directory),
        "files": [*files],
        "url": f"ws://localhost:{wanted.port}/{name}",
        "page": url,
    }
    out.show(document, "\n".join(text))


def class_name(name: str) -> str:
    """Make the name of a class of what somebody calls a project: ``my-chat`` is MyChat.

    Raises:
        Trouble: No name can be made of it, or it means something else already.
    """
    words = re.split(r"[-_ .]+", name.strip())
    found = "".join(word[:1].upper() + word[1:] for word in words)
    if not found.isidentifier() or not found.isascii():
        raise Trouble(f"{name!r} is no name for a project: letters and digits, such as Chat, are")
    if found in _USED or hasattr(builtins, found) or keyword.iskeyword(found):
        raise Trouble(f"{found} means something else already; call the project My{found}, for instance")
    return found


def module_name(name: str) -> str:
    """Make the name of a module of what somebody calls a project: MyChat is my_chat.

    Raises:
        Trouble: It would hide another module, or cannot be imported.
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    module = re.sub(r"[-_ .]+", "_", spaced).lower()
    if keyword.iskeyword(module):
        raise Trouble(f"{module!r} is a word of Python's own; choose another name, such as My{name.strip()}")
    is_taken = module in sys.stdlib_module_names or module == "test" or _is_installed(module)
    if is_taken:
        raise Trouble(f"the module {module!r} would hide Python's or an installed one; choose another name")
    return module


def _is_installed(module: str) -> bool:
    """Whether there is a module of this name, not counting those of this folder."""
    folders = ("", str(Path.cwd()))
    before, sys.path[:] = [*sys.path], [each for each in sys.path if each not in folders]
    try:
        return importlib.util.find_spec(module) is not None
    finally:
        sys.path[:] = before


def _ask(question: str, default: T, asks: bool, kind: Any) -> T:
    if not asks:
        return default
    answer: T = click.prompt(question, default=default, type=kind, err=True)
    return answer


def _confirm(question: str, asks: bool) -> bool:
    return not asks or click.confirm(question, default=True, err=True)


def _require_empty(directory: Path) -> None:
    """Refuse to write where something is."""
    try:
        found = sorted(each.name for each in directory.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise Trouble(f"{directory}: {error.strerror}; name another with --directory") from None
    if found:
        raise Trouble(f"{directory} is not empty ({found[0]} is there); name another folder with --directory")


def _write(directory: Path, files: dict[str, str]) -> None:
    try:
        for name, content in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Trouble(f"{error.filename}: cannot be written: {error.strerror}") from None

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist``, run as a process, as somebody at a terminal or in a script would."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.administered import AdministeredCase, Server
from tests.processes import PATIENCE, ROOT


class CommandLine:
    """Runs ``wstwist``, which is the first on the PATH of what runs here.

    Args:
        folder: Where it runs; a folder ``bin`` is made there.
        variables: What is added to its environment, which has no other variables ``WSTWIST_...``.
    """

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        programs = folder / "bin"
        programs.mkdir(exist_ok=True)
        program = programs / "wstwist"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m wstwist.cli "$@"\n')
        program.chmod(0o755)
        (folder / "state").mkdir(exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WSTWIST_")}
        self.environment: Mapping[str, str] = {
            **inherited,
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(folder / "state"),
            "COLUMNS": "80",
            **variables,
        }

    def run(
        self, *words: str, status: int = 0, stdin: str = "", folder: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``wstwist`` with these words, and compare its exit status."""
        return self._run([str(self.folder / "bin" / "wstwist"), *words], status, stdin, folder, variables)

    def json(self, *words: str, **settings: Any) -> Any:
        """Run it with ``--json``, and give the one document on stdout."""
        done = self.run(*words, "--json", **settings)
        assert done.stderr == "", done.stderr
        return json.loads(done.stdout)

    def trouble(self, *words: str, status: int = 1, **settings: Any) -> str:
        """Run what cannot be done, and give the one line that says why."""
        done = self.run(*words, status=status, **settings)
        assert done.stdout == "", done.stdout
        line = done.stderr.removesuffix("\n")
        assert line.startswith("wstwist: "), done.stderr
        assert "\n" not in line, done.stderr
        return line.removeprefix("wstwist: ")

    def shell(self, line: str, status: int = 0, **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run a line of a shell."""
        return self._run(["bash", "-c", line], status, "", settings.get("folder"), {})

    def start(self, *words: str, **settings: Any) -> subprocess.Popen[str]:
        """Start ``wstwist`` with these words, and wait for nothing."""
        settings = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": self.environment,
        } | settings
        return subprocess.Popen(
            [str(self.folder / "bin" / "wstwist"), *words],
            cwd=self.folder,
            text=True,
            **settings,
        )

    def interrupt(self, process: subprocess.Popen[str]) -> tuple[str, str]:
        """Press Ctrl-C, and give what it has said; it must end as such."""
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130, (process.returncode, said)
        assert "Traceback" not in (said[1] or ""), said[1]
        return said

    def examples(self, *words: str) -> Sequence[str]:
        """Take the examples out of a command's help."""
        text = self.run(*words, "--help").stdout
        _, _, lines = text.partition("\nExamples:\n")
        found = [line.strip() for line in lines.splitlines() if line.strip()]
        assert found, text
        assert all(re.search(r"\bwstwist\b", line) for line in found), found
        return found

    def _run(
        self,
        words: Sequence[str],
        status: int,
        stdin: str,
        folder: Path | None,
        variables: Mapping[str, str],
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            words,
            cwd=folder or self.folder,
            env={**self.environment, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        return done


SHOP = """
from wstwist import Project

class Shop(Project):
    prices: dict[str, int] = {"tea": 3}

class Quiet(Project):
    pass
"""


class CommandedCase(AdministeredCase):
    """Tests of commands that ask a server, which all of them share.

    Attributes:
        line: The command line, in the folder of the server's configuration.
    """

    line: CommandLine

    @classmethod
    def _start(cls) -> None:
        super()._start()
        cls.line = CommandLine(cls.server.folder, WSTWIST_SERVER=cls.server.url)

    @classmethod
    def make(cls, folder: Path) -> Server:
        """Make the server, with a shop beside the chat."""
        (folder / "shop").mkdir()
        (folder / "shop" / "shop.py").write_text(SHOP)
        return Server(folder)

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Build wstwist; what it is and what it needs stands in setup.cfg.

Compiled are the modules written in Cython (``.pyx``), and those written in Python that have declarations for
Cython beside them (``.pxd``). Where there is no compiler wstwist is installed all the same, in Python only.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

DIRECTIVES = {
    "language_level": 3,
    "binding": True,
    "annotation_typing": False,  # annotations are for people and mypy
    "infer_types": True,
}


def sources() -> list[Path]:
    """Give the sources of the modules to compile."""
    declared = (path.with_suffix(".py") for path in Path("wstwist").rglob("*.pxd") if path.stem != "native")
    return sorted({*Path("wstwist").rglob("*.pyx"), *(path for path in declared if path.exists())})


def extensions() -> list[Extension]:
    """Give the modules to compile, none where that is not wanted or Cython is not there."""
    if os.environ.get("WSTWIST_PURE") == "1":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        fall_back("Cython is not installed")
        return []
    modules = [
        Extension(".".join(path.with_suffix("").parts), [str(path)], extra_compile_args=["-O3", "-g0"])
        for path in sources()
    ]
    found: list[Extension] = cythonize(
        modules, compiler_directives=DIRECTIVES, build_dir="build/cython", quiet=True, show_all_warnings=False
    )
    return found


class BuildOrFallBack(build_ext):
    """Compiles all of the modules, or none."""

    def run(self) -> None:
        try:
            super().run()
        except Exception as error:  # noqa: BLE001 - whatever a compiler lacks
            fall_back(str(error))
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = []


def fall_back(why: str) -> None:
    """Say that nothing is compiled."""
    print(f"wstwist is installed without its compiled parts, and is slower: {why}", file=sys.stderr)


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildOrFallBack})

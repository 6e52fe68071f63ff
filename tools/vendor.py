# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Bring what the administration's page has of others into its folder ``vendor``, from npm.

``python tools/vendor.py`` fetches the packages that ``packages.json`` there names, in the versions and with
the integrity that it names, and writes their files anew, and their hashes into it.
``python tools/vendor.py uplot@1.6.33`` takes another version, and its integrity: look at what has changed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FOLDER = Path(__file__).parents[1] / "wstwist" / "admin" / "page" / "vendor"
LIST = FOLDER / "packages.json"


def main(updates: list[str]) -> None:
    """Fetch all packages, some of them in another version."""
    packages = json.loads(LIST.read_text("utf-8"))
    versions = dict(update.split("@") for update in updates)
    for name, package in packages.items():
        version = versions.get(name, package["version"])
        if version != package["version"]:
            package |= {"version": version, "integrity": None}
        bring(name, package)
        sys.stdout.write(f"{name} {version}, {package['licence']}\n")
    LIST.write_text(json.dumps(packages, indent=2) + "\n", "utf-8")


def bring(name: str, package: dict[str, Any]) -> None:
    """Fetch a package, check that it is the one that is meant, and write its files.

    Raises:
        SystemExit: It is another, or has another licence.
    """
    with TemporaryDirectory(prefix="wstwist-vendor-") as folder:
        archive = pack(f"{name}@{package['version']}", Path(folder))
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if package["integrity"] not in (None, integrity):
            sys.exit(f"{name}: its integrity is {integrity}, and {LIST} says {package['integrity']}")
        package["integrity"] = integrity
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        root = Path(folder) / "package"
        licence = json.loads((root / "package.json").read_text("utf-8"))["license"]
        if licence != package["licence"]:
            sys.exit(f"{name}: its licence is {licence}, and {LIST} says {package['licence']}")
        for target, file in package["files"].items():
            content = (root / file["from"]).read_bytes()
            (FOLDER / target).write_bytes(content)
            file["sha256"] = hashlib.sha256(content).hexdigest()


def pack(what: str, folder: Path) -> Path:
    """Have npm fetch a package's archive into a folder."""
    npm = shutil.which("npm") or sys.exit("npm is needed, and is not there")
    subprocess.run([npm, "pack", "--silent", what], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    return archive


if __name__ == "__main__":
    main(sys.argv[1:])

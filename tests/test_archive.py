# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Archives of a server: what of them is refused, what is left when they fail, what never gets into them."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tomllib
import zipfile
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from twisted.trial.unittest import TestCase

from wstwist.archive import packing, reading
from wstwist.archive.manifest import CONFIGURATION, NAME, Manifest, decode
from wstwist.archive.names import refusal_of
from wstwist.archive.packing import GivenUpError, pack
from wstwist.archive.reading import Archive
from wstwist.archive.snapshot import Served, Snapshot
from wstwist.archive.unpacking import unpack
from wstwist.config import read
from wstwist.config_projects import Plan
from wstwist.exceptions import ConfigurationError

TOML = '[projects.Chat]\nimport = "chat:Chat"\n'


class ArchiveCase(TestCase):
    """Tests in a folder of their own."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-test-"))).resolve()
        self.zip = self.folder / "server.zip"

    def write(self, name: str, content: str | bytes = "") -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def tree(self, folder: str) -> dict[str, bytes]:
        """Give all files of a folder."""
        root = self.folder / folder
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class UnpackTests(ArchiveCase):
    """Unpacking."""

    def make(self, *others: tuple[str | zipfile.ZipInfo, str | bytes], toml: str = TOML) -> None:
        """Make an archive with these members, too."""
        manifest = Manifest.now([], [], [], 1, data=False)
        with zipfile.ZipFile(self.zip, "w") as archive:
            archive.writestr(CONFIGURATION, toml)
            archive.writestr(NAME, manifest.encode())
            for name, content in others:
                archive.writestr(name, content)

    def unpack(self, folder: str = "there") -> list[str]:
        """Unpack it."""
        with Archive(self.zip) as archive:
            return unpack(archive, self.folder / folder)

    def refused(self, why: str, folder: str = "there") -> None:
        """See that it is refused, and nothing is left of it."""
        before = self.tree(".")
        error = self.assertRaises(ConfigurationError, self.unpack, folder)
        self.assertIn(why, str(error))
        self.assertNotIn("\n", str(error))
        self.assertEqual(self.tree("."), before)

    def test_unpacked(self) -> None:
        """All files are there, and the manifest is not."""
        self.make(("chat.py", "x = 1"), ("web/", ""), ("web/index.html", "<p>"))
        self.assertEqual(self.unpack("a/b"), [CONFIGURATION, "chat.py", "web/index.html"])
        self.assertEqual(
            self.tree("a/b"), {CONFIGURATION: TOML.encode(), "chat.py": b"x = 1", "web/index.html": b"<p>"}
        )

    def test_names_that_lead_out(self) -> None:
        """A name that leads out of the folder, or means something else elsewhere, is refused."""
        for name, why in (
            ("../evil.py", "leads out"),
            ("web/../../evil.py", "leads out"),
            ("/etc/passwd", "absolute"),
            ("C:/evil.py", "character"),
            ("..\\evil.py", "character"),
            ("web//x", "empty parts"),
            ("./x", "empty parts"),
            ("con.txt", "some systems"),
            ("evil.py.", "some systems"),
            ("a\x1bb", "character"),
            ("a/" * 600 + "b", "too long"),
        ):
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            self.make((info, "evil"))
            self.refused(why)
            self.assertTrue(refusal_of(name))
        for name in ("chat.py", "a b/ö.html", ".hidden", "..x"):
            self.assertEqual(refusal_of(name), "")

    def test_kinds(self) -> None:
        """Links and special files are refused."""
        for kind, why in (
            (stat.S_IFLNK, "a link"),
            (stat.S_IFIFO, "no regular"),
            (stat.S_IFCHR, "no regular"),
        ):
            info = zipfile.ZipInfo("evil")
            info.create_system = 3
            info.external_attr = (kind | 0o777) << 16
            self.make((info, "/etc/passwd"))
            self.refused(why)

    def test_tokens(self) -> None:
        """Tokens that somebody has put into it are refused."""
        self.make(("data/wstwist.tokens", "{}"))
        self.refused("tokens")

    def test_file_and_folder(self) -> None:
        """What is in it twice, or both a file and a folder, is refused."""
        self.make(("a", "x"), ("a/b", "y"))
        self.refused("both a file and a folder")
        self.make(("a", "x"), ("b", "y"))
        self.zip.write_bytes(self.zip.read_bytes().replace(b"by", b"ay").replace(b"bPK", b"aPK"))
        self.refused("twice")

    def test_sizes(self) -> None:
        """What is too much is refused before anything is written, whatever it is compressed to."""
        self.make(("a", "x" * 2000))
        with patch.object(reading, "LARGEST", 1000):
            self.refused("at most 1000 are unpacked")
        with patch.object(reading, "MOST_FILES", 0):
            self.refused("at most 0 are unpacked")
        with patch("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(9, 0, 9)):
            self.refused("9 are free there")

    def test_a_size_that_is_a_lie(self) -> None:
        """A file that is larger than it is said to be is not unpacked beyond that."""
        info = zipfile.ZipInfo("bomb")
        info.compress_type = zipfile.ZIP_DEFLATED
        self.make((info, b"\0" * 5_000_000))
        content = self.zip.read_bytes()
        self.zip.write_bytes(content.replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
        self.refused("damaged")

    def test_what_is_no_archive(self) -> None:
        """What is no zip file, no export, damaged or a newer wstwist's is one line."""
        self.zip.write_bytes(b"no zip")
        self.refused("no zip file")
        with zipfile.ZipFile(self.zip, "w") as archive:
            archive.writestr("x", "")
        self.refused("no export of a server")
        self.make(("a", "x" * 2000))
        self.zip.write_bytes(self.zip.read_bytes().replace(b"x" * 100, b"y" * 100))
        self.refused("damaged")
        for manifest, why in (
            (b"", "no manifest"),
            (b"[]", "no manifest"),
            (b'{"format": 1}', "no manifest"),
            (b'{"format": 2, "wstwist": "9.0"}', "wstwist 9.0"),
            (b"[" * 100_000, "no manifest"),
        ):
            error = self.assertRaises(ConfigurationError, decode, manifest)
            self.assertIn(why, str(error))

    def test_a_wrong_configuration(self) -> None:
        """A configuration that means nothing is refused, with its line."""
        self.make(toml="prot = 1\n")
        self.refused("wstwist.toml in it:1: prot is no setting")

    def test_over_files(self) -> None:
        """Files of the same names are replaced, others stay, and so does the mode of what is new."""
        self.make(("chat.py", "new"), ("sub/x", "new"))
        self.write("there/chat.py", "old")
        self.write("there/mine", "mine")
        self.unpack()
        self.assertEqual(
            self.tree("there"),
            {CONFIGURATION: TOML.encode(), "chat.py": b"new", "sub/x": b"new", "mine": b"mine"},
        )

    def test_nothing_half_done(self) -> None:
        """Where one file cannot be put into its place, all is as it was."""
        self.make(("a.py", "new"), ("b/c/d.py", "new"), ("z.py", "new"))
        self.write("there/a.py", "old")
        self.write("there/z.py", "old")
        rename, count = Path.rename, 0

        def failing(path: Path, target: Path) -> Path:
            nonlocal count
            count += 1
            if count == 5:
                raise OSError(28, "No space left on device")
            return rename(path, target)

        with patch.object(Path, "rename", failing):
            self.refused("No space left on device")
        self.assertEqual(sorted(path.name for path in (self.folder / "there").iterdir()), ["a.py", "z.py"])

    def test_things_in_the_way(self) -> None:
        """Nothing is written through links, and no folder is replaced by a file."""
        self.make(("web/index.html", "new"), ("chat.py", "new"))
        self.write("precious/index.html", "old")
        (self.folder / "there").mkdir()
        (self.folder / "there" / "web").symlink_to(self.folder / "precious")
        self.refused("is a symbolic link")
        (self.folder / "there" / "web").unlink()
        self.write("there/chat.py/x", "old")
        self.refused("is a folder")
        self.write("file", "old")
        self.refused("cannot be written", "file/there")

    def test_a_database_that_is_replaced(self) -> None:
        """The log of the database that was there before goes with it."""
        with closing(sqlite3.connect(self.folder / "new.db")) as database:
            database.execute("CREATE TABLE t (x)")
            database.commit()
        self.make(("chat.db", (self.folder / "new.db").read_bytes()))
        self.write("there/chat.db", "old")
        self.write("there/chat.db-wal", "old")
        self.unpack()
        self.assertEqual(self.tree("there").keys(), {CONFIGURATION, "chat.db"})


class PackTests(ArchiveCase):
    """Packing."""

    def pack(self, text: str = TOML, *served: Served, **settings: Any) -> tuple[Manifest, zipfile.ZipFile]:
        """Pack the folder ``here``."""
        here = self.folder / "here"
        self.write("here/chat.py")
        projects = served or (Served(Plan("Chat", "chat:Chat", here)),)
        snapshot = Snapshot(here, text, {}, True, projects, here)
        file = io.BytesIO()
        manifest = pack(snapshot, file, data=settings.pop("data", False), **settings)
        archive = zipfile.ZipFile(file)
        self.addCleanup(archive.close)
        self.zip.write_bytes(file.getvalue())
        return manifest, archive

    def test_private_keys(self) -> None:
        """A private key is found in whatever form it is."""
        key = ec.generate_private_key(ec.SECP256R1())
        for number, (encoding, form, encryption) in enumerate(
            (
                (Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
                (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
                (Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
                (Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
                (Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
                (Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
            )
        ):
            self.write(f"here/{number}.bin", key.private_bytes(encoding, form, encryption))
        self.write("here/cert.bin", b"0\x82 no key")
        manifest, archive = self.pack()
        self.assertEqual(
            [each.name for each in manifest.left_out if "private key" in each.why],
            [f"{number}.bin" for number in range(6)],
        )
        self.assertEqual({*archive.namelist()}, {CONFIGURATION, NAME, "chat.py", "cert.bin"})

    def test_tls(self) -> None:
        """Certificates come with it, also from elsewhere; the key is named, and never there."""
        self.write("etc/cert.pem", "certificate")
        self.write("etc/odd", "a key of an odd kind")
        self.write("here/odd2", "another")
        text = (
            f'tls_port = 1\ncert = "{self.folder}/etc/cert.pem"\nkey = "../etc/odd"\n'
            f'admin = "fast:2:privateKey={self.folder}/here/odd2"\n{TOML}'
        )
        manifest, archive = self.pack(text)
        document = tomllib.loads(archive.read(CONFIGURATION).decode())
        self.assertEqual((document["cert"], document["key"]), ("tls/cert.pem", "tls/odd"))
        self.assertEqual({*archive.namelist()}, {CONFIGURATION, NAME, "chat.py", "tls/cert.pem"})
        self.assertTrue(any("private key in tls/odd" in note for note in manifest.notes), manifest.notes)
        self.assertTrue(any("admin: fast:2" in note for note in manifest.notes), manifest.notes)

    def test_other_databases(self) -> None:
        """A database that is no file is named, without its password, with which the archive is to be kept."""
        url = "postgresql+psycopg://ann:s3cret@host/chat"
        text = f'{TOML}database = "{url}"\n'
        plan = Plan("Chat", "chat:Chat", self.folder / "here", settings={"database": url})
        manifest, archive = self.pack(text, Served(plan, database=url), data=True)
        (left,) = manifest.left_out
        self.assertIn("postgresql+psycopg://ann:***@host/chat", left.name)
        self.assertNotIn("s3cret", str(manifest))
        self.assertTrue(any("password" in note for note in manifest.notes))
        self.assertIn(url, archive.read(CONFIGURATION).decode())

    def test_modules_elsewhere(self) -> None:
        """Of a project that is installed as a package nothing is packed but what the configuration names."""
        self.write("here/private.txt")
        self.write("here/web/index.html")
        plan = Plan("Shop", "json:Shop", self.folder / "here", settings={"web": "web"})
        text = '[projects.Shop]\nimport = "json:Shop"\nweb = "web"\n'
        manifest, archive = self.pack(text, Served(plan, self.folder / "here" / "web"))
        self.assertEqual({*archive.namelist()}, {CONFIGURATION, NAME, "web/index.html"})
        self.assertIn("install it", manifest.left_out[0].why)

    def test_a_broken_database(self) -> None:
        """A database that cannot be copied is named; without data it need not be."""
        self.write("here/bad.db", b"SQLite format 3\0" + b"\xff" * 5000)
        error = self.assertRaises(ConfigurationError, self.pack, data=True)
        self.assertIn("bad.db cannot be copied", str(error))
        self.pack()

    def test_limits(self) -> None:
        """What would be too much is refused, and says what to do."""
        self.write("here/large", b"\0" * 2000)
        with patch.object(packing, "LARGEST", 1000):
            self.assertIn("own", str(self.assertRaises(ConfigurationError, self.pack)))
        with patch.object(packing, "MOST_FILES", 1):
            self.assertIn("1 files", str(self.assertRaises(ConfigurationError, self.pack)))

    def test_given_up(self) -> None:
        """When nobody wants it any more it is not made."""
        self.write("here/large", b"\0" * 2000)
        self.assertRaises(GivenUpError, self.pack, is_wanted=lambda: False)

    def test_odd_files(self) -> None:
        """What is no file, and what nobody may read, is left out with its reason."""
        os.mkfifo(self.write("here/x").parent / "fifo")
        (self.folder / "here" / "a\\b").write_text("")
        (self.folder / "here" / "out").symlink_to("/etc/passwd")
        os.close(os.open(os.fsencode(self.folder) + b"/here/\xff", os.O_CREAT))
        self.write("here/old.zip", self.exported())
        manifest, archive = self.pack()
        why = {each.name: each.why for each in manifest.left_out}
        self.assertEqual(why["fifo"], "no regular file")
        self.assertEqual(why["out"], "a symbolic link")
        self.assertIn("character", why["a\\b"])
        self.assertEqual(why["old.zip"], "an export itself")
        self.assertIn("its name is no UTF-8", why.values())
        json.loads(archive.read(NAME))
        self.assertEqual({*archive.namelist()}, {CONFIGURATION, NAME, "chat.py", "x"})

    def exported(self) -> bytes:
        """Give an export."""
        self.pack()
        return self.zip.read_bytes()

    def test_there_and_back(self) -> None:
        """What is packed is unpacked, with modes."""
        self.write("here/run.sh", "#!/bin/sh").chmod(0o755)
        self.write("here/secret.txt").chmod(0o600)
        self.pack()
        with Archive(self.zip) as archive:
            unpack(archive, self.folder / "there")
        there = self.folder / "there"
        self.assertTrue((there / "run.sh").stat().st_mode & 0o100)
        self.assertEqual((there / "secret.txt").stat().st_mode & 0o777, 0o600)
        plans = read(there / CONFIGURATION).projects
        assert plans is not None
        self.assertEqual([plan.directory for plan in plans], [there])


class ImportTests(TestCase):
    """What the package needs."""

    def test_without_twisted(self) -> None:
        """Unpacking does not load Twisted's reactor."""
        code = "import sys, wstwist.archive.unpacking; sys.exit('twisted.internet.reactor' in sys.modules)"
        subprocess.run([sys.executable, "-c", code], check=True)

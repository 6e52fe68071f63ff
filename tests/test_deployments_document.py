# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The code of docs/deployments.md runs as it stands there, and it names what there is."""

import inspect
import sys
from contextlib import redirect_stdout
from io import StringIO
from unittest import mock

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock

from tests.documents import Document, DocumentCase
from wstwist import Project
from wstwist.config import read
from wstwist.config_projects import _OWN, LONGEST_MESSAGE, STATES
from wstwist.config_versions import VERSION
from wstwist.deployment import Deployment
from wstwist.deployments import Deployments
from wstwist.folders import forget
from wstwist.reload import Changes
from wstwist.service import ProjectService


class DeploymentsDocument(DocumentCase):
    """docs/deployments.md."""

    document = Document("docs/deployments.md")

    def test_configuration(self):
        """The file is one that can be read."""
        chat, shop = read(self.folder / "wstwist.toml").projects
        self.assertEqual((chat.state, shop.state, shop.message), ("served", "blocked", "Back at nine."))
        self.assertEqual(shop.directory, self.folder / "shop")
        self.assertIn(f"version = {VERSION}", self.document.text)

    def test_program(self):
        """The program does what it says."""

        class Chat(Project):
            pass

        (self.folder / "shop").mkdir()
        source = "from wstwist import Project\nclass Shop(Project):\n    pass\n"
        (self.folder / "shop" / "shop.py").write_text(source)
        self.addCleanup(forget, ["shop"])
        self.enterContext(mock.patch.object(sys, "path", list(sys.path)))
        self.enterContext(mock.patch("wstwist.service.Watchdog"))
        reactor = MemoryReactorClock()
        service = ProjectService(Chat, reactor=reactor)
        service.deployments.folder = self.folder
        service.startService()
        reactor.advance(0)
        names = {}
        exec(self.document.files["operating.py"], names)
        with redirect_stdout(StringIO()) as output:
            done = Deferred.fromCoroutine(names["operate"](service))
            reactor.pump([0.05] * 100)
        changes = self.successResultOf(done)
        self.assertEqual(changes, Changes(("Shop.interval", "Shop.limits.clients"), ("Shop.threads",)))
        self.assertIn(f"Shop shop:Shop {self.folder / 'shop'} served", output.getvalue())
        self.assertEqual([each.name for each in service.deployments], ["Chat"])
        stopped = service.stopService()
        reactor.pump([0.05] * 100)
        self.successResultOf(stopped)
        self.check_types()

    def test_names(self):
        """The tables have every key, state, method and attribute, and links lead somewhere."""
        rows = "\n".join(line for line in self.document.text.splitlines() if line.startswith("|"))
        names = {name for name, _ in inspect.getmembers(Deployments, callable) if name in vars(Deployments)}
        names = {name for name in names if not name.startswith("_")} - {"follow", "tell"}
        attributes = {name for name, value in vars(Deployment).items() if isinstance(value, property)}
        for name in (*_OWN, *STATES, *(attributes - {"is_stopped"}), "host", "error", "kept", "listeners"):
            self.assertRegex(rows, rf'`"?{name}"?`')
        for name in (*names, "get"):
            self.assertIn(f"`{name}(", rows)
        self.assertIn(f"at most {LONGEST_MESSAGE} characters", rows)
        self.check_links()

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The code of docs/reloading.md runs as it stands there, and it names what there is."""

from tests.documents import Document, DocumentCase
from wstwist.reload import FIXED


class ReloadingDocument(DocumentCase):
    """docs/reloading.md."""

    document = Document("docs/reloading.md")

    def test_tests(self):
        """The test passes, and the types are right."""
        result = self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_chat.py")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("1 passed", result.stdout)
        self.check_types()

    def test_names(self):
        """It names the settings that need a restart, and links to what there is."""
        row = next(line for line in self.document.text.splitlines() if line.startswith("| settings"))
        for name in FIXED:
            self.assertIn(f"`{name}`", row)
        self.check_links()

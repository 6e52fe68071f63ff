# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The code of docs/groups.md runs as it stands there."""

from tests.documents import Document, DocumentCase


class GroupsDocument(DocumentCase):
    """docs/groups.md."""

    document = Document("docs/groups.md")

    def test_tests(self):
        """The test passes, the types are right, and it links to what there is."""
        result = self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_rooms.py")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("1 passed", result.stdout)
        self.check_types()
        self.check_links()

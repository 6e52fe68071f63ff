# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Commands that ask a running server: projects, clients, messages, procedures, globals."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from contextlib import ExitStack

from websockets.exceptions import ConnectionClosed

from tests.command_line import CommandedCase
from tests.processes import PATIENCE, until

LINGERING = ("wstwist top", "wstwist logs -f", "wstwist globals ann --follow")
"""Examples that go on until somebody ends them."""


class ProjectTests(CommandedCase):
    """Commands about projects."""

    def test_list(self) -> None:
        """The projects are listed, for people and for programs."""
        text = self.line.run("list").stdout
        self.assertRegex(text, r"(?m)^PROJECT +STATE +CLIENTS")
        self.assertRegex(text, r"(?m)^Chat +served +0 .* ws://localhost:\d+/Chat +chat:Chat")
        (found,) = self.line.json("list")["projects"]
        self.assertEqual(found.keys(), self.get("projects/Chat").keys())
        self.assertEqual((found["name"], found["state"], found["clients"]), ("Chat", "served", 0))

    def test_add_and_remove(self) -> None:
        """A project is added with a setting, and removed; where nobody can be asked only with --yes."""
        made = self.line.json("add", "shop:Shop", "--directory", "shop", "--set", "interval=1 min")
        self.assertEqual((made["name"], made["interval"]), ("Shop", "1 min"))
        self.assertIn("say --yes", self.line.trouble("remove", "Shop"))
        self.assertEqual(self.line.json("remove", "Shop", "--yes"), {"removed": "Shop"})
        self.assertIn("there is no project 'Shop'", self.line.trouble("remove", "Shop", "--yes"))

    def test_add_what_cannot_be(self) -> None:
        """A project that cannot be is refused in one line."""
        self.assertIn("no module 'nowhere'", self.line.trouble("add", "nowhere:Shop"))
        self.assertIn("NAME=VALUE", self.line.run("add", "shop:Shop", "--set", "interval", status=2).stderr)

    def test_turning(self) -> None:
        """A project is blocked and unblocked, stopped and started, reloaded, restarted."""
        self.assertEqual(
            self.line.json("block", "Chat", "--message", "back at noon")["message"], "back at noon"
        )
        self.assertIn("Chat: back at noon", self.line.run("list").stdout)
        self.assertEqual(self.line.json("unblock", "Chat")["state"], "served")
        self.assertNotIn("noon", self.line.run("list").stdout)
        self.assertIn("say --yes", self.line.trouble("stop", "Chat"))
        self.assertEqual(self.line.json("stop", "Chat", "--yes")["state"], "stopped")
        self.assertIn("Chat is stopped", self.line.trouble("globals", "--service", "Chat"))
        self.assertEqual(self.line.json("start", "Chat")["state"], "served")
        self.assertEqual(self.line.json("reload", "Chat"), {"reloaded": ["Chat"], "restart": []})
        self.assertEqual(self.line.json("restart", "Chat", "--yes")["restarted"], "Chat")
        self.assertIn("did you mean Chat?", self.line.trouble("reload", "Chatt"))

    def test_asking_on_a_terminal(self) -> None:
        """On a terminal somebody is asked before something is lost."""
        self.line.run("add", "shop:Quiet", "--directory", "shop")
        for answer, status in (("n", 1), ("y", 0)):
            master, slave = pty.openpty()
            process = self.line.start("remove", "Quiet", stdin=slave)
            os.write(master, f"{answer}\n".encode())
            said = process.communicate(timeout=PATIENCE)
            os.close(slave)
            os.close(master)
            self.assertEqual(process.returncode, status, said)
            self.assertIn("Remove Quiet, which has 0 clients?", said[1])


class ClientTests(CommandedCase):
    """Commands about clients."""

    def setUp(self) -> None:
        """Connect two clients."""
        super().setUp()
        stack = ExitStack()
        self.addCleanup(lambda: until(lambda: not self.get("projects/Chat/clients")["total"], "the end"))
        self.addCleanup(stack.close)
        self.ann = stack.enter_context(self.server.client("?user=ann"))
        self.bob = stack.enter_context(self.server.client("?user=bob"))
        until(lambda: self.get("projects/Chat/clients")["total"] == 2, "two clients")
        self.ids = {each["user"]: each["id"] for each in self.get("projects/Chat/clients")["clients"]}

    def test_clients(self) -> None:
        """Clients are listed, searched, sorted and limited; in a pipe no id is cut off."""
        text = self.line.run("clients", "Chat").stdout
        for user, identity in self.ids.items():
            self.assertRegex(text, rf"(?m)^{identity} +{user} +user={user} +127\.0\.0\.1:\d+ ")
        found = self.line.json("clients", "Chat", "--search", "user=ann")
        self.assertEqual([each["id"] for each in found["clients"]], [self.ids["ann"]])
        found = self.line.json("clients", "Chat", "--sort=-user", "--limit", "1")
        self.assertEqual(([each["user"] for each in found["clients"]], found["total"]), (["bob"], 2))
        self.assertIn("1 of 2", self.line.run("clients", "Chat", "--limit", "1").stdout)
        self.assertIn(
            "no clients with 'nobody'", self.line.run("clients", "Chat", "--search", "nobody").stdout
        )
        self.assertIn("cannot be sorted", self.line.trouble("clients", "Chat", "--sort", "size"))

    def test_naming(self) -> None:
        """A client is meant by its project and id, its id, an id's beginning, or its user's name."""
        ann = self.ids["ann"]
        beginning = next(ann[:n] for n in range(1, 20) if not self.ids["bob"].startswith(ann[:n]))
        for name in (f"Chat/{ann}", f"Chat/{beginning}", "Chat/ann", "ann"):
            self.assertEqual(self.line.json("send", name, "hi"), {"project": "Chat", "client": ann})
        for name in (ann, beginning):  # which may begin with a minus
            self.assertEqual(self.line.run("send", "--", name, "hi").stdout, f"sent to Chat/{ann}\n")
        self.assertIn("there is no client 'eve'", self.line.trouble("send", "eve", "hi"))
        self.assertIn("Chat has no client 'eve'", self.line.trouble("send", "Chat/eve", "hi"))
        with self.server.client("?user=ann"):
            until(lambda: self.get("projects/Chat/clients")["total"] == 3, "three clients")
            said = self.line.trouble("send", "ann", "hi")
            self.assertIn("may be any of 2 clients", said)
            self.assertIn(f"Chat/{ann}", said)

    def test_send(self) -> None:
        """Text, bytes and what comes from a pipe arrive."""
        self.line.run("send", "ann", "hello")
        self.assertEqual(self.ann.recv(PATIENCE), "hello")
        self.line.run("send", "ann", "--hex", "00 ff")
        self.assertEqual(self.ann.recv(PATIENCE), b"\0\xff")
        self.line.run("send", "ann", "-", stdin="piped\n")
        self.assertEqual(self.ann.recv(PATIENCE), "piped")
        self.line.run("send", "ann", status=2)
        self.assertIn("hexadecimal", self.line.run("send", "ann", "--hex", "xy", status=2).stderr)

    def test_disconnect(self) -> None:
        """A client is disconnected, with a code and a reason."""
        self.assertIn("say --yes", self.line.trouble("disconnect", "bob"))
        told = self.line.json("disconnect", "bob", "--code", "4000", "--reason", "enough", "--yes")
        self.assertEqual(told, {"project": "Chat", "client": self.ids["bob"]})
        until(lambda: self.get("projects/Chat/clients")["total"] == 1, "bob's end")
        self.assertRaises(ConnectionClosed, self.bob.recv, PATIENCE)
        self.assertEqual((self.bob.close_code, self.bob.close_reason), (4000, "enough"))
        self.assertIn("999", self.line.trouble("disconnect", "ann", "--code", "999", "--yes"))

    def test_execute(self) -> None:
        """A procedure is executed with literals, and what it returned is printed as Python writes it."""
        self.assertEqual(self.line.run("execute", "ann", "count", "Bob").stdout, "1\n")
        self.assertEqual(
            self.line.json("execute", "Chat", "ann", "count", '"Bob"', "loud=True"), {"result": 2}
        )
        self.assertEqual(self.line.run("execute", "--service", "Chat", "count", "Carl").stdout, "1\n")
        given = (
            "-3",
            "1.5",
            "(1, {2})",
            "b'\\x00'",
            "{1: None}",
            "plain text",
            "null",
            "x=[1, 'a']",
            "9007199254740993",
        )
        self.assertEqual(
            self.line.run("execute", "ann", "echo", *given).stdout,
            "((-3, 1.5, (1, {2}), b'\\x00', {1: None}, 'plain text', None, 9007199254740993), "
            "{'x': [1, 'a']})\n",
        )

    def test_execute_what_fails(self) -> None:
        """What cannot be executed, and what raises, is one line."""
        self.assertIn("no procedure cuont", self.line.trouble("execute", "ann", "cuont"))
        self.assertIn("ValueError: no such room", self.line.trouble("execute", "ann", "boom"))
        self.assertIn("Which procedure?", self.line.run("execute", "ann", status=2).stderr)

    def test_globals(self) -> None:
        """The globals of a client and of the global service are shown."""
        self.ann.send("Ann")
        self.assertEqual(self.ann.recv(PATIENCE), "ok Ann")
        text = self.line.run("globals", "ann").stdout
        self.assertRegex(text, r"(?m)^nickname +str +'Ann'")
        self.assertRegex(text, r"(?m)^where +chat\.Point +chat\.Point\(x=1, y=2\)")
        self.assertRegex(text, r"(?m)^colour +chat\.Colour +chat\.Colour.RED")
        self.assertNotIn("_secret", text)
        found = {
            each["name"]: each["value"] for each in self.line.json("globals", "--service", "Chat")["globals"]
        }
        self.assertEqual(found["nickname"], "guest")

    def test_globals_follow(self) -> None:
        """Globals that change are shown as they do."""
        process = self.line.start("globals", "ann", "--follow", "--json")
        assert process.stdout is not None
        while json.loads(process.stdout.readline())["name"] != "colour":
            pass  # those that there are
        self.ann.send("Ann")
        changed = json.loads(process.stdout.readline())
        self.assertEqual((changed["name"], changed["value"]), ("nickname", "Ann"))
        self.line.interrupt(process)

    def test_control_characters(self) -> None:
        """What clients say cannot write to a terminal."""
        with self.server.client("?user=%1b%5b2Jeve"):
            until(lambda: self.get("projects/Chat/clients")["total"] == 3, "three clients")
            self.assertIn("\\x1b[2Jeve", self.line.run("clients", "Chat").stdout)
            self.assertNotIn("\x1b", self.line.run("clients", "Chat").stdout)

    def test_pipe_that_is_closed(self) -> None:
        """Whoever reads only the beginning is not told of it."""
        for words in (("logs",), ("list", "--json"), ("clients", "Chat"), ("--help",)):
            process = self.line.start(*words)
            assert process.stdout is not None
            process.stdout.close()
            process.stdout = None
            self.assertEqual(process.communicate(timeout=PATIENCE)[1], "", words)
            self.assertEqual(process.returncode, 1)

    def test_examples(self) -> None:
        """The examples of each command's help do what they say."""
        for command in (
            *("list", "add", "block", "unblock", "reload", "clients", "send", "execute", "globals", "logs"),
            *("top", "completion", "remove", "disconnect", "stop", "start"),
        ):
            for example in self.line.examples(command):
                with self.subTest(example):
                    self.run_example(example)

    def test_first_examples(self) -> None:
        """So do those of the whole."""
        for example in self.line.examples():
            self.line.shell(example)

    def run_example(self, example: str) -> None:
        """Run an example; one that goes on is ended."""
        if example not in LINGERING:
            self.line.shell(example)
            return
        master, slave = pty.openpty()
        process = self.line.start(*example.split()[1:], stdin=slave, stdout=slave, stderr=subprocess.STDOUT)
        os.close(slave)
        self.assertTrue(os.read(master, 10))
        process.stdout = None
        self.line.interrupt(process)
        os.close(master)

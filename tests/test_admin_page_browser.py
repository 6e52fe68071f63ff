# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The administration's page in Chromium, on a server with real clients: what an operator sees and does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from twisted.trial.unittest import TestCase
from websockets.sync.client import ClientConnection, connect

from tests.admin_page import DESK, PHONE, AdminPage
from tests.browser import Browser
from tests.processes import Server, until

CHAT = """
from wstwist import Client, Project, Refuse


class Chat(Project):
    interval = "1 s"
    web = "web"
    nickname: str = "guest"
    seen: dict[str, int] = {}
    runs: int = 0

    async def global_service(self) -> None:
        self.runs += 1

    async def authenticate(self, request) -> str:
        return request.query.get("user", "anybody")

    async def on_message(self, client: Client, message: str | bytes) -> None:
        match str(message).split(" ", 1):
            case ["name", name]:
                self.nickname = name
            case ["fail", text]:
                raise ValueError(text)
            case _:
                client.send(message)

    async def greet(self, name: str, times: int = 1) -> list[str]:
        self.seen[name] = times
        return [f"Hello {name}!"] * times

    def fail(self) -> None:
        raise LookupError("no such <b>room</b>")
"""
LOBBY = CHAT.replace("class Chat", "class Lobby").replace('    web = "web"\n', "").replace('"1 s"', '"2 s"')
# A page that is a client: #Lobby connects to the project Lobby.
PAGE = """<!doctype html><meta charset="utf-8"><title>A client</title><p id="state">…</p><ol id="told"></ol>
<script type="module">
const socket = new WebSocket(`ws://${location.host}/${location.hash.slice(1)}`);
globalThis.socket = socket;
const state = document.getElementById("state");
socket.onopen = () => (state.textContent = "open");
socket.onclose = ({ code, reason }) => (state.textContent = `${state.textContent} ${code} ${reason}`.trim());
socket.onmessage = ({ data }) => document.getElementById("told").append(data);
</script>
"""
CONFIGURATION = """# The projects of a test.
version = 2
port = 0
interface = "127.0.0.1"
admin = "tcp:0:interface=127.0.0.1"

[projects.Chat]
import = "chat:Chat"
"""


class ClientTab:
    """A tab with the page that is a client."""

    def __init__(self, driver: Any, url: str) -> None:
        driver.switch_to.new_window("tab")
        self._driver = driver
        self._handle = driver.current_window_handle
        driver.get(url)

    def run(self, script: str) -> Any:
        self._driver.switch_to.window(self._handle)
        return self._driver.execute_script(script)

    def wait_for_state(self, state: str) -> None:
        self._wait_for("state", state)

    def wait_for_told(self, told: str) -> None:
        self._wait_for("told", told)

    def _wait_for(self, place: str, text: str) -> None:
        script = f"return document.getElementById('{place}').textContent"
        until(lambda: self.run(script) == text, f"the text {text!r}")

    def say(self, text: str) -> None:
        self.run(f"socket.send({json.dumps(text)})")


HISTORY = "return fetch('/api/v1/history?project=Chat').then((answer) => answer.json())"
WIDTHS = "return [innerWidth, document.documentElement.scrollWidth]"
# Which of the colours that stand on each other have less contrast than WCAG 2 wants of text, 4.5 to 1.
CONTRAST = """
const context = new OffscreenCanvas(1, 1).getContext("2d");
const probe = document.body.appendChild(document.createElement("i"));
const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const luminance = (name) => {
  probe.style.color = `var(--${name})`;
  context.fillStyle = getComputedStyle(probe).color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((part) => linear(part / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (pair) => {
  const [dark, bright] = pair.map(luminance).sort((one, other) => one - other);
  return (bright + 0.05) / (dark + 0.05);
};
const pairs = [["text", "ground"], ["text", "surface"], ["quiet", "ground"], ["quiet", "surface"],
  ["quiet", "sunken"], ["quiet", "hover"], ["accent", "surface"], ["accent", "accent-soft"],
  ["good", "good-soft"], ["warn", "warn-soft"], ["bad", "bad-soft"], ["bad", "surface"]];
const low = pairs.filter((pair) => contrast(pair) < 4.5);
probe.remove();
return low;
"""


class AdminPageCase(TestCase):
    """A test with a server that has the project Chat, and a browser."""

    timeout = 180
    flags: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-admin-")))
        for name, content in {
            "chat.py": CHAT,
            "web/index.html": PAGE,
            "other/lobby.py": LOBBY,
            "wstwist.toml": CONFIGURATION,
        }.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(content)
        self.driver = self.enterContext(Browser(*self.flags)).driver
        self.server = Server(self.folder, "--config=wstwist.toml", admin="")
        self.addCleanup(self.server.kill)
        self.server.start()
        found = until(
            lambda: re.search(r"administration.*?(https?://\S+:\d+/)", self.server.log.read_text()),
            "the administration's address",
        )
        self.url = found[1]
        self.tokens = json.loads((self.folder / "wstwist.tokens").read_text())
        self.page = AdminPage(self.driver, self.url)

    def sign_in(self, role: str = "full") -> AdminPage:
        self.page.sign_in(self.tokens[role])
        until(lambda: self.page.text(".connection") == "live", "the live connection")
        return self.page

    def client(self, project: str = "Chat", query: str = "", **options: Any) -> ClientConnection:
        """Connect a client that is no browser."""
        url = f"ws://127.0.0.1:{self.server.port}/{project}{query}"
        return self.enterContext(connect(url, compression=None, **options))

    def tab(self, project: str) -> ClientTab:
        return ClientTab(self.driver, f"http://localhost:{self.server.port}/#{project}")

    def complaints(self) -> list[str]:
        """What the console has complained about, but answers that are meant."""
        lines = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        return [line for line in lines if "Failed to load resource" not in line and "WebSocket" not in line]


class AnOperatorsDayTests(AdminPageCase):
    """What the page is for, as somebody does it who has read nothing."""

    def test_from_sign_in_to_blocking(self) -> None:
        """Add a project, see two tabs come, look into one, send, execute, disconnect, block and unblock."""
        page = self.sign_in()
        until(lambda: page.row("Chat"), "the project")
        self.assertEqual(page.row("Chat")[1:3], ["served", "0"])

        page.click("Add a project")
        page.write("dialog [name=import]", "lobby:Loby")
        page.write("dialog [name=directory]", str(self.folder / "other"))
        page.click("Add")
        page.wait_for_part("dialog .problem", "Lobby")  # what would be right
        page.write("dialog [name=import]", "lobby:Lobby")
        page.take_picture("add")
        page.click("Add")
        page.wait_for_note("Lobby is served.")
        until(lambda: page.row("Lobby"), "the second project")
        self.assertIn("# The projects of a test.", (self.folder / "wstwist.toml").read_text())

        one, two = self.tab("Lobby"), self.tab("Lobby")
        for tab in (one, two):
            tab.wait_for_state("open")
        one.say("name Ada")
        until(lambda: page.row("Lobby")[2] == "2", "two clients")
        page.take_picture("projects")
        page.driver.find_element("css selector", f"{page.in_row('Lobby')} a").click()
        page.wait_for_text("main h1", "Lobby")
        until(lambda: len(page.rows()) == 2, "both clients")
        page.take_picture("project")

        page.driver.find_element("css selector", "main tbody tr:first-child a").click()
        page.wait_for_part(".globals", "nickname\nstr\n'Ada'")
        one.say("name Grace")
        page.wait_for_part(".globals", "'Grace'")
        page.write("#message", "Hello from above")
        page.click("Send")
        page.wait_for_text(".stack [role=status]", "Sent.")
        one.wait_for_told("Hello from above")
        page.choose("#procedure", "greet")
        page.write("#arguments", '"Ann", times=2\n')
        page.wait_for_text(".result pre", "['Hello Ann!', 'Hello Ann!']")
        page.wait_for_part(".globals", "{'Ann': 2}")
        page.take_picture("client")
        page.choose("#procedure", "fail")
        page.write("#arguments", "\n")
        page.wait_for_part(".result", "LookupError")
        page.wait_for_part(".result pre", "no such <b>room</b>")
        page.write("#arguments", "__import__('os')\n")
        page.wait_for_part(".result", "is no value")

        page.click("Disconnect…")
        page.write("dialog [name=code]", "4000")
        page.write("dialog [name=reason]", "enough")
        page.click("Disconnect")
        one.wait_for_state("open 4000 enough")
        page.wait_for_text("main .banner", "This client has gone. What stands here was its last.")

        page.go("projects", "Lobby")
        page.click("Block…")
        page.write("dialog [name=message]", "back at noon")
        page.click("Block")
        page.wait_for_text("main .head .state", "blocked")
        three = self.tab("Lobby")
        three.wait_for_state("… 1006")
        two.say("still here")
        two.wait_for_told("still here")
        page.click("Unblock")
        page.wait_for_text("main .head .state", "served")
        self.tab("Lobby").wait_for_state("open")
        self.assertEqual(self.complaints(), [])

    def test_stop_start_and_remove(self) -> None:
        """Stopping and removing ask first; what was stopped starts again, what was removed has its files."""
        page = self.sign_in()
        client = self.client()
        until(lambda: page.row("Chat")[2:3] == ["1"], "the client")
        page.click("More for Chat")
        page.click("Stop…")
        page.wait_for_part("dialog", "1 client will be disconnected")
        page.click("Cancel")
        client.send("hello")
        self.assertEqual(client.recv(5), "hello")
        page.click("More for Chat")
        page.click("Stop…")
        page.click("Stop")
        until(lambda: page.row("Chat")[1] == "stopped", "the stop")
        page.click("Start")
        until(lambda: page.row("Chat")[1] == "served", "the start")
        self.client().send("hello")

        page.go("projects", "Chat")
        page.click("Remove…")
        page.click("Remove")
        page.wait_for_part("main .empty", "No project is served.")
        self.assertTrue((self.folder / "chat.py").exists())

    def test_reload(self) -> None:
        """New code is in at a click, clients stay; what is broken changes nothing, and its error is shown."""
        page = self.sign_in()
        client = self.client()
        page.go("projects", "Chat", "events")
        page.wait_for_part("main", "greet(")
        (self.folder / "chat.py").write_text(CHAT.replace("async def greet", "async def salute"))
        page.click("Reload")
        page.wait_for_note("The code of Chat was reloaded.")
        page.wait_for_part("main", "salute(")
        (self.folder / "chat.py").write_text("class Chat(\n")
        page.click("Reload")
        page.wait_for_part(".toast.bad", "chat.py")
        page.wait_for_part("main .banner", "chat.py")
        client.send("still here")
        self.assertEqual(client.recv(5), "still here")

    def test_global_service(self) -> None:
        """The service is run at once, paused, and goes on; its globals are shown, its procedures executed."""
        page = self.sign_in()
        page.go("projects", "Chat", "service")
        page.wait_for_part(".globals", "runs\nint")
        page.click("Pause", "main .service")
        page.wait_for_text(".service .state", "paused")

        def runs() -> int:
            return int(page.run("return document.querySelectorAll('.service dd')[3].innerText"))

        before = runs()
        page.click("Run now")
        until(lambda: runs() == before + 1, "one run more")
        page.choose("#procedure", "greet")
        page.write("#arguments", "'the service', 1\n")
        page.wait_for_text(".result pre", "['Hello the service!']")
        page.take_picture("service")
        page.click("Go on")
        until(lambda: runs() > before + 1, "runs that go on")

    def test_settings(self) -> None:
        """A setting is changed and written down, and can be the class's again; nonsense is refused."""
        page = self.sign_in()
        page.go("projects", "Chat", "settings")
        until(lambda: page.row("interval"), "the settings")
        self.assertEqual(page.row("interval")[1:4], ["'1 s'", "the same", "class"])
        page.click("Change…", page.in_row("interval"))
        page.write("dialog input", "soon")
        page.click("Change")
        page.wait_for_part("dialog .problem", "soon")
        page.write("dialog input", "3 s")
        page.click("Change")
        until(lambda: page.row("interval")[1:4] == ["'3 s'", "'1 s'", "configuration"], "the change")
        self.assertIn('interval = "3 s"', (self.folder / "wstwist.toml").read_text())
        page.take_picture("settings")
        page.click("The class's", page.in_row("interval"))
        until(lambda: page.row("interval")[1:4] == ["'1 s'", "the same", "class"], "the class's own")
        self.assertNotIn("interval =", (self.folder / "wstwist.toml").read_text())
        page.click("Change…", page.in_row("threads"))
        page.write("dialog input", "8")
        page.click("Change")
        page.wait_for_note("threads will change when Chat is stopped and started.")
        until(lambda: page.row("threads")[1:3] == ["64, then 8", "the same"], "the value that is to be")
        page.click("Change…", page.in_row("interval"))
        page.write("dialog input", "2 s")
        page.click("Change")
        page.wait_for_note("interval has been changed.")

    def test_without_a_service(self) -> None:
        """A project without global_service has nothing to run."""
        (self.folder / "chat.py").write_text(CHAT.replace("global_service", "no_service"))
        page = self.sign_in()
        page.go("projects", "Chat")
        page.wait_for_text(".service .state", "running")
        page.click("Reload")
        page.wait_for_text(".service .state", "no global_service")
        self.assertIsNone(page.find("Run now"))
        self.assertIsNone(page.find("Pause"))

    def test_what_others_do(self) -> None:
        """A block's message is seen; to a project or client that has gone nothing can be done."""
        client = self.client()
        page = self.sign_in()
        page.go("projects", "Chat", "clients")
        until(page.rows, "the client")
        page.driver.find_element("css selector", "main tbody a").click()
        until(lambda: page.find("Disconnect…"), "what can be done")
        client.close()
        page.wait_for_text(".client .state", "gone")
        self.assertIsNone(page.find("Disconnect…"))
        with httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.tokens['full']}"}
        ) as other:
            other.post("api/v1/projects/Chat/block", json={"message": "back at noon"}).raise_for_status()
            page.go("projects", "Chat")
            page.wait_for_text("main .banner", "New clients are told: back at noon")
            page.go()
            page.wait_for_part("main tbody", "back at noon")
            page.go("projects", "Chat")
            until(lambda: page.find("Unblock"), "what can be done")
            other.delete("api/v1/projects/Chat").raise_for_status()
            page.wait_for_part("main .banner", "no project 'Chat'")
            self.assertIsNone(page.find("Unblock"))
            self.assertEqual(page.text("main h1 ~ .state"), "")


class SigningInTests(AdminPageCase):
    def test_tokens(self) -> None:
        """A wrong token is refused in words, a right one holds over a reload, until one signs out."""
        page = self.page
        page.write("#token", "wrong\n")
        page.wait_for_text(".problem", "That is none of the two tokens.")
        page.take_picture("sign-in")
        self.sign_in()
        self.assertEqual(page.run("return document.cookie"), "")
        self.assertEqual(page.run("return Object.keys(localStorage).length + sessionStorage.length"), 1)
        page.driver.refresh()
        page.wait_for_text("main h1", "Projects")
        page.click("Sign out")
        until(lambda: page.count("#token"), "the sign-in")
        page.driver.refresh()
        until(lambda: page.count("#token"), "the sign-in, still")

    def test_a_reader_changes_nothing(self) -> None:
        """With the token for reading all is shown but globals, and nothing offers to change anything."""
        self.client()
        page = self.sign_in("read")
        self.assertIn("read only", page.text(".top").lower())
        offers = "main button, main form"
        until(lambda: page.row("Chat"), "the project")
        self.assertEqual(page.count(offers), 0)
        page.go("projects", "Chat")
        until(page.rows, "the client")
        self.assertEqual(page.texts(".head button, .service button"), [])
        page.driver.find_element("css selector", "main tbody a").click()
        page.wait_for_part("main", "the token “full”")
        self.assertEqual(page.count("#message, #procedure"), 0)
        self.assertIsNone(page.find("Disconnect…"))

    def test_a_session_that_is_over(self) -> None:
        """After a new start the page asks for the token again, and shows then where one was."""
        page = self.sign_in()
        page.go("log")
        self.server.kill()
        page.wait_for_text(".connection", "not connected, trying again…")
        page.take_picture("not-connected")
        port = re.search(r":(\d+)/$", self.url)[1]
        toml = self.folder / "wstwist.toml"
        toml.write_text(toml.read_text().replace('"tcp:0:', f'"tcp:{port}:'))
        self.server.start()
        until(lambda: page.count("#token"), "the sign-in")
        page.write("#token", self.tokens["full"] + "\n")
        page.wait_for_text("main h1", "Log")


class ShownTests(AdminPageCase):
    def test_many_clients(self) -> None:
        """Clients are searched, sorted and turned over page by page, and the address remembers how."""
        for number in range(120):
            self.client(query=f"?user=user{number:03}")
        loud = self.client(query="?user=loud")
        for _ in range(50):
            loud.send("x")
        page = self.sign_in()
        page.go("projects", "Chat")
        until(lambda: len(page.rows()) == 100, "the first page")
        page.wait_for_text(".pager", "1\u2013100 of 121")
        page.click("Page after")
        page.wait_for_text(".pager", "101\u2013121 of 121")
        self.assertEqual(len(page.rows()), 21)
        page.click("Msgs in")
        until(lambda: page.rows()[0][1] == "loud", "the loudest first")
        self.assertEqual(page.rows()[0][4], "50")
        page.write("main input[type=search]", "user11")
        until(lambda: len(page.rows()) == 10, "those that fit")
        page.wait_for_part(".filter", "10 clients found")
        self.assertIn("search=user11", page.driver.current_url)
        page.driver.refresh()
        until(lambda: len(page.rows()) == 10, "those that fit, after a reload")
        page.write("main input[type=search]", "nobody")
        page.wait_for_text("main .empty", "No client fits.")

    def test_log(self) -> None:
        """The log is live, and by project, level and words; a client's line leads to the client."""
        page = self.sign_in()
        client = self.client()
        page.go("log")
        page.wait_for_part(".lines", "Chat at ws://")
        client.send("fail too much salt")
        page.wait_for_part(".lines", "too much salt")
        page.take_picture("log")
        page.choose("main select[aria-label=Level]", "Errors and worse")
        until(lambda: "Chat at ws://" not in page.text(".lines"), "errors only")
        page.wait_for_part(".lines", "ValueError: too much salt")
        page.write("main input[type=search]", "pepper")
        page.wait_for_text(".lines-box .empty", "No lines that fit.")
        client.send("fail too much pepper")
        page.wait_for_part(".lines", "too much pepper")
        self.assertNotIn("salt", page.text(".lines"))
        page.driver.find_element("css selector", ".lines a.where").click()
        page.wait_for_part("main", "Send a message")
        page.wait_for_part(".lines", "too much salt")

    def test_charts(self) -> None:
        """The last hour is drawn: of the server, and of a project."""
        client = self.client()
        page = self.sign_in()
        drawn = """
            return [...document.querySelectorAll(".chart canvas")].filter((canvas) => {
              const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              return data.some((value) => value !== 0);
            }).length"""
        client.send("x")
        until(lambda: page.run(drawn) == 7, "seven charts of the server")
        page.go("projects", "Chat", "charts")
        until(lambda: page.run(drawn) == 5, "five charts of the project")
        legend = "return document.querySelectorAll('.chart')[arguments[0]].querySelector('.legend').innerText"
        until(lambda: page.run(legend, 1) == "1", "the client's point")

        def shows_the_rate() -> bool:
            client.send("x")
            rates = [point["messages_in"] for point in page.run(HISTORY)["points"]]
            shown = {f"in {rate:.1f}" if rate < 9.95 else f"in {rate:.0f}" for rate in rates if rate > 1}
            return any(rate in page.run(legend, 0) for rate in shown)

        until(shows_the_rate, "messages a second, as the API tells them")
        page.take_picture("charts")
        self.assertEqual(self.complaints(), [])

    def test_html_is_text(self) -> None:
        """What clients say of themselves is shown as they wrote it, and nothing of it becomes an element."""
        html = "<img src=x onerror=document.title=1><script>document.title=2</script>"
        query = "?user=%3Cimg%20src=x%20onerror=document.title=1%3E"
        client = self.client(query=query, user_agent_header=html)
        client.send(f"name {html}")
        client.send(f"fail {html}")
        page = self.sign_in()
        page.go("projects", "Chat")
        until(page.rows, "the client")
        self.assertEqual(page.rows()[0][1], "<img src=x onerror=document.title=1>")
        page.driver.find_element("css selector", "main tbody a").click()
        page.wait_for_part(".globals", html)
        page.wait_for_part(".facts", html)
        page.wait_for_part(".lines", html)
        self.assertEqual(page.count("main img, main script"), 0)
        self.assertNotIn(page.driver.title, {"1", "2"})
        self.assertEqual(self.complaints(), [])

    def test_what_is_not_there(self) -> None:
        """A project and a client that do not exist are said not to, in a line."""
        page = self.sign_in()
        page.go("projects", "Nothing")
        page.wait_for_part("main .banner", "Nothing")
        self.assertEqual(page.texts("main .figures"), [])
        page.go("projects", "Chat", "clients", "nobody")
        page.wait_for_part("main .banner", "gone")


class LookTests(AdminPageCase):
    """Colours, sizes and keys."""

    def test_phone(self) -> None:
        """On a phone nothing is wider than the screen, and no field so small that it zooms in."""
        self.client(query="?user=" + "w" * 60)
        page = self.sign_in()
        until(page.rows, "the project")
        page.screen(PHONE)
        client = page.run("return location.hash")
        page.go("projects", "Chat")
        until(lambda: page.rows() and page.count(".clients a"), "the client")
        client = page.run("return document.querySelector('.clients a').hash.slice(2).split('/')")
        for name, place in {
            "projects": (),
            "project": ("projects", "Chat"),
            "charts": ("projects", "Chat", "charts"),
            "events": ("projects", "Chat", "events"),
            "service": ("projects", "Chat", "service"),
            "settings": ("projects", "Chat", "settings"),
            "client": client,
            "log": ("log",),
            "server": ("server",),
        }.items():
            page.go(*place)
            until(lambda: page.text("main h1") and page.text(".connection"), name)
            until(lambda: page.run(WIDTHS) == [390, 390], "as wide as the screen")
            small = page.run(
                "return [...document.querySelectorAll('main input, main select, main textarea')]"
                ".filter((one) => Number.parseFloat(getComputedStyle(one).fontSize) < 16).length"
            )
            self.assertEqual(small, 0, name)
            page.take_picture(f"phone-{name}")

    def test_colours(self) -> None:
        """Light and dark go by the system, or as one chooses, which is remembered; the charts go along."""
        page = self.sign_in()

        def ground() -> str:
            return page.run("return getComputedStyle(document.documentElement).backgroundColor")

        light = ground()
        page.screen(DESK, "dark")
        until(lambda: ground() != light, "dark colours")
        dark = ground()
        until(lambda: page.count(".chart canvas") == 7, "the charts")
        page.take_picture("projects-dark")
        page.click("Colours as the system has them")
        self.assertEqual(ground(), light)
        page.click("Light colours")
        self.assertEqual(ground(), dark)
        page.screen(DESK, "light")
        page.driver.refresh()
        page.wait_for_text("main h1", "Projects")
        self.assertEqual(ground(), dark)

    def test_contrast(self) -> None:
        """Texts stand out from what is behind them, 4.5 to 1 and more, in light and in dark."""
        for colours in ("light", "dark"):
            self.page.screen(DESK, colours)
            self.assertEqual(self.page.run(CONTRAST), [], colours)

    def test_keys(self) -> None:
        """All can be reached by keys: rooms by digits, the search by a slash, rows by arrows."""
        from selenium.webdriver.common.keys import Keys

        for name in ("ann", "bob"):
            self.client(query=f"?user={name}")
        page = self.sign_in()
        body = page.driver.find_element("css selector", "body")
        body.send_keys("2")
        page.wait_for_text("main h1", "Log")
        body.send_keys("/")
        self.assertEqual(page.run("return document.activeElement.type"), "search")
        page.driver.switch_to.active_element.send_keys("1?")  # where one writes, a key is a letter
        self.assertEqual(page.run("return document.activeElement.value"), "1?")
        page.run("document.activeElement.blur()")
        body.send_keys("?")
        page.wait_for_part("dialog", "Search what is shown")
        page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        until(lambda: not page.count("dialog"), "the dialog's end")
        page.go("projects", "Chat")
        until(lambda: len(page.rows()) == 2, "the clients")
        page.run("document.querySelector('.row-link').focus()")
        page.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
        self.assertEqual(page.run("return document.activeElement.closest('tr').cells[1].innerText"), "bob")
        page.driver.switch_to.active_element.send_keys(Keys.ENTER)
        page.wait_for_text("main h1", "bob")

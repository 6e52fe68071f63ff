# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The functions under their WLanguage names, and the project class with French events."""

from __future__ import annotations

import subprocess
import sys
import threading
import unicodedata
from types import ModuleType
from typing import Any, ClassVar
from unittest.mock import patch

from twisted.trial.unittest import TestCase

from tests.support import Closed, ServedCase, until
from wstwist import CannotCross, Client, ConfigurationError, Project, Refuse
from wstwist.definition import Definition
from wstwist.loading import load
from wstwist.testing import MemoryServer
from wstwist.wlanguage import en, fr
from wstwist.wlanguage.fr import (
    ProjetWebSocket,
    WebSocketDéconnecte,
    WebSocketEnvoie,
    WebSocketExécute,
    WebSocketExécuteServiceGlobal,
    WebSocketListeClientConnecté,
    websocketClient,
)

FRENCH = [
    "ErreurInfo",
    "ProjetWebSocket",
    "ProtocoleTLS1_2",
    "ProtocoleTLS1_3",
    "SocketConnecte",
    "SocketEcrit",
    "SocketErreur",
    "SocketExiste",
    "SocketFerme",
    "SocketFermeture",
    "SocketLit",
    "SocketMessage",
    "SocketOuverture",
    "WebSocketClientConnecte",
    "WebSocketClientConnecteSSL",
    "WebSocketDeconnecte",
    "WebSocketDéconnecte",
    "WebSocketEnvoie",
    "WebSocketExecute",
    "WebSocketExecuteServiceGlobal",
    "WebSocketExécute",
    "WebSocketExécuteServiceGlobal",
    "WebSocketListeClientConnecte",
    "WebSocketListeClientConnecté",
    "websocketClient",
]
ENGLISH = [
    "ErrorInfo",
    "ProtocolTLS1_2",
    "ProtocolTLS1_3",
    "SocketClose",
    "SocketClosing",
    "SocketConnect",
    "SocketError",
    "SocketExist",
    "SocketMessage",
    "SocketOpening",
    "SocketRead",
    "SocketWrite",
    "WebSocketClientConnect",
    "WebSocketClientConnectSSL",
    "WebSocketDisconnect",
    "WebSocketExecute",
    "WebSocketExecuteGlobalService",
    "WebSocketListConnectedClient",
    "WebSocketSend",
    "websocketClient",
]


def make_project(module: ModuleType, names: dict[str, str]) -> type[Project]:
    """Make a project that uses one language's functions; ``names`` are those that it uses."""
    use = {name: getattr(module, spelling) for name, spelling in names.items()}

    class Using(Project):
        interval = "1 h"
        nickname: str = "guest"
        known: list[str] = []

        def on_connect(self, client: Client) -> None:
            use["send"](client, "welcome")

        def on_message(self, client: Client, message: str | bytes) -> None:
            match message:
                case "list":
                    ids = {each.id for each in use["list"]()}
                    use["send"](client, f"{len(ids)} {client.id in ids}")
                case "rename":
                    for other in use["list"]():
                        assert use["execute"](other, Using.rename, "Ann", {"from": client}) is None
                case "count":
                    use["execute_global_service"]("count", "Bob")
                    use["execute_global_service"](self.count, "Cy")
                case "leave":
                    use["send"](client, "bye")
                    use["disconnect"](client)
                    use["disconnect"](client)
                    use["send"](client, "too late")
                case _:
                    use["send"](client, message)

        def rename(self, nickname: str, more: dict[str, Client]) -> None:
            before, self.nickname = self.nickname, nickname
            use["send"](self.client, f"{before} is {nickname}")
            use["send"](more["from"], b"told")

        def count(self, nickname: str) -> None:
            self.known.append(nickname)
            for client in use["list"]():
                use["send"](client, ", ".join(self.known))

    return Using


class Functions:
    """What the five functions do on a real server, in def events."""

    module: ModuleType
    names: ClassVar[dict[str, str]]

    async def welcome(self) -> None:
        await self.serve(make_project(self.module, self.names))
        self.ann = await self.connect()
        self.assertEqual(await self.ann.receive(), "welcome")

    async def test_send(self):
        """A str goes as text and bytes go as binary."""
        await self.welcome()
        self.assertEqual(await self.ann.ask("hello"), "hello")
        self.assertEqual(await self.ann.ask(b"hello"), b"hello")

    async def test_list(self):
        """The list has the clients that are connected."""
        await self.welcome()
        self.assertEqual(await self.ann.ask("list"), "1 True")
        bob = await self.connect()
        await bob.receive()
        self.assertEqual(await self.ann.ask("list"), "2 True")

    async def test_execute(self):
        """A procedure runs in the client's context, with its globals; parameters cross by value."""
        await self.welcome()
        self.assertEqual(await self.ann.ask("rename"), "guest is Ann")
        self.assertEqual(await self.ann.receive(), b"told")

    async def test_execute_global_service(self):
        """A procedure runs in the global service, given by name or as a method."""
        await self.welcome()
        self.assertEqual(await self.ann.ask("count"), "Bob")
        self.assertEqual(await self.ann.receive(), "Bob, Cy")

    async def test_disconnect(self):
        """What was sent before leaves; disconnecting again and sending to who has gone do nothing."""
        await self.welcome()
        self.assertEqual(await self.ann.ask("leave"), "bye")
        self.assertEqual((await self.ann.closed()).code, 1000)
        with self.assertRaises(Closed):
            await self.ann.receive()
        await until(lambda: not self.host.contexts, "the end of the client's context")
        self.assertEqual(self.host.counters["errors"], 0)


class FrenchFunctions(Functions, ServedCase):
    module = fr
    names = {
        "send": "WebSocketEnvoie",
        "disconnect": "WebSocketDéconnecte",
        "execute": "WebSocketExécute",
        "execute_global_service": "WebSocketExécuteServiceGlobal",
        "list": "WebSocketListeClientConnecté",
    }


class EnglishFunctions(Functions, ServedCase):
    module = en
    names = {
        "send": "WebSocketSend",
        "disconnect": "WebSocketDisconnect",
        "execute": "WebSocketExecute",
        "execute_global_service": "WebSocketExecuteGlobalService",
        "list": "WebSocketListConnectedClient",
    }


class Members(Project):
    """Everything in the member forms."""

    interval = "1 h"
    nickname: str = "guest"

    def on_message(self, client: websocketClient, message: str | bytes) -> None:
        client.Send(message)
        client.Envoie(message)
        client.Execute(self.rename, "Ann")
        client.Exécute("rename", "Bob")
        match message:
            case "Déconnecte":
                client.Déconnecte()
            case "Deconnecte":
                client.Deconnecte()
            case "Disconnect":
                client.Disconnect()

    def rename(self, nickname: str) -> None:
        before, self.nickname = self.nickname, nickname
        self.client.Send(f"{before} is {nickname}")


class MemberForms(ServedCase):
    """``client.Envoie(message)`` and its like."""

    async def test_all(self):
        """They do what the functions do."""
        await self.serve(Members)
        client = await self.connect()
        client.send("hello")
        self.assertEqual(
            [await client.receive() for _ in range(4)], ["hello", "hello", "guest is Ann", "Ann is Bob"]
        )
        for form in ("Déconnecte", "Deconnecte", "Disconnect"):
            client = await self.connect()
            self.assertEqual(await client.ask(form), form)
            self.assertEqual((await client.closed()).code, 1000)


class Names(TestCase):
    """What the modules export."""

    def test_exports(self):
        """The names are WLanguage's, with accents as Python writes names."""
        for module, names in ((fr, FRENCH), (en, ENGLISH)):
            self.assertEqual(module.__all__, names)
            for name in names:
                self.assertEqual(name, unicodedata.normalize("NFKC", name))
                self.assertTrue(hasattr(module, name), name)

    def test_accents_may_be_left_out(self):
        """A name without its accents is the same function."""
        for name in FRENCH:
            plain = "".join(filter(str.isascii, unicodedata.normalize("NFKD", name)))
            self.assertIs(getattr(fr, plain), getattr(fr, name))

    def test_the_documentation_has_the_signature(self):
        """Each function's documentation begins with the original's signature."""
        for module, names in ((fr, FRENCH), (en, ENGLISH)):
            for name in names:
                function = getattr(module, name)
                if name.startswith("WebSocket"):
                    self.assertIn(f"{function.__name__}(", function.__doc__.split("\n\n")[1])

    def test_the_type(self):
        """websocketClient is Client, which the member forms leave as light as it was."""
        self.assertIs(fr.websocketClient, Client)
        self.assertIs(en.websocketClient, Client)
        with MemoryServer(Asynchronous) as server:
            self.assertFalse(hasattr(server.connect().instance.client, "__dict__"))

    def test_importing_installs_no_reactor(self):
        """A project's module may import them before the reactor is chosen."""
        code = (
            "import sys, wstwist.wlanguage.fr, wstwist.wlanguage.en; "
            "sys.exit('twisted.internet.reactor' in sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


CALLS = {
    "WebSocketEnvoie": (lambda client: WebSocketEnvoie(client, "x"), "client.send(message)"),
    "WebSocketDéconnecte": (WebSocketDéconnecte, "client.disconnect()"),
    "WebSocketExécute": (
        lambda client: WebSocketExécute(client, "rename"),
        "client.execute(procedure, ...)",
    ),
    "WebSocketExécuteServiceGlobal": (
        lambda _: WebSocketExécuteServiceGlobal("rename"),
        "self.execute_global_service(procedure, ...)",
    ),
    "WebSocketListeClientConnecté": (
        lambda _: WebSocketListeClientConnecté(),
        "await self.connected_clients()",
    ),
    "WebSocketSend": (lambda client: en.WebSocketSend(client, "x"), "client.send(message)"),
    "WebSocketDisconnect": (en.WebSocketDisconnect, "client.disconnect()"),
    "WebSocketExecute": (
        lambda client: en.WebSocketExecute(client, "rename"),
        "client.execute(procedure, ...)",
    ),
    "WebSocketExecuteGlobalService": (
        lambda _: en.WebSocketExecuteGlobalService("rename"),
        "self.execute_global_service(procedure, ...)",
    ),
    "WebSocketListConnectedClient": (
        lambda _: en.WebSocketListConnectedClient(),
        "await self.connected_clients()",
    ),
    "client.Envoie": (lambda client: client.Envoie("x"), "client.send(message)"),
    "client.Send": (lambda client: client.Send("x"), "client.send(message)"),
    "client.Déconnecte": (lambda client: client.Deconnecte(), "client.disconnect()"),
    "client.Disconnect": (lambda client: client.Disconnect(), "client.disconnect()"),
    "client.Exécute": (lambda client: client.Exécute("rename"), "client.execute(procedure, ...)"),
    "client.Execute": (lambda client: client.Execute("rename"), "client.execute(procedure, ...)"),
}
ELSEWHERE = "this is neither: what stands in __init__ belongs into on_connect or on_service_start"


class Asynchronous(Project):
    """Its async event calls whatever is in CALLS."""

    async def on_message(self, client: Client, message: str | bytes) -> None:
        CALLS[str(message)][0](client)

    def rename(self) -> None: ...


class Refusals(TestCase):
    """Where the functions do not work, and what they do not take."""

    def test_async_events(self):
        """In an async def each says in one line what to write there."""
        with MemoryServer(Asynchronous) as server:
            client = server.connect()
            for name, (_call, instead) in CALLS.items():
                client.send(name)
                _context, _event, error = server.errors.pop()
                self.assertIsInstance(error, RuntimeError)
                self.assertEqual(
                    str(error), f"{name} works in def events and procedures; in an async def write {instead}"
                )

    def test_outside(self):
        """Outside of all events each says that this is none."""
        with MemoryServer(Asynchronous) as server:
            handle = server.connect().instance.client
            for name, (call, _instead) in CALLS.items():
                with self.assertRaises(RuntimeError) as caught:
                    call(handle)
                self.assertEqual(
                    str(caught.exception), f"{name} works in def events and procedures; {ELSEWHERE}"
                )

    def test_in_a_thread_of_ones_own(self):
        """In a thread that an event has started they say what to write there."""

        class Starting(Project):
            said: ClassVar[list[str]] = []

            def on_message(self, client: Client, message: str | bytes) -> None:
                for name in CALLS:
                    thread = threading.Thread(target=self._call, args=(name, client))
                    thread.start()
                    thread.join()

            def _call(self, name: str, client: Client) -> None:
                try:
                    CALLS[name][0](client)
                except RuntimeError as error:
                    self.said.append(str(error))

        with MemoryServer(Starting) as server:
            server.connect().send("x")
        self.assertEqual(
            Starting.said,
            [
                f"{name} works in def events and procedures; a thread that a program has started is of no "
                f"context; there write {instead.removeprefix('await ')}"
                + (".wait()" if instead.startswith("await ") else "")
                for name, (_call, instead) in CALLS.items()
            ],
        )

    def test_init(self):
        """In __init__ they say the same."""

        class Eager(Project):
            def __init__(self) -> None:
                if self.client is not None:
                    WebSocketEnvoie(self.client, "x")

        with MemoryServer(Eager) as server:
            with self.assertRaises(Refuse):
                server.connect()
            self.assertEqual(
                str(server.errors.pop()[2]),
                f"WebSocketEnvoie works in def events and procedures; {ELSEWHERE}",
            )

    def told(self, call: Any) -> BaseException:
        """Call something in a def event, and give what it raised."""

        class Calling(Project):
            def on_message(self, client: Client, message: str | bytes) -> None:
                call(client)

            def rename(self, *_: object) -> None: ...

        with MemoryServer(Calling) as server:
            server.connect().send("x")
            return server.errors.pop()[2]

    def test_what_is_no_client(self):
        """A client that is none is a TypeError which names the function."""
        for name, call in (
            ("WebSocketEnvoie", lambda _: WebSocketEnvoie(None, "x")),
            ("WebSocketDéconnecte", lambda _: fr.WebSocketDeconnecte(None)),
            ("WebSocketExecute", lambda _: en.WebSocketExecute(None, "rename")),
        ):
            error = self.told(call)
            self.assertIsInstance(error, TypeError)
            self.assertEqual(str(error), f"{name}: the client is a websocketClient, not NoneType")

    def test_what_is_no_message(self):
        """A message is str or bytes."""
        for name, call in (
            ("client.Envoie", lambda client, message: client.Envoie(message)),
            ("WebSocketEnvoie", WebSocketEnvoie),
        ):
            error = self.told(lambda client, call=call: call(client, 7))
            self.assertIsInstance(error, TypeError)
            self.assertEqual(str(error), f"{name}: a message is str (text) or bytes (binary), not int")
            error = self.told(lambda client, call=call: call(client, "\ud800"))
            self.assertIsInstance(error, ValueError)
            self.assertTrue(str(error).startswith(f"{name}: the message is a str with the lone surrogate"))

    def test_what_cannot_cross(self):
        """A parameter that cannot cross is an error of the call."""
        self.assertIsInstance(
            self.told(lambda client: WebSocketExécute(client, "rename", object())), CannotCross
        )
        self.assertIsInstance(
            self.told(lambda _: WebSocketExécuteServiceGlobal("rename", object())), CannotCross
        )


class InThread(TestCase):
    """Blocking code of an async event."""

    def test_in_thread(self):
        """They work in what an async event gives to in_thread."""

        class Threaded(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                await self.in_thread(WebSocketEnvoie, client, message)

        with MemoryServer(Threaded) as server:
            client = server.connect()
            client.send("x")
            self.assertEqual(client.received, ["x"])


class Procedures(ServedCase):
    """What nobody waits for."""

    async def test_it_does_not_wait(self):
        """A procedure of one's own context runs once the event has ended."""

        class Ordered(Project):
            def on_message(self, client: Client, message: str | bytes) -> None:
                WebSocketExécute(client, self.renommé)
                WebSocketExécute(client, unicodedata.normalize("NFD", "renommé"))
                WebSocketEnvoie(client, "first")

            def renommé(self) -> None:
                WebSocketEnvoie(self.client, "then")

        await self.serve(Ordered)
        client = await self.connect()
        client.send("x")
        self.assertEqual([await client.receive() for _ in range(3)], ["first", "then", "then"])

    async def test_errors_are_logged(self):
        """What the procedure raises is logged, as is a name that no procedure has."""

        class Failing(Project):
            def on_message(self, client: Client, message: str | bytes) -> None:
                WebSocketExécute(client, self.fail)
                WebSocketExécuteServiceGlobal("no_such")
                WebSocketEnvoie(client, "done")

            def fail(self) -> None:
                raise KeyError("nothing")

        from twisted.logger import globalLogPublisher

        logged: list[str] = []

        def observe(event: Any) -> None:
            if "nobody waited" in str(event.get("log_format")):
                logged.append(str(event["error"]))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        await self.serve(Failing)
        client = await self.connect()
        self.assertEqual(await client.ask("x"), "done")
        await until(lambda: len(logged) == 2, "both errors in the log")
        self.assertEqual(len([line for line in logged if "no procedure no_such" in line]), 1)
        self.assertEqual(len([line for line in logged if "KeyError" in line]), 1)


class Salon(ProjetWebSocket):
    """A project with the five events."""

    intervalle = "5 s"
    pseudo: str = "invité"
    journal: list[str] = []

    def ServiceGlobal(self) -> None:
        self.journal.append("service")
        for client in WebSocketListeClientConnecté():
            client.Envoie(f"{len(self.journal)}")

    def Connexion(self, client: websocketClient) -> None:
        if client.query.get("qui") == "personne":
            raise Refuse(403, "qui ?")
        client.Envoie("bienvenue")

    def ReceptionMessage(self, client: websocketClient, message: str | bytes) -> None:
        self.pseudo = str(message)
        WebSocketExécuteServiceGlobal(self.Note, self.pseudo)

    def Deconnexion(self, client: websocketClient) -> None:
        WebSocketExécuteServiceGlobal(self.Note, f"{self.pseudo} part")

    def ArretServiceGlobal(self) -> None:
        self.journal.append("arrêt")

    def Note(self, ligne: str) -> None:
        self.journal.append(ligne)


class Accents(ProjetWebSocket):
    """The same names with their accents, and async."""

    intervalle = 20

    async def RéceptionMessage(self, client: websocketClient, message: str | bytes) -> None:
        client.send(message)

    def Déconnexion(self, client: websocketClient) -> None: ...

    def ArrêtServiceGlobal(self) -> None: ...


class FrenchProject(ServedCase):
    """`ProjetWebSocket`."""

    def test_five_events(self):
        """Each of the five French events is called when its English twin would be."""
        with MemoryServer(Salon) as server:
            ann = server.connect()
            self.assertEqual(ann.receive(), "bienvenue")
            server.advance(5)
            self.assertEqual(ann.receive(), "2")
            ann.send("Ann")
            self.assertEqual(ann.instance.pseudo, "Ann")
            with self.assertRaises(Refuse):
                server.connect("?qui=personne")
            ann.close()
            service = server.service
        self.assertEqual(service.journal, ["service", "service", "Ann", "Ann part", "arrêt"])

    async def test_on_a_real_server(self):
        """They are called by a real server, too."""
        await self.serve(Salon)
        client = await self.connect()
        self.assertEqual(await client.receive(), "bienvenue")
        client.send("Ann")
        journal = self.host.service.instance.journal
        await until(lambda: "Ann" in journal, "the message in the service's journal")
        await client.close()
        await until(lambda: "Ann part" in journal, "the end in the service's journal")
        await self.service.stopService()
        self.assertEqual(journal, ["service", "Ann", "Ann part", "arrêt"])

    def test_nothing_stands_between(self):
        """The author's functions are the events; they are no procedures, nor is what the base has."""
        definition = Definition(Salon)
        self.assertEqual(
            {name: handler.function.__name__ for name, handler in definition.events.items()},
            {
                "global_service": "ServiceGlobal",
                "on_connect": "Connexion",
                "on_message": "ReceptionMessage",
                "on_disconnect": "Deconnexion",
                "on_service_stop": "ArretServiceGlobal",
            },
        )
        self.assertIs(definition.events["on_message"].function, Salon.ReceptionMessage)
        self.assertEqual(set(definition.procedures), {"Note"})
        self.assertEqual(definition.copies(), {"journal": []})
        self.assertEqual(definition.settings.interval, 5)
        self.assertEqual(Definition(ProjetWebSocket).events, {})
        self.assertEqual(Definition(ProjetWebSocket).settings.interval, 10)

    def test_accents(self):
        """Accents may be written, and events may be async; a bare interval is milliseconds."""
        definition = Definition(Accents)
        self.assertEqual(set(definition.events), {"on_message", "on_disconnect", "on_service_stop"})
        self.assertFalse(definition.events["on_message"].is_blocking)
        self.assertEqual(definition.settings.interval, 0.02)
        with MemoryServer(Accents) as server:
            client = server.connect()
            client.send("x")
            self.assertEqual(client.received, ["x"])

    def test_inheritance(self):
        """A class derived from another overrides its events and interval, however they are written."""

        class Derived(Salon):
            interval = "1 h"

            def on_connect(self, client: Client) -> None: ...

            def RéceptionMessage(self, client: Client, message: str | bytes) -> None:
                super().ReceptionMessage(client, f"<{message!s}>")

            def ArretServiceGlobal(self) -> None:
                super().ArretServiceGlobal()

        definition = Definition(Derived)
        self.assertEqual(definition.settings.interval, 3600)
        self.assertEqual(definition.events["on_connect"].function, Derived.on_connect)
        with MemoryServer(Derived) as server:
            client = server.connect()
            client.send("Ann")
            self.assertEqual(client.instance.pseudo, "<Ann>")
            self.assertEqual(client.received, [])

    def test_the_configuration_goes_before(self):
        """A file's interval goes before the class's intervalle."""
        self.assertEqual(Definition(Salon, {"interval": "7 s"}).settings.interval, 7)


class FrenchMistakes(TestCase):
    """What is refused when a French project is served, in one line that names what is written."""

    def told(self, **attributes: Any) -> str:
        with self.assertRaises(ConfigurationError) as caught:
            Definition(type("Salon", (ProjetWebSocket,), attributes))
        self.assertNotIn("\n", str(caught.exception))
        return str(caught.exception)

    def test_misspelt_events(self):
        """A method whose name is nearly an event's is refused with the event's."""
        for name, meant in (
            ("RecptionMessage", "RéceptionMessage"),
            ("receptionMessage", "RéceptionMessage"),
            ("RéceptionMesage", "RéceptionMessage"),
            ("Connection", "Connexion"),
            ("Déconnection", "Déconnexion"),
            ("ServicesGlobal", "ServiceGlobal"),
            ("ArrèteServiceGlobal", "ArrêtServiceGlobal"),
            ("on_mesage", "on_message"),
            ("OnMessage", "on_message"),
        ):
            self.assertEqual(
                self.told(**{name: lambda self, *_: None}),
                f"Salon.{name} is no event; did you mean {meant}?",
            )

    def test_misspelt_settings(self):
        """A global whose name is nearly that of the interval, in either language, is warned of."""
        for name, meant in (
            ("intervale", "intervalle"),
            ("Intervalle", "intervalle"),
            ("intervalles", "intervalle"),
            ("Interval", "interval"),
        ):
            with self.subTest(name=name), patch("wstwist.definition._log.warn") as warn:
                Definition(type("Salon", (ProjetWebSocket,), {name: "5 s"}))
                text = warn.call_args.args[0].format(**warn.call_args.kwargs)
                self.assertEqual(
                    text, f"Salon.{name} is a global; if it is to be a setting, its name is {meant}"
                )

    def test_others_are_procedures(self):
        """Names that are not like an event's are procedures."""
        names = (
            "Message",
            "Connect",
            "ConnexionClient",
            "EnvoieInformations",
            "Connecte",
            "EnvoieMessage",
            "DébutService",
        )
        project = type("Salon", (ProjetWebSocket,), {name: lambda self: None for name in names})
        self.assertEqual(set(Definition(project).procedures), set(names))

    def test_wrong_parameters(self):
        """An event that cannot be called as it will be is refused under the name that it has."""
        self.assertEqual(
            self.told(RéceptionMessage=lambda self, message: None),
            "Salon.RéceptionMessage is called as RéceptionMessage(client, message): "
            "write it as def RéceptionMessage(self, client, message)",
        )

    def test_no_method(self):
        """An event that is no method is refused."""
        self.assertEqual(
            self.told(Connexion=1), "Salon.Connexion is an event: write it as a method, def or async def"
        )

    def test_twice(self):
        """An event that one class has under two names is refused."""
        self.assertEqual(
            self.told(Deconnexion=lambda self, client: None, Déconnexion=lambda self, client: None),
            "Salon: Deconnexion and Déconnexion are the same; keep one",
        )
        self.assertEqual(
            self.told(intervalle="5 s", interval="5 s"),
            "Salon: intervalle and interval are the same; keep one",
        )

    def test_intervalle(self):
        """An interval that cannot be is refused under the name that it has."""
        self.assertTrue(self.told(intervalle=0.5).startswith("Salon.intervalle: 0.5 is a float"))
        self.assertTrue(self.told(intervalle="bientôt").startswith("Salon.intervalle: 'bientôt' is no"))

    def test_the_base(self):
        """The base itself is not served."""
        with self.assertRaisesRegex(ConfigurationError, "is a base for projects"):
            load(f"{__name__}:ProjetWebSocket")

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What wstwist learns from a project's class, and what it refuses."""

import logging
import socket
import threading
import typing as t
from enum import Enum
from typing import Any, ClassVar
from typing import ClassVar as typing_name

from twisted.internet.defer import inlineCallbacks, succeed
from twisted.logger import Logger
from twisted.trial.unittest import TestCase

from wstwist import ConfigurationError, Project
from wstwist.definition import Definition
from wstwist.testing import MemoryServer


class Colour(Enum):
    RED = 1


class Base(Project):
    inherited: list[int] = [1]

    def helper(self) -> None: ...

    def overridden(self) -> str:
        return "base"


class Full(Base):
    """A project with something of everything."""

    number = 1
    text = "a"
    pair = (1, "b")
    colour = Colour.RED
    mutable: dict[str, list[int]] = {"a": [1]}
    nested = ([1], 2)
    together: ClassVar[list[int]] = []
    lock: "ClassVar[Any]" = threading.Lock()
    log = Logger()
    logger = logging.getLogger("x")
    module = socket

    class Inner:
        pass

    @property
    def prop(self) -> int:
        return 1

    @staticmethod
    def static() -> None: ...

    @classmethod
    def of_class(cls) -> None: ...

    def overridden(self) -> str:
        return "full"

    def _private(self) -> None: ...

    async def later(self) -> None: ...

    @inlineCallbacks
    def generator(self):
        yield succeed(None)

    def on_message(self, client, message) -> None: ...

    async def on_connect(self, client) -> None: ...


class Globals(TestCase):
    """Which class attributes are globals, and how contexts get them."""

    def test_mutable_globals_are_copied_and_others_are_not(self):
        """Mutable values are copied for each context; immutable and shared ones are read from the class."""
        copies = Definition(Full).copies()
        self.assertEqual(copies, {"inherited": [1], "mutable": {"a": [1]}, "nested": ([1], 2)})
        self.assertIsNot(copies["mutable"]["a"], Full.mutable["a"])

    def test_two_globals_that_share_a_value_share_its_copy(self):
        """Two globals that are the same object are the same object in each context, too."""
        value: list[int] = []

        class Twins(Project):
            one = value
            other = value

        copies = Definition(Twins).copies()
        self.assertIs(copies["one"], copies["other"])
        self.assertIsNot(copies["one"], value)

    def test_a_value_that_cannot_be_copied_is_refused(self):
        """A global that cannot be copied is refused in one line that names it and says what to do."""

        class Chat(Project):
            lock = threading.Lock()

        with self.assertRaises(ConfigurationError) as caught:
            Definition(Chat)
        self.assertEqual(
            str(caught.exception),
            "Chat.lock, a threading.lock, cannot be copied for each context: "
            "make it in __init__ or annotate it ClassVar",
        )


class Procedures(TestCase):
    """Which functions can be executed in other contexts."""

    def setUp(self):
        self.definition = Definition(Full)

    def test_public_functions_of_the_author_are_procedures(self):
        """Public functions below Project in the MRO are procedures; events and private ones are not."""
        self.assertEqual(set(self.definition.procedures), {"helper", "overridden", "later", "generator"})

    def test_a_procedure_is_given_as_function_method_or_name(self):
        """The function, a bound method, the base's function and the name all mean the same procedure."""
        for given in (Full.overridden, Base.overridden, "overridden"):
            self.assertEqual(self.definition.find_procedure(given), "overridden")

    def test_nothing_else_is_a_procedure(self):
        """Events, private functions, strangers of the same name and other objects are no procedures."""

        class Stranger(Project):
            def helper(self) -> None: ...

        for given in (
            "on_message",
            Full.on_message,
            "_private",
            "send",
            "__init__",
            Stranger.helper,
            print,
            7,
        ):
            self.assertIsNone(self.definition.find_procedure(given))

    def test_what_runs_in_a_thread(self):
        """Every def runs in a thread; async def and inlineCallbacks run on the reactor's thread."""
        blocking = {name for name, handler in self.definition.procedures.items() if handler.is_blocking}
        self.assertEqual(blocking, {"helper", "overridden"})
        self.assertTrue(self.definition.events["on_message"].is_blocking)
        self.assertFalse(self.definition.events["on_connect"].is_blocking)


class Refusals(TestCase):
    """What a project's class may not have."""

    def refused(self, **attributes: Any) -> str:
        with self.assertRaises(ConfigurationError) as caught:
            Definition(type("Chat", (Project,), attributes))
        message = str(caught.exception)
        self.assertNotIn("\n", message)
        return message

    def test_names_of_wstwist(self):
        """A name that belongs to wstwist is refused, now or reserved for later."""
        for name in (
            "client",
            "db",
            "request",
            "connected_clients",
            "execute_global_service",
            "count_clients",
            "lease",
        ):
            self.assertEqual(
                self.refused(**{name: 1}), f"Chat.{name}: the name belongs to wstwist; choose another"
            )

    def test_an_event_that_is_no_method(self):
        """An event that is not a function is refused."""
        self.assertIn("write it as a method", self.refused(on_message=1))

    def test_a_generator(self):
        """A generator function, which nothing would run, is refused."""

        def on_message(self, client, message):
            yield 1

        self.assertIn("is a generator", self.refused(on_message=on_message))

    def test_bad_settings(self):
        """Each setting that cannot be is refused with its name and what would be right."""
        for name, value, says in (
            ("interval", 0.5, "'500 ms'"),
            ("interval", 0, "Chat.interval: "),
            ("interval", "soon", "Chat.interval: "),
            ("path", "chat", "beginning with a slash"),
            ("protocols", "chat", "a list of sub-protocols"),
            ("protocols", ["a b"], "no sub-protocol"),
            ("protocols", ["a", "a"], "twice"),
            ("web", "no such folder", "no folder"),
            ("compress", 1, "True or False"),
            ("threads", 0, "a whole number from 1"),
            ("reply_timeout", -1, "Chat.reply_timeout: "),
            ("limits", 7, "Limits(...)"),
        ):
            self.assertIn(says, self.refused(**{name: value}), name)

    def test_unknown_settings_name_the_nearest(self):
        """An unknown setting or limit in the configuration is refused with the nearest known one."""
        with self.assertRaisesRegex(ConfigurationError, "did you mean interval?"):
            Definition(Full, {"intervall": "5 s"})
        with self.assertRaisesRegex(ConfigurationError, "did you mean message_size?"):
            Definition(Full, {"limits": {"mesage_size": 5}})

    def test_the_configuration_goes_before_the_class(self):
        """A setting of the configuration replaces the class's, limit by limit."""
        definition = Definition(Full, {"interval": "20 ms", "limits": {"message_size": 10}})
        self.assertEqual(definition.settings.interval, 0.02)
        self.assertEqual(definition.settings.limits.message_size, 10)
        off = Definition(Full, {"limits": {"idle_time": None}})
        self.assertIsNone(off.settings.limits.idle_time)
        self.assertEqual(definition.settings.limits.header_size, 16 * 1024)


class OddClasses(TestCase):
    """Classes as people write them."""

    def test_abstract_bases_and_protocols(self):
        """A project may be abstract, and have abstract mixins."""
        import abc
        from typing import Protocol

        class Named(Protocol):
            def name(self) -> str: ...

        class Abstract(Named, Project, abc.ABC):
            def name(self) -> str:
                return "abstract"

        self.assertEqual(set(Definition(Abstract).procedures), {"name"})

    def test_decorated_functions(self):
        """What a decorator makes of a def or an async def runs where it belongs, and is found by identity."""
        from functools import wraps

        def with_wraps(function: Any) -> Any:
            @wraps(function)
            async def wrapper(self: Any) -> Any:
                return function(self)

            return wrapper

        def without_wraps(function: Any) -> Any:
            def wrapper(self: Any) -> Any:
                return function(self)

            return wrapper

        class Decorated(Project):
            @with_wraps
            def one(self) -> None: ...

            @without_wraps
            def two(self) -> None: ...

        definition = Definition(Decorated)
        self.assertEqual(definition.find_procedure(Decorated.one), "one")
        self.assertEqual(definition.find_procedure(Decorated.two), "two")
        self.assertFalse(definition.procedures["one"].is_blocking)

    def test_sentinels_stay_themselves(self):
        """A bare object() is shared: it is there to be compared with ``is``."""
        unset = object()

        class Sentinel(Project):
            value = unset

        self.assertEqual(Definition(Sentinel).copies(), {})

    def test_classes_behind_project_are_not_the_authors(self):
        """Only classes below Project in the MRO bring events and procedures."""

        class Mixin:
            def on_disconnect(self, client: Any) -> None: ...

            def helper(self) -> None: ...

        class Behind(Project, Mixin):
            pass

        self.assertEqual((Definition(Behind).events, Definition(Behind).procedures), ({}, {}))

    def test_a_generator_method_is_no_procedure(self):
        """A public generator method may be there; it cannot be executed from elsewhere."""

        class Generating(Project):
            def numbers(self):
                yield 1

        self.assertEqual(Definition(Generating).procedures, {})

    def test_class_variables_in_strings(self):
        """ClassVar is known under each name, also in annotations that are strings."""

        class Annotated(Project):
            one: "t.ClassVar[list[int]]" = []
            two: "typing_name[list[int]]" = []
            three: "'ClassVar[list[int]]'" = []
            four: "list[int]" = []

        self.assertEqual(list(Definition(Annotated).copies()), ["four"])


class Mistakes(TestCase):
    """What newcomers write, and what they are told."""

    def told(self, **attributes: Any) -> str:
        with self.assertRaises(ConfigurationError) as caught:
            Definition(type("Chat", (Project,), attributes))
        return str(caught.exception)

    def test_misspelt_events(self):
        """A method whose name is nearly an event's is refused with the event's."""
        for name in ("on_mesage", "onMessage", "on_conect", "onDisconnect", "global_servise"):
            self.assertIn("did you mean", self.told(**{name: lambda self, *_: None}))

    def test_wrong_parameters(self):
        """An event that cannot be called as it will be is refused with how to write it."""
        self.assertEqual(
            self.told(on_message=lambda self, message: None),
            "Chat.on_message is called as on_message(client, message): "
            "write it as def on_message(self, client, message)",
        )
        Definition(type("Chat", (Project,), {"on_message": lambda self, *args: None}))

    def test_a_web_folder_with_the_code(self):
        """A web folder that would publish the project's own module is refused."""
        with self.assertRaisesRegex(ConfigurationError, "which everybody could read"):
            Definition(Full, {"web": "."})

    def test_a_reply_is_no_condition(self):
        """A Reply in a condition raises: it would always be true."""

        class Asking(Project):
            def ask(self) -> bool:
                return False

        with MemoryServer(Asking) as server, self.assertRaisesRegex(TypeError, "await it"):
            bool(server.service.execute_global_service(Asking.ask))

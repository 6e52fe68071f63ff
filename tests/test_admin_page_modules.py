# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Modules of the administration's page that only compute, in Chromium: arguments, values, numbers."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.threads import deferToThread

from tests.browser import Browser
from tests.wire.support import App, ServedCase
from wstwist.admin import page

CALL = """
const [module, name, inputs, done] = arguments;
import(module).then(
  (loaded) => done(JSON.stringify(JSON.parse(inputs).map((input) => {
    try {
      return loaded[name](input);
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  }))),
  (error) => done(JSON.stringify(String(error))),
);
"""


class ModuleTests(ServedCase):
    timeout = 60

    def setUp(self) -> None:
        self.port = self.serve(App(), web=page.resource())

    def call(self, module: str, function: str, *inputs: Any) -> Any:
        """Call a function of a module with each input, in a page; give what it returned, or the error."""

        def in_browser() -> Any:
            with Browser() as browser:
                browser.driver.get(f"http://127.0.0.1:{self.port}/icon.svg")
                return json.loads(
                    browser.driver.execute_async_script(
                        CALL, f"/lib/{module}.js", function, json.dumps(inputs)
                    )
                )

        return deferToThread(in_browser)

    async def assert_results(self, module: str, function: str, expected: dict[Any, Any]) -> None:
        """Check what a function returns for inputs."""
        results = await self.call(module, function, *expected)
        self.assertEqual(dict(zip(expected, results, strict=True)), expected)

    async def test_arguments(self) -> None:
        """Arguments are read as Python's or JSON's literals, and nothing is evaluated."""

        def only(*args: Any, **kwargs: Any) -> dict[str, Any]:
            return {"args": list(args), "kwargs": kwargs}

        await self.assert_results(
            "arguments",
            "parseArguments",
            {
                "": only(),
                "  ": only(),
                '"Ann", 3, is_loud=True': only("Ann", 3, is_loud=True),
                "'it''s'": "SyntaxError: , is missing (at character 5)",
                r"'it\'s\n\u00e9', -1.5e3, None,": only("it's\né", -1500, None),
                "[1, [2, 3,], []], {'a': {\"b\": null}}": only([1, [2, 3], []], {"a": {"b": None}}),
                "(1, 2), (3,), (4), ()": only(
                    {"$type": "tuple", "value": [1, 2]},
                    {"$type": "tuple", "value": [3]},
                    4,
                    {"$type": "tuple", "value": []},
                ),
                "{1, 2}, {}, {1: 2}": only(
                    {"$type": "set", "value": [1, 2]}, {}, {"$type": "dict", "value": [[1, 2]]}
                ),
                r"b'\x00\xffa'": only({"$type": "bytes", "value": "AP9h"}),
                "é=1, b = 'x'": only(é=1, b="x"),
                "0x10, 1_000, .5": only(16, 1000, 0.5),
                '{"$type": "datetime", "value": "2026-11-23T03:00:00"}': only(
                    {"$type": "datetime", "value": "2026-11-23T03:00:00"}
                ),
                "Ann": 'SyntaxError: Ann is no value; a text stands in quotes: "Ann" (at character 1)',
                "f(1)": 'SyntaxError: f is no value; a text stands in quotes: "f" (at character 1)',
                "a=1, 2": "SyntaxError: a value without a name stands after one with a name (at character 6)",
                "a=1, a=2": "SyntaxError: a stands there twice (at character 8)",
                "r'x'": 'SyntaxError: r"…" is not read: write a plain text, "…" (at character 1)',
                "[1, 2": "SyntaxError: , is missing (at character 6)",
                "[1, ": "SyntaxError: a value is missing (at character 5)",
                "'open": "SyntaxError: the text is not closed by ' (at character 6)",
                "1" * 17: only({"$type": "int", "value": "1" * 17}),
                "-0x1F, +3, 1e20": only(-31, 3, 1e20),
                r"'\u00'": "SyntaxError: \\u wants 4 hexadecimal digits (at character 4)",
                "{'a': 1, 2}": "SyntaxError: a dict and a set in one (at character 12)",
            },
        )

    async def test_constructor_names_are_no_words(self) -> None:
        """Names that every JavaScript object has are no values and harm nothing."""
        results = await self.call(
            "arguments", "parseArguments", "constructor", "toString", "__proto__={'a': 1}"
        )
        self.assertIn("constructor is no value", results[0])
        self.assertIn("toString is no value", results[1])
        self.assertEqual(results[2], {"args": [], "kwargs": {"__proto__": {"a": 1}}})

    async def test_values(self) -> None:
        """Values are shown as Python writes them, in several lines where they are long."""
        values = [
            (None, "None"),
            (True, "True"),
            (1.5, "1.5"),
            ("it's", '"it\'s"'),
            ("a\n\"'\x07", r"""'a\n"\'\x07'"""),
            ([1, "a", []], "[1, 'a', []]"),
            ({"a": 1}, "{'a': 1}"),
            ({"$type": "tuple", "value": [1]}, "(1,)"),
            ({"$type": "tuple", "value": [1, 2]}, "(1, 2)"),
            ({"$type": "set", "value": [1]}, "{1}"),
            ({"$type": "set", "value": []}, "set()"),
            ({"$type": "dict", "value": [[1, "a"]]}, "{1: 'a'}"),
            ({"$type": "bytes", "value": "AP9hw6k="}, r"b'\x00\xffa\xc3\xa9'"),
            ({"$type": "datetime", "value": "2026-11-23T03:00:00"}, "datetime('2026-11-23T03:00:00')"),
            ({"$type": "time", "value": "03:00", "zone": "UTC"}, "time('03:00', zone='UTC')"),
            ({"$type": "timedelta", "value": 1.5}, "timedelta(seconds=1.5)"),
            ({"$type": "int", "value": "9" * 20}, "9" * 20),
            ({"$type": "float", "value": "nan"}, "nan"),
            ({"$type": "enum", "class": "Colour", "value": "RED"}, "Colour.RED"),
            ({"$type": "dataclass", "class": "Move", "value": {"x": 1, "y": "b"}}, "Move(x=1, y='b')"),
            ({"$type": "client", "value": {"id": "a1", "address": "::1"}}, "Client(id='a1', address='::1')"),
            ({"$type": "object", "class": "Lock", "value": "<unlocked Lock>"}, "<unlocked Lock>"),
            (
                {"a": "x" * 40, "b": [1] * 30},
                "{\n  'a': '" + "x" * 40 + "',\n  'b': [\n" + "    1,\n" * 30 + "  ],\n}",
            ),
        ]
        results = await self.call("values", "show", *(value for value, _ in values))
        self.assertEqual(results, [text for _, text in values])

    async def test_writing(self) -> None:
        """Numbers, sizes and durations have few digits, and their unit."""
        await self.assert_results(
            "format", "count", {0: "0", 9999: "9,999", 12345: "12.3 k", 4560000: "4.56 M", None: "\u2013"}
        )
        await self.assert_results(
            "format", "bytes", {0: "0 B", 1023: "1,023 B", 1536: "1.50 KiB", 2**30: "1.00 GiB"}
        )
        await self.assert_results(
            "format",
            "seconds",
            {
                0: "0 s",
                0.00012: "120 µs",
                0.0015: "1.5 ms",
                0.25: "250 ms",
                5.25: "5.3 s",
                75: "1 min",
                7380: "2 h 3 min",
            },
        )
        await self.assert_results("format", "share", {0: "0 %", 0.004: "0.4 %", 0.126: "13 %", 1.5: "150 %"})

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The API does what its description says: schemathesis asks a running server what the file promises."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import HypothesisDeprecationWarning
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from twisted.trial import util
from twisted.trial.unittest import TestCase

from tests.administered import AdministeredCase
from wstwist.admin import http
from wstwist.admin.clients import SORTED_BY
from wstwist.admin.log_ring import LEVELS
from wstwist.admin.routes import ROUTES
from wstwist.admin.tokens import Role

DESCRIPTION: dict[str, Any] = json.loads(http._DESCRIPTION.read_text())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
]
EXAMPLES = 25
LAST = ("disconnect", "stop", "remove", "login")
"""What ends the client, the project, and the patience with wrong tokens."""


class DescriptionTests(TestCase):
    """The file beside the routes."""

    def test_routes(self) -> None:
        """Each route is described with who may, its parameters and its body, and nothing else is."""
        described = {
            (method.upper(), path.removeprefix("/api/v1/")): operation
            for path, item in DESCRIPTION["paths"].items()
            for method, operation in item.items()
            if path.startswith("/api/v1/") and not path.endswith("openapi.json")
        }
        self.assertEqual(described.keys(), {(route.method, route.path) for route in ROUTES})
        for route in ROUTES:
            operation = described[route.method, route.path]
            self.assertIn(f"`{route.role.value}`", operation["description"])
            self.assertIn(str(route.status), operation["responses"])
            self.assertEqual(
                "403" in operation["responses"], route.role is Role.FULL or route.method != "GET"
            )
            parameters = operation.get("parameters", [])
            query = {each["name"] for each in parameters if each["in"] == "query"}
            self.assertEqual(query, set(route.query), route)
            path = {each["name"] for each in parameters if each["in"] == "path"}
            self.assertEqual(path, set(re.findall(r"{(\w+)}", route.path)))
            self.assertEqual(_members(operation), None if route.body is None else set(route.body), route)

    def test_choices(self) -> None:
        """What can be chosen from is the same here and there."""
        paths = DESCRIPTION["paths"]
        found = {
            each["name"]: each["schema"].get("enum")
            for path in ("/api/v1/projects/{name}/clients", "/api/v1/log")
            for each in paths[path]["get"]["parameters"]
        }
        self.assertEqual(found["sort"], ["", *SORTED_BY, *(f"-{name}" for name in SORTED_BY)])
        self.assertEqual(found["level"], ["", *LEVELS])
        self.assertEqual(
            DESCRIPTION["components"]["schemas"]["Line"]["properties"]["level"]["enum"], [*LEVELS]
        )

    def test_whole(self) -> None:
        """Each operation has a name of its own, and whatever is referred to is there."""
        operations = [each["operationId"] for item in DESCRIPTION["paths"].values() for each in item.values()]
        self.assertEqual(len(operations), len(set(operations)))
        for kind, name in re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(DESCRIPTION)):
            self.assertIn(name, DESCRIPTION["components"][kind])


def _members(operation: dict[str, Any]) -> set[str] | None:
    """Name the members that a body may have; None: any."""
    body = operation.get("requestBody")
    if body is None:
        return set()
    schema = body["content"]["application/json"]["schema"]
    kinds = schema.get("oneOf", [schema])
    if any("properties" not in kind for kind in kinds):
        return None
    return {name for kind in kinds for name in kind["properties"]}


class ServedTests(AdministeredCase):
    """The file beside a running server."""

    suppress = [util.suppress(category=HypothesisDeprecationWarning)]  # schemathesis' own use of random

    def check_operation(self, operation: Any, mode: GenerationMode) -> None:
        """Ask for one thing in many ways, and compare the answers with what is promised."""
        authorization = {"Authorization": f"Bearer {self.server.tokens['full']}"}

        def check(case: Any) -> None:
            self.fill(case, mode)
            response = case.call(base_url=self.server.url, headers=authorization)
            case.validate_response(response, checks=CHECKS)
            name = operation.definition.raw["operationId"]
            self.answers.setdefault(name, Counter())[response.status_code] += 1

        quick = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        strategy = operation.as_strategy(generation_mode=mode)
        quick(given(case=strategy)(check))()

    def fill(self, case: Any, mode: GenerationMode) -> None:
        """Name a project, a client and a procedure that there are, most of the time."""
        is_turn = next(self.turns)
        if is_turn and self.is_right(case, ParameterLocation.PATH):
            known = {"name": "Chat", "id": self.identity}
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        if is_turn and mode.is_positive and isinstance(case.body, dict) and "procedure" in case.body:
            case.body["procedure"] = "echo"

    def is_right(self, case: Any, place: ParameterLocation) -> bool:
        """Whether a part of a request is none that is meant to be wrong."""
        component = case.meta.components.get(place)
        return component is not None and component.mode.is_positive

    def operations(self) -> Iterator[Any]:
        """Give what there is to ask for; what ends the client's connection, and the project, at the end."""
        schema = schemathesis.openapi.from_dict(DESCRIPTION)
        found = {each.ok().definition.raw["operationId"]: each.ok() for each in schema.get_all_operations()}
        del found["restart"]  # after which it would be elsewhere; tests/test_cli_restart.py asks for that
        last = {name: found.pop(name) for name in LAST}
        yield from (found | last).values()

    def test_as_promised(self) -> None:
        """Whatever is asked for, rightly or not, the answer is one that the description has."""
        self.turns = cycle((True, True, False))
        self.answers: dict[str, Counter[int]] = {}
        with ExitStack() as stack:
            stack.enter_context(self.server.client())
            self.identity = self.only_client()["id"]
            for operation in self.operations():
                self.check_operation(operation, GenerationMode.POSITIVE)
                if operation.definition.raw["operationId"] != "description":  # which takes nothing
                    self.check_operation(operation, GenerationMode.NEGATIVE)
        self.assertEqual(len(self.answers), len(ROUTES) + 2)
        done = {name for name, answers in self.answers.items() if any(status < 300 for status in answers)}
        self.assertEqual(self.answers.keys() - done, {"add", "login"})  # nobody guesses those

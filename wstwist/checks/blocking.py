# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Calls that block in code that runs on the reactor's thread: meanwhile no client is served."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from wstwist.checks.finding import Finding, Kind
from wstwist.checks.routines import Routine, calls, methods, own_nodes, with_called
from wstwist.checks.sources import Sources
from wstwist.project import Project

IN_THREAD = "write the method as def, which runs in a thread, or await self.in_thread({name}, ...)"
_HTTP = "await an httpx.AsyncClient's methods, or await self.in_thread({name}, ...)"
_PROCESS = "await asyncio.create_subprocess_exec(...), or self.in_thread({name}, ...)"
_DATABASE = "set database and use self.db in a def, or do all of it in what self.in_thread executes"
_AWAIT = "await it: await {reply}"

BLOCKING: Mapping[str, str] = {
    "time.sleep": "await asyncio.sleep(...)",
    "requests": _HTTP,
    "urllib.request.urlopen": _HTTP,
    "urllib3": _HTTP,
    "http.client": _HTTP,
    **{f"httpx.{name}": _HTTP for name in ("get", "post", "put", "patch", "delete", "head", "options")},
    **{f"httpx.{name}": _HTTP for name in ("request", "stream", "Client")},
    "subprocess": _PROCESS,
    "os.system": _PROCESS,
    "os.popen": _PROCESS,
    "os.waitpid": _PROCESS,
    "sqlite3.connect": _DATABASE,
    "psycopg.connect": "await psycopg.AsyncConnection.connect(...)",
    "psycopg2.connect": _DATABASE,
    "pymysql.connect": _DATABASE,
    "MySQLdb.connect": _DATABASE,
    "mysql.connector.connect": _DATABASE,
    "pyodbc.connect": _DATABASE,
    "oracledb.connect": _DATABASE,
    "pymongo.MongoClient": _DATABASE,
    "redis.Redis": "use redis.asyncio",
    "redis.from_url": "use redis.asyncio",
    "boto3": IN_THREAD,
    "smtplib": IN_THREAD,
    "ftplib": IN_THREAD,
    "imaplib": IN_THREAD,
    "socket.create_connection": "await asyncio.open_connection(...)",
    "socket.getaddrinfo": "await asyncio.get_running_loop().getaddrinfo(...)",
    "socket.gethostbyname": "await asyncio.get_running_loop().getaddrinfo(...)",
    "select.select": IN_THREAD,
    "input": IN_THREAD,
    "open": IN_THREAD,
    "io.open": IN_THREAD,
    "shutil": IN_THREAD,
    "wstwist.blocking.connect": "async with wstwist.connect(...)",
    "asyncio.run": "await it: the loop runs already",
}
"""What blocks, or a module all of whose functions do, and what to write instead."""

_OF_PATHS = frozenset({"read_text", "write_text", "read_bytes", "write_bytes"})
"""Methods of a `pathlib.Path` that read or write a file; hardly anything else has methods of these names."""

_REPLIES = frozenset({"execute", "execute_global_service", "connected_clients", "drained", "is_connected"})
"""What gives a Reply."""


def blocking(project: type[Project], sources: Sources) -> Iterator[Finding]:
    """Find calls that block in what runs on the reactor's thread."""
    roots = [routine for routine in methods(project, sources) if routine.is_async]
    for routine in with_called(roots, sources, project):
        for node, what, advice in (*_blocking_calls(routine), *_sessions(routine)):
            message = f"{what}: {_why(routine)}"
            yield Finding(Kind.BLOCKING, project.__name__, routine.source.path, node.lineno, message, advice)


def _why(routine: Routine) -> str:
    """Say why a routine runs on the reactor's thread."""
    if isinstance(routine.node, ast.AsyncFunctionDef):
        return f"{routine.name} is async def"
    if routine.is_async:
        return f"{routine.name} is decorated with inlineCallbacks"
    return f"{routine.name} is called by {routine.caller}, which is async def"


def _blocking_calls(routine: Routine) -> Iterator[tuple[ast.expr, str, str]]:
    imported = {**_imported(routine.source.tree), **_imported(routine.node)}
    replies = set(_replies(routine))
    awaited = {id(node.value) for node in own_nodes(routine.node) if isinstance(node, ast.Await)}
    for call in calls(routine.node):
        if id(call) in awaited:
            continue
        name = _dotted(call.func, imported, routine)
        advice = _advice(name)
        if advice is not None:
            yield call, f"{name}() blocks all clients", advice.format(name=name)
        elif isinstance(call.func, ast.Attribute):
            yield from _method_call(call, call.func, replies)


def _method_call(
    call: ast.Call, function: ast.Attribute, replies: set[str]
) -> Iterator[tuple[ast.expr, str, str]]:
    """See whether a method's call blocks by the method's name, or because it waits for a Reply."""
    if function.attr in _OF_PATHS:
        yield call, f".{function.attr}() blocks all clients", IN_THREAD.format(name=ast.unparse(function))
    if function.attr == "wait" and (_is_reply(function.value) or ast.unparse(function.value) in replies):
        yield call, ".wait() of a Reply raises here", _AWAIT.format(reply=ast.unparse(function.value))


def _sessions(routine: Routine) -> Iterator[tuple[ast.expr, str, str]]:
    """Find the first use of the database's session."""
    for node in own_nodes(routine.node):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "self.db":
            yield (
                node,
                "self.db raises here",
                "use it in a def event or procedure, or in what self.in_thread executes",
            )
            return


def _imported(tree: ast.AST) -> dict[str, str]:
    """Give what imported names stand for, with dots: also those that a function imports itself."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _dotted(expression: ast.expr, imported: Mapping[str, str], routine: Routine) -> str:
    """Give the full name of what is called; empty where it has none that is known."""
    if isinstance(expression, ast.Name):
        if expression.id in imported:
            return imported[expression.id]
        is_own = expression.id in routine.locals or expression.id in routine.source.namespace
        return "" if is_own else expression.id
    if isinstance(expression, ast.Attribute):
        owner = _dotted(expression.value, imported, routine)
        return f"{owner}.{expression.attr}" if owner else ""
    return ""


def _advice(name: str) -> str | None:
    """Look up what is to be written instead of a call; None where it does not block."""
    module = name.rpartition(".")[0]
    return BLOCKING.get(name) or (BLOCKING.get(module) if module else None)


def _is_reply(expression: ast.expr) -> bool:
    """Whether an expression calls what gives a Reply, or that and ``.within(...)``."""
    if not isinstance(expression, ast.Call) or not isinstance(expression.func, ast.Attribute):
        return False
    name = expression.func.attr
    return name in _REPLIES or (name == "within" and _is_reply(expression.func.value))


def _replies(routine: Routine) -> Iterator[str]:
    """Name the variables to which a Reply is assigned."""
    for node in own_nodes(routine.node):
        if isinstance(node, ast.Assign) and _is_reply(node.value):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))

# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.metrics`: what ``--metrics`` serves."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
from itertools import product

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from twisted.internet import reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs

from tests.support import Closed, Raw, ServedCase, handshake, pair, until
from wstwist import Client, Limits, Project, Refuse
from wstwist.exceptions import ConfigurationError, ProcedureError
from wstwist.metrics.view import MOST_NAMES, OTHER
from wstwist.service import ProjectService

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


class Chat(Project):
    interval = "1 h"

    async def on_connect(self, client: Client) -> None:
        if client.query.get("as") == "nobody":
            raise Refuse(403)

    async def on_message(self, client: Client, message: str | bytes) -> None:
        if message == "fail":
            raise ValueError("no")
        client.send(message)


class MetricsCase(ServedCase):
    """A test with projects and their metrics served."""

    async def serve(self, *projects, wait=True, metrics=None, settings=None):
        metrics = metrics or TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        self.service = service = ProjectService(
            *projects, endpoints=[self.place.endpoint], metrics=metrics, settings=settings
        )
        service.startService()
        self.addCleanup(self._stop, service)
        if wait:
            await until(lambda: all(host.is_started for host in service.hosts), "the start")
        return service

    def _request(self, method, path, headers, context):
        port = self.service.metrics.port.getHost().port
        if context is None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        else:
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    async def request(self, path, method="GET", headers=None, context=None):
        return await deferToThread(self._request, method, path, headers or {}, context)

    async def scrape(self):
        """Give all samples: by name, and by label values in the order of the labels' names."""
        status, headers, text = await self.request("/metrics", headers={"Accept": OPENMETRICS})
        self.assertEqual(status, 200)
        self.assertEqual(
            headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8"
        )
        found = {}
        for family in parse_openmetrics(text):
            for sample in family.samples:
                labels = tuple(value for _, value in sorted(sample.labels.items()))
                self.assertNotIn((sample.name, *labels), found)
                found[sample.name, *labels] = sample.value
        return found


class PageTests(MetricsCase):
    """The three pages."""

    async def test_pages(self):
        """They answer GET and HEAD, whatever Host and path parameters say, and no token is asked for."""
        await self.serve(Chat)
        for path in ("/metrics", "/healthz", "/readyz", "/metrics?x=1"):
            for host in ("localhost", "evil.example", "10.0.0.1:99"):
                status, headers, text = await self.request(path, headers={"Host": host})
                self.assertEqual((status, bool(text)), (200, True), path)
                self.assertEqual(headers["cache-control"], "no-store")
                self.assertEqual(headers["x-content-type-options"], "nosniff")
            with capturedLogs() as lines:
                status, headers, text = await self.request(path, "HEAD")
            self.assertEqual((status, text), (200, ""))
            self.assertGreater(int(headers["content-length"]), 0)
            self.assertEqual([line for line in lines if line.get("log_text") or line["log_format"]], [])

    async def test_nothing_else(self):
        """Everything else is a 404 or a 405, a WebSocket included."""
        await self.serve(Chat)
        for path in (
            "/",
            "/metrics/",
            "/metrics/x",
            "/Metrics",
            "/Chat",
            "/wstwist.js",
            "/healthz/",
            "/api/v1",
        ):
            self.assertEqual((await self.request(path))[0], 404, path)
        for method, path in product(("POST", "PUT", "DELETE", "OPTIONS", "BREW"), ("/metrics", "/readyz")):
            status, headers, _ = await self.request(path, method)
            self.assertEqual((status, headers["allow"]), (405, "GET, HEAD"), method)
        for path in ("/Chat", "/metrics"):
            way = self.place.way(self.service.metrics.port.getHost().port)
            raw = await Raw.connect(way, handshake(path))
            self.assertEqual((await raw.answer()).partition(b"\r\n")[0], b"HTTP/1.1 404 Not Found")
        refused = [labels for name, *labels in await self.scrape() if name == "wstwist_server_refusals_total"]
        self.assertEqual(refused, [])

    async def test_formats(self):
        """Without an Accept for OpenMetrics it is Prometheus' text, whatever else the Accept says."""
        await self.serve(Chat)
        for accept in ("", "text/plain", "*/*", "text/html;q=x, \xe9", "a" * 4000):
            status, headers, text = await self.request("/metrics", headers={"Accept": accept})
            self.assertEqual(status, 200)
            self.assertEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
            names = {family.name for family in parse_text(text)}
            self.assertLessEqual({"wstwist_clients", "wstwist_reactor_lag_seconds"}, names)
        self.assertIn(("wstwist_clients", "Chat"), await self.scrape())

    async def test_closes_last(self):
        """While the server drains /readyz is 503, metrics are served, and then the port is closed."""

        class Lasting(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                client.send("begun")
                await Deferred()

        service = await self.serve(Lasting, settings={"Lasting": {"limits": Limits(drain_time=1.5)}})
        client = await self.connect()
        await client.ask("x")
        port = service.metrics.port.getHost().port
        stopped = service.stopService()
        self.assertEqual((await self.request("/readyz"))[0], 503)
        self.assertEqual((await self.request("/healthz"))[0], 200)
        self.assertEqual((await self.scrape())["wstwist_ready",], 0)
        self.assertFalse(stopped.called)
        await stopped
        self.assertIsNone(service.metrics.port)
        with socket.socket() as probe:
            self.assertNotEqual(probe.connect_ex(("127.0.0.1", port)), 0)

    async def test_start_again(self):
        """A service that was stopped and started again serves its metrics again."""
        service = await self.serve(Chat)
        await service.stopService()
        service.startService()
        await until(lambda: service.hosts[0].is_started, "the second start")
        self.assertEqual((await self.request("/readyz"))[0], 200)

    async def test_tls(self):
        """The endpoint may be one for TLS, whose certificate is read again by a reload."""
        cert, key = map(str, pair())
        try:
            service = await self.serve(
                Chat, metrics=f"fast:0:interface=127.0.0.1:privateKey={key}:certKey={cert}"
            )
        except ConfigurationError as error:
            self.skipTest(str(error))
        context = ssl.create_default_context(cafile=cert)
        context.check_hostname = False
        self.assertEqual((await self.request("/healthz", context=context))[0], 200)
        self.assertTrue(service.metrics.is_secure)
        self.assertIn(service.metrics.tls, service._own_tls())


class EndpointTests(ServedCase):
    """Endpoints that cannot be used."""

    def error(self, metrics):
        service = ProjectService(Chat, metrics=metrics)
        self.addCleanup(maybeDeferred, service.stopService)
        return str(self.assertRaises(ConfigurationError, service.listen))

    def test_no_endpoint(self):
        """What is no endpoint is told at once."""
        for metrics in ("9100", "localhost:9100", "tcp:http"):
            error = self.assertRaises(ConfigurationError, ProjectService, Chat, metrics=metrics)
            self.assertRegex(str(error), r"\Ametrics: [^\n]+\Z")
        for metrics in ("9100", "localhost:9100"):
            error = self.assertRaises(ConfigurationError, ProjectService, Chat, metrics=metrics)
            self.assertRegex(str(error), "did you mean tcp:9100(:interface=localhost)?\\?\\Z")

    def test_in_use(self):
        """A port in use is told in one line that says what it was for."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            endpoint = f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1"
            self.assertEqual(
                self.error(endpoint), f"{endpoint} (metrics) is in use: another server listens there"
            )


class ReadinessTests(MetricsCase):
    """When clients should come."""

    async def readiness(self):
        status, _, text = await self.request("/readyz")
        return status, text

    async def test_start(self):
        """It waits for `on_service_start`, of all projects."""
        started = Deferred()

        class Loading(Project):
            async def on_service_start(self) -> None:
                await started

        await self.serve(Chat, Loading)
        self.assertEqual(await self.readiness(), (503, "Loading starts\n"))
        self.assertEqual((await self.request("/healthz"))[0], 200)
        started.callback(None)
        await until(lambda: not self.service.hosts[1].service.is_starting, "the start")
        self.assertEqual(await self.readiness(), (200, "ok\n"))

    async def test_failed(self):
        """A project that could not start keeps it from being ready."""

        class Broken(Project):
            def __init__(self) -> None:
                raise ValueError("broken")

        await self.serve(Chat, Broken, wait=False)
        await until(lambda: self.service.hosts[0].is_started, "the start of the other")
        self.assertEqual(await self.readiness(), (503, "Broken does not run\n"))
        self.assertTrue(self.flushLoggedErrors(ValueError))

    async def test_administered(self):
        """Projects that were blocked, stopped or removed on purpose are no obstacle."""
        service = await self.serve(Chat, type("Other", (Chat,), {}))
        service.deployments.block("Chat")
        self.assertEqual(await self.readiness(), (200, "ok\n"))
        await service.deployments.stop("Other")
        self.assertEqual(await self.readiness(), (200, "ok\n"))
        self.assertEqual((await self.scrape())["wstwist_clients", "Other"], 0)
        service.deployments.start("Other")
        self.assertEqual(await self.readiness(), (200, "ok\n"))
        await service.deployments.remove("Other")
        self.assertNotIn(("wstwist_clients", "Other"), await self.scrape())


class ValueTests(MetricsCase):
    """What the metrics say."""

    async def test_traffic(self):
        """Clients, messages, bytes, events, errors and refusals of real connections."""
        await self.serve(Chat)
        ann, bob = await self.connect(), await self.connect()
        for _ in range(3):
            await ann.ask("x" * 10)
        bob.send("fail")
        await bob.ask("y")
        with contextlib.suppress(Closed):
            await self.connect("?as=nobody")
        found = await self.scrape()
        for (name, *labels), value in (
            (("wstwist_clients", "Chat"), 2),
            (("wstwist_clients_opening", "Chat"), 0),
            (("wstwist_clients_accepted_total", "Chat"), 2),
            (("wstwist_refusals_total", "Chat", "403"), 1),
            (("wstwist_received_messages_total", "Chat"), 5),
            (("wstwist_sent_messages_total", "Chat"), 4),
            (("wstwist_received_bytes_total", "Chat"), 3 * 16 + 10 + 7),
            (("wstwist_sent_bytes_total", "Chat"), 3 * 12 + 3),
            (("wstwist_event_duration_seconds_count", "on_message", "Chat"), 5),
            (("wstwist_event_duration_seconds_bucket", "on_message", "+Inf", "Chat"), 5),
            (("wstwist_event_duration_seconds_count", "on_connect", "Chat"), 3),
            (("wstwist_event_errors_total", "on_message", "Chat"), 1),
            (("wstwist_event_errors_total", "on_connect", "Chat"), 0),
            (("wstwist_service_paused", "Chat"), 0),
            (("wstwist_connections",), 2),
            (("wstwist_ready",), 1),
            (("wstwist_incidents_total", "stalled", "Chat"), 0),
        ):
            self.assertEqual(found[name, *labels], value, (name, *labels))
        self.assertGreater(found["process_cpu_seconds_total",], 0.01)
        self.assertGreater(found["process_resident_memory_bytes",], 10_000_000)
        self.assertGreater(found["process_open_fds",], 5)
        self.assertTrue(self.flushLoggedErrors(ValueError))
        bob.reset()
        await until(lambda: len(self.host.clients) == 1, "the end of a client")
        later = await self.scrape()
        self.assertEqual(later["wstwist_clients", "Chat"], 1)
        self.assertEqual(later["wstwist_received_messages_total", "Chat"], 5)

    async def test_queues(self):
        """What waits in mailboxes, and for clients that do not read."""

        class Waiting(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                client.send(b"x" * 8_000_000)
                client.send(b"y" * 1_000_000)
                await release

        release = Deferred()
        await self.serve(Waiting)
        ann, bob = await self.connect(), await self.connect()
        for client, number in ((ann, 4), (bob, 2)):
            client._protocol.transport.pauseProducing()
            for _ in range(number):
                client.send("x" * 100)
        await until(lambda: sum(len(c.mailbox) for c in self.host.contexts.values()) == 4, "the messages")
        found = await self.scrape()
        self.assertEqual(found["wstwist_mailbox_items", "Waiting"], 4)
        self.assertEqual(found["wstwist_mailbox_items_max", "Waiting"], 3)
        self.assertGreaterEqual(found["wstwist_mailbox_bytes", "Waiting"], 400)
        all_bytes, most = (
            found[name, "Waiting"] for name in ("wstwist_send_queue_bytes", "wstwist_send_queue_bytes_max")
        )
        self.assertGreaterEqual(most, 1_000_000)
        self.assertGreaterEqual(all_bytes, 2_000_000)
        release.callback(None)

    async def test_service(self):
        """Runs of the global service, and its pause."""

        class Serving(Project):
            interval = "1 h"

            async def global_service(self) -> None:
                await asyncio.sleep(0)

        await self.serve(Serving)
        service = self.host.service
        await until(lambda: service.status().runs, "the first run")
        service.pause()
        found = await self.scrape()
        self.assertEqual(found["wstwist_service_runs_total", "Serving"], 1)
        self.assertEqual(found["wstwist_service_late_runs_total", "Serving"], 0)
        self.assertEqual(found["wstwist_service_paused", "Serving"], 1)
        self.assertGreater(found["wstwist_service_last_run_timestamp_seconds", "Serving"], 1.7e9)
        self.assertLess(found["wstwist_service_last_run_duration_seconds", "Serving"], 5)

    async def test_database(self):
        """The use of a project's database; one without has none."""

        class Stored(Project):
            database = "sqlite://"
            threads = 3

            def on_message(self, client: Client, message: str | bytes) -> None:
                self.db.connection()
                client.send("begun")
                release.wait(10)

        release = threading.Event()
        self.addCleanup(release.set)
        await self.serve(Stored, Chat)
        connected = [await self.connect("/Stored") for _ in range(2)]
        for client in connected:
            client.send("x")
        await until(lambda: self.service.hosts[0].database.use() == (1, 1, 1), "the one who waits")
        found = await self.scrape()
        self.assertEqual(found["wstwist_database_connections", "Stored"], 1)
        self.assertEqual(found["wstwist_database_connections_used", "Stored"], 1)
        self.assertEqual(found["wstwist_database_waiting", "Stored"], 1)
        self.assertNotIn(("wstwist_database_connections", "Chat"), found)
        release.set()
        for client in connected:
            self.assertEqual(await client.receive(), "begun")
        await until(lambda: self.service.hosts[0].database.use() == (1, 0, 0), "the end of it")

    async def test_cardinality(self):
        """The number of samples does not depend on clients, and is bounded in procedures."""
        many = {f"procedure_{number:03}": _procedure() for number in range(MOST_NAMES + 20)}
        await self.serve(type("Many", (Chat,), many))
        client = await self.connect()
        await client.ask("x")
        await self.scrape()
        before = await self.scrape()
        for _ in range(20):
            await (await self.connect()).ask("x")
        self.assertEqual(before.keys(), (await self.scrape()).keys())
        (context, *_) = self.host.clients.values()
        for name in many:
            with contextlib.suppress(ProcedureError):
                await context.instance.execute_global_service(name)
        found = await self.scrape()
        events = {labels[0] for name, *labels in found if name == "wstwist_event_duration_seconds_count"}
        self.assertEqual(len(events), MOST_NAMES + 1)
        self.assertIn(OTHER, events)
        counted = sum(
            value for (name, *_), value in found.items() if name == "wstwist_event_duration_seconds_count"
        )
        self.assertEqual(counted, sum(each.count for each in self.host.durations.values()))
        self.assertNotIn(("wstwist_event_errors_total", OTHER, "Many"), found)
        self.host.failures[list(self.host.durations)[MOST_NAMES]] += 2
        self.assertEqual((await self.scrape())["wstwist_event_errors_total", OTHER, "Many"], 2)


def _procedure():
    async def procedure(self):
        raise ValueError("no")

    return procedure

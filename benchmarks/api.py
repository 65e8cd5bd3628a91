"""An answer of 5 KB: the API on uvicorn against a bare ASGI application on the same server.

The server runs in a process of its own and is charged for its CPU time only. Ours is measured twice. First with the use
case answered from memory, which is what the HTTP side itself costs: most of that is two changes of thread, for the
caller is looked up before the body is read, and both wait for a database. Then with everything, against a bare
application that makes one row durable before it answers, as an audit event must be before a figure leaves.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import socket
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.report import is_full, print_row
from service.adapters.database import upgrade
from service.api import ApiSettings, Rates, create_app
from service.api.schemas.releases import release_bytes
from service.composition.build import open_application
from service.composition.settings import Settings
from service.domain.audit import Action, AuditEvent, EventCode
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.policy import Permit, Query
from service.domain.principal import Operator, Person, Role
from service.domain.release import Release, ReleaseView, Revision
from service.domain.request import AggregateRequest, RequestSpec, RequestState
from service.ports.identity import Identified
from service.use_cases.call import Call, Services
from service.use_cases.invite_organisation import invite_organisation

RELEASE = "01939b2c-0000-7000-8000-000000000000"
MANY = 10**9
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOAL = 3.5


class Silent:
    """An access log that keeps nothing."""

    def answered(self, **_: object) -> None:
        """An answer was given."""

    def failed(self, error: Exception, **_: object) -> None:
        """End the benchmark."""
        raise error


class Known:
    """One person with one token."""

    def identify(self, token: str) -> Identified:
        """The person."""
        if token != "token":  # noqa: S105 - a made-up one
            raise ValueError("another token")
        return Identified(Person("https://login.example", "owner", frozenset({Role.REGIONAL_OWNER}), "board"))


def release() -> Release:
    cells = [{"codes": [f"S080000{n:02}", "TOTAL"], "status": "A", "value": 1000 + n} for n in range(80)]
    dimensions = [{"dimension": "region"}, {"dimension": "care_form"}]
    tables = [{"cells": cells, "measure": "staffed_bed_days", "unit": "bed days"}]
    content = json.dumps({"dimensions": dimensions, "tables": tables}, separators=(",", ":"))
    return Release(
        id=RELEASE,
        request="r",
        data_set="staffed-beds",
        purpose="regional-capacity-planning",
        rounds=("staffed-beds-2019",),
        version=1,
        recipients=frozenset({"board"}),
        content=content,
        content_digest="sha-256:" + "0" * 64,
        key_id="k" * 43,
        signature="s" * 86,
        inputs=(),
        released_at=AT,
    )


BODY = release_bytes(ReleaseView(release(), Revision.NONE))


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await receive()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})


@contextmanager
def durable_side(directory: Path) -> Iterator[ASGIApp]:
    database = sqlite3.connect(directory / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, event TEXT)")
    event = "x" * 800

    async def durable(scope: Scope, receive: Receive, send: Send) -> None:
        database.execute("INSERT INTO events (event) VALUES (?)", (event,))
        await bare(scope, receive, send)

    yield durable
    database.close()


class Memory:
    """A database that holds one release and keeps nothing."""

    def __init__(self) -> None:
        self.organisations = self.releases = self.submissions = self
        self._release = release()

    def begin(self) -> AbstractContextManager[Any]:
        """A transaction."""
        return nullcontext(self)

    look = begin

    def get(self, name: str) -> Any:
        """The release, or the organisation that may read it."""
        if name == RELEASE:
            return self._release
        agreement = Agreement("VO-1", date(2026, 1, 1))
        return Organisation(name, name, frozenset({OrganisationKind.REGIONAL_OWNER}), name, agreement)

    def revised(self, *_: object, **__: object) -> dict[str, str]:
        """None."""
        return {}

    def counting_parts(self, *_: object) -> tuple[()]:
        """Nothing, as the release was made of nothing."""
        return ()

    def commit(self, event: AuditEvent) -> None:
        """Keep nothing."""

    def ready(self) -> bool:
        """Always."""
        return True


class Permissive:
    """Permits everything."""

    policy_hash = "sha-256:" + "0" * 64

    def decide(self, query: Query) -> Permit:
        """Yes."""
        return Permit(self.policy_hash, (query.action,))


def application(services: Services) -> ASGIApp:
    return create_app(
        services,
        Known(),
        settings=ApiSettings(rates=Rates(MANY, MANY, MANY, MANY, MANY)),
        jwks=list,
        access_log=Silent(),
    )


@contextmanager
def services(directory: Path) -> Iterator[Services]:
    settings = Settings(data_directory=directory)
    upgrade(settings.url)
    with open_application(settings) as opened:
        yield opened.services


def fill(real: Services) -> None:
    call = Call(real, Operator("benchmark"), "console", "-")
    agreement = Agreement("VO-1", date(2026, 1, 1))
    invite_organisation(
        call, Organisation("board", "board", frozenset({OrganisationKind.REGIONAL_OWNER}), "board", agreement)
    )
    spec = RequestSpec(
        "staffed-beds", "regional-capacity-planning", (), ("2019",), ("staffed_bed_days",), "b", "n", "w"
    )
    asked = AggregateRequest("r", "p", "board", spec, RequestState.PERMITTED, AT, "{}", "-", 1)
    with call.transact(EventCode("release.create", Action.CREATE, "release")) as step:
        step.data.requests.add(asked)
        step.data.releases.add(release())


@contextmanager
def whole(directory: Path) -> Iterator[ASGIApp]:
    with services(directory) as real:
        fill(real)
        yield application(real)


@contextmanager
def http_side(directory: Path) -> Iterator[ASGIApp]:
    with services(directory) as real:
        memory: Any = Memory()
        yield application(dataclasses.replace(real, database=memory, policy=Permissive()))


@contextmanager
def bare_side(_directory: Path) -> Iterator[ASGIApp]:
    yield bare


def serve(make: Callable[[Path], AbstractContextManager[ASGIApp]], port: Connection) -> None:
    with tempfile.TemporaryDirectory() as directory, make(Path(directory)) as app:
        listening = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # else asyncio leaves Nagle on
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port.send(listening.getsockname()[1])
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listening])


def cpu_per_request(make: Callable[[Path], AbstractContextManager[ASGIApp]], requests: int) -> float:
    """Seconds of the server's CPU per request; the best of three rounds."""
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(make, there), daemon=True)
    process.start()
    there.close()
    port = here.recv()
    try:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            ask(connection, requests // 4)
            rounds = []
            for _ in range(3):
                before = cpu_seconds(process.pid)
                ask(connection, requests)
                rounds.append((cpu_seconds(process.pid) - before) / requests)
            return min(rounds)
    finally:
        process.terminate()
        process.join()


def ask(connection: socket.socket, times: int) -> None:
    asked = (
        f"GET /v1/releases/{RELEASE} HTTP/1.1\r\nHost: sluis.example\r\nAuthorization: Bearer token\r\n"
        "Accept: application/json\r\n\r\n"
    ).encode()
    for _ in range(times):
        connection.sendall(asked)
        heard = connection.recv(65_536)
        if not heard.startswith(b"HTTP/1.1 200"):
            raise ValueError(heard.decode())
        head, _, body = heard.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65_536)


def cpu_seconds(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    requests = 4_000 if is_full() else 1_500
    limit, durable = cpu_per_request(bare_side, requests), cpu_per_request(durable_side, requests)
    ours, everything = cpu_per_request(http_side, requests), cpu_per_request(whole, requests)
    print_row("GET of a release of 5 KB: HTTP side", ours, "bare ASGI", limit, GOAL)
    print_row("GET of a release of 5 KB: all of it", everything, "bare ASGI, one durable row", durable, GOAL)

"""The HTTP API on the real parts (database, policy, keys, part store), with people who need no provider.

Only the log-in of people is stood in for: `People` gives a person for a made-up token, as a provider would.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from agreed import agreed_with
from asgi_client import AsgiClient, asgi_client
from bundles import ruled
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from token_maker import SetClock, ec_jwk, ec_key, seal

from service.adapters.bundle.stated import StatedPurposes
from service.adapters.clock import SystemRandomness
from service.adapters.clock_watch import KernelClockWatch
from service.adapters.database import SqlDatabase, upgrade
from service.adapters.duckdb_engine import DuckDbEngine
from service.adapters.identity.machine import JoseMachineTokens
from service.adapters.keystore import load_service_keys
from service.adapters.log_signing import Ed25519LogSigner
from service.adapters.parts import FileSystemPartStore
from service.api import ApiSettings, Rates, create_app
from service.composition.worker import Worker
from service.domain.audit import AuditEvent
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.principal import Operator, Person, Role
from service.domain.public_figures import Fetched, PublicSource
from service.ports.identity import Identified, NotAuthenticated, TokenFault
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.call import Call, Services
from service.use_cases.invite_organisation import invite_again, invite_organisation
from service.use_cases.sequence_log import sequence_log
from sluis_client import wire

ISSUER = "https://sluis.example"
LOG_SIGNER = Ed25519LogSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "sluis.example/v1/log")
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROUND = "staffed-beds-2019"
PEOPLE_ISSUER = "https://login.example"


@dataclass
class People:
    """Who has which token; any other is asked of the service's own machine tokens."""

    machine: JoseMachineTokens
    clock: SetClock
    known: dict[str, Identified] = field(default_factory=dict)
    unreachable: bool = False

    def identify(self, token: str) -> Identified:
        if self.unreachable:
            raise NotAuthenticated(TokenFault.PROVIDER_UNREACHABLE)
        if token in self.known:
            return self.known[token]
        return self.machine.verify_access_token(token, now=self.clock.now())

    def add(self, name: str, *roles: Role, organisation: str | None, withheld: Sequence[Role] = ()) -> str:
        person = Person(PEOPLE_ISSUER, name, frozenset(roles), organisation)
        self.known[f"person.{name}"] = Identified(person, frozenset(withheld))
        return f"person.{name}"


@dataclass
class Log:
    """The access log, kept."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def answered(self, **line: Any) -> None:
        self.answers.append(line)

    def failed(self, error: Exception, *, route: str, trace_id: str) -> None:
        self.failures.append(error)


@dataclass
class World:
    """The service and those who use it."""

    app: FastAPI
    client: AsgiClient
    services: Services
    people: People
    worker: Worker
    clock: SetClock
    log: Log
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    numbers: int = 0

    def call(self, method: str, path: str, who: str | None = None, **more: Any) -> Any:
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {who}"
        return self.client.request(method, path, headers=headers, **more)

    def operator(self) -> Call:
        return Call(self.services, Operator("tester"), "console", "00000000-0000-4000-8000-000000000001")

    # organisations and machine clients

    def invite(self, organisation: str, *kinds: OrganisationKind) -> str:
        agreement = Agreement("VO-2026-001", date(2026, 1, 1))
        kinds = kinds or (OrganisationKind.SUPPLIER,)
        new = Organisation(organisation, f"Name of {organisation}", frozenset(kinds), organisation, agreement)
        code = invite_organisation(self.operator(), new).code
        agreed_with(self.services.database, organisation)
        return code

    def invite_again(self, organisation: str) -> str:
        return invite_again(self.operator(), organisation).code

    def registration(self, code: str, number: int) -> dict[str, Any]:
        key = ec_key(number)
        claims = {"aud": ISSUER, "sub": hashlib.sha256(code.encode()).hexdigest(), **self._times()}
        return {"code": code, "publicKey": ec_jwk(key), "proof": seal(_header(key), claims, key)}

    def onboard(self, organisation: str) -> str:
        """A machine client's access token."""
        self.numbers += 1
        code = self.invite(organisation)
        made = self.call("POST", "/v1/registrations", json=self.registration(code, self.numbers))
        assert made.status_code == 201, made.text
        self.keys[organisation] = ec_key(self.numbers)
        return self.token(organisation)

    def token(self, organisation: str) -> str:
        answer = self.call("POST", "/v1/oauth/token", data=self.token_form(organisation))
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def token_form(self, organisation: str, **claims: Any) -> dict[str, str]:
        key = self.keys[organisation]
        made = {"iss": organisation, "sub": organisation, "aud": ISSUER, **self._times(), **claims}
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": seal(_header(key), made, key),
        }

    def _times(self) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        return {"iat": now, "exp": now + 240, "jti": self.services.randomness.new_id()}

    # rounds and deliveries

    def open_round(self, steward: str, expected: Sequence[str], period: str = "2019") -> str:
        body = {
            "dataSet": "staffed-beds",
            "period": period,
            "expected": list(expected),
            "deadline": "2026-04-01T00:00:00Z",
        }
        made = self.call("POST", "/v1/rounds", steward, json=body)
        assert made.status_code == 201, made.text
        state = f"/v1/rounds/{made.json()['id']}/state"
        assert self.call("PUT", state, steward, json={"state": "open"}).status_code == 200
        return made.json()["id"]

    def manifest(self, organisation: str, content: bytes, **changes: Any) -> wire.Manifest:
        made = wire.Manifest(
            data_set="staffed-beds",
            data_set_version=1,
            round=ROUND,
            supplier=organisation,
            format=wire.Format.JSON,
            rows=None,
            content_digest=wire.digest(content),
            content_size=len(content),
            nonce=wire.base64url(self.services.randomness.key(16)),
            created_at=self.clock.now(),
        )
        return replace(made, **changes)

    def signed(self, organisation: str, manifest: wire.Manifest) -> dict[str, Any]:
        key = self.keys[organisation]
        return wire.SignedManifest(
            manifest, wire.jwk_thumbprint(wire.public_jwk(key.public_key())), wire.sign_manifest(manifest, key)
        ).to_json()

    def submission(self, organisation: str, records: Sequence[Mapping[str, Any]], **changes: Any) -> dict[str, Any]:
        content = wire.content_of_records(records)
        signed = self.signed(organisation, self.manifest(organisation, content, **changes))
        return {**signed, "records": list(records)}

    def deliver(self, organisation: str, token: str, records: Sequence[Mapping[str, Any]], **more: Any) -> Any:
        body = self.submission(organisation, records, **more)
        headers = {"Idempotency-Key": self.services.randomness.new_id()}
        return self.call("POST", "/v1/submissions", token, json=body, headers=headers)

    def work(self) -> None:
        """Let worker and sequencer do what there is to do."""
        for _ in range(2):
            assert self.worker.run_once(self.services)
            while sequence_log(self.services.database, LOG_SIGNER, self.clock) is not None:
                pass

    # the log

    def events(self, **filters: Any) -> list[AuditEvent]:
        with self.services.database.look() as data:
            return list(data.audit.page(AuditFilter(**filters), Page(500))[0])


MANY = Rates(10**6, 10**6, 10**6, 10**6, 10**6)


class NoPublisher:
    """No route fetches public figures."""

    def fetch(self, source: PublicSource, year: int) -> Fetched:
        raise AssertionError(source.id, year)


class Asleep:
    """Work waits until a test does it."""

    def wake(self) -> None:
        """Nothing."""


@contextmanager
def open_world(
    directory: Path, *, rates: Rates | None = None, bound_only: bool = False, **settings: Any
) -> Iterator[World]:
    """A service with an empty database."""
    clock, randomness = SetClock(START), SystemRandomness()
    url = f"sqlite:///{directory / 'sluis.db'}"
    upgrade(url)
    bundle, engine = ruled()
    keys = load_service_keys(directory / "keys", create=True)
    machine = JoseMachineTokens(
        issuer=ISSUER,
        token_endpoint=f"{ISSUER}/v1/oauth/token",
        audience=ISSUER,
        signing_key=keys.token_key,
        new_id=randomness.new_id,
        bound_only=bound_only,
    )
    (directory / "parts").mkdir()
    database = SqlDatabase(url, random_bytes=randomness.key)
    services = Services(
        database=database,
        clock=clock,
        clock_watch=KernelClockWatch(),
        randomness=randomness,
        policy=engine,
        catalogue=bundle.catalogue,
        purposes=StatedPurposes(),
        parts=FileSystemPartStore(directory / "parts"),
        engine=DuckDbEngine(),
        keys=keys.store,
        signer=keys.signer,
        tokens=machine,
        jobs=Asleep(),
        public_figures=NoPublisher(),
        issuer=ISSUER,
        instance="test-1",
    )
    people, log = People(machine, clock), Log()
    app = create_app(
        services,
        people,
        settings=ApiSettings(rates=rates or MANY, **settings),
        jwks=lambda: [*machine.public_keys(), *keys.signer.public_keys()],
        access_log=log,
    )
    worker = Worker(randomness, interval=1, report=lambda *_: None)
    try:
        with asgi_client(app) as client:
            yield World(app, client, services, people, worker, clock, log)
    finally:
        database.dispose()


def records(first: int = 100, second: int = 40) -> list[dict[str, Any]]:
    """Two good rows of the data set `staffed-beds` for 2019."""
    return [
        _row("2019Q1", "accident-emergency", first, first // 2),
        _row("2019Q2", "anaesthetics", second, second // 2),
    ]


def _row(period: str, care_form: str, staffed: int, occupied: int) -> dict[str, Any]:
    return {
        "period": period,
        "region": "S08000015",
        "care_form": care_form,
        "staffed_bed_days": staffed,
        "occupied_bed_days": occupied,
    }


def _header(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    return {"alg": "ES256", "typ": "JWT", "kid": wire.jwk_thumbprint(wire.public_jwk(key.public_key()))}


def request_body(**changes: Any) -> dict[str, Any]:
    """A useful request for an aggregate."""
    return {
        "dataSet": "staffed-beds",
        "purpose": "regional-capacity-planning",
        "dimensions": [
            {"dimension": "period", "level": "quarter"},
            {"dimension": "region", "level": "health-board"},
            {"dimension": "care_form", "level": "specialty"},
        ],
        "periods": ["2019"],
        "measures": ["staffed_bed_days"],
        "bottleneck": "There are too few beds in winter.",
        "necessity": "Only the sum of all shows where.",
        "whyNothingLess": "National figures hide the regions.",
        **changes,
    }


def as_json(value: object) -> str:
    return json.dumps(value)

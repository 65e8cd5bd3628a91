"""How every use case runs: one transaction, one authorisation, one audit event (audit.md, NEN 7513).

`Call.transact` is the only way to write. What the block wrote and its event are committed together; when the block
raises, everything is rolled back and the denial or failure is recorded in a transaction of its own, so that a
rollback cannot erase it. A read that needs an event uses `transact` too: the event is durable before data returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from threading import BoundedSemaphore
from typing import TypeVar

from service.domain.agreement import Grounds
from service.domain.audit import AuditEvent, Authorisation, EventCode, Outcome, Source
from service.domain.caller import Caller
from service.domain.catalogue import Catalogue
from service.domain.decision_text import NamedPurpose, purpose_named
from service.domain.errors import Denied, DomainError, NotFound
from service.domain.organisation import Organisation
from service.domain.policy import Decision, Deny, Permit, Query
from service.domain.principal import Principal, Role
from service.domain.purpose import Purpose
from service.domain.release import Release
from service.domain.request import AggregateRequest
from service.domain.request_facts import civil_day
from service.domain.submission import CountingPart
from service.ports.clock import Clock, ClockWatch, Randomness
from service.ports.engine import AggregationEngine
from service.ports.identity import MachineTokens, NotAuthenticated
from service.ports.jobs import Jobs
from service.ports.keys import KeyStore, Signature, Signer
from service.ports.mail import Mailer
from service.ports.parts import PartStore
from service.ports.policy import PolicyEngine
from service.ports.pseudonyms import NoKeyHolder, PseudonymKeys
from service.ports.public_figures import PublicFigures
from service.ports.purposes import PurposeDocuments
from service.ports.unit_of_work import Database, UnitOfWork
from service.use_cases.catalogue_in_force import in_force
from service.use_cases.one_at_a_time import OneAtATime
from service.use_cases.recent import Recent
from sluis_client.wire import NONCE_BYTES, base64url

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one caller may ask for; sizes in bytes, times in seconds.

    A table of more cells would keep the worker from everyone else's request: the requester gets to hear that a coarser
    one is needed. So are the tries bounded that look for one: after a refusal for offers, for a safe table for what
    the stewards would gain by less detail. `open_requests` are those of one organisation at the same time: each costs
    the worker and the stewards, and many answers side by side are what an attack is made of. `uploads_size` is what one
    organisation announced of deliveries that still come in, so that nobody fills the disk alone.
    """

    content_size: int = 4 * 1024**3
    uploads_size: int = 16 * 1024**3
    piece_size: int = 8 * 1024 * 1024
    clock_skew: int = 300
    invitation_life: int = 7 * 24 * 3600
    upload_life: int = 7 * 24 * 3600
    table_cells: int = 8_000
    offer_tries: int = 12
    gain_tries: int = 4
    coarser_seconds: int = 30
    open_requests: int = 20


CHECKS_AT_ONCE = 2
"""Contents that are unpacked and checked at the same time: each takes some 0.2 GB and 8 bytes of each row."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything outside the domain that a use case may reach, made once by `service.composition`."""

    database: Database
    clock: Clock
    clock_watch: ClockWatch
    randomness: Randomness
    policy: PolicyEngine
    catalogue: Catalogue
    purposes: PurposeDocuments
    parts: PartStore
    engine: AggregationEngine
    keys: KeyStore
    signer: Signer
    tokens: MachineTokens
    jobs: Jobs
    public_figures: PublicFigures
    issuer: str
    instance: str
    mailer: Mailer | None = None
    limits: Limits = field(default_factory=Limits)
    checking: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(CHECKS_AT_ONCE))
    completing: OneAtATime = field(default_factory=OneAtATime)
    answered: Recent[object] = field(default_factory=Recent)
    widened: Recent[Catalogue] = field(default_factory=Recent)
    pseudonyms: PseudonymKeys = field(default_factory=NoKeyHolder)


@dataclass(frozen=True, slots=True)
class Behalf:
    """For whom somebody else acts: the responsible user or organisation, its role, and the organisation."""

    user: str
    role: Role
    organisation: str


@dataclass(slots=True)
class Step:
    """The open transaction of one use case, and what its event will say."""

    call: Call
    code: EventCode
    event_id: str
    now: datetime
    opened: UnitOfWork | None = None
    object_id: str | None = None
    query: str | None = None
    sensitivity: str | None = None
    on_behalf_of: Behalf | None = None
    acting: Organisation | None = None
    pseudonym_domain: str | None = None
    persons: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    commitment: str | None = None
    authorisation: Authorisation = field(default_factory=Authorisation)
    outcome: Outcome = Outcome.SUCCESS
    reasons: tuple[str, ...] = ()
    more: list[Step] = field(default_factory=list)

    def beside(self, code: EventCode) -> Step:
        """Something else that this transaction does, with an event of its own once it stands in `more`."""
        return Step(self.call, code, self.call.services.randomness.new_id(), self.now, self.opened, acting=self.acting)

    @property
    def data(self) -> UnitOfWork:
        """The repositories of the open transaction."""
        if self.opened is None:
            raise RuntimeError("the transaction is not open")
        return self.opened

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force at this moment: the bundle, and the purposes and classifications that people approved.

        It is read anew each time, for while a transaction waits for a lock somebody may suspend a purpose; the object
        is the same as long as nothing changed.
        """
        return self.in_force(self.call.services.catalogue)

    def in_force(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue of a bundle with what people approved, as it stands at this moment."""
        return in_force(self.call.services.purposes, self.call.services.widened, self.data, catalogue)

    def caller(self) -> Caller:
        """Who asks, with the stored organisation, for the questions of `service.domain.facts`."""
        principal = self.call.principal
        own = self.known(self.data.organisations.get, principal.organisation) if principal.organisation else None
        self.acting = own
        if own is not None and self.authorisation.agreement is None:
            self.name(agreement=own.agreement.reference)
        return Caller(principal, own, self.now)

    def grounds(
        self, data_set: str, version: int | None, parts: Iterable[CountingPart], *, lock: bool = False
    ) -> Grounds:
        """What there is today to use these deliveries on; with `lock` it stays so until the end."""
        in_force, used = self.data.agreements.in_force(data_set, civil_day(self.now), lock=lock), tuple(parts)
        return Grounds(
            tuple(in_force),
            self._asks_consent(data_set, version),
            frozenset(part.organisation for part in used),
            frozenset(part.organisation for part in used if part.served_by is not None),
        )

    def own_grounds(self, data_set: str, version: int, supplier: str) -> Grounds:
        """What there is today for a supplier to deliver on; nothing is looked up about anybody else."""
        in_force = self.data.agreements.in_force(data_set, civil_day(self.now), party=supplier)
        return Grounds(tuple(in_force), self._asks_consent(data_set, version), frozenset({supplier}))

    def _asks_consent(self, data_set: str, version: int | None) -> bool:
        found = self.known(partial(self.call.services.catalogue.data_set, version=version), data_set)
        return found is None or found.supplier_consent

    def known(self, get: Callable[[str], Found], name: str) -> Found | None:
        """The object, or None when it does not exist: its absence is a fact that the policy answers to."""
        try:
            return get(name)
        except NotFound:
            return None

    def decide(self, query: Query, *, names_object: bool = True) -> Decision:
        """Ask the policy; the event will name the bundle and what determined the answer.

        Args:
            query: the question.
            names_object: whether the question is about the object of the event, which then gets its id.
        """
        decision = self.call.services.policy.decide(query)
        permitted = isinstance(decision, Permit)
        self.authorisation = replace(
            self.authorisation,
            policy_hash=decision.policy_hash,
            policies=decision.policies if isinstance(decision, Permit) else (),
            decision="permit" if permitted else "deny",
        )
        if names_object and self.object_id is None:
            self.object_id = query.resource.id
        return decision

    def authorise(self, query: Query, *, names_object: bool = True) -> Permit:
        """Ask the policy and stop when it denies.

        Raises:
            Denied: with every reason.
        """
        match self.decide(query, names_object=names_object):
            case Permit() as permit:
                return permit
            case Deny(reasons=reasons):
                raise Denied(reasons)

    def name(
        self,
        *,
        purpose: str | None = None,
        described: Purpose | NamedPurpose | None = None,
        agreement: str | None = None,
        permit: str | None = None,
    ) -> None:
        """Add to the event under which purpose (as `described` where it is known), agreement or permit this happens."""
        so_far = self.authorisation
        self.authorisation = replace(
            self.authorisation,
            purpose=purpose or so_far.purpose,
            legal_basis=described.legal_basis if described else so_far.legal_basis,
            purpose_version=described.version if described else so_far.purpose_version,
            purpose_digest=described.digest if described else so_far.purpose_digest,
            agreement=agreement or self.authorisation.agreement,
            permit=permit or self.authorisation.permit,
        )

    def under(self, request: AggregateRequest) -> None:
        """Let the event say that this rests on a request: its figures, its permit, and the purpose as it was then."""
        self.about(request.spec.data_set)
        self.name(purpose=request.spec.purpose, described=purpose_named(request.decision), permit=request.id)

    def under_release(self, release: Release) -> None:
        """Let the event say that this rests on a release: its figures, its permit, and the purpose as it was then."""
        self.about(release.data_set)
        self.name(purpose=release.purpose, described=purpose_named(release.terms), permit=release.request)

    def carry_on(self, request: AggregateRequest) -> None:
        """As `under`; and the caller acts on behalf of whoever asked."""
        self.on_behalf_of = Behalf(request.requester, Role.REGIONAL_OWNER, request.organisation)
        self.under(request)

    def checked(self, *checks: str) -> None:
        """Add to the event what was looked at."""
        self.checks += checks

    def uses_key(self, kind: str, *names: str) -> None:
        """Add to the event which keys of the service were used."""
        self.keys += tuple(f"{kind}:{name}" for name in names)

    def about(self, data_set: str, purpose: str | None = None, catalogue: Catalogue | None = None) -> None:
        """Let the event say how sensitive the figures are, and for which purpose and on which basis they are used.

        What the catalogue (in force, unless it is given) does not know is left out: that is for the policy to say.
        """
        found = self.known(self.call.services.catalogue.data_set, data_set)
        if found is not None:
            self.sensitivity = ",".join(sorted(found.sensitivity))
        if purpose is not None:
            self.name(purpose=purpose, described=self.known((catalogue or self.catalogue).purpose, purpose))

    def sign(self, prefix: bytes, payload: bytes) -> Signature:
        """Sign with the service's key; the event names it."""
        signature = self.call.services.signer.sign(prefix, payload)
        self.uses_key("signing-key", signature.key_id)
        return signature

    def nonce(self) -> str:
        """Random bytes, in base64url, that hide what the event commits to."""
        return base64url(self.call.services.randomness.key(NONCE_BYTES))

    def conclude(self, outcome: Outcome, reasons: tuple[str, ...]) -> None:
        """Let the event say that the action, though carried out and stored, ended otherwise than well."""
        self.outcome, self.reasons = outcome, reasons

    def event(self) -> AuditEvent:
        """The event as it stands."""
        caller = self.call.principal
        return AuditEvent(
            id=self.event_id,
            code=self.code.code,
            action=self.code.action,
            recorded=self.now,
            user=caller.id,
            role=",".join(sorted(caller.roles)) or "none",
            organisation=caller.organisation,
            on_behalf_of=self.on_behalf_of.user if self.on_behalf_of else None,
            object_type=self.code.object_type,
            object_id=self.object_id,
            query=self.query,
            sensitivity=self.sensitivity,
            authorisation=self.authorisation,
            outcome=self.outcome,
            reasons=self.reasons,
            source=Source("sluis", self.call.services.instance, self.call.access_point, self.call.trace_id),
            organisation_identifier=_identifier(self.acting),
            on_behalf_of_role=self.on_behalf_of.role.value if self.on_behalf_of else None,
            on_behalf_of_organisation=self.on_behalf_of.organisation if self.on_behalf_of else None,
            pseudonym_domain=self.pseudonym_domain,
            persons=self.persons,
            checks=self.checks,
            keys=self.keys,
            commitment=self.commitment if self.outcome is Outcome.SUCCESS else None,
        )


@dataclass(frozen=True, slots=True)
class Call:
    """One call: who asks, through which access point, and the services that answer."""

    services: Services
    principal: Principal
    access_point: str
    trace_id: str

    @contextmanager
    def transact(self, code: EventCode) -> Iterator[Step]:
        """A transaction that commits with its event, or leaves only the record of its denial or failure."""
        with self._recorded(code) as step, self.services.database.begin() as step.opened:
            yield step
            if code.refusals_only and step.outcome is Outcome.SUCCESS:
                raise RuntimeError(f"{code.code} is declared to leave an event for refusals only")
            step.data.commit(step.event(), *(one.event() for one in step.more))

    @contextmanager
    def look(self, code: EventCode) -> Iterator[Step]:
        """A reading transaction for what needs no event when it succeeds; a denial or failure is recorded."""
        with self._recorded(code) as step, self.services.database.look() as step.opened:
            yield step

    @contextmanager
    def between(self, code: EventCode, object_id: str | None = None) -> Iterator[None]:
        """Long work between two transactions, so that nobody waits for it; what fails there is recorded too."""
        with self._recorded(code) as step:
            step.object_id = object_id
            yield

    @contextmanager
    def _recorded(self, code: EventCode) -> Iterator[Step]:
        step = Step(self, code, self.services.randomness.new_id(), self.services.clock.now())
        try:
            yield step
        except Denied as denied:
            self._record(step, Outcome.DENIED, tuple(reason.code for reason in denied.reasons))
            raise
        except NotAuthenticated as refusal:
            self._record(step, Outcome.DENIED, (refusal.code,))
            raise
        except DomainError as refusal:
            self._record(step, Outcome.FAILED, (refusal.code,))
            raise
        except Exception:
            self._record(step, Outcome.FAILED, ("internal-error",))
            raise

    def _record(self, step: Step, outcome: Outcome, reasons: tuple[str, ...]) -> None:
        step.conclude(outcome, reasons)
        with self.services.database.begin() as data:
            data.commit(step.event())


def unknown_names(step: Step, data_sets: Iterable[str], purposes: Iterable[str]) -> list[tuple[str, str]]:
    """A fault for each data set and purpose that does not exist, or is not in force."""
    catalogue = step.catalogue
    faults = [(f"dataSets: {one}", "does-not-exist") for one in data_sets if not step.known(catalogue.data_set, one)]
    faults += [(f"purposes: {one}", "does-not-exist") for one in purposes if not step.known(catalogue.purpose, one)]
    return sorted(set(faults))


def _identifier(organisation: Organisation | None) -> str | None:
    """The OIN where there is one, else another identifier of the organisation."""
    given = dict(organisation.identifiers) if organisation else {}
    label = "oin" if "oin" in given else next(iter(sorted(given)), None)
    return f"{label}:{given[label]}" if label else None

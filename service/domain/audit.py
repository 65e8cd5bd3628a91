"""The audit event (NEN 7513:2018) and the closed list of event codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What was done, with the letters of NEN 7513 and FHIR AuditEvent.action."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"


class Outcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    DENIED = "denied"
    FAILED = "failed"


class Fact(StrEnum):
    """What an event of some kind always says when it went well, beside who, what, when, where and how it ended."""

    OBJECT = "object"
    POLICY = "policy"
    BEHALF = "on behalf of"
    PURPOSE = "purpose"
    AGREEMENT = "agreement"
    PERMIT = "permit"
    SENSITIVITY = "sensitivity"
    QUERY = "query"
    CHECKS = "checks"
    KEYS = "keys"
    COMMITMENT = "commitment"


DECIDED = frozenset({Fact.OBJECT, Fact.POLICY})
"""What every action that the policy decided about says."""
DELIVERING = DECIDED | {Fact.AGREEMENT, Fact.SENSITIVITY}
"""What a supplier does with its delivery, under its agreement."""
PURPOSEFUL = DECIDED | {Fact.PURPOSE, Fact.PERMIT, Fact.SENSITIVITY}
"""What is done with figures, under a purpose and the permit of one request."""


APPROVING = ("agreement.judge", "purpose.approve", "request.review")
"""The codes of what somebody approves as the second pair of eyes; their reason says whether."""


@dataclass(frozen=True, slots=True)
class EventCode:
    """A kind of event: its stable code, action, the type of object it is about, and what it always says.

    What is `refusals_only` leaves an event when it is denied or fails, and none when it goes well: it showed no figure,
    no evidence and nothing of the log. `service.use_cases.call` holds it to that.
    """

    code: str
    action: Action
    object_type: str
    always: frozenset[Fact] = DECIDED
    refusals_only: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where the event was recorded and through which access point the call came."""

    observer: str
    instance: str
    access_point: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Under which rules it was decided: the bundle, and the version and digest of the purpose.

    `decision` is `permit` or `deny`; None when nothing was asked of the policy. `agreement` is the reference of the
    agreement with the organisation that acts or is acted on, `permit` the id of the permitted request that the use of
    figures rests on.
    """

    policy_hash: str | None = None
    policies: tuple[str, ...] = ()
    purpose: str | None = None
    legal_basis: str | None = None
    agreement: str | None = None
    permit: str | None = None
    decision: str | None = None
    purpose_version: int | None = None
    purpose_digest: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event, complete by NEN 7513:2018; it holds no record, no token and no free text of a user.

    Attributes:
        id: UUID version 7.
        code: of `EventCode`.
        action: what was done.
        recorded: when, in UTC.
        user: who: a client id, the issuer and subject of a person, an account of the machine, or a worker.
        role: the roles of the user, with commas.
        organisation: of the user.
        on_behalf_of: the responsible user, or organisation, for whom the user carries something on.
        object_type: of what it was done to.
        object_id: which one; None when there was none yet.
        query: what was asked, as a search that can be done again, or as JSON.
        sensitivity: of the figures, with commas.
        authorisation: why it was allowed.
        outcome: how it ended.
        reasons: the codes of why it ended so.
        source: where it was recorded.
        organisation_identifier: `oin:...` or `agb:...` of the organisation of the user.
        on_behalf_of_role: the role of the responsible user.
        on_behalf_of_organisation: the organisation for which the user acts.
        pseudonym_domain: within what the persons have their pseudonyms, when the figures are of persons.
        persons: the pseudonyms of those whom the event is about by name; who is in a delivery, the index knows.
        checks: what was looked at before it was done.
        keys: keys of the service that were used, each as `kind:name`.
        commitment: to the release or receipt that came about with it (`sluis_client.wire.commitment`).
    """

    id: str
    code: str
    action: Action
    recorded: datetime
    user: str
    role: str
    organisation: str | None
    on_behalf_of: str | None
    object_type: str
    object_id: str | None
    query: str | None
    sensitivity: str | None
    authorisation: Authorisation
    outcome: Outcome
    reasons: tuple[str, ...]
    source: Source
    organisation_identifier: str | None = None
    on_behalf_of_role: str | None = None
    on_behalf_of_organisation: str | None = None
    pseudonym_domain: str | None = None
    persons: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    commitment: str | None = None

    def says(self, fact: Fact) -> bool:
        """Whether the event says this."""
        return all(_SAYS[fact](self))


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it lies in the log: the canonical payload that its leaf commits to, salt, and index if it has one."""

    index: int | None
    salt: bytes
    payload: str
    event: AuditEvent


@dataclass(frozen=True, slots=True)
class Reading:
    """How often, first and last an organisation read a release."""

    organisation: str
    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Volume:
    """How many events of one user and code ended so in one hour, which begins at `hour` (UTC)."""

    user: str
    organisation: str | None
    code: str
    outcome: Outcome
    hour: datetime
    count: int


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A search of the log that an auditor keeps; `query` is the query string of the API, without a person in it."""

    id: str
    owner: str
    name: str
    query: str
    saved_at: datetime


_SAYS: Mapping[Fact, Callable[[AuditEvent], tuple[object, ...]]] = {
    Fact.OBJECT: lambda e: (e.object_id,),
    Fact.POLICY: lambda e: (e.authorisation.policy_hash, e.authorisation.policies, e.authorisation.decision),
    Fact.BEHALF: lambda e: (e.on_behalf_of, e.on_behalf_of_role, e.on_behalf_of_organisation),
    Fact.PURPOSE: lambda e: (
        e.authorisation.purpose,
        e.authorisation.legal_basis,
        e.authorisation.purpose_version,
        e.authorisation.purpose_digest,
    ),
    Fact.AGREEMENT: lambda e: (e.authorisation.agreement,),
    Fact.PERMIT: lambda e: (e.authorisation.permit,),
    Fact.SENSITIVITY: lambda e: (e.sensitivity,),
    Fact.QUERY: lambda e: (e.query,),
    Fact.CHECKS: lambda e: (e.checks,),
    Fact.KEYS: lambda e: (e.keys,),
    Fact.COMMITMENT: lambda e: (e.commitment,),
}

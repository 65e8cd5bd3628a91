"""The audit event (NEN 7513:2018) and the closed list of event codes."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class EventCode:
    """A kind of event: its stable code, action, and the type of object it is about."""

    code: str
    action: Action
    object_type: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the event was recorded and through which access point the call came."""

    observer: str
    instance: str
    access_point: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Under which rules it was decided: bundle hash, determining policies, and the purpose's own terms."""

    policy_hash: str | None = None
    policies: tuple[str, ...] = ()
    purpose: str | None = None
    legal_basis: str | None = None
    agreement: str | None = None
    permit: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event, complete by the table in audit.md; it holds no record, no token and no free text of a user."""

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

"""Audit events."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from service.api.schemas.base import ABSENT, Answer, Input, Moment, plain
from service.domain.audit import AuditEvent, SavedQuery
from service.domain.signals import Signal
from service.domain.texts_signals import text_of_signal


class SourceAnswer(Answer):
    """Where the event was recorded, and through which access point the call came."""

    observer: str
    instance: str
    access_point: str
    trace_id: str


class AuthorisationAnswer(Answer):
    """Under which rules it was decided."""

    policy_hash: str | None = ABSENT
    policies: list[str]
    purpose: str | None = ABSENT
    purpose_version: int | None = ABSENT
    purpose_digest: str | None = ABSENT
    legal_basis: str | None = ABSENT
    agreement: str | None = ABSENT
    permit: str | None = ABSENT
    decision: str | None = ABSENT


class AuditEventAnswer(Answer):
    """One event (NEN 7513:2018)."""

    id: str
    code: str
    action: str
    recorded: Moment
    actor: str
    role: str
    organisation: str | None = ABSENT
    on_behalf_of: str | None = ABSENT
    object_type: str
    object_id: str | None = ABSENT
    query: str | None = ABSENT
    sensitivity: str | None = ABSENT
    authorisation: AuthorisationAnswer
    outcome: str
    reasons: list[str]
    source: SourceAnswer
    organisation_identifier: str | None = ABSENT
    on_behalf_of_role: str | None = ABSENT
    on_behalf_of_organisation: str | None = ABSENT
    pseudonym_domain: str | None = ABSENT
    persons: list[str]
    checks: list[str]
    keys: list[str]
    commitment: str | None = ABSENT

    @classmethod
    def of(cls, found: AuditEvent) -> AuditEventAnswer:
        """The event."""
        rules, source = found.authorisation, found.source
        return cls(
            id=found.id,
            code=found.code,
            action=found.action.value,
            recorded=found.recorded,
            actor=found.user,
            role=found.role,
            organisation=found.organisation,
            on_behalf_of=found.on_behalf_of,
            object_type=found.object_type,
            object_id=found.object_id,
            query=found.query,
            sensitivity=found.sensitivity,
            authorisation=AuthorisationAnswer(
                policy_hash=rules.policy_hash,
                policies=list(rules.policies),
                purpose=rules.purpose,
                purpose_version=rules.purpose_version,
                purpose_digest=rules.purpose_digest,
                legal_basis=rules.legal_basis,
                agreement=rules.agreement,
                permit=rules.permit,
                decision=rules.decision,
            ),
            outcome=found.outcome.value,
            reasons=list(found.reasons),
            source=SourceAnswer(
                observer=source.observer,
                instance=source.instance,
                access_point=source.access_point,
                trace_id=source.trace_id,
            ),
            organisation_identifier=found.organisation_identifier,
            on_behalf_of_role=found.on_behalf_of_role,
            on_behalf_of_organisation=found.on_behalf_of_organisation,
            pseudonym_domain=found.pseudonym_domain,
            persons=list(found.persons),
            checks=list(found.checks),
            keys=list(found.keys),
            commitment=found.commitment,
        )


class SavedQueryInput(Input):
    """A search to keep."""

    name: Annotated[str, Field(min_length=1, max_length=128), AfterValidator(plain)]
    query: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9%._~:@!$&'()*+,;=/?-]{1,1000}$", examples=["outcome=denied&code=release.read"]),
    ]


class SavedQueryAnswer(Answer):
    """A search that is kept: append `query` to `/v1/audit-events?`."""

    id: str
    name: str
    query: str
    saved_at: Moment

    @classmethod
    def of(cls, found: SavedQuery) -> SavedQueryAnswer:
        """The search."""
        return cls(id=found.id, name=found.name, query=found.query, saved_at=found.saved_at)


class SignalAnswer(Answer):
    """What an auditor may want to look at: `query` finds the events behind it."""

    signal: str
    actor: str | None = ABSENT
    organisation: str | None = ABSENT
    count: int
    compared_with: Annotated[int, Field(description="What the count is held against")]
    first: Moment
    last: Moment
    nl: str
    en: str
    query: str

    @classmethod
    def of(cls, found: Signal) -> SignalAnswer:
        """The signal, with its texts."""
        text = text_of_signal(found)
        return cls(
            signal=found.kind.value,
            actor=found.user,
            organisation=found.organisation,
            count=found.count,
            compared_with=found.compared_with,
            first=found.first,
            last=found.last,
            nl=text.nl,
            en=text.en,
            query=found.query,
        )

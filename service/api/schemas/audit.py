"""Audit events."""

from __future__ import annotations

from service.api.schemas.base import ABSENT, Answer, Moment
from service.domain.audit import AuditEvent


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
    legal_basis: str | None = ABSENT
    agreement: str | None = ABSENT
    permit: str | None = ABSENT


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
                legal_basis=rules.legal_basis,
                agreement=rules.agreement,
                permit=rules.permit,
            ),
            outcome=found.outcome.value,
            reasons=list(found.reasons),
            source=SourceAnswer(
                observer=source.observer,
                instance=source.instance,
                access_point=source.access_point,
                trace_id=source.trace_id,
            ),
        )

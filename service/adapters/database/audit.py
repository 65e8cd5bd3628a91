"""The audit events: written by the commit and by nothing else, read by auditors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from service.adapters.database.audit_search import (
    approvals_between,
    as_hour,
    found_events,
    how_common,
    readings_of,
    volumes_between,
)
from service.adapters.database.audit_tables import audit_terms
from service.adapters.database.columns import UNSTORABLE, canonical, utc
from service.adapters.database.paging import from_cursor, to_cursor
from service.adapters.database.tables import audit_events
from service.adapters.database.transaction import Transaction
from service.domain.audit import Action, AuditEvent, Authorisation, Outcome, Reading, Source, StoredEvent, Volume
from service.domain.audit_terms import reason_terms, terms_of
from service.domain.errors import NotFound
from service.ports.unit_of_work import AuditFilter, Page

SALT_BYTES = 32
_INSERT = insert(audit_events)
_INSERT_TERM = insert(audit_terms)


class SqlAuditTrail:
    """Implements `service.ports.unit_of_work.AuditTrail`, and holds the insert for the commit."""

    def __init__(self, transaction: Transaction, random_bytes: Callable[[int], bytes]) -> None:
        self._transaction = transaction
        self._random_bytes = random_bytes

    def page(self, filters: AuditFilter, page: Page) -> tuple[Sequence[AuditEvent], str | None]:
        """From `recorded_from` on and before `recorded_until`; Invalid `cursor` for a cursor that was not ours."""
        found, more = self.stored(filters, page)
        return [stored.event for stored in found], more

    def stored(self, filters: AuditFilter, page: Page) -> tuple[Sequence[StoredEvent], str | None]:
        """As `page`, with what the log commits to."""
        after = None if page.cursor is None else from_cursor(page.cursor)
        rows = self._transaction.rows(found_events(filters, self._words(filters), after, page.limit + 1))
        shown = rows[: page.limit]
        more = to_cursor(shown[-1]["recorded"], shown[-1]["id"]) if len(rows) > len(shown) and shown else None
        return [
            StoredEvent(row["log_index"], row["salt"], row["payload"], from_payload(row["payload"])) for row in shown
        ], more

    def _words(self, filters: AuditFilter) -> Sequence[str]:
        """The terms of the words asked for, the rarest first."""
        words = reason_terms(filters.reason or "")
        if len(words) < 2:  # noqa: PLR2004 - nothing to choose from
            return words
        counted = {word: self._transaction.rows(how_common(word))[0]["events"] for word in words}
        return sorted(words, key=lambda word: counted[word])

    def get(self, event: str) -> AuditEvent:
        """NotFound when there is none."""
        found = self._transaction.row(select(audit_events.c.payload).where(audit_events.c.id == event))
        if found is None:
            raise NotFound("audit-event")
        return from_payload(found["payload"])

    def readings(self, objects: Sequence[str], code: str) -> Mapping[str, Sequence[Reading]]:
        """By organisation."""
        found: dict[str, list[Reading]] = {name: [] for name in objects}
        for row in self._transaction.rows(readings_of(objects, code)):
            found[row["object_id"]].append(Reading(row["organisation"], row["times"], row["first"], row["last"]))
        return found

    def volumes(self, recorded_from: datetime, recorded_until: datetime) -> Sequence[Volume]:
        """By hour, user, organisation, code and outcome."""
        rows = self._transaction.rows(volumes_between(recorded_from, recorded_until, self._transaction.dialect))
        return [Volume(**{**row, "hour": as_hour(row["hour"])}) for row in rows]

    def approvals(self, recorded_from: datetime, recorded_until: datetime) -> Mapping[str, int]:
        """By user."""
        rows = self._transaction.rows(approvals_between(recorded_from, recorded_until))
        return {row["user_id"]: row["approvals"] for row in rows}

    def insert(self, event: AuditEvent) -> None:
        """Add the event, without an index in the log: the sequencer gives that."""
        columns = {
            "id": event.id,
            "payload": to_payload(event),
            "user_id": event.user,
            "organisation": event.organisation or event.on_behalf_of_organisation,
            "code": event.code,
            "object_type": event.object_type,
            "object_id": event.object_id,
            "purpose": event.authorisation.purpose,
        }
        rest = {
            "salt": self._random_bytes(SALT_BYTES),
            "recorded": event.recorded,
            "action": event.action,
            "outcome": event.outcome,
        }
        row = {**_recordable(columns), **rest}
        self._transaction.write(_INSERT, row)
        place = {"recorded": event.recorded, "event": row["id"]}
        terms = sorted({_recordable(term) for term in terms_of(event)})
        self._transaction.write(_INSERT_TERM, [{"term": term, **place} for term in terms])


def to_payload(event: AuditEvent) -> str:
    """The event as the canonical JSON text (RFC 8785) that the log's leaf will commit to.

    The names here are those of the record, whatever happens to the names in the code. What a database cannot hold is
    replaced by U+FFFD: whoever asks for an object named NUL does not get past the log that way.
    """
    return canonical(
        _recordable(
            {
                "eventVersion": 3,
                "id": event.id,
                "code": event.code,
                "action": event.action.value,
                "recorded": utc(event.recorded).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "user": event.user,
                "role": event.role,
                "organisation": event.organisation,
                "onBehalfOf": event.on_behalf_of,
                "objectType": event.object_type,
                "objectId": event.object_id,
                "query": event.query,
                "sensitivity": event.sensitivity,
                "authorisation": {
                    "policyHash": event.authorisation.policy_hash,
                    "policies": list(event.authorisation.policies),
                    "purpose": event.authorisation.purpose,
                    "purposeVersion": event.authorisation.purpose_version,
                    "purposeDigest": event.authorisation.purpose_digest,
                    "legalBasis": event.authorisation.legal_basis,
                    "agreement": event.authorisation.agreement,
                    "permit": event.authorisation.permit,
                    "decision": event.authorisation.decision,
                },
                "outcome": event.outcome.value,
                "reasons": list(event.reasons),
                "source": {
                    "observer": event.source.observer,
                    "instance": event.source.instance,
                    "accessPoint": event.source.access_point,
                    "traceId": event.source.trace_id,
                },
                "organisationIdentifier": event.organisation_identifier,
                "onBehalfOfRole": event.on_behalf_of_role,
                "onBehalfOfOrganisation": event.on_behalf_of_organisation,
                "pseudonymDomain": event.pseudonym_domain,
                "persons": list(event.persons),
                "checks": list(event.checks),
                "keys": list(event.keys),
                "commitment": event.commitment,
            }
        )
    )


def from_payload(payload: str) -> AuditEvent:
    """The event that `to_payload` wrote, now or when events had fewer members (`eventVersion` 1, 2)."""
    stored: dict[str, Any] = json.loads(payload)
    authorisation, source = stored["authorisation"], stored["source"]
    return AuditEvent(
        id=stored["id"],
        code=stored["code"],
        action=Action(stored["action"]),
        recorded=datetime.fromisoformat(stored["recorded"]),
        user=stored["user"],
        role=stored["role"],
        organisation=stored["organisation"],
        on_behalf_of=stored["onBehalfOf"],
        object_type=stored["objectType"],
        object_id=stored["objectId"],
        query=stored["query"],
        sensitivity=stored["sensitivity"],
        authorisation=Authorisation(
            policy_hash=authorisation["policyHash"],
            policies=tuple(authorisation["policies"]),
            purpose=authorisation["purpose"],
            legal_basis=authorisation["legalBasis"],
            agreement=authorisation["agreement"],
            permit=authorisation["permit"],
            decision=authorisation.get("decision"),
            purpose_version=authorisation.get("purposeVersion"),
            purpose_digest=authorisation.get("purposeDigest"),
        ),
        outcome=Outcome(stored["outcome"]),
        reasons=tuple(stored["reasons"]),
        source=Source(
            observer=source["observer"],
            instance=source["instance"],
            access_point=source["accessPoint"],
            trace_id=source["traceId"],
        ),
        organisation_identifier=stored.get("organisationIdentifier"),
        on_behalf_of_role=stored.get("onBehalfOfRole"),
        on_behalf_of_organisation=stored.get("onBehalfOfOrganisation"),
        pseudonym_domain=stored.get("pseudonymDomain"),
        persons=tuple(stored.get("persons", ())),
        checks=tuple(stored.get("checks", ())),
        keys=tuple(stored.get("keys", ())),
        commitment=stored.get("commitment"),
    )


def _recordable(value: Any) -> Any:
    match value:
        case str():
            return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        case list():
            return [_recordable(item) for item in value]
        case dict():
            return {name: _recordable(item) for name, item in value.items()}
        case _:
            return value

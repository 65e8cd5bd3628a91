"""The audit events: written by the commit and by nothing else, read by auditors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, literal, select

from service.adapters.database.columns import UNSTORABLE, PlainText, canonical, utc
from service.adapters.database.paging import from_cursor, newest_first, to_cursor
from service.adapters.database.tables import audit_events
from service.adapters.database.transaction import Transaction
from service.domain.audit import Action, AuditEvent, Authorisation, Outcome, Source
from service.domain.errors import NotFound
from service.ports.unit_of_work import AuditFilter, Page

SALT_BYTES = 32
_INSERT = insert(audit_events)


class SqlAuditTrail:
    """Implements `service.ports.unit_of_work.AuditTrail`, and holds the insert for the commit."""

    def __init__(self, transaction: Transaction, random_bytes: Callable[[int], bytes]) -> None:
        self._transaction = transaction
        self._random_bytes = random_bytes

    def page(self, filters: AuditFilter, page: Page) -> tuple[Sequence[AuditEvent], str | None]:
        """From `recorded_from` on and before `recorded_until`; Invalid `cursor` for a cursor that was not ours."""
        query: Select[Any] = select(audit_events.c.recorded, audit_events.c.id, audit_events.c.payload)
        if filters.recorded_from is not None:
            query = query.where(audit_events.c.recorded >= filters.recorded_from)
        if filters.recorded_until is not None:
            query = query.where(audit_events.c.recorded < filters.recorded_until)
        # As plain text: an action that does not exist is no error, there are no such events.
        for column, wanted in _exact(filters).items():
            if wanted is not None:
                query = query.where(audit_events.c[column] == literal(wanted, PlainText))
        after = None if page.cursor is None else from_cursor(page.cursor)
        query = newest_first(query, audit_events.c.recorded, audit_events.c.id, after, page.limit + 1)
        rows = self._transaction.rows(query)
        shown = rows[: page.limit]
        more = to_cursor(shown[-1]["recorded"], shown[-1]["id"]) if len(rows) > len(shown) and shown else None
        return [from_payload(row["payload"]) for row in shown], more

    def get(self, event: str) -> AuditEvent:
        """NotFound when there is none."""
        found = self._transaction.row(select(audit_events.c.payload).where(audit_events.c.id == event))
        if found is None:
            raise NotFound("audit-event")
        return from_payload(found["payload"])

    def insert(self, event: AuditEvent) -> None:
        """Add the event, without an index in the log: the sequencer gives that."""
        columns = {
            "id": event.id,
            "payload": to_payload(event),
            "user_id": event.user,
            "organisation": event.organisation,
            "code": event.code,
            "object_type": event.object_type,
            "object_id": event.object_id,
            "purpose": event.authorisation.purpose,
        }
        rest = {
            "log_index": None,
            "salt": self._random_bytes(SALT_BYTES),
            "recorded": event.recorded,
            "action": event.action,
            "outcome": event.outcome,
        }
        self._transaction.write(_INSERT, {**_recordable(columns), **rest})


def to_payload(event: AuditEvent) -> str:
    """The event as the canonical JSON text (RFC 8785) that the log's leaf will commit to.

    The names here are those of the record, whatever happens to the names in the code. What a database cannot hold is
    replaced by U+FFFD: whoever asks for an object named NUL does not get past the log that way.
    """
    return canonical(
        _recordable(
            {
                "eventVersion": 1,
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
                    "legalBasis": event.authorisation.legal_basis,
                    "agreement": event.authorisation.agreement,
                    "permit": event.authorisation.permit,
                },
                "outcome": event.outcome.value,
                "reasons": list(event.reasons),
                "source": {
                    "observer": event.source.observer,
                    "instance": event.source.instance,
                    "accessPoint": event.source.access_point,
                    "traceId": event.source.trace_id,
                },
            }
        )
    )


def from_payload(payload: str) -> AuditEvent:
    """The event that `to_payload` wrote."""
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
        ),
        outcome=Outcome(stored["outcome"]),
        reasons=tuple(stored["reasons"]),
        source=Source(
            observer=source["observer"],
            instance=source["instance"],
            access_point=source["accessPoint"],
            trace_id=source["traceId"],
        ),
    )


def _exact(filters: AuditFilter) -> Mapping[str, str | None]:
    return {
        "user_id": filters.user,
        "organisation": filters.organisation,
        "code": filters.code,
        "action": filters.action,
        "outcome": filters.outcome,
        "object_type": filters.object_type,
        "object_id": filters.object_id,
        "purpose": filters.purpose,
    }


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

"""The log and the searches of it in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from fake_repositories import present
from fake_tables import FakeTransaction, Tables

from service.adapters.database.audit import to_payload
from service.adapters.database.paging import from_cursor, to_cursor
from service.domain.audit import APPROVING, AuditEvent, Reading, SavedQuery, StoredEvent, Volume
from service.domain.audit_terms import person_digest, reason_terms, terms_of
from service.domain.errors import Conflict, NotFound
from service.ports.unit_of_work import AuditFilter, Page


class FakeSavedQueries:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, query: SavedQuery) -> None:
        tables = self._t.write(query)
        if any((q.owner, q.name) == (query.owner, query.name) for q in tables.saved_queries.values()):
            self._t.refuse(Conflict("saved-query-exists"))
        tables.saved_queries[query.id] = query

    def of(self, owner: str) -> Sequence[SavedQuery]:
        found = [q for q in self._t.read(owner).saved_queries.values() if q.owner == owner]
        return sorted(found, key=lambda q: q.name)

    def remove(self, owner: str, query: str) -> None:
        tables = self._t.write(owner, query)
        if query not in tables.saved_queries or tables.saved_queries[query].owner != owner:
            raise NotFound("saved-query")
        del tables.saved_queries[query]


class FakeAuditTrail:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def page(self, filters: AuditFilter, page: Page) -> tuple[Sequence[AuditEvent], str | None]:
        before = None if page.cursor is None else from_cursor(page.cursor)
        events = self._t.read(filters).events.values()
        concerned = _concerned(self._t.read(), filters.person) if filters.person is not None else None
        found = sorted(
            (e for e in events if _fits(e, filters, concerned) and (before is None or (e.recorded, e.id) < before)),
            key=lambda e: (e.recorded, e.id),
            reverse=True,
        )
        shown = found[: page.limit]
        return shown, to_cursor(shown[-1].recorded, shown[-1].id) if len(found) > len(shown) and shown else None

    def stored(self, filters: AuditFilter, page: Page) -> tuple[Sequence[StoredEvent], str | None]:
        found, more = self.page(filters, page)
        return [StoredEvent(None, bytes(32), to_payload(event), event) for event in found], more

    def readings(self, objects: Sequence[str], code: str) -> Mapping[str, Sequence[Reading]]:
        read = [
            e
            for e in self._t.read(tuple(objects)).events.values()
            if (e.code, e.outcome) == (code, "success") and _organisation(e) is not None
        ]
        found: dict[str, list[Reading]] = {name: [] for name in objects}
        for release, organisation in sorted({(e.object_id, _organisation(e)) for e in read if e.object_id in found}):
            times = [e.recorded for e in read if (e.object_id, _organisation(e)) == (release, organisation)]
            found[release].append(Reading(organisation, len(times), min(times), max(times)))
        return found

    def volumes(self, recorded_from: datetime, recorded_until: datetime) -> Sequence[Volume]:
        counted = Counter(
            (e.recorded.replace(minute=0, second=0, microsecond=0), e.user, _organisation(e), e.code, e.outcome)
            for e in self._t.read().events.values()
            if recorded_from <= e.recorded < recorded_until
        )
        return [
            Volume(user, organisation, code, outcome, hour, count)
            for (hour, user, organisation, code, outcome), count in counted.items()
        ]

    def approvals(self, recorded_from: datetime, recorded_until: datetime) -> Mapping[str, int]:
        return Counter(
            e.user
            for e in self._t.read().events.values()
            if recorded_from <= e.recorded < recorded_until
            and e.code in APPROVING
            and e.outcome == "success"
            and "approve" in e.reasons
        )

    def get(self, event: str) -> AuditEvent:
        return present(self._t.read(event).events, event, "audit-event")


def _organisation(event: AuditEvent) -> str | None:
    return event.organisation or event.on_behalf_of_organisation


def _concerned(tables: Tables, pseudonym: str) -> set[str]:
    """The deliveries that hold the person, and what was made of them."""
    person = person_digest(pseudonym)
    deliveries = {submission for found, submission in tables.persons if found == person}
    requests = {e.request for e in tables.evidence.values() if deliveries & set(e.inputs)}
    return deliveries | requests | {r.id for r in tables.releases.values() if deliveries & set(r.inputs)}


def _fits(event: AuditEvent, filters: AuditFilter, concerned: set[str] | None) -> bool:
    if concerned is not None and event.object_id not in concerned and filters.person not in event.persons:
        return False
    if not set(reason_terms(filters.reason or "")) <= set(terms_of(event)):
        return False
    if filters.recorded_from is not None and event.recorded < filters.recorded_from:
        return False
    if filters.recorded_until is not None and event.recorded >= filters.recorded_until:
        return False
    pairs = (
        (filters.user, event.user),
        (filters.organisation, _organisation(event)),
        (filters.code, event.code),
        (filters.action, event.action),
        (filters.outcome, event.outcome),
        (filters.object_type, event.object_type),
        (filters.object_id, event.object_id),
        (filters.purpose, event.authorisation.purpose),
    )
    return all(wanted is None or wanted == found for wanted, found in pairs)

"""Objections of persons: kept as they were lodged, until they are withdrawn and their retention is over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select, update

from service.adapters.database.audit_tables import submission_persons
from service.adapters.database.objection_tables import objections
from service.adapters.database.paging import newest_first
from service.adapters.database.tables import submissions
from service.adapters.database.transaction import Transaction
from service.domain.errors import Invalid, NotFound
from service.domain.objection import Objection
from service.ports.unit_of_work import Page

_O = objections.c
_IN_FORCE = _O.withdrawn_at.is_(None)


class SqlObjections:
    """Implements `service.ports.unit_of_work.Objections`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, objection: Objection) -> None:
        """It is new."""
        row = asdict(objection)
        del row["acknowledgement"]
        self._transaction.write(insert(objections).values(**row))

    def save(self, objection: Objection) -> None:
        """NotFound when it was never added; what it is against is kept as it was lodged."""
        changed = {name: getattr(objection, name) for name in ("pseudonym", "person", "withdrawn_at", "withdrawn_by")}
        if not self._transaction.write(update(objections).where(_O.id == objection.id).values(**changed)):
            raise NotFound("objection")

    def get(self, objection: str, *, lock: bool = False) -> Objection:
        """NotFound when there is none."""
        found = self._transaction.row(select(objections).where(_O.id == objection), lock=lock)
        if found is None:
            raise NotFound("objection")
        return Objection(**found)

    def page(self, page: Page, *, organisation: str | None = None) -> Sequence[Objection]:
        """Newest first; the cursor is the id of the last one seen, Invalid when the organisation has no such one."""
        theirs = [] if organisation is None else [_O.organisation == organisation]
        after = None
        if page.cursor is not None:
            last = self._transaction.row(select(_O.lodged_at, _O.id).where(_O.id == page.cursor, *theirs))
            if last is None:
                raise Invalid("cursor")
            after = (last["lodged_at"], last["id"])
        query = newest_first(select(objections).where(*theirs), _O.lodged_at, _O.id, after, page.limit)
        return [Objection(**row) for row in self._transaction.rows(query)]

    def of(self, person: bytes) -> Sequence[Objection]:
        """In force, oldest first."""
        query = select(objections).where(_O.person == person, _IN_FORCE).order_by(_O.lodged_at, _O.id)
        return [Objection(**row) for row in self._transaction.rows(query)]

    def against(self, deliveries: Collection[str]) -> Sequence[tuple[str, Objection]]:
        """By delivery and objection: the few objections are looked up among the many persons, not the other way."""
        query = (
            select(submission_persons.c.submission, objections)
            .join(submission_persons, submission_persons.c.person == _O.person)
            .where(_IN_FORCE, submission_persons.c.submission.in_(sorted(deliveries)))
            .order_by(submission_persons.c.submission, _O.id)
        )
        rows = self._transaction.rows(query)
        return [(row["submission"], Objection(**{k: v for k, v in row.items() if k != "submission"})) for row in rows]

    def data_sets_of(self, person: bytes, *, organisation: str | None = None) -> frozenset[str]:
        """Of accepted deliveries, whether they still count or not."""
        query = (
            select(submissions.c.data_set)
            .join(submission_persons, submission_persons.c.submission == submissions.c.id)
            .where(submission_persons.c.person == person)
            .distinct()
        )
        if organisation is not None:
            query = query.where(submissions.c.organisation == organisation)
        return frozenset(row["data_set"] for row in self._transaction.rows(query))

    def in_force(self) -> Sequence[Objection]:
        """By id."""
        query = select(objections).where(_IN_FORCE).order_by(_O.id)
        return [Objection(**row) for row in self._transaction.rows(query)]

    def erase(self, withdrawn_before: datetime) -> int:
        """Who it was goes; that there was one stays."""
        over = (_O.withdrawn_at < withdrawn_before, _O.person.is_not(None))
        return self._transaction.write(update(objections).where(*over).values(pseudonym=None, person=None))

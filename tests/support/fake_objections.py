"""Objections in the fake database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from fake_repositories import _older, _opened, present
from fake_tables import FakeTransaction

from service.adapters.database import RowRefused
from service.domain.objection import Objection
from service.ports.unit_of_work import Page


class FakeObjections:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, objection: Objection) -> None:
        tables = self._t.write(objection)
        self._t.require(tables.organisations, objection.organisation)
        self._put(objection)

    def save(self, objection: Objection) -> None:
        known = present(self._t.write(objection).objections, objection.id, "objection")
        changed = {name: getattr(objection, name) for name in ("pseudonym", "person", "withdrawn_at", "withdrawn_by")}
        self._put(replace(known, **changed))

    def get(self, objection: str, *, lock: bool = False) -> Objection:
        return present(_opened(self._t, lock, objection).objections, objection, "objection")

    def page(self, page: Page, *, organisation: str | None = None) -> Sequence[Objection]:
        every = self._t.read(page.cursor, organisation).objections.values()
        theirs = [one for one in every if organisation in {None, one.organisation}]
        return _older(theirs, page.cursor, lambda one: (one.lodged_at, one.id))[: page.limit]

    def of(self, person: bytes) -> Sequence[Objection]:
        found = [one for one in self.in_force() if one.person == person]
        return sorted(found, key=lambda one: (one.lodged_at, one.id))

    def against(self, deliveries: Collection[str]) -> Sequence[tuple[str, Objection]]:
        tables = self._t.read(*deliveries)
        found = [
            (delivery, one)
            for person, delivery in tables.persons
            for one in self.in_force()
            if delivery in deliveries and one.person == person
        ]
        return sorted(found, key=lambda pair: (pair[0], pair[1].id))

    def data_sets_of(self, person: bytes, *, organisation: str | None = None) -> frozenset[str]:
        tables = self._t.read(organisation)
        theirs = [tables.submissions[delivery] for who, delivery in tables.persons if who == person]
        return frozenset(s.data_set for s in theirs if organisation in {None, s.organisation})

    def in_force(self) -> Sequence[Objection]:
        every = self._t.read().objections.values()
        return sorted((one for one in every if one.withdrawn_at is None), key=lambda one: one.id)

    def erase(self, withdrawn_before: datetime) -> int:
        tables = self._t.write(withdrawn_before)
        over = [
            one
            for one in tables.objections.values()
            if one.person is not None and one.withdrawn_at is not None and one.withdrawn_at < withdrawn_before
        ]
        for one in over:
            tables.objections[one.id] = replace(one, pseudonym=None, person=None)
        return len(over)

    def _put(self, objection: Objection) -> None:
        erased, withdrawn = objection.person is None, objection.withdrawn_at is not None
        whole = erased == (objection.pseudonym is None) and withdrawn == (objection.withdrawn_by is not None)
        if not whole or (erased and not withdrawn):
            self._t.refuse(RowRefused("ck_objections"))
        self._t.write().objections[objection.id] = objection

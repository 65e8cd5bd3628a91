"""The database in memory, for tests of use cases: the same contract suite runs against it and the real ones.

`FakeDatabase.refuses_events` makes every commit fail as a database does that cannot insert the event.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from fake_agreements import FakeAgreements
from fake_audit import FakeAuditTrail, FakeSavedQueries
from fake_objections import FakeObjections
from fake_public_figures import FakePublicFigures
from fake_purposes import FakePurposes
from fake_reminders import FakeReminders
from fake_repositories import (
    FakeDrawings,
    FakeOrganisations,
    FakeReleases,
    FakeRequests,
    FakeRounds,
    FakeSubmissions,
    FakeUsedTokens,
)
from fake_sealing_keys import FakeSealingKeys
from fake_tables import FakeTransaction, Tables

from service.adapters.database.audit import from_payload, to_payload
from service.adapters.database.refusals import BUSY, REFUSED
from service.domain.audit import AuditEvent
from service.domain.errors import Unavailable

PATIENCE = 10


class FakeUnitOfWork:
    def __init__(self, database: FakeDatabase, tables: Tables, *, writes: bool) -> None:
        self._database = database
        self._tables = tables
        self.transaction = FakeTransaction(tables, writes=writes)
        self.organisations = FakeOrganisations(self.transaction)
        self.used_tokens = FakeUsedTokens(self.transaction)
        self.rounds = FakeRounds(self.transaction)
        self.purposes = FakePurposes(self.transaction)
        self.agreements = FakeAgreements(self.transaction)
        self.submissions = FakeSubmissions(self.transaction)
        self.requests = FakeRequests(self.transaction)
        self.releases = FakeReleases(self.transaction)
        self.objections = FakeObjections(self.transaction)
        self.drawings = FakeDrawings(self.transaction)
        self.public_figures = FakePublicFigures(self.transaction)
        self.reminders = FakeReminders(self.transaction)
        self.sealing_keys = FakeSealingKeys(self.transaction)
        self.saved_queries = FakeSavedQueries(self.transaction)
        self.audit = FakeAuditTrail(self.transaction)

    def server_time(self) -> None:
        self.transaction.read()

    def commit(self, event: AuditEvent) -> None:
        tables = self.transaction.write()
        if self._database.refuses_events or event.id in tables.events:
            self.transaction.refuse(Unavailable(REFUSED))
        try:
            tables.events[event.id] = from_payload(to_payload(event))
        except ValueError as error:
            self.transaction.ended = "refused by the database"
            raise Unavailable(REFUSED) from error
        if any(r.release not in {None, *tables.releases} for r in tables.requests.values()):
            self.transaction.refuse(Unavailable(REFUSED))
        self.transaction.ended = "committed"
        self._database.tables = self._tables


class FakeDatabase:
    """Writers wait for each other, as on SQLite; readers see what was committed when they began."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.refuses_events = False
        self.answers = True
        self._writer = threading.Lock()

    @contextmanager
    def begin(self) -> Iterator[FakeUnitOfWork]:
        if not self._writer.acquire(timeout=PATIENCE):
            raise Unavailable(BUSY)
        try:
            with self._open(writes=True) as uow:
                yield uow
        finally:
            self._writer.release()

    @contextmanager
    def look(self) -> Iterator[FakeUnitOfWork]:
        with self._open(writes=False) as uow:
            yield uow

    def remember_once(self, issuer: str, jti: str, *, now: datetime, until: datetime) -> bool:
        with self._writer:
            first = (issuer, jti) not in self.tables.tokens
            self.tables.tokens.setdefault((issuer, jti), until)
            for key in [key for key, ends in self.tables.tokens.items() if ends < now]:
                del self.tables.tokens[key]
            return first

    def ready(self) -> bool:
        return self.answers

    def dispose(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _open(self, *, writes: bool) -> Iterator[FakeUnitOfWork]:
        uow = FakeUnitOfWork(self, self.tables.copy(), writes=writes)
        try:
            yield uow
        finally:
            uow.transaction.ended = uow.transaction.ended or "left"

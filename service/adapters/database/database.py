"""The unit of work on SQLAlchemy: every repository in one transaction that commits only with its audit event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from service.adapters.database.agreements import SqlAgreements
from service.adapters.database.audit import SqlAuditTrail
from service.adapters.database.classifications import SqlClassifications
from service.adapters.database.columns import UtcDateTime
from service.adapters.database.drawings import SqlDrawings
from service.adapters.database.engine import Patience, open_engines
from service.adapters.database.log import SqlLogBook, SqlLogTurn
from service.adapters.database.objections import SqlObjections
from service.adapters.database.organisations import SqlOrganisations, SqlUsedTokens
from service.adapters.database.public_figures import SqlPublicFigures
from service.adapters.database.purposes import SqlPurposes
from service.adapters.database.refusals import REFUSED, RowRefused, meaning
from service.adapters.database.region_changes import SqlRegionChanges
from service.adapters.database.releases import SqlReleases
from service.adapters.database.reminders import SqlReminders
from service.adapters.database.requests import SqlRequests
from service.adapters.database.revisions import head, revision_of
from service.adapters.database.rounds import SqlRounds
from service.adapters.database.saved_queries import SqlSavedQueries
from service.adapters.database.sealing_keys import SqlSealingKeys
from service.adapters.database.submissions import SqlSubmissions
from service.adapters.database.tables import audit_events
from service.adapters.database.together import Together
from service.adapters.database.transaction import Transaction
from service.adapters.database.turns import Turn, Turns
from service.domain.audit import AuditEvent
from service.domain.errors import DomainError, Unavailable
from service.ports.log import LogBook
from service.ports.regions import Classifications, RegionChanges
from service.ports.unit_of_work import (
    Agreements,
    AuditTrail,
    Drawings,
    Objections,
    Organisations,
    PublicCopies,
    Purposes,
    Releases,
    Reminders,
    Requests,
    Rounds,
    SavedQueries,
    SealingKeys,
    Submissions,
    UsedTokens,
)


class SqlUnitOfWork:
    """Implements `service.ports.unit_of_work.UnitOfWork`."""

    def __init__(self, transaction: Transaction, random_bytes: Callable[[int], bytes]) -> None:
        self._transaction = transaction
        self._trail = SqlAuditTrail(transaction, random_bytes)
        self.organisations: Organisations = SqlOrganisations(transaction)
        self.region_changes: RegionChanges = SqlRegionChanges(transaction)
        self.classifications: Classifications = SqlClassifications(transaction)
        self.used_tokens: UsedTokens = SqlUsedTokens(transaction)
        self.rounds: Rounds = SqlRounds(transaction)
        self.purposes: Purposes = SqlPurposes(transaction)
        self.agreements: Agreements = SqlAgreements(transaction)
        self.submissions: Submissions = SqlSubmissions(transaction)
        self.requests: Requests = SqlRequests(transaction)
        self.releases: Releases = SqlReleases(transaction)
        self.drawings: Drawings = SqlDrawings(transaction)
        self.objections: Objections = SqlObjections(transaction)
        self.public_figures: PublicCopies = SqlPublicFigures(transaction)
        self.reminders: Reminders = SqlReminders(transaction)
        self.sealing_keys: SealingKeys = SqlSealingKeys(transaction)
        self.saved_queries: SavedQueries = SqlSavedQueries(transaction)
        self.audit: AuditTrail = self._trail
        self.log: LogBook = SqlLogBook(transaction)

    def server_time(self) -> datetime | None:
        """Not the begin of the transaction but the moment itself."""
        if self._transaction.dialect != "postgresql":
            return None
        found = self._transaction.row(select(func.clock_timestamp(type_=UtcDateTime).label("now")))
        moment: datetime | None = found["now"] if found else None
        return moment

    def commit(self, event: AuditEvent, *more: AuditEvent) -> None:
        """Insert the event, or events, and commit them with all that was written: both or neither.

        Raises:
            Unavailable: the event or the commit was refused; nothing was written.
            RuntimeError: the transaction only reads, or has ended already.
        """
        self._transaction.require_writing()
        try:
            for one in (event, *more):
                self._trail.insert(one)
        except Unavailable:
            raise
        except (DomainError, RowRefused, SQLAlchemyError, ValueError) as error:
            self._transaction.end("its event was refused")
            raise Unavailable(REFUSED) from error
        self._transaction.commit()


class SqlDatabase:
    """Implements `service.ports.unit_of_work.Database` and `service.ports.log.LogDatabase`, on SQLite and PostgreSQL.

    `random_bytes(n)` gives the salts of audit events; it must be unguessable. Safe to share among threads.
    """

    def __init__(
        self,
        url: str,
        *,
        random_bytes: Callable[[int], bytes],
        patience: Patience | None = None,
        pool_size: int = 10,
    ) -> None:
        patience = patience or Patience()
        self._engines = open_engines(url, patience, pool_size=pool_size)
        self._turns = Turns(patience.lock) if self._engines.write.dialect.name == "sqlite" else None
        self._remember_together = Together(self._remember)
        self._random_bytes = random_bytes

    @contextmanager
    def begin(self) -> Iterator[SqlUnitOfWork]:
        """A transaction that may write; on SQLite it holds the write lock from here on.

        Raises:
            Unavailable: `database-busy`: another writer held the lock, or the server could not be reached.
        """
        with self._write() as transaction:
            yield SqlUnitOfWork(transaction, self._random_bytes)

    @contextmanager
    def look(self) -> Iterator[SqlUnitOfWork]:
        """A transaction that reads one moment of the database; the database itself refuses to write in it."""
        with _transaction(self._engines.read) as transaction:
            yield SqlUnitOfWork(transaction, self._random_bytes)

    def remember_once(self, issuer: str, jti: str, *, now: datetime, until: datetime) -> bool:
        """See `service.ports.unit_of_work.Database`."""
        one = (issuer, jti, until, now)
        return self._remember([one])[0] if self._turns is None else self._remember_together(one)

    def _remember(self, all_of: Sequence[tuple[str, str, datetime, datetime]]) -> Sequence[bool]:
        with self._write() as transaction:
            used = SqlUsedTokens(transaction)
            first = [used.remember(issuer, jti, until) for issuer, jti, until, _ in all_of]
            used.forget(min(now for *_, now in all_of))
            transaction.commit()
            return first

    def waits(self) -> bool:
        """Whether any event waits for a place in the log; takes no lock."""
        with _transaction(self._engines.read) as transaction:
            waiting = select(audit_events.c.id).where(audit_events.c.log_index.is_(None)).limit(1)
            return bool(transaction.rows(waiting))

    @contextmanager
    def sequencing(self) -> Iterator[SqlLogTurn | None]:
        """A turn of the only sequencer; None while another process has it."""
        with self._write() as transaction:
            turn = SqlLogTurn(transaction)
            yield turn if turn.take() else None

    def ready(self) -> bool:
        """Whether the database answers and is at the newest migration that this code has."""
        try:
            with self._engines.read.connect() as connection:
                return revision_of(connection) == head()
        except SQLAlchemyError:
            return False

    def dispose(self) -> None:
        """Close the pooled connections; none may be in use."""
        self._engines.write.dispose()

    @contextmanager
    def _write(self) -> Iterator[Transaction]:
        turn = self._turns.take() if self._turns else None
        try:
            with _transaction(self._engines.write, writes=True, turn=turn) as transaction:
                yield transaction
        finally:
            if turn is not None:
                turn.end()


@contextmanager
def _transaction(engine: Engine, *, writes: bool = False, turn: Turn | None = None) -> Iterator[Transaction]:
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise meaning(error) from error
    with connection:
        try:
            connection.begin()
        except SQLAlchemyError as error:
            raise meaning(error) from error
        transaction = Transaction(connection, writes=writes, turn=turn)
        try:
            yield transaction
        finally:
            transaction.end("left")

"""One transaction as the repositories see it: it reads, it writes, and it is dead once it was refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from service.adapters.database.refusals import meaning, unavailable
from service.adapters.database.turns import Turn

Row = Mapping[str, Any]


class Transaction:
    """Wraps the connection, so that one place turns the database's refusals into the domain's.

    After a refusal PostgreSQL does nothing more in a transaction. The others behave the same here, so that no use
    case comes to lean on SQLite.
    """

    def __init__(self, connection: Connection, *, writes: bool, turn: Turn | None = None) -> None:
        self._connection = connection
        self._writes = writes
        self._turn = turn
        self._ended: str | None = None

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    def rows(
        self, statement: Select[Any], values: Row | None = None, *, lock: bool = False, shared: bool = False
    ) -> Sequence[Row]:
        """All rows; with `lock`, no other transaction changes them until this one ends.

        A `shared` lock keeps nobody waiting who wants the same.

        What every delivery asks is a statement made once, with `values` for its parameters: that takes half the time.
        """
        if lock:
            self.require_writing()
            # NO KEY: rows that refer to this one may still be added; SQLite's write lock is enough.
            statement = statement.with_for_update(read=shared, key_share=not shared)
        self._require_open()
        try:
            found = self._connection.execute(statement, values)
            names = tuple(found.keys())
            return [dict(zip(names, row, strict=True)) for row in found]
        except SQLAlchemyError as error:
            raise self._refused(error) from error

    def row(self, statement: Select[Any], values: Row | None = None, *, lock: bool = False) -> Row | None:
        """The row, or None; for statements that find at most one."""
        found = self.rows(statement, values, lock=lock)
        return found[0] if found else None

    def write(self, statement: Executable, rows: Row | Sequence[Row] | None = None) -> int:
        """Execute a change, for the row or each of the rows when given; answers the number of rows that changed."""
        self.require_writing()
        if rows is not None and not rows:
            return 0
        try:
            return self._connection.execute(statement, rows).rowcount
        except SQLAlchemyError as error:
            raise self._refused(error) from error

    def take_turn(self, what: str, name: str) -> None:
        """Let no other transaction take its turn at the same thing until this one ends.

        Whoever waited here sees what the one before wrote. A transaction on SQLite holds the only write lock from its
        first moment, so there is nothing left to lock.
        """
        self.require_writing()
        if self.dialect == "postgresql":
            digest = hashlib.sha256(f"sluis-{what}\n{name}".encode()).digest()
            self.rows(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], signed=True))))

    def require_writing(self) -> None:
        """Guard of everything that writes or locks.

        Raises:
            RuntimeError: the transaction only reads, or has ended.
        """
        self._require_open()
        if not self._writes:
            raise RuntimeError("this transaction only reads")

    def commit(self) -> None:
        """Make it all durable.

        Raises:
            Unavailable: nothing was written. When the connection was lost during the commit itself nobody knows,
                and the idempotency of the use case decides.
        """
        self.require_writing()
        self._ended = "committed"
        try:
            self._connection.commit()
        except SQLAlchemyError as error:
            raise unavailable(error) from error
        self._let_go()

    def end(self, how: str) -> None:
        """Roll back what was not committed and let nothing more happen."""
        self._ended = self._ended or how
        try:
            self._connection.rollback()
        except SQLAlchemyError as error:
            raise meaning(error) from error
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._turn is not None:
            self._turn.end()

    def _require_open(self) -> None:
        if self._ended is not None:
            raise RuntimeError(f"this transaction has ended: {self._ended}")

    def _refused(self, error: SQLAlchemyError) -> Exception:
        self._ended = "refused by the database"
        return meaning(error)

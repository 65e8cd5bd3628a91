"""What the database's refusals mean, recognised by the constraint's name and the driver's code, never by guessing."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping

import psycopg
from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.adapters.database import agreement_tables, audit_tables, purpose_tables, reminder_tables
from service.domain.errors import Conflict, DomainError, Unavailable

BUSY = "database-busy"
REFUSED = "database-refused"

_CONFLICTS = {
    "pk_organisations": "organisation-exists",
    "pk_client_keys": "key-exists",
    "pk_rounds": "round-exists",
    "uq_rounds_data_set_period": "round-exists",
    "uq_submissions_organisation_manifest_digest": "manifest-known",
    "uq_submissions_organisation_idempotency_key": "idempotency-key-reused",
    "uq_submissions_accepted": "already-delivered",
    "uq_submissions_version": "already-delivered",
    "pk_upload_parts": "part-exists",
    "pk_reviews": "reviewed-already",
    "uq_saved_queries_owner_name": "saved-query-exists",
    "pk_purposes": "purpose-exists",
    "uq_purposes_pending": "purpose-pending",
}

# Class 08: connection; 40: rolled back (serialization, deadlock); 53: resources; 57: cancelled by time or operator.
_RETRY_CLASSES = {"08", "40", "53", "57"}
_LOCK_NOT_AVAILABLE = "55P03"
_IDLE_IN_TRANSACTION = "25P03"
_SQLITE_PRIMARY_CODE = 0xFF


class RowRefused(RuntimeError):
    """A row breaks a constraint that the use case should have kept: a fault in our code, not of the caller.

    Names the constraint and never a value, which the driver's own text would.
    """


def meaning(error: SQLAlchemyError) -> Exception:
    """The error that a use case understands.

    Conflict for a known constraint; Unavailable (`database-busy`) for what may succeed when tried again; RowRefused
    for any other constraint; the cause itself when a value was refused before it reached the database.
    """
    cause = error.orig if isinstance(error, StatementError) else None
    if isinstance(error, IntegrityError):
        name = _constraint(error)
        return Conflict(_CONFLICTS[name]) if name in _CONFLICTS else RowRefused(name)
    if isinstance(error, PoolTimeout) or _may_be_tried_again(error):
        return Unavailable(BUSY)
    if isinstance(cause, DomainError | ValueError) and not isinstance(error, DBAPIError):
        return cause
    return error


def unavailable(error: SQLAlchemyError) -> Unavailable:
    """Why a commit failed: `database-busy` when another try may succeed, else `database-refused`."""
    return Unavailable(BUSY if isinstance(error, PoolTimeout) or _may_be_tried_again(error) else REFUSED)


def _may_be_tried_again(error: SQLAlchemyError) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & _SQLITE_PRIMARY_CODE
        return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate
        if state is None:  # the driver lost the server or never reached it
            return error.connection_invalidated or isinstance(cause, psycopg.OperationalError)
        return state[:2] in _RETRY_CLASSES or state in {_LOCK_NOT_AVAILABLE, _IDLE_IN_TRANSACTION}
    return False


def _constraint(error: IntegrityError) -> str:
    """The name of the constraint that refused the row."""
    if isinstance(error.orig, psycopg.Error):
        return error.orig.diag.constraint_name or f"sqlstate {error.orig.sqlstate}"
    return _sqlite_constraint(str(error.orig))


def _sqlite_constraint(message: str) -> str:
    """SQLite names columns of a unique constraint (https://sqlite.org/rescode.html), and a check by its name."""
    if unique := re.fullmatch(r"UNIQUE constraint failed: (.+)", message):
        return _BY_COLUMNS.get(unique[1], "unknown unique constraint")
    if named := re.fullmatch(r"(?:CHECK|NOT NULL) constraint failed: ([\w.]+)", message):
        return named[1]
    return "foreign key" if message == "FOREIGN KEY constraint failed" else "trigger"


def _names_by_columns() -> Mapping[str, str]:
    names: dict[str, str] = {}
    known = {
        **audit_tables.metadata.tables,
        **purpose_tables.purposes.metadata.tables,
        **agreement_tables.agreements.metadata.tables,
        **reminder_tables.reminders.metadata.tables,
    }
    for table in known.values():
        unique: list[UniqueConstraint | Index] = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
        unique += [index for index in table.indexes if index.unique]
        for constraint in [*unique, table.primary_key]:
            columns = ", ".join(f"{table.name}.{column.name}" for column in constraint.columns)
            names[columns] = str(constraint.name)
    return names


_BY_COLUMNS = _names_by_columns()

"""Column types that keep what the domain promises: aware times, plain text, closed lists, tuples of text."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import rfc8785
from sqlalchemy import CheckConstraint, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from service.domain.errors import Invalid

Choice = TypeVar("Choice", bound=StrEnum)

UNSTORABLE = re.compile("[\0\ud800-\udfff]")

# Ids and codes sort by code point on both databases. A locale would order them otherwise, and an upgrade of the
# operating system's locale would silently spoil PostgreSQL's indexes.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def storable_text(value: str) -> str:
    """The text, if both databases can hold it.

    Raises:
        Invalid: `unstorable-text`: a NUL (PostgreSQL has none) or a lone surrogate (not UTF-8).
    """
    if UNSTORABLE.search(value):
        raise Invalid("unstorable-text")
    return str(value)


def utc(value: datetime) -> datetime:
    """The moment in UTC.

    Raises:
        ValueError: the time has no zone, so that nobody knows when it was.
    """
    if value.utcoffset() is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC)


class PlainText(TypeDecorator[str]):
    """Text of any length, ordered by code point."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The dialect's text type with a collation that is the same everywhere."""
        return dialect.type_descriptor(_TEXT)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Refuse what one of the databases cannot hold, also in a search."""
        return None if value is None else storable_text(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with microseconds, stored and given in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a naive time."""
        return None if value is None else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite keeps no zone; all that is in the column is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class OneOf(TypeDecorator[Choice], Generic[Choice]):
    """A member of a closed list, stored as its value; pair it with `one_of` so that the database knows the list."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[Choice]) -> None:
        super().__init__()
        self.choices = choices

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """As plain text."""
        return dialect.type_descriptor(_TEXT)

    def process_bind_param(self, value: Choice | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The value of the member."""
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Choice | None:  # noqa: ARG002
        """The member."""
        return None if value is None else self.choices(value)


class TextTuple(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts as a canonical JSON list (RFC 8785)."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """As plain text."""
        return dialect.type_descriptor(_TEXT)

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The list as text."""
        return None if value is None else canonical([storable_text(item) for item in value])

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002
        """The tuple as it was stored."""
        return None if value is None else tuple(json.loads(value))


def one_of(column: str, choices: type[StrEnum]) -> CheckConstraint:
    """The database's own refusal of anything but the members' values."""
    values = ", ".join(f"'{choice.value}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def canonical(value: Any) -> str:
    """The one JSON text of a value (RFC 8785)."""
    return rfc8785.dumps(value).decode()

"""Strict reading of JSON objects: unknown fields are refused, and all problems are told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast

T = TypeVar("T")

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""What JSON can escape and no UTF-8 holds."""

_MAX_TEXT = 4_000
_MAX_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place; `path` is a JSON pointer (RFC 6901), empty for the whole."""

    path: str
    nl: str
    en: str

    def under(self, parent: str) -> Problem:
        """The same problem seen from the object that holds this one."""
        return Problem(f"/{parent.replace('~', '~0').replace('/', '~1')}{self.path}", self.nl, self.en)

    def to_json(self) -> dict[str, str]:
        """As it stands in an answer."""
        return {"path": self.path, "nl": self.nl, "en": self.en}


class WireError(ValueError):
    """A message is malformed; `problems` names every place, never the values found there."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.path or '(all)'} {p.en}" for p in problems[:20]))


class StepError(Exception):
    """Something does not prove what it should.

    Attributes:
        step: number of the step of the verification that failed; its docstring lists them.
        nl: what that means, for people, in Dutch.
        en: the same in English.
    """

    def __init__(self, step: int, nl: str, en: str) -> None:
        self.step, self.nl, self.en = step, nl, en
        super().__init__(f"step {step}: {en}")


class Fields:
    """One JSON object being read field by field.

    A reader that meets a problem notes it and gives a placeholder, so that the next field is read too;
    `finish` must be called before anything read is used.
    """

    def __init__(self, value: Any, known: Collection[str]) -> None:
        self._problems: list[Problem] = []
        self._members: Mapping[str, Any] = {}
        if not isinstance(value, dict):
            self.refuse("", "moet een JSON-object zijn", "must be a JSON object")
            self.finish()
        self._members = value
        for name in value:
            if name not in known:
                self.refuse(str(name)[:80], "is een onbekend veld", "is an unknown field")

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def refuse(self, name: str, nl: str, en: str) -> None:
        """Note a problem with the field (with the object itself when `name` is empty)."""
        if len(self._problems) < _MAX_SHOWN:
            self._problems.append(Problem("", nl, en).under(name) if name else Problem("", nl, en))

    def finish(self) -> None:
        """End the reading.

        Raises:
            WireError: with all problems noted.
        """
        if self._problems:
            raise WireError(tuple(self._problems))

    def _get(self, name: str) -> Any:
        if name not in self._members:
            self.refuse(name, "ontbreekt", "is missing")
            return None
        return self._members[name]

    def text(
        self, name: str, pattern: re.Pattern[str] | None = None, *, empty: bool = False, longest: int = _MAX_TEXT
    ) -> str:
        """A string of at most `longest` characters that fully matches the pattern."""
        value: object = self._get(name)
        if not isinstance(value, str):
            if name in self._members:
                self.refuse(name, "moet tekst zijn", "must be a string")
            return ""
        if not value and not empty:
            self.refuse(name, "is leeg", "is empty")
        elif LONE_SURROGATE.search(value):
            self.refuse(name, "bevat een half teken", "holds half a character")
        elif len(value) > longest:
            self.refuse(name, "is te lang", "is too long")
        elif pattern is not None and not pattern.fullmatch(value):
            self.refuse(name, f"heeft niet de vorm {pattern.pattern}", f"does not have the form {pattern.pattern}")
        return value

    def choice(self, name: str, options: Collection[str]) -> str:
        """One of a few strings."""
        value = self.text(name)
        if value and value not in options:
            listed = ", ".join(sorted(options))
            self.refuse(name, f"moet een zijn van: {listed}", f"must be one of: {listed}")
        return value

    def integer(self, name: str, minimum: int, maximum: int) -> int:
        """A whole number, no boolean and no 1.0."""
        value = self._get(name)
        if name not in self._members:
            return minimum
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(name, "moet een geheel getal zijn", "must be an integer")
            return minimum
        if not minimum <= value <= maximum:
            self.refuse(name, f"moet tussen {minimum} en {maximum} liggen", f"must lie between {minimum} and {maximum}")
        return value

    def number(self, name: str) -> int | float:
        """A finite number."""
        value = self._get(name)
        if name not in self._members:
            return 0
        if not isinstance(value, int | float) or isinstance(value, bool) or value - value != 0:
            self.refuse(name, "moet een getal zijn", "must be a number")
            return 0
        return value

    def boolean(self, name: str) -> bool:
        """True or false."""
        value = self._get(name)
        if name in self._members and not isinstance(value, bool):
            self.refuse(name, "moet true of false zijn", "must be true or false")
        return value is True

    def time(self, name: str) -> datetime:
        """A time in UTC, written `2026-01-31T12:00:00Z`; six decimals when it has microseconds.

        One moment has one spelling, or canonical bytes computed from the value would not be those that were signed.
        """
        value = self.text(name)
        if value:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                moment = None
            if moment is not None and _TIME.fullmatch(value) and time_text(moment) == value:
                return moment
            self.refuse(name, "moet een UTC-tijd zijn als 2026-01-31T12:00:00Z", "must be UTC as 2026-01-31T12:00:00Z")
        return datetime.min.replace(tzinfo=UTC)

    def date(self, name: str) -> date:
        """A calendar date, written `2026-01-31`."""
        value = self.text(name)
        if value:
            try:
                day = date.fromisoformat(value)
            except ValueError:
                day = None
            if day is not None and _DATE.fullmatch(value):
                return day
            self.refuse(name, "moet een datum zijn als 2026-01-31", "must be a date as 2026-01-31")
        return date.min

    def nested(self, name: str, read: Callable[[Any], T]) -> T:
        """A value that has its own reader."""
        value = self._get(name)
        if name in self._members:
            try:
                return read(value)
            except WireError as error:
                self._adopt(name, error)
        return cast("T", None)  # never seen: finish() raises

    def each(self, name: str, read: Callable[[Any], T]) -> tuple[T, ...]:
        """A list whose items have their own reader."""
        value = self._get(name)
        if name not in self._members:
            return ()
        if not isinstance(value, list):
            self.refuse(name, "moet een lijst zijn", "must be a list")
            return ()
        items: list[T] = []
        for position, item in enumerate(value):
            try:
                items.append(read(item))
            except WireError as error:
                self._adopt(name, WireError(tuple(p.under(str(position)) for p in error.problems)))
        return tuple(items)

    def _adopt(self, name: str, error: WireError) -> None:
        room = _MAX_SHOWN - len(self._problems)
        self._problems.extend(problem.under(name) for problem in error.problems[:room])


def string(value: Any) -> str:
    """Reader for an item that must be a non-empty string.

    Raises:
        WireError: it is something else.
    """
    if not isinstance(value, str) or not value:
        raise WireError((Problem("", "moet tekst zijn", "must be a non-empty string"),))
    return value


def time_text(moment: datetime) -> str:
    """The time as it stands on the wire: UTC, whole seconds or microseconds, `Z`.

    Raises:
        ValueError: the time does not say its zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is ambiguous")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Label:
    """A text for people, in Dutch and English."""

    nl: str
    en: str

    @classmethod
    def from_json(cls, value: Any) -> Label:
        """Read a label.

        Raises:
            WireError: malformed.
        """
        fields = Fields(value, {"nl", "en"})
        nl, en = fields.text("nl", empty=True), fields.text("en", empty=True)
        fields.finish()
        return cls(nl, en)

    def to_json(self) -> dict[str, str]:
        """As it stands on the wire."""
        return {"nl": self.nl, "en": self.en}

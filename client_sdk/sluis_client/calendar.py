"""What a supplier has to deliver when, and the same as an iCalendar file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from sluis_client.answers import Attempt, field, moment, optional, unexpected
from sluis_client.language import Text
from sluis_client.transport import Payload, TokenSource, Transport
from sluis_client.wire.strict import time_text

_LINE = 75
"""Octets of one line of iCalendar, without its end (RFC 5545, section 3.1)."""
_DONE = {"delivered", "delivered-late", "missed"}


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One delivery that is asked for.

    Attributes:
        data_set: data set id.
        title: its name.
        period: the period that is asked for.
        due: the last day on which it is on time, in the Netherlands.
        days_left: days until then, below 0 afterwards.
        standing: foreseen, planned, due, overdue, delivered, delivered-late or missed.
        round: the round; None while it is only foreseen.
        deadline: until when it is on time, exactly; None while it is only foreseen.
        submission: the delivery that counts, if there is one.
        attempt: the newest delivery, when it does not count.
    """

    data_set: str
    title: Text
    period: str
    due: date
    days_left: int
    standing: str
    round: str | None
    deadline: datetime | None
    submission: str | None
    attempt: Attempt | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """An entry from an answer.

        Raises:
            UnexpectedAnswerError: a field is missing or of another kind.
        """
        title, deadline = field(document, "title", dict), optional(document, "deadline", str)
        try:
            due = date.fromisoformat(field(document, "due", str))
        except ValueError:
            raise unexpected("due") from None
        return cls(
            data_set=field(document, "dataSet", str),
            title=Text(field(title, "nl", str), field(title, "en", str)),
            period=field(document, "period", str),
            due=due,
            days_left=field(document, "daysLeft", int),
            standing=field(document, "standing", str),
            round=optional(document, "round", str),
            deadline=None if deadline is None else moment(deadline),
            submission=optional(document, "submissionId", str),
            attempt=Attempt.within(document),
        )

    def to_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "dataSet": self.data_set,
            "title": self.title.to_json(),
            "period": self.period,
            "due": self.due.isoformat(),
            "daysLeft": self.days_left,
            "standing": self.standing,
            "round": self.round,
            "deadline": None if self.deadline is None else time_text(self.deadline),
            "submissionId": self.submission,
            "attempt": None if self.attempt is None else self.attempt.to_json(),
        }

    @property
    def open(self) -> bool:
        """Whether something is still to be done, now or later."""
        return self.standing not in _DONE


def fetch_calendar(transport: Transport, tokens: TokenSource) -> list[CalendarEntry]:
    """By day."""
    page = transport.call("GET", "/v1/organisations/me/calendar", tokens=tokens).object
    return [CalendarEntry.from_json(one) for one in field(page, "items", list)]


def fetch_contact(transport: Transport, tokens: TokenSource) -> list[str]:
    """The addresses as the service has them now."""
    found = transport.call("GET", "/v1/organisations/me", tokens=tokens).object
    return [str(one) for one in field(found, "contact", list)]


def change_contact(transport: Transport, tokens: TokenSource, addresses: Sequence[str]) -> list[str]:
    """The addresses as the service has them now."""
    body = {"addresses": list(addresses)}
    found = transport.call(
        "PUT", "/v1/organisations/me/contact", tokens=tokens, payload=lambda: Payload.json(body)
    ).object
    return [str(one) for one in field(found, "addresses", list)]


def icalendar(entries: Sequence[CalendarEntry], at: datetime) -> bytes:
    """What is still to be delivered, as days in an iCalendar file (RFC 5545) for any calendar program.

    An entry keeps its UID, so that a file that is read again replaces what was there; what is foreseen is tentative.

    Args:
        entries: of `Client.calendar`.
        at: the moment of making it.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sluis//sluis-client//NL", "CALSCALE:GREGORIAN"]
    for one in entries:
        if not one.open:
            continue
        foreseen = one.round is None
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(one.data_set)}-{_escaped(one.period)}@sluis",
            f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{one.due:%Y%m%d}",
            f"DTEND;VALUE=DATE:{one.due + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(f'Aanleveren: {one.title.nl}, {one.period}')}",
            f"DESCRIPTION:{_escaped(f'{one.title.en}, {one.period}. ' + (one.round or 'voorzien / foreseen'))}",
            f"STATUS:{'TENTATIVE' if foreseen else 'CONFIRMED'}",
            "TRANSP:TRANSPARENT",
            *([] if foreseen else _ALARM),
            "END:VEVENT",
        ]
    return b"".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


_ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Sluis", "TRIGGER:-P7D", "END:VALARM")


def _escaped(text: str) -> str:
    """Text of the service, which may begin no line of its own (section 3.3.11)."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return re.sub(r"([\\;,])", r"\\\1", shown)


def _folded(line: str) -> bytes:
    """The line in pieces of 75 octets at most, none of which cuts a character in two."""
    pieces, piece = [], b""
    for character in line:
        encoded = character.encode()
        if len(piece) + len(encoded) > _LINE:
            pieces.append(piece)
            piece = b" "
        piece += encoded
    return b"\r\n".join([*pieces, piece]) + b"\r\n"

"""Reminders by e-mail: who is told when that a delivery is due, and the outbox that neither loses nor doubles them.

A reminder is of one supplier, one round and one step, and exists once. It belongs to a mail, which is tried until the
server took it; what a mail says is made when it is sent, so that nobody is told of a delivery that has arrived since.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from service.domain.calendar import last_day
from service.domain.classification import Label
from service.domain.errors import Invalid
from service.domain.request_facts import civil_day
from service.domain.round import Round

MOST_ADDRESSES = 5
_LONGEST_ADDRESS = 254
"""RFC 5321, section 4.5.3.1.3, less the brackets."""
# The dot-atom of RFC 5322, section 3.4.1, in ASCII: no quotes, comments or lines that could become another header.
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(hours=6)


class ReminderStep(StrEnum):
    """When a supplier is reminded: days ahead of the last day, and once after it."""

    DAYS_14 = "14-days"
    DAYS_7 = "7-days"
    DAYS_1 = "1-day"
    OVERDUE = "overdue"


_DAYS = ((1, ReminderStep.DAYS_1), (7, ReminderStep.DAYS_7), (14, ReminderStep.DAYS_14))


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """The addresses to which an organisation wants its reminders; none for no reminders. They are in no log."""

    addresses: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is no address, one that is there twice, and too many; with every fault."""
        faults = [
            (f"addresses.{number}", what)
            for number, address in enumerate(self.addresses)
            for what, wrong in (
                ("not-an-address", len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address)),
                ("double", address.lower() in {other.lower() for other in self.addresses[:number]}),
            )
            if wrong
        ]
        if len(self.addresses) > MOST_ADDRESSES:
            faults.append(("addresses", f"at-most-{MOST_ADDRESSES}"))
        if faults:
            raise Invalid("contact", faults=tuple(faults))


@dataclass(frozen=True, slots=True)
class Reminder:
    """That a supplier is told, at this step, of its delivery to a round."""

    round: str
    organisation: str
    step: ReminderStep
    mail: str


@dataclass(frozen=True, slots=True)
class ReminderMail:
    """A mail in the outbox: tried from `next_try` on until `ended_at`, the moment at which nothing was left to send."""

    id: str
    organisation: str
    queued_at: datetime
    next_try: datetime
    tries: int = 0
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueLine:
    """One delivery that a mail tells of: no figures, and of no other supplier."""

    round: str
    title: Label
    period: str
    deadline: datetime
    days_left: int
    overdue: bool

    @property
    def due(self) -> date:
        """The last day on which it is on time."""
        return last_day(self.deadline)


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """What one mail says, and to whom. Its id stays the same when it is sent again (RFC 5322 Message-ID)."""

    id: str
    organisation: str
    organisation_name: str
    to: tuple[str, ...]
    lines: tuple[DueLine, ...]
    service: str


def step_due(round_: Round, now: datetime) -> ReminderStep | None:
    """The step at which a supplier that has not delivered is now; None when it is too early to say anything.

    A step that was missed, by a service that stood still, is made up for by the one that holds now and no other.
    """
    if round_.is_late(now):
        return ReminderStep.OVERDUE
    left = (last_day(round_.deadline) - civil_day(now)).days
    return next((step for days, step in _DAYS if left <= days), None)


def wait_after(tries: int) -> timedelta:
    """How long a mail is left alone after this many tries; whoever dies while sending holds it no longer than that."""
    doublings: int = 2 ** min(tries, 10)
    return min(_FIRST_WAIT * doublings, _LONGEST_WAIT)

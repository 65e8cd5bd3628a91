"""Which places of a log may be without their event: those that an erasure further on tells of, after the retention.

An erasure is an event (`audit.erase`) whose `query` says in JSON up to when events went (`before`), how many (`events`)
and between which places (`first`, `last`). It is never erased itself. Whoever blanks a place has to put such an event
into the log, where everybody who follows the log keeps it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sluis_client.wire.canonical import parse_json
from sluis_client.wire.strict import Fields, WireError

ERASURE_EVENT = "audit.erase"

LEAST_YEARS = 5
"""From writing (NEN 7513); the database holds to it as well."""

_OUT_OF_ORDER = timedelta(days=1)
"""How much later than an event one before it in the log may have begun: places follow the order of committing."""

_BEGIN_OF_TIME = datetime.min.replace(tzinfo=UTC) + _OUT_OF_ORDER
_MOST = 2**53 - 1
_RECORDED = re.compile(r'"recorded":"([12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z)"')
_ERASURE = f'"code":"{ERASURE_EVENT}"'
_SUCCESS = '"outcome":"success"'


def years_before(moment: datetime, years: int) -> datetime:
    """Some years earlier. Not every month has the day of today: an earlier one, so that nothing goes too soon."""
    return moment.replace(year=moment.year - years, day=min(moment.day, 28))


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure as the log tells of it.

    Attributes:
        place: of its own event.
        user: who erased, as the event has it.
        recorded: when.
        before: up to when events were recorded that went.
        events: how many went.
        first: the first place that lost its event.
        last: the last one.
    """

    place: int
    user: str
    recorded: datetime
    before: datetime
    events: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Day:
    """The first place of the log at which an event of some day stood, and when that was recorded."""

    place: int
    recorded: datetime


@dataclass(frozen=True, slots=True)
class DatedBack:
    """Events that say to be more than a day older than one before them in the log: how many, and the first of them.

    The tree proves their places and not their dates. By time they are not found where they were done: not by a search,
    nor by what is counted per day.
    """

    events: int
    first: Day


@dataclass(slots=True)
class _Gap:
    """Places without events, one after another; `latest` is when the newest event before them is known to have been."""

    first: int
    last: int
    latest: datetime


class Erasures:
    """The places without events, and the erasures, of a log that is read from its begin to its end.

    Args:
        now: by the clock of whoever verifies.
        days: as they were when the log was verified before; an erasure cannot say that these events were older.
    """

    def __init__(self, now: datetime, days: Sequence[Day] = ()) -> None:
        self.places = 0
        """How many are without."""
        self.days: list[Day] = []
        """The days up to here, those that were known before among them."""
        self.dated_back: DatedBack | None = None
        """Events that are out of the order of time."""
        self._known = deque(sorted(days, key=lambda day: day.place))
        self._limit = now + _OUT_OF_ORDER
        self._gaps: list[_Gap] = []
        self._told: list[Erasure] = []
        self._newest_told = _BEGIN_OF_TIME
        self._latest = _BEGIN_OF_TIME

    def see(self, place: int, payload: str | None) -> None:
        """Take note of a place, with the text of its event when there is one."""
        while self._known and self._known[0].place <= place:
            self.days.append(self._known.popleft())
            self._latest = max(self._latest, self.days[-1].recorded)
        if payload is not None:
            self._read(place, payload)
            return
        self.places += 1
        if self._gaps and (self._gaps[-1].last, self._gaps[-1].latest) == (place - 1, self._latest):
            self._gaps[-1].last = place
        else:
            self._gaps.append(_Gap(place, place, self._latest))

    def unexplained(self) -> int | None:
        """The first place for which no erasure answers; None when all is well.

        An erasure answers for a place when

        1. it stands further on in the log;
        2. the place is among those that it names;
        3. no event before the place is, or was when the log was seen before, from after the time up to which it erased,
           for then the place's own was too;
        4. that time was five years past when it erased;
        5. it erased at no later time than the clock of whoever verifies has, nor than the events after it have: neither
           service nor operator can date it further on, to have a young event pass for an old one.

        All of them together erased as many events as there are places without.
        """
        for gap in self._gaps:
            place = gap.first
            while place <= gap.last:
                reach = max((one.last for one in self._told if _answers(one, place, gap)), default=-1)
                if reach < place:
                    return place
                place = reach + 1
        return self._gaps[0].first if self.places > sum(one.events for one in self._told) else None

    def relied_on(self) -> Sequence[Erasure]:
        """The erasures that answer for the places without events, in the order of the log."""
        return [one for one in self._told if any(one.first <= gap.last and gap.first <= one.last for gap in self._gaps)]

    def _read(self, place: int, payload: str) -> None:
        """In canonical JSON no text holds a bare quote, so these can only be the members of the event."""
        found = _RECORDED.search(payload)
        try:
            recorded = datetime.fromisoformat(found[1] if found else "")
        except ValueError:
            return
        if recorded < self._latest - _OUT_OF_ORDER:
            so_far = self.dated_back or DatedBack(0, Day(place, recorded))
            self.dated_back = DatedBack(so_far.events + 1, so_far.first)
        self._latest = max(self._latest, recorded)
        if not self.days or self._latest.date() > self.days[-1].recorded.date():
            self.days.append(Day(place, self._latest))
        if recorded + _OUT_OF_ORDER < self._newest_told:
            self._told = [one for one in self._told if one.recorded <= recorded + _OUT_OF_ORDER]
            self._newest_told = max((one.recorded for one in self._told), default=recorded)
        if _ERASURE in payload and _SUCCESS in payload and recorded <= self._limit:
            self._told += _erasure(place, recorded, payload)
            self._newest_told = max(self._newest_told, recorded)


def _answers(one: Erasure, place: int, gap: _Gap) -> bool:
    return one.place > gap.last and one.first <= place <= one.last and gap.latest <= one.before + _OUT_OF_ORDER


def _erasure(place: int, recorded: datetime, payload: str) -> Sequence[Erasure]:
    """What the erasure says of itself; nothing when it erased nothing, or what was not five years old."""
    try:
        event = parse_json(payload.encode())
        fields = Fields(parse_json(str(event["query"]).encode()), {"before", "events", "first", "last"})
        found = Erasure(
            place,
            str(event["user"]),
            recorded,
            fields.time("before"),
            fields.integer("events", 1, _MOST),
            fields.integer("first", 0, _MOST),
            fields.integer("last", 0, _MOST),
        )
        fields.finish()
    except (WireError, KeyError, UnicodeEncodeError):
        return ()
    return (found,) if found.before <= years_before(recorded, LEAST_YEARS) else ()

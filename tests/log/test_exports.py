"""Everything that may be done to an exported log is noticed, and told for what it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from log_double import SomeLog

from sluis_client.wire.log import LogEntry, LogKey
from sluis_client.wire.log.erasures import Day
from sluis_client.wire.log.export import (
    ExportError,
    VerifiedExport,
    erased_line,
    export_header,
    export_line,
    export_lines,
    verify_export,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "sluis.example/v1/log"
NOW = datetime(2037, 6, 1, tzinfo=UTC)


def a_log(count: int = 12, seed: int = 0) -> SomeLog:
    """The same log each time, with the same salts."""
    log = SomeLog(ORIGIN, KEY)
    for number in range(count):
        log.entries.append(
            LogEntry(number, bytes([seed, number % 256]) * 16, f'{{"id":"e{number}","outcome":"denied"}}')
        )
    return log


def exported(log: SomeLog, size: int | None = None, erased: frozenset[int] = frozenset()) -> list[bytes]:
    checkpoint = log.checkpoint(size)
    kept = [entry for entry in log.entries[: checkpoint.size] if entry.index not in erased]
    return list(export_lines(checkpoint, kept, lambda index: log.entries[index].leaf()))


LOG = a_log()
PUBLIC = LOG.public
LINES = exported(LOG)


def refused(lines: list[bytes], key: LogKey = PUBLIC, *seen: str) -> ExportError:
    with pytest.raises(ExportError) as error:
        verify_export(lines, key, seen, now=NOW)
    assert error.value.nl != error.value.en
    return error.value


def test_a_whole_log_is_proven() -> None:
    proven = verify_export(LINES, PUBLIC, [LOG.checkpoint(size).note for size in (1, 5, 12)], now=NOW)
    assert (proven.checkpoint.size, proven.erased) == (12, 0)


# --- erasure


def at(year: int, day: int = 1) -> str:
    return f"{year}-03-{day:02}T12:00:00.000000Z"


def erasure(first: int, last: int, **changes: Any) -> dict[str, Any]:
    """The event of an erasure in 2031 of what was recorded before March 2026."""
    told = {"before": "2026-03-01T12:00:00Z", "events": last - first + 1, "first": first, "last": last}
    told |= {name: value for name, value in changes.items() if name in told}
    rest = {name: value for name, value in changes.items() if name not in told}
    said = {"code": "audit.erase", "outcome": "success", "recorded": at(2031), "query": json.dumps(told)}
    return {"id": "erase", "user": "operator", **said, **rest}


def an_old_log(*later: dict[str, Any], old: int = 6) -> SomeLog:
    """Events of 2025, then some of 2030, then whatever is given."""
    log = SomeLog(ORIGIN, KEY)
    for number in range(old):
        log.add(id=f"e{number}", code="other", recorded=at(2025, number + 1))
    for number in range(3):
        log.add(id=f"new{number}", code="other", recorded=at(2030, number + 1))
    for event in later:
        log.add(**event)
    return log


def without(log: SomeLog, *places: int, now: datetime = NOW, days: Sequence[Day] = ()) -> VerifiedExport:
    lines = exported(log, erased=frozenset(places))
    assert not any(f'"e{place}"'.encode() in line for place in places for line in lines)
    return verify_export(lines, log.public, [log.checkpoint(2).note], now=now, days=days)


def blanked(log: SomeLog, *places: int, now: datetime = NOW, days: Sequence[Day] = ()) -> int:
    """The first place that nothing explains."""
    with pytest.raises(ExportError) as error:
        without(log, *places, now=now, days=days)
    assert error.value.code == "erased-unexplained"
    assert error.value.nl != error.value.en
    return int(error.value.en.split()[1])


def test_what_was_erased_after_retention_leaves_the_rest_proven() -> None:
    assert without(an_old_log(erasure(0, 5)), 0, 1, 2, 3, 4, 5).erased == 6
    assert without(an_old_log(erasure(0, 2), erasure(3, 5)), 0, 1, 2, 3, 4, 5).erased == 6
    assert without(an_old_log(erasure(0, 5, events=3)), 0, 2, 4).erased == 3  # others of that stretch were younger


def test_an_event_that_an_operator_blanks_is_named() -> None:
    """Nothing tells of it: neither of the place, nor at all."""
    assert blanked(an_old_log(), 3) == 3
    assert blanked(an_old_log(erasure(0, 2)), 0, 1, 2, 3) == 3
    assert blanked(an_old_log(erasure(3, 5)), 2, 3, 4, 5) == 2
    assert blanked(an_old_log(erasure(0, 1), erasure(3, 5)), 0, 1, 2, 3, 4, 5) == 2
    assert blanked(an_old_log(erasure(0, 5)), 0, 1, 2, 3, 4, 5, 8) == 8
    assert blanked(LOG, 11) == 11


def test_more_gone_than_were_erased_is_noticed() -> None:
    assert blanked(an_old_log(erasure(0, 5, events=5)), 0, 1, 2, 3, 4, 5) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"before": "2026-03-01T12:00:01Z"},  # a second too young
        {"recorded": at(2030)},
        {"outcome": "failed"},
        {"code": "audit.read"},
        {"query": None},
        {"query": "{}"},
        {"query": "["},
        {"before": "yesterday"},
        {"events": 0},
        {"events": "6"},
        {"recorded": "2031"},
        {"recorded": "2031-02-31T12:00:00.000000Z"},
    ],
    ids=str,
)
def test_an_erasure_that_was_not_one_explains_nothing(changes: dict[str, Any]) -> None:
    assert blanked(an_old_log(erasure(0, 5, **changes)), 0, 1, 2, 3, 4, 5) == 0


def test_an_erasure_explains_nothing_that_came_after_it() -> None:
    log = an_old_log(erasure(0, 12))
    log.add(id="e10", code="other", recorded=at(2025))
    log.add(id="last", code="other", recorded=at(2025))
    assert blanked(log, 10) == 10


def test_a_young_event_is_not_erased_by_an_erasure_that_names_its_place() -> None:
    """Events before it are from 2030, so it is too, whatever an erasure of 2031 says of it."""
    log = an_old_log(erasure(0, 8, events=9))
    assert without(log, 0, 1, 2, 3, 4, 5, 6).erased == 7  # nobody can tell: nothing before it is left
    assert blanked(log, 0, 1, 2, 3, 4, 5, 8) == 8


def test_an_erasure_is_explained_by_the_next_ones_when_it_gets_old() -> None:
    """Its own event stays, so what it erased stays explained for ever."""
    log = an_old_log(erasure(0, 5))
    second = erasure(6, 8, before="2032-01-01T00:00:00Z", recorded=at(2037))
    log.add(**second)
    assert without(log, *range(9)).erased == 9


def test_an_erasure_of_the_future_explains_nothing() -> None:
    """A young event, and an erasure dated five years on: the verifier's own clock knows better."""
    log = an_old_log(erasure(4, 4, before="2031-01-01T00:00:00Z", recorded=at(2036, 5)))
    assert blanked(log, 4, now=datetime(2036, 3, 4, 11, 59, tzinfo=UTC)) == 4
    assert without(log, 4, now=datetime(2036, 3, 4, 12, 0, tzinfo=UTC)).erased == 1


def test_an_erasure_that_what_follows_is_older_than_explains_nothing() -> None:
    """Whoever waits until the false date has come is told apart by the events that were written meanwhile."""
    false = erasure(4, 4, before="2031-01-01T00:00:00Z", recorded=at(2036, 5))
    log = an_old_log(false, {"id": "after", "code": "other", "recorded": at(2036, 4)})
    assert without(log, 4).erased == 1  # within a day: transactions commit in another order than they began
    log.add(id="later", code="other", recorded="2036-03-04T11:59:59.000000Z")
    assert blanked(log, 4) == 4
    log.add(**erasure(4, 4, before="2031-01-01T00:00:00Z", recorded=at(2036, 7)))
    assert [one.recorded.day for one in without(log, 4).erasures] == [7]


def test_nobody_calls_expired_what_was_seen_young() -> None:
    """Everything from the first place on is gone, so nothing left contradicts the erasure but what was seen before."""
    log = an_old_log()
    before = verify_export(exported(log), log.public, now=NOW).days
    assert [(day.place, day.recorded.year) for day in before] == [
        *((n, 2025) for n in range(6)),
        *((n, 2030) for n in (6, 7, 8)),
    ]
    log.add(**erasure(0, 7, events=8))
    assert without(log, *range(8)).erased == 8
    assert blanked(log, *range(8), days=before) == 6
    log.add(**erasure(0, 7, before="2032-01-01T00:00:00Z", recorded=at(2037)))
    assert without(log, *range(8), days=before).days[: len(before)] == list(before)


def test_events_that_are_dated_back_are_told() -> None:
    """Nothing in the tree contradicts a date; what stands before it does. So nobody hides from a search by time."""
    log = an_old_log()
    assert without(log).dated_back is None
    log.add(id="within", code="other", recorded="2030-03-02T12:00:00.000000Z")
    assert without(log).dated_back is None  # a day: transactions commit in another order than they began
    log.add(id="back", code="release.read", recorded="2030-03-02T11:59:59.999999Z")
    log.add(id="far", code="release.read", recorded="1970-01-01T00:00:00.000000Z")
    log.add(id="after", code="other", recorded=at(2030, 4))
    told = without(log).dated_back
    assert told is not None
    assert (told.events, told.first.place, told.first.recorded.hour) == (2, 10, 11)


def test_who_verifies_gets_to_read_the_erasures() -> None:
    """Of how old the erased events were they are the only word: who says so, and when."""
    log = an_old_log(erasure(0, 5), erasure(6, 8, before="2027-01-01T00:00:00Z", recorded=at(2032)))
    (told,) = without(log, 0, 1, 2, 3, 4, 5).erasures
    assert (told.user, told.recorded.year, told.before.year, told.events) == ("operator", 2031, 2026, 6)
    assert (told.place, told.first, told.last) == (9, 0, 5)


def test_a_choice_of_events_is_told_from_a_whole_log() -> None:
    error = refused(LINES[1:])
    assert error.code == "selection"
    for text in (error.nl, error.en):
        assert "sluis log export" in text
        assert "sluis audit export" in text


@given(st.integers(1, 700), st.lists(st.integers(1, 700), max_size=3))
@settings(max_examples=20, deadline=None)
def test_a_log_of_any_size(size: int, seen: list[int]) -> None:
    log = a_log(size)
    notes = [log.checkpoint(min(one, size)).note for one in seen]
    assert verify_export(exported(log), log.public, notes, now=NOW).checkpoint.size == size


def changed(place: int, change: Callable[[dict], None]) -> list[bytes]:
    fields = json.loads(LINES[place + 1])
    change(fields)
    return [*LINES[: place + 1], json.dumps(fields).encode() + b"\n", *LINES[place + 2 :]]


def test_a_changed_event_is_named() -> None:
    def acquit(fields: dict) -> None:
        fields["event"] = fields["event"].replace("denied", "success")

    error = refused(changed(4, acquit))
    assert (error.code, error.en) == ("changed", "Event 4 was changed: it does not give the hash that stands with it.")


def test_a_changed_event_with_a_hash_that_fits_is_noticed() -> None:
    def acquit(fields: dict) -> None:
        entry = LogEntry(4, LOG.entries[4].salt, fields["event"].replace("denied", "success"))
        fields.update(json.loads(export_line(entry)))

    error = refused(changed(4, acquit))
    assert (error.code, error.en.split(":")[0]) == ("changed", "The 12 events are not those that were signed")


def test_an_event_that_is_called_erased_and_never_was_is_noticed() -> None:
    lines = [*LINES[:5], erased_line(4, LOG.entries[5].leaf()), *LINES[6:]]
    assert refused(lines).code == "changed"


@pytest.mark.parametrize("place", [0, 5, 10])
def test_a_deleted_event_is_named(place: int) -> None:
    error = refused([*LINES[: place + 1], *LINES[place + 2 :]])
    assert (error.code, error.en) == ("missing", f"Event {place} is missing at its place: deleted or moved.")


def test_deleted_and_counted_anew_is_noticed() -> None:
    log = a_log()
    del log.entries[4]
    log.entries = [LogEntry(number, entry.salt, entry.payload) for number, entry in enumerate(log.entries)]
    lines = [LINES[0], *(export_line(entry) for entry in log.entries)]
    assert refused(lines).code == "truncated"
    assert refused([*lines, export_line(LogEntry(11, bytes(32), "{}"))]).code == "changed"


def test_an_inserted_event_is_noticed() -> None:
    assert refused([*LINES[:5], LINES[4], *LINES[5:]]).code == "inserted"
    assert refused([*LINES[:5], export_line(LogEntry(4, bytes(32), "{}")), *LINES[6:]]).code == "changed"
    assert refused([*LINES, export_line(LogEntry(12, bytes(32), "{}"))]).code == "old-checkpoint"


def test_events_that_changed_places_are_noticed() -> None:
    assert refused([*LINES[:4], LINES[5], LINES[4], *LINES[6:]]).code == "missing"
    two = [LogEntry(3, LOG.entries[4].salt, LOG.entries[4].payload), LogEntry(4, *_content(LOG.entries[3]))]
    assert refused([*LINES[:4], *map(export_line, two), *LINES[6:]]).code == "changed"
    assert refused([*LINES[:8], LINES[2], *LINES[9:]]).code == "reordered"


def _content(entry: LogEntry) -> tuple[bytes, str]:
    return entry.salt, entry.payload


@pytest.mark.parametrize("left", [0, 1, 11])
def test_a_truncated_log_is_noticed(left: int) -> None:
    error = refused(LINES[: left + 1])
    assert error.code == "truncated"
    assert f"ends after {left} events, and 12 were signed" in error.en


def test_a_log_that_was_rolled_back_is_noticed_by_who_saw_more() -> None:
    earlier = exported(LOG, 8)
    assert verify_export(earlier, PUBLIC, now=NOW).checkpoint.size == 8
    error = refused(earlier, PUBLIC, LOG.checkpoint().note)
    assert error.code == "rolled-back"
    assert "12 events before, and 8 now" in error.en


def test_an_old_checkpoint_with_newer_events_is_noticed() -> None:
    error = refused([export_header(LOG.checkpoint(8)), *LINES[1:]])
    assert error.code == "old-checkpoint"


@pytest.mark.parametrize("size", [1, 7, 12])
def test_a_fork_is_noticed_by_who_saw_the_other_branch(size: int) -> None:
    other = a_log(12, seed=1)
    error = refused(exported(other), PUBLIC, LOG.checkpoint(size).note)
    assert error.code == "forked"
    assert f"first {size} events" in error.en


def test_two_checkpoints_that_were_seen_and_contradict_each_other() -> None:
    assert refused(LINES, PUBLIC, LOG.checkpoint(5).note, a_log(seed=1).checkpoint(5).note).code == "forked"


def test_another_key_and_another_log() -> None:
    other = LogKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)).public_key())
    assert refused(LINES, other).code == "checkpoint-unsigned"
    assert refused(LINES, LogKey("other.example/v1/log", KEY.public_key())).code == "checkpoint-unsigned"
    assert refused([LINES[0].replace(b"\\n12\\n", b"\\n13\\n"), *LINES[1:]]).code == "checkpoint-forged"
    assert refused(LINES, PUBLIC, "nonsense").code == "checkpoint-malformed"
    header = json.loads(LINES[0])
    header["origin"] = "other.example/v1/log"
    assert refused([json.dumps(header).encode(), *LINES[1:]]).code == "malformed"


@pytest.mark.parametrize(
    "line",
    [
        b'{"event":"\\ud800"}',
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"index":0}',
        b'{"index":0,"leafHash":"x"}',
        b'{"index":0,"index":1,"leafHash":""}',
    ],
)
def test_a_misshapen_line_is_told_by_its_number(line: bytes) -> None:
    for place in (0, 1, 12):
        error = refused([*LINES[:place], line + b"\n", *LINES[place + 1 :]])
        assert (error.code, error.en) == ("malformed", f"Line {place + 1} is unreadable.")


@given(st.data())
@settings(max_examples=150)
def test_no_altered_byte_of_any_line_passes(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(LINES) - 1))
    place = data.draw(st.integers(0, len(LINES[number]) - 2))
    line = bytearray(LINES[number])
    line[place] ^= data.draw(st.integers(1, 255))
    if bytes(line).strip() == LINES[number].strip():
        return
    refused([*LINES[:number], bytes(line), *LINES[number + 1 :]])

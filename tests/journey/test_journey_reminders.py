"""Suppliers are reminded of what they have to deliver: in time, once, and of nothing that has arrived."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journey import OPERATOR, OWNER, STEWARD, WORKER, Mailbox, World, a_row, person

from service.composition.reminding import Reminding, Trouble, remind
from service.domain.calendar import Standing, last_day
from service.domain.errors import Conflict, Invalid, Unavailable
from service.domain.principal import Role
from service.domain.reminder import Contact, Letter, ReminderMail, ReminderStep, step_due, wait_after
from service.domain.request_facts import civil_day
from service.domain.round import Round, RoundState
from service.domain.texts_reminder import mail_text
from service.use_cases.change_contact import change_own_contact, record_contact
from service.use_cases.create_round import create_round
from service.use_cases.queue_reminders import queue_reminders
from service.use_cases.read_calendar import read_calendar
from service.use_cases.read_organisations import list_organisations, read_own_organisation
from service.use_cases.send_reminder import send_reminder, take_reminder, waiting_reminders
from service.use_cases.suspend_organisation import suspend_organisation

NORTH = Contact(("aanlevering@north.example", "planning@north.example"))
SOUTH = Contact(("data@south.example",))
ROUND = "staffed-beds-2025"


def plan(world: World, days: int, data_set: str = "staffed-beds", period: str = "2025") -> Round:
    """An open round that is due in so many days, at the end of the day in the Netherlands (summer time)."""
    at = (world.clock.now() + timedelta(days=days)).replace(hour=22, minute=0, second=0)
    made = create_round(world.call(STEWARD), data_set, period, sorted(world.parties), at)
    return world.turn(made.id, RoundState.OPEN)


def sent(world: World) -> list[Letter]:
    """What one turn of the service sends."""
    before = len(box(world).taken)
    remind(world.call(WORKER), lambda *_: None)
    return box(world).taken[before:]


def box(world: World) -> Mailbox:
    mailer = world.services.mailer
    assert isinstance(mailer, Mailbox)
    return mailer


def with_addresses(world: World) -> World:
    """North and south have an address, the others have none."""
    record_contact(world.call(OPERATOR), "north", NORTH)
    change_own_contact(world.call(world.parties["south"].principal), SOUTH)
    return world


@pytest.fixture
def reachable(world: World) -> World:
    return with_addresses(world)


@pytest.fixture
def any_reachable(any_world: World) -> World:
    """On SQLite and on PostgreSQL."""
    return with_addresses(any_world)


def test_the_whole_way_of_one_round(reachable: World) -> None:
    """Fourteen, seven and one day ahead and after the deadline: four mails each, however often the service looks."""
    plan(reachable, 20)
    told: list[tuple[int, str, str]] = []
    for day in range(24):
        for _ in range(3):
            told += [(day, letter.organisation, mail_text(letter).subject) for letter in sent(reachable)]
            reachable.clock.pass_by(hours=4)
        reachable.clock.pass_by(hours=12)
        if day == 15:
            reachable.deliver(reachable.parties["south"], [a_row()])
    north = [(day, subject) for day, who, subject in told if who == "north"]
    assert north == [
        *((day, "Sluis: Aanleveren uiterlijk 2026-07-21 / delivery due 2026-07-21") for day in (6, 13, 19)),
        (21, "Sluis: Aanlevering te laat / delivery overdue"),
    ]
    assert [day for day, who, _ in told if who == "south"] == [6, 13]
    assert {who for _, who, _ in told} == {"north", "south"}


def test_who_delivered_meanwhile_is_not_told(reachable: World) -> None:
    plan(reachable, 5)
    box(reachable).refuses = True
    assert sent(reachable) == []
    reachable.deliver(reachable.parties["north"], [a_row()])
    reachable.turn(ROUND, RoundState.OPEN)
    box(reachable).refuses = False
    reachable.clock.pass_by(hours=1)
    assert [letter.organisation for letter in sent(reachable)] == ["south"]
    assert under_way(reachable) == []


def test_a_server_that_refuses_is_tried_again_with_the_same_mail(reachable: World) -> None:
    """What comes due meanwhile joins the mail that waits: when the server is back there is one, and it is right."""
    plan(reachable, 10)
    box(reachable).refuses = True
    assert sent(reachable) == []
    failures = reachable.events(code="reminder.send")
    assert {event.reasons for event in failures} == {("mail-not-sent",)}
    first = {event.object_id for event in failures}
    assert len(first) == 2
    assert sent(reachable) == []
    assert len(reachable.events(code="reminder.send")) == 2  # not before the time to try again
    reachable.clock.pass_by(days=4)
    plan(reachable, 6, "cancelled-operations")
    assert sent(reachable) == []
    box(reachable).refuses = False
    reachable.clock.pass_by(hours=7)
    letters = sent(reachable)
    assert {letter.id for letter in letters} == first
    assert [[line.round for line in letter.lines] for letter in letters] == [["cancelled-operations-2025", ROUND]] * 2
    assert sent(reachable) == []


def test_a_crash_between_taking_and_sending_loses_nothing(any_reachable: World) -> None:
    """The log knew of the mail before it could be out; after a while it is sent, under the same id."""
    plan(any_reachable, 5)
    queue_reminders(any_reachable.call(WORKER))
    for mail in waiting_reminders(any_reachable.call(WORKER)):
        take_reminder(any_reachable.call(WORKER), mail)
        with pytest.raises(Conflict, match="mail-taken"):
            take_reminder(any_reachable.call(WORKER), mail)
    taken = {event.object_id for event in any_reachable.events(code="reminder.take", outcome="success")}
    assert (len(taken), sent(any_reachable)) == (2, [])
    any_reachable.clock.pass_by(hours=1)
    assert {letter.id for letter in sent(any_reachable)} == taken
    with pytest.raises(Conflict, match="mail-ended"):
        take_reminder(any_reachable.call(WORKER), min(filter(None, taken)))


def test_every_mail_is_in_the_log_and_no_address_is(reachable: World) -> None:
    plan(reachable, 5)
    assert len(sent(reachable)) == 2
    events = [event for event in reachable.events() if event.code.startswith(("reminder", "contact"))]
    assert sorted(event.code for event in events) == [
        "contact.change", "contact.record", "reminder.queue", *["reminder.send"] * 2, *["reminder.take"] * 2,
    ]  # fmt: skip
    said = [json.loads(event.query or "") for event in events if event.code == "reminder.send"]
    assert sorted(one["organisation"] for one in said) == ["north", "south"]
    assert all(one["rounds"] == [ROUND] for one in said)
    assert not any("@" in f"{event.query}{event.object_id}" for event in events)


def test_a_letter_holds_no_figure_and_nothing_of_others(reachable: World) -> None:
    plan(reachable, 5)
    reachable.deliver(reachable.parties["east"], [a_row(931, 917)])
    (letter,) = (one for one in sent(reachable) if one.organisation == "north")
    text = mail_text(letter)
    assert letter.to == NORTH.addresses
    for word in ("931", "917", "South", "south", "East", "east@", "@"):
        assert word not in text.body
    for word in ("North", ROUND, "2026-07-07 00:00 CEST", "nog niet ontvangen", "have not been received", "5 dagen"):
        assert word in text.body, word
    assert repr(letter).count("@") == 0


@pytest.mark.parametrize("change", ["closed", "cancelled", "suspended", "no-address"])
def test_who_need_not_deliver_any_more_is_not_told(reachable: World, change: str) -> None:
    plan(reachable, 5)
    queue_reminders(reachable.call(WORKER))
    if change == "suspended":
        for name in ("north", "south"):
            suspend_organisation(reachable.call(OPERATOR), name, suspended=True)
    elif change == "no-address":
        for name in ("north", "south"):
            record_contact(reachable.call(OPERATOR), name, Contact(()))
    else:
        reachable.turn(ROUND, RoundState(change), "no longer needed")
    assert sent(reachable) == []
    assert under_way(reachable) == []


def test_two_processes_at_the_same_moment_send_once(any_reachable: World) -> None:
    for number, data_set in enumerate(("staffed-beds", "cancelled-operations")):
        plan(any_reachable, 5 + number, data_set)
    with ThreadPoolExecutor(2) as pool:
        turns = [pool.submit(remind, any_reachable.call(WORKER), lambda *_: None) for _ in range(2)]
        done = [turn.result() for turn in turns]
    assert sum(one.queued for one in done) == 4
    assert sorted(letter.organisation for letter in box(any_reachable).taken) == ["north", "south"]


def test_without_a_mail_server_nothing_is_queued(world: World) -> None:
    plan(world, 5)
    record_contact(world.call(OPERATOR), "north", NORTH)
    world.services = replace(world.services, mailer=None)
    with pytest.raises(Unavailable, match="mail-not-configured"):
        remind(world.call(WORKER), lambda *_: None)
    letter = Letter("x", "north", "North", NORTH.addresses, (), "http://127.0.0.1")
    assert world.events(code="reminder.queue") == []
    reminding = Reminding(world.services, lambda *_: None)
    reminding.start()
    reminding.stop()
    assert letter.lines == ()


def test_a_refused_address_is_told_and_the_mail_not_repeated(world: World) -> None:
    class Picky(Mailbox):
        def send(self, letter: Letter) -> int:
            return super().send(letter) + 1

    plan(world, 5)
    record_contact(world.call(OPERATOR), "north", NORTH)
    world.services = replace(world.services, mailer=Picky())
    assert len(sent(world)) == 1
    (event,) = world.events(code="reminder.send")
    assert (event.outcome, event.reasons) == ("failed", ("address-refused",))
    world.clock.pass_by(hours=7)
    assert sent(world) == []


def test_the_thread_sends_at_once_and_outlives_trouble(world: World) -> None:
    plan(world, 5)
    record_contact(world.call(OPERATOR), "north", NORTH)
    troubles: list[Trouble] = []
    world.execute("CREATE TRIGGER no_events BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END")
    reminding = Reminding(world.services, troubles.append, interval=0.02)
    reminding.start()
    try:
        wait_until(lambda: troubles)
        world.execute("DROP TRIGGER no_events")
        wait_until(lambda: box(world).taken)
    finally:
        reminding.stop()
    assert len(box(world).taken) == 1
    assert {(one.code, one.mail) for one in troubles} == {("Unavailable", None)}


def test_a_mail_server_that_hangs_holds_up_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service stops all the same; what becomes of the mail is what becomes of it when a process dies."""
    monkeypatch.setattr("service.composition.reminding._GOODBYE", 0.1)
    release, reached = threading.Event(), threading.Event()

    class Hanging(Mailbox):
        def send(self, letter: Letter) -> int:
            reached.set()
            release.wait(20)
            return super().send(letter)

    plan(world, 5)
    record_contact(world.call(OPERATOR), "north", NORTH)
    world.services = replace(world.services, mailer=Hanging())
    reminding = Reminding(world.services, lambda _: None)
    reminding.start()
    try:
        assert reached.wait(10)
        reminding.stop()
        (waiting,) = under_way(world)
        assert (waiting.tries, waiting.ended_at) == (1, None)
        world.deliver(world.parties["south"], [a_row()])
    finally:
        release.set()
        reminding._thread.join(10)


def test_one_mail_that_cannot_be_made_keeps_no_other_from_being_sent(reachable: World) -> None:
    """Whatever refuses, it is told with its code, and not taken for another process that was first."""
    plan(reachable, 5)
    only = create_round(
        reachable.call(STEWARD), "cancelled-operations", "2025", ["north"], reachable.clock.now() + timedelta(days=5)
    )
    reachable.turn(only.id, RoundState.OPEN)
    reachable.execute("UPDATE rounds SET data_set_version = 99 WHERE id = 'cancelled-operations-2025'")
    troubles: list[Trouble] = []
    done = remind(reachable.call(WORKER), troubles.append)
    assert ((done.sent, done.failed), [one.code for one in troubles]) == ((1, 1), ["not-found"])


def under_way(world: World) -> Sequence[ReminderMail]:
    with world.services.database.look() as data:
        return data.reminders.under_way()


def wait_until(found: Any) -> None:
    for _ in range(500):
        if found():
            return
        time.sleep(0.02)
    raise AssertionError("nothing came of it")


def test_addresses_are_shown_to_the_supplier_and_the_operator(reachable: World) -> None:
    north = reachable.call(reachable.parties["north"].principal)
    assert read_own_organisation(north).contact == NORTH
    colleague = person("colleague", Role.REGIONAL_OWNER, organisation="north")
    assert read_own_organisation(reachable.call(colleague)).contact is None
    assert NORTH.addresses[0] not in repr(read_own_organisation(reachable.call(OWNER)))
    shown = {view.organisation.id: view.contact for view in list_organisations(reachable.call(OPERATOR))}
    assert (shown["north"], shown["south"], shown["east"]) == (NORTH, SOUTH, Contact(()))


@pytest.mark.parametrize(
    ("addresses", "faults"),
    [
        (("a@b",), []),
        (("north",), [("addresses.0", "not-an-address")]),
        (("a@x.example\r\nBcc: b@y.example",), [("addresses.0", "not-an-address")]),
        (("A <a@x.example>", "a@x.example", "A@X.example"), [("addresses.0", "not-an-address"), ("addresses.2", "double")]),
        (("a@x.example, b@x.example",), [("addresses.0", "not-an-address")]),
        ((f"{'a' * 250}@x.example",), [("addresses.0", "not-an-address")]),
        (tuple(f"a{n}@x.example" for n in range(6)), [("addresses", "at-most-5")]),
    ],
)  # fmt: skip
def test_what_is_no_address_is_told_all_at_once(addresses: tuple[str, ...], faults: list[tuple[str, str]]) -> None:
    if not faults:
        assert Contact(addresses).addresses == addresses
        return
    with pytest.raises(Invalid) as refused:
        Contact(addresses)
    assert list(refused.value.faults) == faults


# --- days and steps


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given zones


@given(deadline=MOMENTS, now=MOMENTS)
def test_the_step_follows_from_civil_days(deadline: datetime, now: datetime) -> None:
    """Whatever the hour and the season: late is after the moment, and ahead is counted in days in the Netherlands."""
    round_ = Round("r", "d", 1, "2025", frozenset({"north"}), deadline, RoundState.OPEN)
    step, left = step_due(round_, now), (last_day(deadline) - civil_day(now)).days
    assert (step is ReminderStep.OVERDUE) == (now > deadline)
    if now <= deadline:
        assert left >= 0 or deadline - now < timedelta(microseconds=2)
        assert (step is None) == (left > 14)
        assert (step is ReminderStep.DAYS_1) == (left <= 1)


def test_a_deadline_at_midnight_is_the_day_before() -> None:
    assert last_day(datetime(2026, 7, 31, 22, 0, tzinfo=UTC)).isoformat() == "2026-07-31"
    assert last_day(datetime(2026, 1, 31, 23, 0, tzinfo=UTC)).isoformat() == "2026-01-31"
    assert last_day(datetime(2026, 7, 31, 22, 0, 1, tzinfo=UTC)).isoformat() == "2026-08-01"


def test_tries_are_further_apart_and_never_stop() -> None:
    waits = [wait_after(tries) for tries in range(1, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=10), timedelta(hours=6))


# --- the calendar


def test_a_supplier_sees_what_is_asked_of_it_and_what_will_be(world: World) -> None:
    plan(world, 2, period="2024")
    world.clock.pass_by(days=5)
    plan(world, 10)
    create_round(world.call(STEWARD), "staffed-beds", "2026", ["north"], world.clock.now() + timedelta(days=300))
    create_round(world.call(STEWARD), "cancelled-operations", "2025", ["south"], world.clock.now() + timedelta(1))
    world.turn("cancelled-operations-2025", RoundState.CANCELLED, "not needed")
    delivered = world.deliver(world.parties["north"], [a_row()])
    shown = [
        (one.round, one.period, one.standing) for one in read_calendar(world.call(world.parties["north"].principal))
    ]
    assert shown == [
        ("staffed-beds-2024", "2024", Standing.OVERDUE),
        ("staffed-beds-2025", "2025", Standing.DELIVERED),
        ("staffed-beds-2026", "2026", Standing.PLANNED),
    ]
    counting = world.counting(world.parties["north"])
    assert counting is not None
    assert counting.id == delivered.submission.id
    world.turn("staffed-beds-2024", RoundState.CLOSED)
    south = {one.period: one for one in read_calendar(world.call(world.parties["south"].principal))}
    assert (south["2024"].standing, south["2024"].days_left) == (Standing.MISSED, -3)
    assert (south["2025"].standing, south["2025"].days_left) == (Standing.DUE, 10)
    ahead = south["2026"]
    assert (ahead.standing, ahead.round, ahead.deadline) == (Standing.FORESEEN, None, None)
    definition = world.services.catalogue.data_set("staffed-beds")
    assert ahead.due.isoformat() == "2027-01-31" or definition.deadline_days != 31
    world.clock.pass_by(days=400)
    assert "2024" not in {one.period for one in read_calendar(world.call(world.parties["south"].principal))}


def test_who_was_never_asked_has_an_empty_calendar(world: World) -> None:
    assert read_calendar(world.call(world.parties["isle"].principal)) == ()


def test_a_letter_is_not_sent_for_a_mail_that_is_not_there(world: World) -> None:
    letter = Letter("nothing", "north", "North", NORTH.addresses, (), "http://127.0.0.1")
    with pytest.raises(Exception, match="not-found"):
        send_reminder(world.call(WORKER), letter)
    assert box(world).taken == []

"""What begin, look and commit promise: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from database_samples import NOON, a_request, a_round, a_submission, after, an_event, an_organisation, prepare, prepared
from fake_unit_of_work import FakeDatabase

from service.adapters.database import RowRefused
from service.domain.errors import Conflict, Invalid, NotFound, Unavailable
from service.domain.request import RequestState
from service.ports.unit_of_work import AuditFilter, Database, Page

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - what is tested


def test_commit_keeps_the_change_and_its_event(database: Database) -> None:
    event = an_event()
    with database.begin() as uow:
        uow.organisations.add(an_organisation())
        uow.commit(event)
    with database.look() as uow:
        assert uow.organisations.get("north") == an_organisation()
        assert uow.audit.get(event.id) == event


def test_leaving_without_commit_rolls_back(database: Database) -> None:
    with database.begin() as uow:
        uow.organisations.add(an_organisation())
    with database.look() as uow, pytest.raises(NotFound):
        uow.organisations.get("north")


def test_an_exception_rolls_back_and_passes(database: Database) -> None:
    def stumble() -> None:
        with database.begin() as uow:
            uow.organisations.add(an_organisation())
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        stumble()
    with database.look() as uow:
        assert uow.organisations.all() == []


def test_an_event_that_is_refused_takes_the_change_with_it(database: Database) -> None:
    event = an_event()
    with database.begin() as uow:
        uow.commit(event)
    with database.begin() as uow:
        uow.organisations.add(an_organisation())
        with pytest.raises(Unavailable, match="database-refused"):
            uow.commit(event)
    with database.look() as uow:
        assert uow.organisations.all() == []
        assert len(uow.audit.page(AuditFilter(), Page())[0]) == 1


def test_a_naive_event_is_refused_with_the_change(database: Database) -> None:
    with database.begin() as uow:
        uow.organisations.add(an_organisation())
        with pytest.raises(Unavailable, match="database-refused"):
            uow.commit(an_event(recorded=NAIVE))
        with pytest.raises(RuntimeError, match="refused"):
            uow.commit(an_event())
    with database.look() as uow:
        assert uow.organisations.all() == []


def test_the_second_commit_is_a_programming_error(database: Database) -> None:
    with database.begin() as uow:
        uow.commit(an_event())
        with pytest.raises(RuntimeError, match="committed"):
            uow.commit(an_event())
        with pytest.raises(RuntimeError, match="committed"):
            uow.organisations.all()
    with database.look() as uow:
        assert len(uow.audit.page(AuditFilter(), Page())[0]) == 1


def test_use_after_leaving_is_a_programming_error(database: Database) -> None:
    with database.begin() as uow:
        pass
    with pytest.raises(RuntimeError, match="left"):
        uow.commit(an_event())
    with pytest.raises(RuntimeError, match="left"):
        uow.rounds.get("beds-2019")


def test_a_look_cannot_write_lock_or_commit(database: Database) -> None:
    prepared(database)
    with database.look() as uow:
        for attempt in (
            lambda: uow.organisations.add(an_organisation("west")),
            lambda: uow.commit(an_event()),
            lambda: uow.used_tokens.remember("a", "b", NOON),
            lambda: uow.used_tokens.forget(NOON),
            lambda: uow.releases.lock_facts("beds"),
            lambda: uow.rounds.get("beds-2019", lock=True),
            lambda: uow.organisations.find_invitation("x"),
        ):
            with pytest.raises(RuntimeError, match="only reads"):
                attempt()
        assert uow.rounds.get("beds-2019") == a_round()


def test_a_look_sees_one_moment(database: Database) -> None:
    prepared(database)
    with database.look() as reader:
        assert len(reader.organisations.all()) == 2
        with database.begin() as writer:
            writer.organisations.add(an_organisation("west"))
            writer.commit(an_event())
        assert len(reader.organisations.all()) == 2
    with database.look() as reader:
        assert len(reader.organisations.all()) == 3


def test_a_refused_transaction_is_dead(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        with pytest.raises(Conflict):
            uow.organisations.add(an_organisation())
        with pytest.raises(RuntimeError, match="refused"):
            uow.organisations.all()
        with pytest.raises(RuntimeError, match="refused"):
            uow.commit(an_event())


def test_what_points_nowhere_is_refused(database: Database) -> None:
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.rounds.add(a_round(), "wrapped")
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.submissions.add(a_submission())


def test_a_release_that_is_promised_must_exist_at_the_commit(database: Database) -> None:
    prepared(database)
    with database.begin() as uow:
        uow.requests.save(replace(a_request(), state=RequestState.RELEASED, release="nowhere"))
        with pytest.raises(Unavailable, match="database-refused"):
            uow.commit(an_event())
    with database.look() as uow:
        assert uow.requests.get("req-1").state is RequestState.PERMITTED


def test_released_and_its_release_go_together(database: Database) -> None:
    prepared(database)
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.requests.save(replace(a_request(), state=RequestState.RELEASED))


def test_naive_times_are_refused(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        with pytest.raises(ValueError, match="zone"):
            uow.submissions.add(a_submission(received_at=NAIVE))
    with database.begin() as uow, pytest.raises(ValueError, match="zone"):
        uow.used_tokens.remember("issuer", "jti", NAIVE)
    with database.look() as uow, pytest.raises(ValueError, match="zone"):
        uow.submissions.stale(NAIVE)
    with database.look() as uow, pytest.raises(ValueError, match="zone"):
        uow.audit.page(AuditFilter(recorded_from=NAIVE), Page())


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_cannot_be_stored_is_invalid_everywhere(database: Database, text: str) -> None:
    with database.begin() as uow, pytest.raises(Invalid, match="unstorable-text"):
        uow.organisations.add(an_organisation(name=text))
    with database.look() as uow, pytest.raises(Invalid, match="unstorable-text"):
        uow.organisations.get(text)
    with database.look() as uow, pytest.raises(Invalid, match="unstorable-text"):
        uow.audit.page(AuditFilter(user=text), Page())
    with database.look() as uow, pytest.raises(Invalid, match="unstorable-text"):
        uow.submissions.page(Page(cursor=text))


@pytest.mark.parametrize("text", ["a\0b", "x\udfff"])
def test_no_name_of_an_object_keeps_an_event_out_of_the_log(database: Database, text: str) -> None:
    event = an_event(object_id=text, query=text, reasons=(text,))
    with database.begin() as uow:
        uow.commit(event)
    with database.look() as uow:
        stored = uow.audit.get(event.id)
    shown = text.replace("\0", "\ufffd").replace("\udfff", "\ufffd")
    assert stored == replace(event, object_id=shown, query=shown, reasons=(shown,))


def test_times_come_back_in_utc(database: Database) -> None:
    prepared(database)
    with database.look() as uow:
        deadline = uow.rounds.get("beds-2019").deadline
    assert deadline == after(600)
    assert deadline.utcoffset().total_seconds() == 0


def test_ready(database: Database) -> None:
    assert database.ready()


def test_the_fake_can_refuse_every_event() -> None:
    fake = FakeDatabase()
    fake.refuses_events = True
    with fake.begin() as uow:
        uow.organisations.add(an_organisation())
        with pytest.raises(Unavailable):
            uow.commit(an_event())
    assert fake.tables.organisations == {}


def test_the_fake_is_busy_like_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fake_unit_of_work.PATIENCE", 0.01)
    fake = FakeDatabase()
    with fake.begin(), pytest.raises(Unavailable, match="database-busy"), fake.begin():
        pass
    with fake.begin():
        pass

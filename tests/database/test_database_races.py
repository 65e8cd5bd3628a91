"""Many at once, on both databases: what must happen once happens once."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from database_samples import (
    NOON,
    a_release,
    a_submission,
    after,
    an_accepted,
    an_event,
    an_invitation,
    an_organisation,
    prepared,
)

from service.adapters.database import Patience, SqlDatabase
from service.domain.errors import Conflict, DomainError, Unavailable
from service.domain.round import RoundState
from service.ports.unit_of_work import AuditFilter, Page

AT_ONCE = 6


def race(what: Callable[[int], object]) -> Counter[object]:
    """Start `what` in threads at the same moment; count the answers, a refusal by its code."""
    start = threading.Barrier(AT_ONCE)

    def run(number: int) -> object:
        start.wait(10)
        try:
            return what(number)
        except DomainError as refusal:
            return refusal.code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(run, range(AT_ONCE)))


@pytest.fixture
def database(real_database: SqlDatabase) -> SqlDatabase:
    prepared(real_database)
    return real_database


@pytest.fixture
def impatient(database_url: str) -> Iterator[SqlDatabase]:
    impatient = SqlDatabase(
        database_url, random_bytes=secrets.token_bytes, patience=Patience(lock=1, connection=1), pool_size=2
    )
    yield impatient
    impatient.dispose()


def test_of_many_deliveries_one_counts(database: SqlDatabase) -> None:
    def deliver(number: int) -> str:
        with database.begin() as uow:
            uow.submissions.add(an_accepted(f"sub-{number}"))
            uow.commit(an_event(id=f"e-{number}"))
        return "accepted"

    assert race(deliver) == {"accepted": 1, "already-delivered": AT_ONCE - 1}
    with database.look() as uow:
        assert len(uow.submissions.counting_parts(["beds-2019"])) == 1
        assert len(uow.audit.page(AuditFilter(), Page())[0]) == 2


def test_whoever_locks_the_round_sees_what_counts(database: SqlDatabase) -> None:
    """The use case's way: lock, look, and answer without the constraint's help."""

    def deliver(number: int) -> str:
        with database.begin() as uow:
            uow.rounds.get("beds-2019", lock=True)
            if uow.submissions.counting("north", "beds-2019"):
                return "seen"
            uow.submissions.add(an_accepted(f"sub-{number}"))
            uow.commit(an_event(id=f"e-{number}"))
            return "accepted"

    assert race(deliver) == {"accepted": 1, "seen": AT_ONCE - 1}


def test_deliveries_of_one_supplier_take_turns(database: SqlDatabase) -> None:
    def deliver(number: int) -> str:
        with database.begin() as uow:
            uow.rounds.take_turn("beds-2019", "north")
            if uow.submissions.counting("north", "beds-2019"):
                return "seen"
            uow.submissions.add(an_accepted(f"sub-{number}"))
            uow.commit(an_event(id=f"e-{number}"))
            return "accepted"

    assert race(deliver) == {"accepted": 1, "seen": AT_ONCE - 1}


def test_a_round_does_not_close_during_a_delivery(database: SqlDatabase, impatient: SqlDatabase) -> None:
    def close() -> None:
        with impatient.begin() as uow:
            uow.rounds.save(replace(uow.rounds.get("beds-2019", lock=True), state=RoundState.CLOSED))
            uow.commit(an_event())

    with database.begin() as uow:
        uow.rounds.take_turn("beds-2019", "north")
        with pytest.raises(Unavailable, match="database-busy"):
            close()
        assert uow.rounds.get("beds-2019").state is RoundState.OPEN
        uow.commit(an_event())
    close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_suppliers_do_not_wait_for_each_other(database: SqlDatabase, impatient: SqlDatabase) -> None:
    with database.begin() as uow:
        uow.rounds.take_turn("beds-2019", "north")
        uow.submissions.add(an_accepted())
        with impatient.begin() as other:
            other.rounds.take_turn("beds-2019", "south")
            other.submissions.add(an_accepted("sub-2", organisation="south"))
            other.commit(an_event())
        uow.commit(an_event())


def test_one_idempotency_key_makes_one_submission(database: SqlDatabase) -> None:
    def begin(number: int) -> str:
        with database.begin() as uow:
            uow.submissions.add(a_submission(f"sub-{number}", idempotency_key="same"))
            uow.commit(an_event(id=f"e-{number}"))
        return "begun"

    assert race(begin) == {"begun": 1, "idempotency-key-reused": AT_ONCE - 1}


def test_a_token_id_is_new_once(database: SqlDatabase) -> None:
    def use(number: int) -> bool:
        with database.begin() as uow:
            first = uow.used_tokens.remember("north", "jti", after(5))
            uow.used_tokens.forget(NOON)
            uow.commit(an_event(id=f"e-{number}"))
            return first

    assert race(use) == {True: 1, False: AT_ONCE - 1}


def test_a_token_id_of_a_rollback_may_be_used(database: SqlDatabase) -> None:
    def use(number: int) -> bool:
        with database.begin() as uow:
            first = uow.used_tokens.remember("north", "jti", after(5))
            if number % 2:
                uow.commit(an_event(id=f"e-{number}"))
                return first
        return False

    assert race(use)[True] == 1


def test_an_invitation_is_used_once(database: SqlDatabase) -> None:
    with database.begin() as uow:
        uow.organisations.add_invitation(an_invitation())
        uow.commit(an_event())

    def register(number: int) -> bool:
        with database.begin() as uow:
            invitation = uow.organisations.find_invitation("hash-1")
            if invitation is None or invitation.used_at:
                return False
            uow.organisations.save_invitation(replace(invitation, used_at=NOON))
            uow.commit(an_event(id=f"e-{number}"))
            return True

    assert race(register) == {True: 1, False: AT_ONCE - 1}


def test_a_release_is_withdrawn_once(database: SqlDatabase) -> None:
    with database.begin() as uow:
        uow.releases.add(a_release())
        uow.commit(an_event())

    def withdraw(number: int) -> str:
        with database.begin() as uow:
            uow.releases.withdraw("rel-1", NOON, f"reason {number}")
            uow.commit(an_event(id=f"e-{number}"))
        return "withdrawn"

    assert race(withdraw) == {"withdrawn": 1, "release-withdrawn": AT_ONCE - 1}


def test_releases_over_the_same_facts_see_each_other(database: SqlDatabase) -> None:
    def release(number: int) -> int:
        with database.begin() as uow:
            uow.releases.lock_facts("beds")
            known = len(uow.releases.over("beds"))
            uow.releases.add(a_release(f"rel-{number}", version=number))
            uow.commit(an_event(id=f"e-{number}"))
            return known

    assert race(release) == dict.fromkeys(range(AT_ONCE), 1)


def test_the_facts_stay_locked_until_the_end(database: SqlDatabase, impatient: SqlDatabase) -> None:
    def locked() -> bool:
        try:
            with impatient.begin() as uow:
                uow.releases.lock_facts("beds")
        except Unavailable as busy:
            return busy.code == "database-busy"
        return False

    with database.begin() as uow:
        uow.releases.lock_facts("beds")
        assert locked()
        uow.commit(an_event())
    assert not locked()


def test_a_locked_row_makes_the_impatient_busy(database: SqlDatabase, impatient: SqlDatabase) -> None:
    def change() -> None:
        with impatient.begin() as other:
            other.rounds.get("beds-2019", lock=True)

    with database.begin() as uow:
        uow.rounds.get("beds-2019", lock=True)
        with pytest.raises(Unavailable, match="database-busy"):
            change()
    change()


def test_readers_wait_for_nobody(database: SqlDatabase, impatient: SqlDatabase) -> None:
    with database.begin() as uow:
        uow.organisations.save(an_organisation(name="changed"))
        with impatient.look() as reader:
            assert reader.organisations.get("north").name == "Hospital north"


def test_an_empty_pool_is_busy(impatient: SqlDatabase) -> None:
    """Two connections and SQLAlchemy's overflow of ten: the thirteenth waits in vain."""
    with ThreadPoolExecutor(13) as pool:
        enough, done = threading.Barrier(13), threading.Event()

        def hold(_number: int) -> None:
            with impatient.look():
                enough.wait(10)
                done.wait(10)

        held = [pool.submit(hold, number) for number in range(12)]
        enough.wait(10)
        with pytest.raises(Unavailable, match="database-busy"), impatient.look():
            pass
        done.set()
        for future in held:
            future.result()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_a_deadlock_one_survives(database: SqlDatabase) -> None:
    meet = threading.Barrier(2)

    def lock(order: tuple[str, str]) -> str:
        try:
            with database.begin() as uow:
                uow.organisations.save(an_organisation(order[0]))
                meet.wait(10)
                uow.organisations.save(an_organisation(order[1]))
                uow.commit(an_event())
        except Unavailable as busy:
            return busy.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lock, [("north", "south"), ("south", "north")])) == ["database-busy", "done"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lost_connection_is_busy_and_the_next_one_works(database: SqlDatabase, postgres: object) -> None:
    with database.begin() as uow:
        uow.organisations.add(an_organisation("west"))
        with postgres.administration() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluis'"
            )
        with pytest.raises(Unavailable, match="database-busy"):
            uow.commit(an_event())
    with database.begin() as uow:
        assert len(uow.organisations.all()) == 2
        with pytest.raises(Conflict):
            uow.organisations.add(an_organisation())

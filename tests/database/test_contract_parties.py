"""Organisations, invitations, keys, used tokens and rounds: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from database_samples import (
    NOON,
    a_key,
    a_round,
    after,
    an_event,
    an_invitation,
    an_organisation,
    prepare,
    prepared,
)

from service.domain.errors import Conflict, NotFound
from service.domain.organisation import Agreement, OrganisationKind
from service.domain.round import RoundState
from service.ports.unit_of_work import Database, Page


def test_an_organisation_comes_back_as_it_was(database: Database) -> None:
    bare = an_organisation(
        "bare",
        kinds=frozenset({OrganisationKind.AUDITOR}),
        agreement=Agreement("ref", date(2026, 2, 3)),
        regions=frozenset(),
        identifiers=(),
        suspended=True,
    )
    with database.begin() as uow:
        uow.organisations.add(an_organisation())
        uow.organisations.add(bare)
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.organisations.get("north") == an_organisation()
        assert uow.organisations.all() == [bare, an_organisation()]


def test_an_organisation_is_changed_and_not_doubled(database: Database) -> None:
    prepared(database)
    changed = an_organisation(name="Ziekenhuis 'Noord'; DROP TABLE rounds --", suspended=True)
    with database.begin() as uow:
        uow.organisations.save(changed)
        uow.commit(an_event())
    with database.begin() as uow:
        assert uow.organisations.get("north") == changed
        with pytest.raises(NotFound):
            uow.organisations.save(an_organisation("west"))
        with pytest.raises(Conflict, match="organisation-exists"):
            uow.organisations.add(an_organisation())


def test_ids_sort_by_code_point(database: Database) -> None:
    names = ["a-b", "a", "ab", "a-a", "b1", "b10", "b-2"]
    with database.begin() as uow:
        for name in names:
            uow.organisations.add(an_organisation(name))
        assert [found.id for found in uow.organisations.all()] == sorted(names)


def test_an_invitation_is_found_by_its_hash_and_marked_as_used(database: Database) -> None:
    used = replace(an_invitation(), used_at=after(5))
    with database.begin() as uow:
        prepare(uow)
        uow.organisations.add_invitation(an_invitation())
        assert uow.organisations.find_invitation("hash-1") == an_invitation()
        uow.organisations.save_invitation(used)
        assert uow.organisations.find_invitation("hash-1") == used
        assert uow.organisations.find_invitation("hash-2") is None
        with pytest.raises(NotFound):
            uow.organisations.save_invitation(an_invitation("hash-2"))


def test_keys_rotate_and_are_revoked(database: Database) -> None:
    old, new = a_key("z-old"), a_key("a-new", registered_at=after(1))
    with database.begin() as uow:
        prepare(uow)
        uow.organisations.add_key(new)
        uow.organisations.add_key(old)
        uow.organisations.add_key(a_key("other", "south"))
        assert uow.organisations.keys_of("north") == [old, new]
        revoked = replace(old, revoked_at=after(2))
        uow.organisations.save_key(revoked)
        assert uow.organisations.find_key("z-old") == revoked
        assert uow.organisations.find_key("unknown") is None
        with pytest.raises(NotFound):
            uow.organisations.save_key(a_key("unknown"))


def test_a_key_speaks_for_one_organisation(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.organisations.add_key(a_key())
        with pytest.raises(Conflict, match="key-exists"):
            uow.organisations.add_key(a_key(organisation="south"))


def test_a_token_id_counts_once_per_issuer(database: Database) -> None:
    with database.begin() as uow:
        assert uow.used_tokens.remember("north", "jti-1", after(5))
        assert not uow.used_tokens.remember("north", "jti-1", after(9))
        assert uow.used_tokens.remember("south", "jti-1", after(5))
        uow.commit(an_event())
    with database.begin() as uow:
        assert not uow.used_tokens.remember("north", "jti-1", after(5))


def test_a_token_id_that_needs_no_event_counts_once_too(database: Database) -> None:
    assert database.remember_once("proof:key", "jti-1", now=NOON, until=after(5))
    assert not database.remember_once("proof:key", "jti-1", now=NOON, until=after(9))
    assert database.remember_once("proof:other", "jti-1", now=NOON, until=after(5))
    assert not database.remember_once("proof:key", "jti-1", now=after(4), until=after(9)), "kept until it ends"
    assert database.remember_once("proof:key", "jti-2", now=after(6), until=after(9)), "what has ended is forgotten"
    assert database.remember_once("proof:key", "jti-1", now=after(6), until=after(9))


def test_only_token_ids_of_the_past_are_forgotten(database: Database) -> None:
    with database.begin() as uow:
        uow.used_tokens.remember("north", "past", after(-1))
        uow.used_tokens.remember("north", "now", NOON)
        uow.used_tokens.remember("north", "future", after(1))
        uow.used_tokens.forget(NOON)
        uow.used_tokens.forget(NOON)
        assert uow.used_tokens.remember("north", "past", after(1))
        assert not uow.used_tokens.remember("north", "now", after(1))
        assert not uow.used_tokens.remember("north", "future", after(1))


def test_a_round_comes_back_with_whom_it_expects(database: Database) -> None:
    empty = a_round("beds-2020", expected=frozenset(), reason="te vroeg", state=RoundState.CANCELLED)
    with database.begin() as uow:
        prepare(uow)
        uow.rounds.add(empty, "wrapped-2")
        uow.commit(an_event())
    with database.begin() as uow:
        assert uow.rounds.get("beds-2019") == a_round()
        assert uow.rounds.get("beds-2020", lock=True) == empty
        assert uow.rounds.wrapped_key("beds-2020") == "wrapped-2"
        for missing in (uow.rounds.get, uow.rounds.wrapped_key):
            with pytest.raises(NotFound):
                missing("beds-1900")


def test_saving_a_round_changes_whom_it_expects_and_keeps_the_key(database: Database) -> None:
    changed = a_round(expected=frozenset({"south", "west"}), state=RoundState.CLOSED, reason="klaar")
    with database.begin() as uow:
        prepare(uow)
        uow.organisations.add(an_organisation("west"))
        uow.rounds.save(changed)
        assert uow.rounds.get("beds-2019") == changed
        assert uow.rounds.wrapped_key("beds-2019") == "wrapped-1"
        with pytest.raises(NotFound):
            uow.rounds.save(a_round("beds-1900"))


@pytest.mark.parametrize("double", [a_round(period="other"), a_round("another", period="2019")])
def test_one_round_per_data_set_and_period(database: Database, double: object) -> None:
    prepared(database)
    with database.begin() as uow, pytest.raises(Conflict, match="round-exists"):
        uow.rounds.add(double, "wrapped")


def test_rounds_are_paged_by_id(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        for year in range(2020, 2025):
            expected = frozenset({"north"}) if year % 2 else frozenset({"south"})
            uow.rounds.add(a_round(f"beds-{year}", expected=expected), "wrapped")
        first = uow.rounds.page(Page(limit=4))
        assert [found.id for found in first] == ["beds-2019", "beds-2020", "beds-2021", "beds-2022"]
        assert [found.id for found in uow.rounds.page(Page(4, first[-1].id))] == ["beds-2023", "beds-2024"]
        norths = uow.rounds.page(Page(), expected="north")
        assert [found.id for found in norths] == ["beds-2019", "beds-2021", "beds-2023"]
        assert uow.rounds.page(Page(), expected="' OR 1=1 --") == []
        assert uow.rounds.page(Page(), data_sets={"beds", "rejections"}) == uow.rounds.page(Page())
        assert uow.rounds.page(Page(), data_sets={"rejections"}) == uow.rounds.page(Page(), data_sets=()) == []


def test_a_turn_is_taken_quietly_where_nothing_is_expected(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        for round_, supplier in (("beds-2019", "north"), ("beds-2019", "west"), ("beds-1900", "north")):
            uow.rounds.take_turn(round_, supplier)
        assert uow.rounds.get("beds-2019") == a_round()
        uow.commit(an_event())
    with database.look() as uow, pytest.raises(RuntimeError, match="only reads"):
        uow.rounds.take_turn("beds-2019", "north")

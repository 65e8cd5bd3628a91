"""Copies of public figures: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from database_samples import a_public_copy, after, an_event

from service.adapters.database import RowRefused
from service.domain.errors import Invalid
from service.ports.unit_of_work import Database


def test_a_copy_comes_back_as_it_was(database: Database) -> None:
    copy = a_public_copy(content='[["GM0363",["0-17","men"],"inhabitants","1",null]]', table_title="Bevölkerung 🏘")
    with database.begin() as uow:
        assert uow.public_figures.newest("demography", "2024") is None
        uow.public_figures.add(copy)
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.public_figures.newest("demography", "2024") == copy
        assert uow.public_figures.newest("demography", "2023") is None
        assert uow.public_figures.newest("ses-score", "2024") is None
        with pytest.raises(Invalid):
            uow.public_figures.newest("demography\0", "2024")


def test_a_later_copy_stands_beside_the_one_before(database: Database) -> None:
    first, second = a_public_copy("b", retrieved_at=after(1)), a_public_copy("a", retrieved_at=after(2), content="[1]")
    other = a_public_copy("c", source="ses-score", period="2022")
    earlier = a_public_copy("d", period="2023")
    with database.begin() as uow:
        for copy in (second, first, other, earlier):
            uow.public_figures.add(copy)
        uow.commit(an_event())
    with database.look() as uow:
        assert uow.public_figures.newest("demography", "2024") == second
        assert list(uow.public_figures.heads()) == [replace(one, content="") for one in (earlier, second, other)]


def test_at_the_same_moment_the_later_id_is_the_newer(database: Database) -> None:
    with database.begin() as uow:
        for name in ("b", "c", "a"):
            uow.public_figures.add(a_public_copy(name))
        assert uow.public_figures.newest("demography", "2024") == a_public_copy("c")
        assert list(uow.public_figures.heads()) == [replace(a_public_copy("c"), content="")]


def test_a_copy_is_added_once_and_with_its_event(database: Database) -> None:
    with database.begin() as uow:
        uow.public_figures.add(a_public_copy())
    with database.look() as uow:
        assert uow.public_figures.heads() == []
        with pytest.raises(RuntimeError):
            uow.public_figures.add(a_public_copy())
    with database.begin() as uow:
        uow.public_figures.add(a_public_copy())
        uow.commit(an_event())
    with database.begin() as uow, pytest.raises(RowRefused):
        uow.public_figures.add(a_public_copy(content="[1]"))

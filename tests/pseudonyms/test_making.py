"""Pseudonyms as the SDK makes them: the same for the same person, checked, and no BSN anywhere else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from key_holding import DOMAIN, Holding, Line
from some_bsns import some_bsns
from token_maker import SetClock

from service.keyholder.evaluating import Quota
from sluis_client.errors import SetupError, TrustError
from sluis_client.pseudonyms import KeyHolder, Maker, stand_ins
from sluis_client.wire.pseudonym import Pseudonym

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


BSNS = some_bsns(12)


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    made = Holding(tmp_path, SetClock(NOW), Quota(100_000, 30))
    made.keys.create(DOMAIN, "operator")
    return made


def maker(holding: Holding, line: Line | None = None, **more: Any) -> Maker:
    return Maker(KeyHolder(line or Line(holding), None, holding.published()), batch=5, **more)


def test_three_suppliers_make_the_same_pseudonym_of_a_person(holding: Holding) -> None:
    made = [maker(holding, Line(holding, supplier))(BSNS, DOMAIN) for supplier in ("a", "b", "c")]
    assert made[0] == made[1] == made[2]
    assert len(set(made[0].values())) == len(BSNS)
    found = Pseudonym.read(made[0][BSNS[0]])
    assert found is not None
    assert (found.type, found.domain, found.version) == ("bsn", DOMAIN, 1)


def test_other_domains_make_others(holding: Holding) -> None:
    holding.keys.create("research", "operator")
    here = maker(holding)(BSNS[:2], DOMAIN)
    there = maker(holding)(BSNS[:2], "research")
    assert {one.rpartition(".")[2] for one in here.values()}.isdisjoint(
        one.rpartition(".")[2] for one in there.values()
    )


def test_while_a_key_is_replaced_both_are_made(holding: Holding) -> None:
    before = maker(holding)(BSNS, DOMAIN)
    old = holding.published()
    holding.keys.rotate(DOMAIN, date(2026, 1, 1), "operator")
    between = maker(holding)(BSNS, DOMAIN)
    assert all(between[one].split(" ")[0] == before[one] for one in BSNS)
    assert {len(value.split(" ")) for value in between.values()} == {2}
    # the service does not know of the new key yet
    assert Maker(KeyHolder(Line(holding), None, old))(BSNS, DOMAIN) == before
    overlap = holding.published()
    holding.keys.destroy(DOMAIN, 1, "operator")
    after = maker(holding)(BSNS, DOMAIN)
    assert all(between[one].split(" ")[1] == after[one] for one in BSNS)
    assert Maker(KeyHolder(Line(holding), None, overlap))(BSNS, DOMAIN) == after


def test_each_person_is_asked_once_and_progress_is_told(holding: Holding) -> None:
    told: list[tuple[int, int]] = []
    maker(holding, progress=lambda done, total: told.append((done, total)))([*BSNS, *BSNS], DOMAIN)
    assert told == [(5, 12), (10, 12), (12, 12)]
    with holding.store.transact() as data:
        assert [one.elements for one in data.evaluations()] == [6, 6, 3]  # each batch with an input of its own


def test_another_key_for_one_supplier_is_noticed(holding: Holding, tmp_path: Path) -> None:
    """A key holder that tags a supplier, by mistake or not, has its batch thrown away."""
    other = tmp_path / "other"
    other.mkdir()
    tagging = Holding(other, holding.clock, holding.quota)
    tagging.keys.create(DOMAIN, "operator")
    with pytest.raises(TrustError, match="another key"):
        Maker(KeyHolder(Line(tagging), None, holding.published()))(BSNS, DOMAIN)


def test_a_domain_without_key_is_told(holding: Holding) -> None:
    with pytest.raises(SetupError, match="research"):
        maker(holding)(BSNS, "research")


def test_nothing_that_passes_tells_a_bsn_or_repeats_itself(holding: Holding) -> None:
    line = Line(holding)
    for _ in range(2):
        maker(holding, line)(BSNS, DOMAIN)
    passed = "".join(line.passed)
    assert not [one for one in BSNS if one in passed]
    sent = [one for text in line.passed[::2] for one in json.loads(text)["elements"]]
    assert len(set(sent)) == len(sent)


def test_a_stand_in_looks_like_a_pseudonym() -> None:
    found = {bsn: value for batch in stand_ins(BSNS, DOMAIN) for bsn, value in batch.items()}
    assert len(set(found.values())) == len(BSNS)
    assert all(Pseudonym.read(one) for one in found.values())

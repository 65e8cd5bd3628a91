"""Whatever suppliers, persons and owners do one after the other, whoever holds all releases learns of nobody.

The attacker is `tests/disclosure/naive_versions.py`, which shares no code with the service: an outsider and every supplier
with its own figures, over all versions that were released. It is given more than anybody has: who changed where.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journey import OWNER, PRIVACY_OFFICER, World, copied, world_on
from journey_figures import cells_of
from journey_persons import Record, deliver_persons, object_to, with_persons
from naive_disclosure import NaiveRules, NaiveTable, Row
from naive_versions import NaiveVersion, leaks
from test_journey_objection import AYRSHIRE, BOARDS, GRAMPIAN, SUPPLIERS

from service.domain.round import RoundState
from service.use_cases.lodge_objection import withdraw_objection
from service.use_cases.read_releases import read_release
from service.use_cases.retract_request import retract_request
from service.use_cases.withdraw_submission import withdraw_submission

ROUND = "staffed-beds-2024"
SHAPE = NaiveTable(
    {
        "region": {
            "TOTAL": frozenset({AYRSHIRE, GRAMPIAN}),
            "west": frozenset({AYRSHIRE}),
            "north": frozenset({GRAMPIAN}),
        }
    }
)
RULES = NaiveRules(10, 3, ((1, 75), (2, 90)), 10)
LEAST_PERSONS = 10
EACH = 6


def records_of(supplier: str, bed_days: int = 3) -> list[Record]:
    """Six persons, each in one place; two suppliers have none in Grampian."""
    boards = (AYRSHIRE, AYRSHIRE) if supplier in {"isle", "vale"} else (AYRSHIRE, GRAMPIAN)
    return [(f"{supplier}-{number}", boards[number % 2], bed_days + number % 3) for number in range(EACH)]


SOME = st.lists(st.sampled_from(SUPPLIERS), min_size=1, max_size=4, unique=True)
PERSONS = st.one_of(
    st.lists(st.tuples(st.sampled_from(SUPPLIERS), st.integers(0, EACH - 1)), min_size=1, max_size=2),
    st.integers(2, 4).map(lambda most: [(name, number) for name in SUPPLIERS for number in range(most)]),
)
ACTIONS = st.one_of(
    st.tuples(st.just("release"), st.none()),
    st.tuples(st.just("withdraw"), SOME),
    st.tuples(st.just("deliver"), SOME),
    st.tuples(st.just("object"), PERSONS),
    st.tuples(st.just("return"), st.none()),
)


@dataclass
class Model:
    """What should count, in a few lines."""

    counts: dict[str, list[Record]] = field(default_factory=lambda: {name: records_of(name) for name in SUPPLIERS})
    ids: dict[str, str] = field(default_factory=dict)
    objecting: dict[str, str] = field(default_factory=dict)
    released: list[Snapshot] = field(default_factory=list)

    def facts(self) -> tuple[tuple[str, Record], ...]:
        return tuple(
            (supplier, record)
            for supplier, records in sorted(self.counts.items())
            for record in records
            if record[0] not in self.objecting
        )


@dataclass(frozen=True)
class Snapshot:
    """What counted when a release was made, and who was left out of which delivery."""

    release: str
    facts: tuple[tuple[str, Record], ...]
    ids: tuple[tuple[str, str], ...]
    left_out: frozenset[str]


@pytest.fixture(scope="module")
def released(founded: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Model]]:
    """Everybody delivered, and the table was released once."""
    directory = tmp_path_factory.mktemp("released")
    with world_on(founded.application, copied(founded, directory), directory) as world:
        world.parties |= founded.parties
        model = Model()
        with_persons(world).round("2024")
        for supplier in SUPPLIERS:
            model.ids[supplier] = deliver_persons(world, supplier, model.counts[supplier])
        world.turn(ROUND, RoundState.CLOSED)
        release(world, model)
        assert len(model.released) == 1
        yield world, model


@pytest.mark.thorough
def test_no_sequence_of_releases_tells_of_anybody(
    released: tuple[World, Model], tmp_path_factory: pytest.TempPathFactory
) -> None:
    template, begun = released

    @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(ACTIONS, min_size=1, max_size=4))
    def whatever_is_done(actions: list[tuple[str, object]]) -> None:
        directory: Path = tmp_path_factory.mktemp("sequence")
        with world_on(template.application, copied(template, directory), directory) as world:
            world.parties |= template.parties
            with_persons(world)
            model = Model(dict(begun.counts), dict(begun.ids), {}, list(begun.released))
            for kind, what in [*actions, ("release", None)]:
                act(world, model, kind, what)
            require_nobody_told(world, model)

    whatever_is_done()


def test_many_who_leave_are_hidden_by_each_other_and_a_few_more_are_not(
    released: tuple[World, Model], tmp_path: Path
) -> None:
    """A worked example: twelve persons of all suppliers, and then one."""
    template, begun = released
    with world_on(template.application, copied(template, tmp_path), tmp_path) as world:
        world.parties |= template.parties
        with_persons(world)
        model = Model(dict(begun.counts), dict(begun.ids), {}, list(begun.released))
        act(world, model, "object", [(name, number) for name in SUPPLIERS for number in (0, 1)])
        act(world, model, "release", None)
        assert len(model.released) == 2
        act(world, model, "object", [("north", 2)])
        act(world, model, "release", None)
        assert len(model.released) == 2
        act(world, model, "object", [(name, 3) for name in SUPPLIERS] + [(name, 2) for name in SUPPLIERS[1:]])
        act(world, model, "release", None)
        assert len(model.released) == 3
        require_nobody_told(world, model)


def act(world: World, model: Model, kind: str, what: object) -> None:
    match kind, what:
        case "withdraw", [*suppliers]:
            for supplier in suppliers:
                if model.counts.pop(str(supplier), None) is not None:
                    party = world.parties[str(supplier)]
                    withdraw_submission(world.call(party.principal), model.ids.pop(str(supplier)))
        case "deliver", [*suppliers]:
            world.turn(ROUND, RoundState.OPEN, "more comes in")
            for supplier in map(str, suppliers):
                records = records_of(supplier, bed_days=4 if model.counts.get(supplier) == records_of(supplier) else 3)
                corrects = model.ids.get(supplier)
                model.ids[supplier] = deliver_persons(world, supplier, records, corrects=corrects)
                model.counts[supplier] = records
            world.turn(ROUND, RoundState.CLOSED)
        case "object", [*persons]:
            for supplier, number in persons:
                name = f"{supplier}-{number}"
                if name not in model.objecting:
                    model.objecting[name] = object_to(world, name).id
        case "return", _:
            for name in list(model.objecting)[:1]:
                withdraw_objection(world.call(PRIVACY_OFFICER), model.objecting.pop(name))
        case _:
            release(world, model)


def release(world: World, model: Model) -> None:
    done = world.release(BOARDS)
    if done.release is None:
        assert done.state in {"permitted", "unsafe"}, done.state
        if done.state == "permitted":
            retract_request(world.call(OWNER), done.id)
        return
    out = frozenset(
        name for name in model.objecting if any(name == one[0] for rows in model.counts.values() for one in rows)
    )
    model.released.append(Snapshot(done.release, model.facts(), tuple(sorted(model.ids.items())), out))


def require_nobody_told(world: World, model: Model) -> None:
    versions: dict[tuple[tuple[str, Record], ...], dict[tuple[str, ...], int | None]] = {}
    for one in model.released:
        content = read_release(world.call(OWNER), one.release).release.content
        told = {cell.codes: cell.value for cell in cells_of(content) if cell.codes[0] in SHAPE.dimensions["region"]}
        for (code,), value in told.items():
            within = SHAPE.dimensions["region"][code]
            assert value in {None, sum(days for _, (_, board, days) in one.facts if board in within)}
        assert not [name for name in json.loads(content) if "bject" in name]
        known = versions.setdefault(one.facts, dict(told))
        versions[one.facts] = {cell: known[cell] if told[cell] is None else told[cell] for cell in told}
    found = leaks([NaiveVersion(rows_of(facts), told) for facts, told in versions.items()], SHAPE, RULES)
    assert found == []
    for number, old in enumerate(model.released):
        for new in model.released[number + 1 :]:
            both = {supplier for supplier, delivery in old.ids if (supplier, delivery) in new.ids}
            moved = {name for name in old.left_out ^ new.left_out if name.split("-")[0] in both}
            assert len(moved) == 0 or len(moved) >= LEAST_PERSONS, (old, new)


def rows_of(facts: tuple[tuple[str, Record], ...]) -> list[Row]:
    """One row per supplier and board."""
    sums: dict[tuple[str, str], int] = {}
    for supplier, (_, board, days) in facts:
        sums[supplier, board] = sums.get((supplier, board), 0) + days
    return [Row({"region": board}, value, supplier) for (supplier, board), value in sums.items()]

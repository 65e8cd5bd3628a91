"""A delivery whose process is killed at any step, and made again, counts exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from journey import OPERATOR, Party, Row, World, a_row, copied, csv_of, json_of, world_on
from journey_crashes import Deliveries, deadly, warmed

from service.domain.round import RoundState
from service.ports.engine import Aggregation, SourcePart
from service.use_cases.sweep_store import sweep_store
from sluis_client.wire import Format

ROUND = "staffed-beds-2025"
FIRST = [a_row(100)]
ROWS = [a_row(900, 850), a_row(40, 40, care_form="dermatology"), a_row(77, 0, period="2025Q4")]


@pytest.fixture(scope="module")
def deliveries(founded: World) -> Iterator[Deliveries]:
    with warmed(founded.application.settings.data_directory) as process:
        yield process


@pytest.fixture(scope="module")
def open_round(founded: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with an open round, in which south has delivered."""
    directory = tmp_path_factory.mktemp("open")
    with world_on(founded.application, copied(founded, directory), directory) as made:
        made.parties |= founded.parties
        made.round()
        made.deliver(made.parties["south"], FIRST)
        yield made


def job(
    world: World, party: Party, form: Format, round_: str = ROUND, rows: Sequence[Row] = ROWS, **changes: Any
) -> Any:
    content = json_of(rows) if form is Format.JSON else csv_of(rows)
    return {
        "supplier": {"client_id": party.id, "organisation": party.id, "key_id": party.key_id},
        "signed": world.sign(party, content, form, round_, **changes).to_json(),
        "content": content.decode(),
        "key": f"key-{party.id}-{round_}",
    }


def sums(world: World, round_: str, only: Party) -> dict[tuple[str, str], int]:
    """The staffed bed days that count for a supplier, by the engine over the stored parts."""
    with world.services.database.look() as data:
        key = world.services.keys.unwrap(data.rounds.wrapped_key(round_))
        parts = [part for part in data.submissions.counting_parts([round_]) if part.organisation == only.id]
    sources = [SourcePart(world.services.parts.locate_part(part.part), key, part.holding) for part in parts]
    codes = {"care_form": ("cardiology", "dermatology"), "period": ("2025Q1", "2025Q4")}
    mapping = {name: {code: code for code in found} for name, found in codes.items()}
    table = world.services.engine.contributions(sources, Aggregation(tuple(codes), mapping, ("staffed_bed_days",)))
    return {(row["care_form"], row["period"]): row["staffed_bed_days"] for row in table.to_pylist()}


EXPECTED = {("cardiology", "2025Q1"): 900, ("dermatology", "2025Q1"): 40, ("cardiology", "2025Q4"): 77}


def require_once(world: World, party: Party, made: Any, version: int, round_: str = ROUND) -> None:
    """The delivery counts, once, whole, with its receipt and one event."""
    counts = world.counting(party, round_)
    assert counts is not None
    assert (counts.version, counts.rows) == (version, len(ROWS))
    assert counts.manifest_signature == made["signed"]["signature"]
    assert sums(world, round_, party) == EXPECTED
    receipt = world.verify_receipt(counts).receipt
    events = [
        event
        for event in world.events(object_id=counts.id, outcome="success")
        if event.code in {"submission.submit", "submission.complete"} and event.reasons != ("repeated",)
    ]
    assert [event.id for event in events] == [receipt.audit_event_id]


def require_swept(world: World) -> None:
    """Nothing is missing, and after the sweep nothing is there too much."""
    assert world.stored() <= world.files()
    world.clock.moment = datetime.now(UTC) + timedelta(hours=2)
    assert sweep_store(world.call(OPERATOR)).missing == ()
    assert world.files() == world.stored()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("form", "corrects"),
    [(Format.JSON, False), (Format.JSON, True), (Format.CSV, False)],
    ids=["inline", "correction", "upload"],
)
def test_killed_at_every_step(
    open_round: World, deliveries: Deliveries, tmp_path: Path, form: Format, corrects: bool
) -> None:
    party = open_round.parties["south" if corrects else "north"]
    earlier = open_round.counting(party)
    made = job(open_round, party, form, corrects=earlier.id if earlier else None)
    version = 2 if corrects else 1

    @contextmanager
    def a_copy(name: str) -> Iterator[World]:
        directory = tmp_path / name
        directory.mkdir()
        with world_on(open_round.application, copied(open_round, directory), directory) as world:
            yield world
            require_once(world, party, made, version)
            require_swept(world)

    with a_copy("whole") as world:
        names = deliveries.run(world, made)
        assert names is not None
    for step in deadly(names):
        with a_copy(f"killed-{step}") as world:
            assert deliveries.run(world, made, step) is None, names[step]
            assert world.stored() <= world.files(), names[step]
            deliveries.run(world, made)
    for call in ("parts.write_part", "event.insert", "commit", "os.fsync"):
        assert {f"before {call}", f"after {call}"} <= set(names)


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV], ids=["inline", "upload"])
def test_killed_around_the_commit_on_postgresql(postgres_world: World, deliveries: Deliveries, form: Format) -> None:
    """Each step has a supplier and round of its own: a database of its own would take too long."""
    world = postgres_world
    periods = [str(year) for year in range(2018, 2026)]
    places = iter([(party, period) for period in periods for party in world.parties.values()])
    for period in periods:
        world.round(period, RoundState.OPEN)

    def place() -> tuple[Party, str, Any]:
        party, period = next(places)
        rows = [(row[0].replace("2025", period), *row[1:]) for row in ROWS]
        return party, f"staffed-beds-{period}", job(world, party, form, f"staffed-beds-{period}", rows)

    names = deliveries.run(world, place()[2])
    assert names is not None
    near = [n for n in deadly(names) if names[n].split()[-1] in {"event.insert", "commit", "transaction"}]
    assert len(near) >= 3
    for step in near:
        party, round_, made = place()
        assert deliveries.run(world, made, step) is None
        assert world.stored() <= world.files()
        deliveries.run(world, made)
        counts = world.counting(party, round_)
        assert counts is not None
        assert counts.version == 1
        world.verify_receipt(counts)
    require_swept(world)

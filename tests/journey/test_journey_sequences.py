"""Whatever suppliers and stewards do one after the other, each supplier counts at most once, with its newest content."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journey import World, a_row, copied, world_on

from service.domain.errors import Conflict
from service.domain.round import RoundState
from service.domain.submission import SubmissionState
from service.ports.engine import Aggregation, SourcePart
from service.ports.unit_of_work import Page

ROUND = "staffed-beds-2025"
SUPPLIERS = ("north", "south")
VALUES = st.integers(1, 4)
ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["deliver", "upload", "correct", "correct-upload"]), st.sampled_from(SUPPLIERS), VALUES),
    st.tuples(st.sampled_from(["close", "open"]), st.just(""), st.just(0)),
)


Content = tuple[bool, int]
"""Whether it was uploaded (in CSV: other bytes than inline), and the figure."""


class Model:
    """What should count, in a few lines."""

    def __init__(self) -> None:
        self.open = True
        self.accepted: dict[str, list[Content]] = {name: [] for name in SUPPLIERS}

    def refusal(self, supplier: str, content: Content, *, corrects: bool) -> str | None:
        """Why the delivery is refused, or None when it is taken, or was there already."""
        accepted = self.accepted[supplier]
        if not self.open:
            return "round-closed"
        if accepted and accepted[-1] == content:
            return None
        if bool(accepted) != corrects:
            return "already-delivered" if accepted else "corrects-outdated"
        accepted.append(content)
        return None


def act(world: World, model: Model, kind: str, supplier: str, value: int) -> None:
    if kind in {"close", "open"}:
        world.turn(ROUND, RoundState.CLOSED if kind == "close" else RoundState.OPEN, "as the steward sees fit")
        model.open = kind == "open"
        return
    party, corrects, uploaded = world.parties[supplier], kind.startswith("correct"), kind.endswith("upload")
    counts = world.counting(party)
    named = (counts.id if counts else "0190f000-nothing") if corrects else None
    refusal = model.refusal(supplier, (uploaded, value), corrects=corrects)
    send = world.upload if uploaded else world.deliver
    with nullcontext() if refusal is None else pytest.raises(Conflict, match=refusal):
        send(party, [a_row(value)], corrects=named)


def total(world: World) -> dict[str, int]:
    """Per supplier what the engine adds up."""
    with world.services.database.look() as data:
        key = world.services.keys.unwrap(data.rounds.wrapped_key(ROUND))
        parts = data.submissions.counting_parts([ROUND])
    sources = [SourcePart(world.services.parts.locate_part(part.part), key, part.holding) for part in parts]
    asked = Aggregation(("period",), {"period": {"2025Q1": "2025Q1"}}, ("staffed_bed_days",))
    found = world.services.engine.contributions(sources, asked).to_pylist()
    return {row["contributor"]: row["staffed_bed_days"] for row in found}


def test_at_most_one_delivery_counts_and_it_is_the_newest(founded: World) -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(ACTIONS, min_size=1, max_size=12))
    def whatever_is_done(actions: list[tuple[str, str, int]]) -> None:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            with world_on(founded.application, copied(founded, directory), directory) as world:
                world.parties |= founded.parties
                world.round()
                model = Model()
                for action in actions:
                    act(world, model, *action)
                require_as_modelled(world, model)

    whatever_is_done()


def require_as_modelled(world: World, model: Model) -> None:
    assert total(world) == {name: contents[-1][1] for name, contents in model.accepted.items() if contents}
    assert world.stored() <= world.files()
    for supplier, contents in model.accepted.items():
        counts = world.counting(world.parties[supplier])
        assert (counts.version if counts else 0) == len(contents)
        with world.services.database.look() as data:
            kept = data.submissions.page(Page(limit=100), organisation=supplier)
        states = [found.state for found in kept]
        assert states.count(SubmissionState.ACCEPTED) == bool(contents)
        assert states.count(SubmissionState.SUPERSEDED) == max(0, len(contents) - 1)

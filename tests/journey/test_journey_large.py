"""A delivery in parts is one content, whatever its division; it is checked once, and nobody fills the disk with parts."""

from __future__ import annotations

import io
import itertools
import random
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journey import Party, World, a_row, csv_of, world_on
from journey_persons import Record, deliver_persons, pseudonym, with_persons

from service.domain.audit_terms import person_digest
from service.domain.errors import Conflict, Invalid
from service.domain.pseudonyms import kept
from service.domain.submission import SubmissionState, UploadPart
from service.use_cases import acceptance
from service.use_cases.begin_submission import begin_submission
from service.use_cases.complete_submission import complete_submission
from service.use_cases.pieces_together import PiecesTogether
from service.use_cases.receive_part import receive_part
from sluis_client.wire import Format, digest

ROWS = [a_row(n, 0, care_form=form, period=f"2025Q{q}") for n, (form, q) in enumerate(
    (form, q) for form in ("cardiology", "dermatology") for q in (1, 2, 3, 4)
)]  # fmt: skip


class InMemory:
    """Pieces, as a part store gives them back."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        self.read = 0

    def read_piece(self, name: str, _submission: str, number: int, _key: bytes) -> bytes:
        assert name == str(number)
        self.read += 1
        return self.pieces[number]


def divided(content: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({min(cut, len(content)) for cut in cuts} | {0, len(content)})
    return [content[start:stop] for start, stop in itertools.pairwise(places)] or [content]


def uploads(pieces: Sequence[bytes]) -> tuple[UploadPart, ...]:
    return tuple(UploadPart("s", n, len(piece), digest(piece), str(n)) for n, piece in enumerate(pieces))


def announce(world: World, party: Party, content: bytes, **changes: Any) -> str:
    signed = world.sign(party, content, Format.CSV, **changes)
    return begin_submission(world.call(party.principal), signed, secrets.token_hex(8)).submission.id


def send(world: World, party: Party, submission: str, pieces: Sequence[bytes], numbers: Sequence[int]) -> None:
    for number in numbers:
        receive_part(world.call(party.principal), submission, number, pieces[number], digest(pieces[number]))


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=200), st.lists(st.integers(0, 200), max_size=6),
       st.lists(st.tuples(st.integers(0, 220), st.integers(0, 80)), max_size=8))  # fmt: skip
def test_pieces_are_read_as_the_content_whatever_the_division(
    world_of_manifests: Callable[[bytes], Any], content: bytes, cuts: list[int], reads: list[tuple[int, int]]
) -> None:
    pieces = divided(content, cuts)
    raw = PiecesTogether(InMemory(pieces), world_of_manifests(content), uploads(pieces), bytes(32))  # type: ignore[arg-type]
    raw.require_signed()
    found, expected = io.BufferedReader(raw), io.BytesIO(content)
    for place, count in reads:
        assert found.seek(place) == expected.seek(place)
        assert found.read(count) == expected.read(count)
    assert (found.seek(0), found.read()) == (0, content)


@pytest.fixture(scope="module")
def world_of_manifests(founded: World) -> Callable[[bytes], Any]:
    return lambda content: founded.sign(founded.parties["north"], content, Format.CSV).manifest


@pytest.mark.parametrize("change", ["other bytes", "shorter", "swapped"])
def test_pieces_that_are_not_what_was_signed_are_refused(
    world_of_manifests: Callable[[bytes], Any], change: str
) -> None:
    pieces = [b"one", b"two", b"six"]
    manifest = world_of_manifests(b"".join(pieces))
    other = {"other bytes": [b"one", b"twO", b"six"], "shorter": [b"one", b"tw"], "swapped": [b"two", b"one", b"six"]}
    with pytest.raises(Invalid, match="content-digest"):
        PiecesTogether(InMemory(other[change]), manifest, uploads(other[change]), bytes(32)).require_signed()  # type: ignore[arg-type]


def test_reading_on_opens_every_piece_once(world_of_manifests: Callable[[bytes], Any]) -> None:
    pieces = [bytes([n]) * 1000 for n in range(20)]
    store = InMemory(pieces)
    raw = PiecesTogether(store, world_of_manifests(b"".join(pieces)), uploads(pieces), bytes(32))  # type: ignore[arg-type]
    stream = io.BufferedReader(raw, 64)
    while stream.read(37):
        pass
    assert store.read == len(pieces)


def in_pieces(world: World, content: bytes, size: int) -> list[bytes]:
    """The content in pieces of a size that the service is set to."""
    world.services = replace(world.services, limits=replace(world.services.limits, piece_size=size))
    return [content[start : start + size] for start in range(0, len(content), size)]


def test_every_division_gives_the_same_rows_and_faults(world: World) -> None:
    world.round()
    north, south = world.parties["north"], world.parties["south"]
    good = csv_of(ROWS)
    faulty = good.replace(b"cardiology", b"surgery", 3) + good.splitlines()[-1] + b"\r\n"
    answers = set()
    for size in (37, 50, 111, len(faulty)):
        pieces = in_pieces(world, faulty, size)
        begun = announce(world, south, faulty)
        send(world, south, begun, pieces, random.Random(size).sample(range(len(pieces)), len(pieces)))
        refused = complete_submission(world.call(south.principal), begun, len(pieces)).submission
        assert refused.state is SubmissionState.REFUSED
        answers.add((refused.rows, refused.faults))
    assert len(answers) == 1
    pieces = in_pieces(world, good, 61)
    begun = announce(world, north, good)
    send(world, north, begun, pieces, range(len(pieces)))
    accepted = complete_submission(world.call(north.principal), begun, len(pieces)).submission
    assert (accepted.state, accepted.rows) == (SubmissionState.ACCEPTED, len(ROWS))
    assert accepted.content_digest == digest(good)
    world.verify_receipt(accepted)


def test_a_service_that_starts_again_goes_on_with_what_arrived(world: World) -> None:
    world.round()
    north, content = world.parties["north"], csv_of(ROWS)
    size = -(-len(content) // 4)
    pieces = in_pieces(world, content, size)
    begun = announce(world, north, content)
    send(world, north, begun, pieces, [0, 2])
    with pytest.raises(Conflict, match="incomplete") as told:
        complete_submission(world.call(north.principal), begun, len(pieces))
    assert told.value.data["missing"] == "1, 3"
    url = world.services.database._engines.write.url.render_as_string(hide_password=False)
    with world_on(world.application, url, world.directory, world.clock.now()) as again:
        again.parties |= world.parties
        in_pieces(again, content, size)
        with again.services.database.look() as data:
            there = {piece.number for piece in data.submissions.pieces(begun)}
        assert there == {0, 2}
        send(again, north, begun, pieces, [1, 3])
        done = complete_submission(again.call(north.principal), begun, len(pieces))
        assert (done.submission.rows, done.repeated) == (len(ROWS), False)
        assert complete_submission(again.call(north.principal), begun, len(pieces)).repeated
        assert again.stored() == {done.submission.part}


def test_completions_at_the_same_time_check_once(world: World) -> None:
    world.round()
    north, content = world.parties["north"], csv_of(ROWS)
    begun = announce(world, north, content)
    send(world, north, begun, [content], [0])
    written: list[object] = []

    class Counting:
        def __init__(self, parts: Any) -> None:
            self.parts = parts

        def __getattr__(self, name: str) -> Any:
            return getattr(self.parts, name)

        def write_part(self, *arguments: Any) -> Any:
            written.append(None)
            return self.parts.write_part(*arguments)

    world.services = replace(world.services, parts=Counting(world.services.parts))
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(complete_submission, world.call(north.principal), begun, 1) for _ in range(4)]
        found = [call.result() for call in calls]
    assert sorted(one.repeated for one in found) == [False, True, True, True]
    assert len(written) == 1


def test_nobody_fills_the_disk_with_what_still_comes_in(world: World) -> None:
    world.round()
    limits = replace(world.services.limits, uploads_size=3 * 2**20)
    world.services = replace(world.services, limits=limits)
    north, south = world.parties["north"], world.parties["south"]
    small = [csv_of([a_row(n)]) for n in range(4)]
    begun = [announce(world, north, content) for content in small[:3]]
    with pytest.raises(Invalid, match="uploads-too-large"):
        announce(world, north, small[3])
    announce(world, south, small[3])
    send(world, north, begun[0], small, [0])
    complete_submission(world.call(north.principal), begun[0], 1)
    with pytest.raises(Invalid, match="uploads-too-large"):
        announce(world, north, small[3], corrects=begun[0], content_size=2 * 2**20)
    announce(world, north, small[3], corrects=begun[0])


def test_a_data_set_takes_no_more_than_its_rows_can(world: World) -> None:
    world.round()
    with pytest.raises(Invalid, match="content-too-large") as told:
        announce(world, world.parties["north"], b"x", content_size=world.services.limits.content_size)
    assert told.value.data["limit"] < world.services.limits.content_size


def test_every_person_of_many_is_findable(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceptance, "PERSONS_AT_ONCE", 2)
    world = with_persons(any_world)
    world.round("2024")
    records: list[Record] = [(f"p{n}", "S08000015", 1) for n in range(7)]
    made = deliver_persons(world, "north", [*records, ("p0", "S08000016", 1)])
    key = world.services.keys.pseudonym_key("planning")
    found = {bytes(row[0]) for row in world.dump()["submission_persons"] if row[1] == made}
    assert found == {person_digest(kept(pseudonym(name), key)) for name, _, _ in records}

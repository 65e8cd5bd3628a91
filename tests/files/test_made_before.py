"""What was pseudonymised so far, wherever the process that made it was killed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from some_bsns import some_bsns

from sluis_client import storage
from sluis_client.files.made_before import MadeBefore

DOMAIN = "planning"
PERSONS = sorted(some_bsns(40))
TRUE = {bsn: f"bsn.{DOMAIN}.1.{n:022d} bsn.{DOMAIN}.2.{n + 100:022d}" for n, bsn in enumerate(PERSONS)}


class Asked:
    """Makes pseudonyms, some at a time, and knows of whom; it dies when it was asked for so many batches."""

    def __init__(self, dies_after: int = 100) -> None:
        self.persons: list[str] = []
        self._left = dies_after

    def __call__(self, bsns: Sequence[str], domain: str) -> Iterator[Mapping[str, str]]:
        assert domain == DOMAIN
        for start in range(0, len(bsns), 7):
            if not self._left:
                raise KeyboardInterrupt
            self._left -= 1
            self.persons += bsns[start : start + 7]
            yield {bsn: TRUE[bsn] for bsn in bsns[start : start + 7]}


def all_of(batches: Iterable[Mapping[str, str]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for batch in batches:
        assert not found.keys() & batch.keys()
        found |= batch
    return found


@settings(max_examples=50)
@given(batches=st.integers(0, 6), cut=st.integers(0, 600), again=st.integers(0, 6))
def test_wherever_it_is_cut_each_person_has_its_own_and_is_asked_once_where_that_was_kept(
    batches: int, cut: int, again: int
) -> None:
    with TemporaryDirectory() as folder:
        path, key = Path(folder) / "made", bytes(32)
        for dies_after in (batches, again):
            asked = Asked(dies_after)
            with suppress(KeyboardInterrupt):
                all_of(MadeBefore(path, key, asked)(PERSONS, DOMAIN))
            if path.exists():
                os.truncate(path, max(0, path.stat().st_size - cut))
        content = path.read_bytes() if path.exists() else b""
        whole = sum(value.encode() + b"\n" in content for value in TRUE.values())
        assert not [bsn for bsn in PERSONS if bsn.encode() in content]
        asked = Asked()
        assert all_of(MadeBefore(path, key, asked)(PERSONS, DOMAIN)) == TRUE
        assert len(set(asked.persons)) == len(asked.persons) == len(PERSONS) - whole
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line[:-8] + b"\n",  # a pseudonym that is too short
        lambda line: line.replace(b"planning", b"elsewhere"),
        lambda line: line.replace(b".2.", b".1."),
        lambda line: b"A" + line[1:] if line[:1] != b"A" else b"B" + line[1:],
        lambda line: line[:60] + line,  # what was torn off before it
        lambda _line: b"\n",
        lambda _line: b"\xff\x00 \xff\n",
    ],
)
def test_a_line_that_is_not_as_it_was_is_made_again(tmp_path: Path, change: object) -> None:
    path, key = tmp_path / "made", bytes(32)
    all_of(MadeBefore(path, key, Asked())(PERSONS, DOMAIN))
    first, *others = path.read_bytes().lstrip(b"\n").splitlines(keepends=True)
    assert callable(change)
    path.write_bytes(change(first) + b"".join(others))
    asked = Asked()
    assert all_of(MadeBefore(path, key, asked)(PERSONS, DOMAIN)) == TRUE
    assert len(asked.persons) == 1


def test_what_was_made_under_another_key_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "made"
    all_of(MadeBefore(path, bytes(32), Asked())(PERSONS, DOMAIN))
    asked = Asked()
    assert all_of(MadeBefore(path, bytes(31) + b"x", asked)(PERSONS, DOMAIN)) == TRUE
    assert len(asked.persons) == len(PERSONS)


def test_without_room_they_are_made_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Path] = []

    def full(path: Path, _content: bytes) -> None:
        tried.append(path)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "append_private", full)
    assert all_of(MadeBefore(tmp_path / "made", bytes(32), Asked())(PERSONS, DOMAIN)) == TRUE
    assert len(tried) == 1

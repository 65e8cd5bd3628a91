"""A delivery of persons against real processes, and then a search for their BSNs everywhere but at the supplier."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from persons_place import (
    DOMAIN,
    FORMS,
    HEADER,
    NAMES,
    PLACE,
    ROUND,
    PersonsPlace,
    bsns,
    content,
    files_below,
    found_in,
)
from typer.testing import CliRunner

from demo.installation import run
from sluis_client import Client, ContentRefusedError
from sluis_client.cli import app

pytestmark = pytest.mark.xdist_group("persons")
BSNS = bsns(30)
SHARED = BSNS[:6]
"""Whom all three deliver."""
DIGESTS = [hashlib.new(name, number.encode()) for name in ("sha256", "sha1", "md5") for number in SHARED]


@dataclass(frozen=True)
class Played:
    at: PersonsPlace
    homes: Mapping[str, Path]
    printed: str


@pytest.fixture(scope="module")
def played(persons_place: PersonsPlace) -> Played:
    homes = {name: persons_place.folder / "profiles" / name for name in NAMES}
    return Played(persons_place, homes, _deliver(persons_place, homes))


def _deliver(place: PersonsPlace, homes: Mapping[str, Path]) -> str:
    """What three suppliers do, by SDK and by commands; what was printed and told."""
    told: list[str] = []
    folder, url, codes = place.folder, place.to_service.url, place.place.codes
    own = folder / "own-machine"
    own.mkdir()
    for number, name in enumerate(NAMES):
        path = own / f"{name}.csv"
        path.write_bytes(content([*SHARED, *BSNS[6 + 8 * number : 14 + 8 * number]]))
        homes[name].parent.mkdir(exist_ok=True)
        with Client.for_service(url, homes[name]) as client:
            client.register(codes[name])
            assert client.check(path, ROUND).accepted
            if number:
                assert client.submit(path, ROUND).rows == 14
    wrong = own / "wrong.csv"
    wrong.write_bytes(content([BSNS[0], "731046914", "999999999", ""]))
    with Client.from_profile(homes[NAMES[0]]) as client, pytest.raises(ContentRefusedError) as refused:
        client.submit(wrong, ROUND)
    assert [(one.row, one.code) for one in refused.value.faults.shown] == [(2, "F143"), (3, "F144"), (4, "F100")]
    told += [repr(refused.value), str(refused.value), json.dumps(refused.value.faults.to_json())]
    made = folder / "to-deliver.csv"
    command = CliRunner(env={"SLUIS_CLIENT_HOME": str(homes[NAMES[0]])})
    for arguments, given in (
        (["pseudonymise", str(own / f"{NAMES[0]}.csv"), "--round", ROUND, "--output", str(made)], ""),
        (["check", str(made), "--round", ROUND], ""),
        (["submit", str(made), "--round", ROUND, "--yes"], ""),
        (["pseudonym", DOMAIN, "--json"], BSNS[0] + "\n"),
        (["check", str(wrong), "--round", ROUND, "--json"], ""),
    ):
        done = command.invoke(app, arguments, input=given)
        assert done.exit_code == (3 if str(wrong) in arguments else 0), done.output
        told.append(done.output)
    return "\n".join(told)


def require_none(content: bytes, where: str) -> None:
    assert found_in(content, BSNS) is None, where


def require_no_digest(content: bytes, where: str) -> None:
    assert not [one for one in DIGESTS if one.digest() in content or one.hexdigest().encode() in content], where


@pytest.mark.parametrize("form", [*FORMS, lambda number: int(number).to_bytes(8, "little")])
def test_the_search_finds_what_is_there(form: Callable[[str], bytes]) -> None:
    assert found_in(b"before" + form(BSNS[17]) + b"after", BSNS) is not None
    assert found_in(b"before" + form("111222333") + b"after", BSNS) is None


_PIECE = 1 << 16
_EMPTY = bytes(_PIECE)
_BESIDE = 64


def written_in(block: bytes) -> Iterator[bytes]:
    """What is between pieces of nothing but zeros, half of all; zeros that a number may begin or end with are left."""
    begin = 0
    for place in range(0, len(block) + _PIECE, _PIECE):
        piece = block[place : place + _PIECE]
        if piece == _EMPTY or not piece:
            if place > begin:
                yield block[max(begin - _BESIDE, 0) : place + _BESIDE]
            begin = place + _PIECE


def memory_of(process: int) -> Iterator[bytes]:
    """Everything that a process wrote and still holds, block by block."""
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue  # programs and libraries, which nobody writes into
            begin, end = (int(one, 16) for one in span.split("-"))
            try:
                memory.seek(begin)
                yield from written_in(memory.read(end - begin))
            except (OSError, ValueError):
                continue  # a mapping that the kernel shows nobody


@pytest.mark.parametrize("form", [*FORMS, lambda number: int(number).to_bytes(8, "little")])
def test_the_search_leaves_out_nothing_that_is_written(form: Callable[[str], bytes]) -> None:
    """At every place beside and across the bounds of what is left out."""
    number = form(BSNS[17])
    for bound in (0, _PIECE, 2 * _PIECE, 4 * _PIECE):
        for place in {max(bound + shift, 0) for shift in range(-len(number) - 1, 2)}:
            block = bytes(place) + number + bytes(5 * _PIECE - place)
            pieces = list(written_in(block))
            assert sum(map(len, pieces)) < 3 * _PIECE
            assert any(found_in(piece, BSNS) for piece in pieces), place
    assert list(written_in(b"x" * (_PIECE + 1))) == [b"x" * (_PIECE + 1)]


@pytest.mark.parametrize("who", ["service", "keyholder"])
def test_no_bsn_in_the_memory_of(played: Played, who: str) -> None:
    process = played.at.place.process_id if who == "service" else played.at.keyholder
    known, size = 0, 0
    for block in memory_of(process):
        size += len(block)
        known += NAMES[0].encode() in block
        require_none(block, f"memory of {who}")
    assert size > 10_000_000
    assert known, "the supplier's name is there, so what was read is the memory"


def test_no_bsn_in_any_store_log_or_profile(played: Played) -> None:
    folder = played.at.folder
    found = files_below(folder / "service", folder / "keyholder", *played.homes.values())
    found += [folder / "service.log", folder / "keyholder.log", folder / "to-deliver.csv"]
    assert {path.name for path in found} >= {"sluis.db", "keyholder.db", "service.log", "keyholder.log"}
    for path in found:
        content = path.read_bytes()
        require_none(content, str(path))
        require_no_digest(content, str(path))
    require_none(played.printed.encode(), "what was printed")
    assert f"bsn.{DOMAIN}.1." in played.printed


def test_no_bsn_in_the_traffic_and_no_record_at_the_key_holder(played: Played) -> None:
    for one in (played.at.to_service, played.at.to_keyholder):
        require_none(one.everything, "traffic")
        require_no_digest(one.everything, "traffic")
    sent = bytes(played.at.to_keyholder.sent)
    bodies = [json.loads(body) for body in re.findall(rb'\{"domain".*?\}', sent)]
    assert {frozenset(body) for body in bodies} == {frozenset({"domain", "elements"})}
    elements = [one for body in bodies for one in body["elements"]]
    assert len(set(elements)) == len(elements) > len(BSNS)
    for record in (*PLACE[1:3], *HEADER[:5], "clients", f"bsn.{DOMAIN}"):
        assert len(record) < 3 or record.encode() not in played.at.to_keyholder.everything
    assert f"bsn.{DOMAIN}.1.".encode() not in played.at.to_service.everything  # what goes there is sealed


def test_a_person_of_three_suppliers_is_one_and_is_kept_under_another_pseudonym(played: Played) -> None:
    with closing(sqlite3.connect(played.at.folder / "service" / "sluis.db")) as database:
        counts = database.execute(
            "SELECT count(*) FROM submission_persons JOIN submissions ON submissions.id = submission"
            " WHERE organisation IN (?, ?, ?) GROUP BY person ORDER BY count(*) DESC",
            NAMES,
        ).fetchall()
    assert [count for (count,) in counts] == [3] * len(SHARED) + [1] * (len(BSNS) - len(SHARED))
    digests = {line.rpartition(".")[2] for line in (played.at.folder / "to-deliver.csv").read_text().split()[1:]}
    assert len(digests) == 14
    kept = b"".join(path.read_bytes() for path in files_below(played.at.folder / "service"))
    assert not [one for one in digests if one.encode() in kept]


def test_what_the_key_holder_wrote_down(played: Played) -> None:
    lines = run("keyholder", "evaluations", environment=played.at.environment).splitlines()
    found = [one for one in map(json.loads, lines) if one["supplier"] in NAMES]
    assert {one["supplier"] for one in found} == set(NAMES)
    assert all(one["outcome"] == "evaluated" and one["domain"] == DOMAIN for one in found)
    assert [one["elements"] for one in found] == [15, 15, 15, 2]


def test_a_token_of_one_is_of_no_use_at_the_other(played: Played) -> None:
    for sent in (played.at.to_keyholder.sent, played.at.to_service.sent):
        tokens = set(re.findall(rb"(?i)authorization: dpop ([A-Za-z0-9._-]+)", bytes(sent)))
        assert tokens
        for token in tokens:
            headers = {"Authorization": f"DPoP {token.decode()}"}
            elsewhere = (
                httpx.get(f"{played.at.place.url}/v1/rounds", headers=headers)
                if sent is played.at.to_keyholder.sent
                else httpx.post(f"{played.at.to_keyholder.url}/v1/evaluations", json={}, headers=headers)
            )
            assert elsewhere.status_code == 401


def test_the_service_gives_tokens_for_nobody_else(played: Played) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "x.y.z",
        "resource": "https://elsewhere.example",
    }
    answer = httpx.post(f"{played.at.place.url}/v1/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")

"""A delivery of persons against real processes, and then a search for their BSNs everywhere but at the supplier."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from recording_proxy import Recording, recording_proxy
from typer.testing import CliRunner

from demo.agreements import agree
from demo.installation import Installation, Invited, free_port, installation, run
from demo.people import log_in
from demo.provider import person, running_provider
from sluis_client import Client, ContentRefusedError
from sluis_client.cli import app
from sluis_client.wire.pseudonym import checked_bsn
from sluis_client.wire.strict import time_text

NAMES = ("ggz-noord", "ggz-oost", "ggz-zuid")
ROUND, DOMAIN = "treatment-history-2024", "planning"
HEADER = ("period", "region", "care_form", "history", "clients", "bsn")
PLACE = ("2024", "GM0014", "1", "none", "1")


def bsns(count: int) -> list[str]:
    """Numbers close together, so that all of them are found by what they have in common."""
    found = (str(number) for number in range(731_046_913, 10**9) if checked_bsn(str(number)) == str(number))
    return [next(found) for _ in range(count)]


BSNS = bsns(30)
SHARED = BSNS[:6]
"""Whom all three deliver."""


@dataclass(frozen=True)
class Played:
    place: Installation
    keyholder: int
    to_service: Recording
    to_keyholder: Recording
    folder: Path
    environment: Mapping[str, str]
    homes: Mapping[str, Path]
    printed: str


def content(numbers: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *((*PLACE, number) for number in numbers)])
    return text.getvalue().encode()


@contextmanager
def key_holder(environment: Mapping[str, str], port: int, log: Path) -> Iterator[int]:
    with log.open("wb") as lines:
        command = [sys.executable, "-m", "service", "keyholder", "serve"]
        process = subprocess.Popen(command, env=environment, stdout=lines, stderr=lines)
        try:
            until = time.monotonic() + 180
            while True:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/v1/readiness", timeout=5).raise_for_status()
                    break
                except httpx.HTTPError:
                    assert time.monotonic() < until, log.read_text()
                    assert process.poll() is None, log.read_text()
                    time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def played(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("pseudonyms")
    service_port, behind, front = free_port(), free_port(), free_port()
    environment = {
        "PATH": "/usr/bin:/bin",
        "SLUIS_KEYHOLDER_DIRECTORY": str(folder / "keyholder"),
        "SLUIS_KEYHOLDER_ADDRESS": f"http://127.0.0.1:{front}",
        "SLUIS_KEYHOLDER_ISSUER": f"http://127.0.0.1:{service_port}",
        "SLUIS_KEYHOLDER_PORT": str(behind),
        "SLUIS_KEYHOLDER_QUOTA": "1000",
    }
    run("keyholder", "create-key", DOMAIN, environment=environment)
    keys = folder / "pseudonym-keys.json"
    keys.write_text(run("keyholder", "keys", environment=environment))
    people = [person(f"steward-{n}", "steward", organisation="ttp") for n in (1, 2)]
    invited = [Invited(name, name, "supplier") for name in NAMES]
    settings = {"SLUIS_PSEUDONYM_KEYS": str(keys)}
    with (
        running_provider(people) as provider,
        installation(folder, provider, service_port, invited=invited, settings=settings) as place,
        recording_proxy(service_port) as to_service,
        recording_proxy(behind, front) as to_keyholder,
    ):
        jwks = httpx.get(f"{place.url}/.well-known/jwks.json").text
        (folder / "keyholder" / "service-keys.json").write_text(jwks)
        with key_holder(environment, behind, folder / "keyholder.log") as keyholder:
            first, second = (log_in(provider, place.url, f"steward-{n}") for n in (1, 2))
            agree([first, second], NAMES, ["treatment-history"], [])
            deadline = time_text((datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0))
            body = {"dataSet": "treatment-history", "period": "2024", "expected": list(NAMES), "deadline": deadline}
            first.send("POST", "/v1/rounds", body)
            first.send("PUT", f"/v1/rounds/{ROUND}/state", {"state": "open"})
            homes = {name: folder / "profiles" / name for name in NAMES}
            printed = _deliver(folder, to_service.url, place.codes, homes)
            yield Played(place, keyholder, to_service, to_keyholder, folder, environment, homes, printed)


def _deliver(folder: Path, url: str, codes: Mapping[str, str], homes: Mapping[str, Path]) -> str:
    """What three suppliers do, by SDK and by commands; what was printed and told."""
    told: list[str] = []
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


FORMS: Sequence[Callable[[str], bytes]] = (
    str.encode,
    lambda number: number.encode("utf-16-le"),
    lambda number: number.encode().hex().encode(),
    lambda number: f"{number[:4]}.{number[4:6]}.{number[6:]}".encode(),
    lambda number: int(number).to_bytes(8, "big"),
    lambda number: base64.b64encode(number.encode()),
    lambda number: base64.b64encode(b"x" + number.encode())[4:13],
    lambda number: base64.b64encode(b"xy" + number.encode())[4:14],
)
"""A BSN as text, as a number, and in the encodings that programs put text into; what they begin with is found first."""
LITTLE = {int(number).to_bytes(8, "little") for number in BSNS}
DIGESTS = [hashlib.new(name, number.encode()) for name in ("sha256", "sha1", "md5") for number in SHARED]


def found_in(content: bytes) -> str | None:
    """In which form some BSN stands in the content."""
    for form in FORMS:
        whole = {form(number) for number in BSNS}
        stem = common(whole)
        assert len(stem) >= 5
        (length,) = {len(one) for one in whole}
        if any(content[place : place + length] in whole for place in places(content, stem)):
            return repr(stem)
    end = common({one[::-1] for one in LITTLE})[::-1]
    if any(content[place + len(end) - 8 : place + len(end)] in LITTLE for place in places(content, end)):
        return "little-endian"
    return None


def common(whole: Collection[bytes]) -> bytes:
    """What all begin with."""
    least, most = min(whole), max(whole)
    return least[: next(i for i in range(len(least)) if least[i] != most[i])]


def places(content: bytes, stem: bytes) -> Iterator[int]:
    place = content.find(stem)
    while place >= 0:
        yield place
        place = content.find(stem, place + 1)


def require_none(content: bytes, where: str) -> None:
    assert found_in(content) is None, where


def require_no_digest(content: bytes, where: str) -> None:
    assert not [one for one in DIGESTS if one.digest() in content or one.hexdigest().encode() in content], where


@pytest.mark.parametrize("form", [*FORMS, lambda number: int(number).to_bytes(8, "little")])
def test_the_search_finds_what_is_there(form: Callable[[str], bytes]) -> None:
    assert found_in(b"before" + form(BSNS[17]) + b"after") is not None
    assert found_in(b"before" + form("111222333") + b"after") is None


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
                yield memory.read(end - begin)
            except (OSError, ValueError):
                continue  # a mapping that the kernel shows nobody


@pytest.mark.parametrize("who", ["service", "keyholder"])
def test_no_bsn_in_the_memory_of(played: Played, who: str) -> None:
    process = played.place.process_id if who == "service" else played.keyholder
    known, size = 0, 0
    for block in memory_of(process):
        size += len(block)
        known += NAMES[0].encode() in block
        require_none(block, f"memory of {who}")
    assert size > 10_000_000
    assert known, "the supplier's name is there, so what was read is the memory"


def files_below(*folders: Path) -> Sequence[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


def test_no_bsn_in_any_store_log_or_profile(played: Played) -> None:
    folder = played.folder
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
    for one in (played.to_service, played.to_keyholder):
        require_none(one.everything, "traffic")
        require_no_digest(one.everything, "traffic")
    sent = bytes(played.to_keyholder.sent)
    bodies = [json.loads(body) for body in re.findall(rb'\{"domain".*?\}', sent)]
    assert {frozenset(body) for body in bodies} == {frozenset({"domain", "elements"})}
    elements = [one for body in bodies for one in body["elements"]]
    assert len(set(elements)) == len(elements) > len(BSNS)
    for record in (*PLACE[1:3], *HEADER[:5], "clients", f"bsn.{DOMAIN}"):
        assert len(record) < 3 or record.encode() not in played.to_keyholder.everything
    assert f"bsn.{DOMAIN}.1.".encode() not in played.to_service.everything  # what goes there is sealed


def test_a_person_of_three_suppliers_is_one_and_is_kept_under_another_pseudonym(played: Played) -> None:
    with closing(sqlite3.connect(played.folder / "service" / "sluis.db")) as database:
        counts = database.execute(
            "SELECT count(*) FROM submission_persons GROUP BY person ORDER BY count(*) DESC"
        ).fetchall()
    assert [count for (count,) in counts] == [3] * len(SHARED) + [1] * (len(BSNS) - len(SHARED))
    digests = {line.rpartition(".")[2] for line in (played.folder / "to-deliver.csv").read_text().split()[1:]}
    assert len(digests) == 14
    kept = b"".join(path.read_bytes() for path in files_below(played.folder / "service"))
    assert not [one for one in digests if one.encode() in kept]


def test_what_the_key_holder_wrote_down(played: Played) -> None:
    lines = run("keyholder", "evaluations", environment=played.environment).splitlines()
    found = [json.loads(line) for line in lines]
    assert {one["supplier"] for one in found} == set(NAMES)
    assert all(one["outcome"] == "evaluated" and one["domain"] == DOMAIN for one in found)
    assert [one["elements"] for one in found] == [15, 15, 15, 2]


def test_a_token_of_one_is_of_no_use_at_the_other(played: Played) -> None:
    for sent in (played.to_keyholder.sent, played.to_service.sent):
        tokens = set(re.findall(rb"(?i)authorization: dpop ([A-Za-z0-9._-]+)", bytes(sent)))
        assert tokens
        for token in tokens:
            headers = {"Authorization": f"DPoP {token.decode()}"}
            elsewhere = (
                httpx.get(f"{played.place.url}/v1/rounds", headers=headers)
                if sent is played.to_keyholder.sent
                else httpx.post(f"{played.to_keyholder.url}/v1/evaluations", json={}, headers=headers)
            )
            assert elsewhere.status_code == 401


def test_the_service_gives_tokens_for_nobody_else(played: Played) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "x.y.z",
        "resource": "https://elsewhere.example",
    }
    answer = httpx.post(f"{played.place.url}/v1/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")

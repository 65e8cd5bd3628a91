"""An installation that counts persons: service, key holder and provider as processes, and what listens in between."""

from __future__ import annotations

import base64
import csv
import io
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
import pytest
from cutting_proxy import CuttingProxy, cutting_proxy
from recording_proxy import Recording, recording_proxy

from demo.agreements import agree
from demo.installation import Installation, Invited, free_port, installation, run
from demo.people import log_in
from demo.provider import person, running_provider
from sluis_client.wire.pseudonym import checked_bsn
from sluis_client.wire.strict import time_text

NAMES = ("ggz-noord", "ggz-oost", "ggz-zuid")
MORE = tuple(f"ggz-{number:02}" for number in range(15))
"""Suppliers whom nobody used yet."""
ROUND, DOMAIN = "treatment-history-2024", "planning"
HEADER = ("period", "region", "care_form", "history", "clients", "bsn")
PLACE = ("2024", "GM0014", "1", "none", "1")


@dataclass(frozen=True)
class PersonsPlace:
    """The running installation; every connection to the key holder passes `before_keyholder` too."""

    place: Installation
    keyholder: int
    to_service: Recording
    to_keyholder: Recording
    before_keyholder: CuttingProxy
    folder: Path
    environment: Mapping[str, str]
    unused: list[str]


def bsns(count: int, start: int = 731_046_913) -> list[str]:
    """Numbers close together, so that all of them are found by what they have in common."""
    found = (str(number) for number in range(start, 10**9) if checked_bsn(str(number)) == str(number))
    return [next(found) for _ in range(count)]


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


@pytest.fixture(scope="session")
def persons_place(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PersonsPlace]:
    folder = tmp_path_factory.mktemp("pseudonyms")
    service_port, behind, front = free_port(), free_port(), free_port()
    environment = {
        "PATH": "/usr/bin:/bin",
        "SLUIS_KEYHOLDER_DIRECTORY": str(folder / "keyholder"),
        "SLUIS_KEYHOLDER_ADDRESS": f"http://127.0.0.1:{front}",
        "SLUIS_KEYHOLDER_ISSUER": f"http://127.0.0.1:{service_port}",
        "SLUIS_KEYHOLDER_PORT": str(behind),
        "SLUIS_KEYHOLDER_QUOTA": "100000",
    }
    run("keyholder", "create-key", DOMAIN, environment=environment)
    keys = folder / "pseudonym-keys.json"
    keys.write_text(run("keyholder", "keys", environment=environment))
    people = [person(f"steward-{n}", "steward", organisation="ttp") for n in (1, 2)]
    invited = [Invited(name, name, "supplier") for name in (*NAMES, *MORE)]
    settings = {"SLUIS_PSEUDONYM_KEYS": str(keys)}
    with (
        running_provider(people) as provider,
        installation(folder, provider, service_port, invited=invited, settings=settings) as place,
        recording_proxy(service_port) as to_service,
        cutting_proxy(f"http://127.0.0.1:{behind}") as before_keyholder,
        recording_proxy(before_keyholder.port, front) as to_keyholder,
    ):
        jwks = httpx.get(f"{place.url}/.well-known/jwks.json").text
        (folder / "keyholder" / "service-keys.json").write_text(jwks)
        with key_holder(environment, behind, folder / "keyholder.log") as keyholder:
            first, second = (log_in(provider, place.url, f"steward-{n}") for n in (1, 2))
            agree([first, second], [*NAMES, *MORE], ["treatment-history"], [])
            deadline = time_text((datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0))
            expected = [*NAMES, *MORE]
            body = {"dataSet": "treatment-history", "period": "2024", "expected": expected, "deadline": deadline}
            first.send("POST", "/v1/rounds", body)
            first.send("PUT", f"/v1/rounds/{ROUND}/state", {"state": "open"})
            yield PersonsPlace(
                place, keyholder, to_service, to_keyholder, before_keyholder, folder, environment, list(MORE)
            )


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


def found_in(content: bytes, numbers: Sequence[str]) -> str | None:
    """In which form some BSN stands in the content."""
    for stem, length, whole in _forms(tuple(numbers)):
        if any(content[place : place + length] in whole for place in places(content, stem)):
            return repr(stem)
    little, end = _little(tuple(numbers))
    if any(content[place + len(end) - 8 : place + len(end)] in little for place in places(content, end)):
        return "little-endian"
    return None


@cache
def _forms(numbers: tuple[str, ...]) -> Sequence[tuple[bytes, int, frozenset[bytes]]]:
    """Of each form what all begin with, how long they are, and all of them."""
    found = []
    for form in FORMS:
        whole = frozenset(form(number) for number in numbers)
        stem = common(whole)
        assert len(stem) >= 4, "numbers that are close together are found soon"
        (length,) = {len(one) for one in whole}
        found.append((stem, length, whole))
    return found


@cache
def _little(numbers: tuple[str, ...]) -> tuple[frozenset[bytes], bytes]:
    """Little-endian, and what all end with."""
    whole = frozenset(int(number).to_bytes(8, "little") for number in numbers)
    return whole, common({one[::-1] for one in whole})[::-1]


def common(whole: Collection[bytes]) -> bytes:
    """What all begin with."""
    least, most = min(whole), max(whole)
    return least[: next(i for i in range(len(least)) if least[i] != most[i])]


def places(content: bytes, stem: bytes) -> Iterator[int]:
    place = content.find(stem)
    while place >= 0:
        yield place
        place = content.find(stem, place + 1)


def files_below(*folders: Path) -> Sequence[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]

"""A delivery of persons, killed at any moment and given again: never lost, never twice, and no BSN left on the disk.

The service, the key holder and the client are processes; the client dies of SIGKILL.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cutting_proxy import Cut, CuttingProxy, cutting_proxy
from persons_place import DOMAIN, HEADER, PLACE, ROUND, PersonsPlace, bsns, content, files_below, found_in
from warm_command import warm_command

from sluis_client import Client
from sluis_client.pseudonyms.making import BATCH

pytestmark = pytest.mark.xdist_group("persons")

PERSONS = bsns(BATCH + 20, 731_060_000)
ONCE = len(PERSONS) + 2
"""What the key holder evaluates for them: with each of two batches goes an input that is no person."""
KILLED = 256 - signal.SIGKILL
"""What the command that stands for a killed one ends with."""

EVALUATION, PART, COMPLETION = "POST /v1/evaluations", "PUT /v1/submissions/[^/]+/parts/", "PUT .*/completion"


@dataclass(frozen=True)
class Moment:
    """When the client is killed.

    Attributes:
        cut: the request at which, and what still passes.
        doing: or what it is about to do to a file.
        evaluated: what the key holder evaluated by then, and would evaluate again.
    """

    cut: Cut | None = None
    doing: str = ""
    evaluated: int = 0


def at(request: str, **cut: Any) -> Cut:
    return Cut(re.compile(request), **cut)


MOMENTS = {
    "while the first persons are blinded": Moment(at(EVALUATION, sent=0)),
    "after the last of them, before the answer": Moment(at(EVALUATION, skip=1), evaluated=ONCE - BATCH - 1),
    "before all pseudonyms are kept": Moment(doing="os.rename .*/spool/"),
    "before it is announced": Moment(at("POST /v1/submissions ", sent=0)),
    "before the first part": Moment(at("POST /v1/submissions ")),
    "in the middle of a part": Moment(at(PART, sent=1_000)),
    "after the last part": Moment(at(PART)),
    "after it was accepted": Moment(at(COMPLETION)),
    "before the receipt is kept": Moment(doing="os.rename .*/receipts/"),
    "while its place in the log is asked": Moment(at("GET /v1/log/", sent=0)),
    "before the pseudonyms are let go": Moment(doing="shutil.rmtree .*/spool/"),
}


@dataclass
class Desk:
    """A supplier that nobody used before, with a folder of its own for everything that it may write."""

    place: PersonsPlace
    name: str
    folder: Path
    command: Path
    file: Path

    @property
    def home(self) -> Path:
        return self.folder / "profile"

    def submit(self, before: str = "", corrects: str | None = None) -> tuple[int, dict[str, Any]]:
        """Deliver; the exit code and what was printed."""
        return self.type("submit", "--yes", *(["--corrects", corrects] if corrects else []), before=before)

    def type(self, name: str, *options: str, before: str = "") -> tuple[int, dict[str, Any]]:
        """Give a command about the file; its exit code and what it printed."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "SLUIS_CLIENT_HOME": str(self.home),
            "KILLED_PROCESS": str(self.folder / "process"),
            "KILLED_BEFORE": before,
        }
        command = [str(self.command), name, str(self.file), "--round", ROUND, "--json", *options]
        done = subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, timeout=120, text=True, check=False
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else {}

    def kill(self) -> None:
        """Kill the client, and wait until it is gone."""
        process = int((self.folder / "process").read_text())
        os.kill(process, signal.SIGKILL)
        until = time.monotonic() + 10
        while Path(f"/proc/{process}").exists():
            assert time.monotonic() < until
            time.sleep(0.01)

    def evaluated(self) -> int:
        """What the key holder evaluated for this supplier."""
        with closing(sqlite3.connect(self.place.folder / "keyholder" / "keyholder.db")) as database:
            return int(
                database.execute(
                    "SELECT coalesce(sum(elements), 0) FROM evaluations WHERE supplier = ? AND domain = ?",
                    (self.name, DOMAIN),
                ).fetchone()[0]
            )

    def delivered(self) -> list[tuple[str, str]]:
        """What the service has of this supplier: submission and state."""
        with closing(sqlite3.connect(self.place.folder / "service" / "sluis.db")) as database:
            query = "SELECT id, state FROM submissions WHERE organisation = ? AND state <> 'receiving' ORDER BY version"
            return database.execute(query, (self.name,)).fetchall()

    def require_no_bsn(self) -> None:
        """In none of the files that the client wrote."""
        written = [path for path in files_below(self.folder) if path != self.file]
        assert self.home / "config.json" in written
        for path in written:
            assert found_in(path.read_bytes(), PERSONS) is None, path

    def require_over(self, submission: str) -> None:
        """The receipt is kept and holds, and nothing else of the delivery is left."""
        with Client.from_profile(self.home) as client:
            assert client.verify_receipt(submission).rows == len(PERSONS)
            assert not client.status().under_way
        assert not list((self.home / "spool").iterdir())
        assert not list((self.folder / "tmp").iterdir())


@pytest.fixture(scope="module")
def proxy(persons_place: PersonsPlace) -> Iterator[CuttingProxy]:
    with cutting_proxy(persons_place.place.url) as running:
        yield running


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with warm_command(tmp_path_factory.mktemp("warm"), "sluis-client", "killed_client", "main") as folder:
        yield folder / "sluis-client"


@pytest.fixture
def desk(persons_place: PersonsPlace, proxy: CuttingProxy, command: Path, tmp_path: Path) -> Iterator[Desk]:
    name = persons_place.unused.pop()
    (tmp_path / "tmp").mkdir()
    made = Desk(persons_place, name, tmp_path, command, tmp_path / "clients.csv")
    made.file.write_bytes(content(PERSONS))
    with Client.for_service(proxy.url, made.home) as client:
        client.register(persons_place.place.codes[name])
    yield made
    proxy.cuts.clear()
    persons_place.before_keyholder.cuts.clear()


@pytest.mark.parametrize("name", MOMENTS)
def test_a_killed_delivery_is_taken_up_by_the_same_command(desk: Desk, proxy: CuttingProxy, name: str) -> None:
    moment = MOMENTS[name]
    if moment.cut is not None:
        cut = Cut(
            moment.cut.request, sent=moment.cut.sent, skip=moment.cut.skip, meanwhile=desk.kill
        )  # as it was declared, for this client
        through = desk.place.before_keyholder if EVALUATION in str(cut.request) else proxy
        through.cuts.append(cut)
    assert desk.submit(moment.doing)[0] == KILLED
    desk.require_no_bsn()

    code, said = desk.submit()

    assert (code, said["rows"]) == (0, len(PERSONS))
    assert desk.delivered() == [(said["submissionId"], "accepted")]
    assert desk.evaluated() == ONCE + moment.evaluated
    desk.require_no_bsn()
    desk.require_over(said["submissionId"])


def test_a_refusal_keeps_what_was_pseudonymised(desk: Desk) -> None:
    """Whoever forgot to say what is corrected gives the quota away no second time."""
    code, first = desk.submit()
    assert (code, desk.evaluated()) == (0, ONCE)
    desk.file.write_bytes(content(PERSONS).replace(b",1,none,", b",2,none,", 1))
    code, _ = desk.submit()
    assert (code, desk.evaluated()) == (4, 2 * ONCE)
    code, second = desk.submit(corrects=first["submissionId"])
    assert (code, second["version"], desk.evaluated()) == (0, 2, 2 * ONCE)
    desk.require_no_bsn()
    desk.require_over(second["submissionId"])


def test_pseudonyms_that_were_written_down_cost_nothing_again(desk: Desk) -> None:
    made = desk.folder / "made.csv"
    desk.place.before_keyholder.cuts.append(Cut(re.compile(EVALUATION), skip=1, meanwhile=desk.kill))
    assert desk.type("pseudonymise", "--output", str(made))[0] == KILLED
    desk.require_no_bsn()
    assert not made.exists()
    code, said = desk.type("pseudonymise", "--output", str(made))
    assert (code, said["persons"], desk.evaluated()) == (0, len(PERSONS), 2 * ONCE - BATCH - 1)
    desk.require_no_bsn()
    assert not list((desk.home / "spool").iterdir())


@pytest.mark.thorough
def test_killed_before_everything_that_it_does_to_a_file(desk: Desk) -> None:
    last: str | None = None
    for doing in range(100):
        desk.file.write_bytes(content(PERSONS[doing:] + PERSONS[:doing]))  # another delivery, of the same persons
        code, said = desk.submit(str(doing), last)
        assert code in (KILLED, 0)
        desk.require_no_bsn()
        if code == 0:
            assert doing > 5
            return
        code, said = desk.submit(corrects=last)
        assert code == 0
        last = said["submissionId"]
        states = [state for _, state in desk.delivered()]
        assert states == [*["superseded"] * doing, "accepted"]
        desk.require_over(last)
    pytest.fail("it does more than expected")


@pytest.mark.thorough
def test_killed_between_the_parts_of_a_large_delivery(desk: Desk, proxy: CuttingProxy) -> None:
    """Of three parts: rows of few persons, at many places."""
    with Client.from_profile(desk.home) as client:
        columns = {column.name: column for column in client.rules(ROUND).definition.columns}
    regions = [code.code for code in columns["region"].codes if code.code.startswith("GM")][:300]
    rows = [
        f"2024,{region},{form},none,1,{person}"
        for person in PERSONS[:300]
        for region in regions
        for form in (PLACE[2], "2", "3")
    ]
    desk.file.write_text("\n".join([",".join(HEADER), *rows, ""]))
    for _ in range(2):
        proxy.cuts.append(Cut(re.compile(PART), meanwhile=desk.kill))
        assert desk.submit()[0] == KILLED
        desk.require_no_bsn()
    code, said = desk.submit()
    assert (code, said["rows"]) == (0, len(rows))
    assert desk.delivered() == [(said["submissionId"], "accepted")]
    assert desk.evaluated() == 301
    desk.require_no_bsn()

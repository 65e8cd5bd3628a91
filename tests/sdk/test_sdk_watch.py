"""Unattended delivery: never twice, never half a file, always an outcome, also after a crash."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cutting_proxy import Cut
from sdk_samples import FAULTY, GOOD
from sluis_double import Double
from supplier_files import workbook
from typer.testing import CliRunner

from sluis_client import Client, Machine, SetupError
from sluis_client.cli import app
from sluis_client.files.lock import alone_in
from sluis_client.files.watch import Watch

ROUND = "capacity-2019"


class Later:
    """A wall clock that runs ahead as far as it is told; waiting moves it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def machine(self) -> Machine:
        def sleep(seconds: float) -> None:
            self.ahead += seconds

        return Machine(now=lambda: datetime.now(UTC) + timedelta(seconds=self.ahead), sleep=sleep)


@pytest.fixture
def folder(home: Path) -> Path:
    made = Path("in")
    made.mkdir()
    return made


@pytest.fixture
def later() -> Later:
    return Later()


def watch(client: Client, folder: Path, later: Later, **changes) -> Watch:
    told = {"round_id": None, "correct": False, "rest": 30.0, **changes}
    return Watch(client, folder, machine=later.machine(), **told)


def states(outcomes) -> list[tuple[str, str]]:
    return [(each.name, each.state) for each in outcomes]


def silent(_outcome) -> None:
    """Nobody looks."""


def log_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "logboek.log").read_text().splitlines()]


def test_what_is_laid_there_is_delivered_once_and_its_outcome_kept(opened: Client, double: Double, folder, later):
    (folder / "capacity-2019 maart.csv").write_text(GOOD)
    later.ahead = 60
    one = watch(opened, folder, later)
    assert states(one.once(silent)) == [("capacity-2019 maart.csv", "accepted")]
    assert not one.once(silent)
    assert len(double.accepted) == 1
    assert not [path for path in folder.iterdir() if path.suffix == ".csv"]
    (kept,) = (folder / "aangeleverd").glob("*.csv")
    outcome = json.loads(kept.with_name(f"{kept.name}.json").read_text())
    assert outcome["submissionId"] == double.accepted[0].id
    assert [(line["file"], line["state"]) for line in log_of(folder)] == [("capacity-2019 maart.csv", "accepted")]


def test_a_file_that_is_still_written_is_left(opened: Client, double: Double, folder, later):
    path = folder / "capacity-2019.csv"
    one = watch(opened, folder, later)
    lines = GOOD.splitlines(keepends=True)
    for line in lines[:-1]:
        with path.open("a") as file:
            file.write(line)
        later.ahead = 20
        assert not one.once(silent), "too young"
    with path.open("a") as file:
        file.write(lines[-1].rstrip("\n"))
    os.utime(path, (1, 1))  # as a copy that keeps times
    later.ahead = 40
    assert not one.once(silent), "the last line has no end yet"
    with path.open("a") as file:
        file.write("\n")
    later.ahead = 40
    assert states(one.once(silent)) == [("capacity-2019.csv", "accepted")]
    assert double.accepted[0].manifest.rows == 2


def test_a_file_that_changes_between_two_looks_is_left(opened: Client, folder, later):
    path = folder / "capacity-2019.csv"
    path.write_text(GOOD)
    later.ahead = 60
    one = watch(opened, folder, later)
    assert not one._ready()
    path.write_text(GOOD + "2019Q3,S08000015,cardiology,1,1\n")
    later.ahead = 120
    assert not one._ready()
    assert one._ready()


@pytest.mark.parametrize("name", [".capacity-2019.csv", "~$capacity-2019.xlsx", "capacity-2019.csv.part", "notes.docx"])
def test_what_programs_leave_behind_is_no_delivery(opened: Client, folder, later, name):
    (folder / name).write_text(GOOD)
    later.ahead = 3600
    assert not watch(opened, folder, later).once(silent)
    assert (folder / name).exists()


def test_what_is_refused_is_moved_with_all_faults_and_a_marked_copy(opened: Client, double: Double, folder, later):
    (folder / "capacity-2019-a.csv").write_text(FAULTY)
    (folder / "unknown.csv").write_text(GOOD)
    workbook(folder / "capacity-2019-b.xlsx", [line.split(",") for line in FAULTY.splitlines()])
    later.ahead = 60
    found = watch(opened, folder, later).once(silent)
    assert [state for _, state in states(found)] == ["refused"] * 3
    assert [each.details["error"]["code"] for each in found] == ["content-refused", "content-refused", "round-unclear"]
    assert found[0].details["faults"]["total"] == 2
    assert len(list((folder / "geweigerd").glob("*.gemerkt.xlsx"))) == 1
    assert not double.accepted


def test_figures_that_somebody_should_confirm_are_refused_when_nobody_looks(opened: Client, folder, later):
    (folder / "capacity-2019.csv").write_text(GOOD + "Totaal,,,5,5\n")
    later.ahead = 60
    (outcome,) = watch(opened, folder, later).once(silent)
    assert outcome.details["error"]["code"] == "unconfirmed"


def test_a_second_file_for_a_round_replaces_the_first_only_when_asked(opened: Client, double: Double, folder, later):
    later.ahead = 60
    (folder / "capacity-2019 1.csv").write_text(GOOD)
    watch(opened, folder, later).once(silent)
    (folder / "capacity-2019 2.csv").write_text(GOOD.replace(",90,", ",91,"))
    (outcome,) = watch(opened, folder, later).once(silent)
    assert outcome.state == "refused"
    (folder / "capacity-2019 2.csv").write_text(GOOD.replace(",90,", ",91,"))
    assert states(watch(opened, folder, later, correct=True).once(silent)) == [("capacity-2019 2.csv", "accepted")]


def test_without_a_connection_a_file_waits_and_goes_later(through_proxy, proxy, double: Double, folder, later):
    (folder / "capacity-2019.csv").write_text(GOOD)
    later.ahead = 60
    client = through_proxy(0)
    proxy.cuts.append(Cut("POST /v1/submissions", sent=0, times=1000))
    (outcome,) = watch(client, folder, later).once(silent)
    assert outcome.state == "waiting"
    assert (folder / "bezig" / "capacity-2019.csv").exists()
    proxy.cuts.clear()
    assert states(watch(client, folder, later).once(silent)) == [("capacity-2019.csv", "accepted")]
    assert [line["state"] for line in log_of(folder)] == ["waiting", "accepted"]
    assert len(double.accepted) == 1


@pytest.mark.parametrize("step", ["submit", "outcome"])
def test_a_crash_at_any_moment_leaves_one_delivery(*, opened: Client, double: Double, folder, later, monkeypatch, step):
    (folder / "capacity-2019.csv").write_text(GOOD)
    later.ahead = 60

    class Crash(BaseException):
        pass

    def crash(*_arguments, **_named):
        raise Crash

    one = watch(opened, folder, later)
    with monkeypatch.context() as broken:
        if step == "submit":
            broken.setattr(opened, "submit", crash)
        else:
            broken.setattr(one, "_finish", crash)
        with pytest.raises(Crash):
            one.once(silent)
    assert (folder / "bezig" / "capacity-2019.csv").exists()
    expected = "accepted" if step == "submit" else "duplicate"
    assert states(watch(opened, folder, later).once(silent)) == [("capacity-2019.csv", expected)]
    assert len(double.accepted) == 1
    assert not any((folder / "bezig").iterdir())


def test_one_process_watches_a_folder(opened: Client, folder, later):
    with alone_in(folder), pytest.raises(SetupError, match="Another process"):
        watch(opened, folder, later).once(silent)


def test_a_folder_that_cannot_be_locked_is_no_other_process(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.raises(OSError, match="No locks available"), alone_in(folder):
        pytest.fail("it is not held")


def test_on_the_command_line_the_worst_outcome_is_the_exit_code(registered: Path, folder):
    (folder / "capacity-2019 a.csv").write_text(GOOD)
    (folder / "capacity-2019 b.csv").write_text(FAULTY)
    command = ["submit", "--watch", str(folder), "--once", "--rest", "0", "--json"]
    done = CliRunner().invoke(app, command)
    document = json.loads(done.stdout)
    assert (done.exit_code, document["exitCode"]) == (3, 3)
    assert [each["state"] for each in document["files"]] == ["accepted", "refused"]
    assert CliRunner().invoke(app, command).exit_code == 0, "nothing to do is well"
    assert CliRunner().invoke(app, ["submit", "--watch", str(folder / "none"), "--once"]).exit_code == 2
    assert CliRunner().invoke(app, ["submit", "capacity.csv", "--watch", str(folder)]).exit_code == 2
    assert CliRunner().invoke(app, ["submit", "capacity.csv"]).exit_code == 2


def test_it_stops_when_told_and_goes_on_when_started_again(registered: Path, double: Double, folder):
    command = [sys.executable, "-m", "sluis_client", "submit", "--watch", str(folder), "--rest", "0"]
    for number in (1, 2):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "200"})
        (folder / f"capacity-2019 {number}.csv").write_text(GOOD)
        until = time.monotonic() + 60
        while len(list((folder / "aangeleverd").glob("*.csv"))) < number and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        written = process.communicate(timeout=60)[0]
        assert process.returncode == 0
        assert ("aangenomen" if number == 1 else "telde al") in written
    assert len(double.accepted) == 1

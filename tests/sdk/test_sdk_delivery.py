"""A delivery is never lost and never counted twice, wherever the connection or the process breaks."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cutting_proxy import Cut, CuttingProxy
from sdk_samples import CSV_HEADER, LONG, RECORDS, FakeTime
from sluis_double import Double, Held, Refusal

from sluis_client import (
    Client,
    ClockSkewError,
    ConnectionFailedError,
    ContentRefusedError,
    FileError,
    ServiceRefusedError,
    storage,
    wire,
)
from sluis_client.content import FileContent
from sluis_client.wire.sealing import SALT_BYTES

ROUND = "capacity-2019"

REQUESTS = {
    "token": "POST /v1/oauth/token",
    "round": "GET /v1/rounds/",
    "announcement": "POST /v1/submissions ",
    "part": "PUT /v1/submissions",
    "later part": "PUT /v1/submissions",
    "completion": re.compile("PUT /v1/submissions/[^/]+/completion"),
}
MOMENTS = {
    "before the request": {"sent": 0},
    "in the middle of the request": {"sent": 20},
    "after the service did it, before the answer": {"received": 0},
    "in the middle of the status line": {"received": 6},
    "in the middle of the headers": {"received": 60},
    "in the middle of the answer": {"received": -20},
}


def cut(name: str, moment: str, times: int = 1) -> Cut:
    return Cut(REQUESTS[name], skip=2 if name == "later part" else 0, times=times, **MOMENTS[moment])


def only_receipt(double: Double) -> wire.SignedReceipt:
    """Exactly one submission counts."""
    assert [held.state for held in double.accepted] == ["accepted"]
    return double.accepted[0].receipt


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", REQUESTS)
def test_a_cut_is_survived_within_one_call(
    through_proxy: Callable[[float], Client], proxy: CuttingProxy, double: Double, name: str, moment: str
):
    proxy.cuts.append(cut(name, moment))
    delivered = through_proxy(60).submit("long.csv", ROUND)
    assert proxy.made == 1
    assert delivered.receipt.signed == only_receipt(double)
    assert b"".join(part for _, part in sorted(double.accepted[0].parts.items()))[SALT_BYTES:] == LONG.encode()
    assert len(double.held) == 1


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", ["announcement", "later part", "completion"])
def test_a_cut_that_outlasts_the_patience_is_resumed_by_the_same_call(
    through_proxy: Callable[[float], Client], proxy: CuttingProxy, double: Double, name: str, moment: str
):
    proxy.cuts.append(cut(name, moment))
    with pytest.raises(ConnectionFailedError):
        through_proxy(0).submit("long.csv", ROUND)
    assert through_proxy(0).status().under_way[0].name == "long.csv"
    parts_before = sum(len(held.parts) for held in double.held.values())
    double.calls.clear()

    delivered = through_proxy(0).submit("long.csv", ROUND)

    assert delivered.receipt.signed == only_receipt(double)
    assert len(double.held) == 1
    assert not through_proxy(0).status().under_way
    sent = sum(count for call, count in double.calls.items() if call.endswith("/parts/N"))
    assert sent == len(double.accepted[0].parts) - parts_before, "only what was missing"


@pytest.mark.parametrize("moment", MOMENTS)
def test_records_cut_at_any_moment_count_once(
    through_proxy: Callable[[float], Client], proxy: CuttingProxy, double: Double, moment: str
):
    proxy.cuts.append(cut("announcement", moment))
    with pytest.raises(ConnectionFailedError):
        through_proxy(0).submit_records(RECORDS, ROUND)
    delivered = through_proxy(0).submit_records(RECORDS, ROUND)
    assert delivered.receipt.signed == only_receipt(double)
    assert len(double.held) == 1


def test_a_proxy_that_sends_everything_twice_changes_nothing(opened: Client, double: Double):
    again: list[tuple[int, object]] = []
    announce = double.announce

    def twice(body: dict, key: str) -> object:
        again.append(announce(body, key))
        return announce(body, key)

    double.announce = twice
    delivered = opened.submit_records(RECORDS, ROUND)
    assert len(again) == 1
    assert delivered.receipt.signed == only_receipt(double)


def test_the_same_file_again_is_a_duplicate_with_the_first_receipt(opened: Client, double: Double):
    first = opened.submit("capacity.csv", ROUND)
    second = opened.submit("capacity.csv", ROUND)
    assert (first.outcome, second.outcome) == ("accepted", "duplicate")
    assert first.receipt.signed == second.receipt.signed == only_receipt(double)
    assert opened.verify_receipt(second.submission).manifest == first.receipt.manifest


def test_a_correction_replaces_what_counts(opened: Client, double: Double):
    first = opened.submit("capacity.csv", ROUND)
    with pytest.raises(ServiceRefusedError, match="already-delivered"):
        opened.submit("long.csv", ROUND)
    second = opened.submit("long.csv", ROUND, first.submission)
    assert (second.version, second.rows) == (2, 8)
    assert [held.state for held in double.accepted] == ["superseded", "accepted"]


def test_a_late_delivery_says_so(opened: Client, double: Double):
    double.deadline = datetime(2020, 1, 1, tzinfo=UTC)
    assert opened.submit("capacity.csv", ROUND).outcome == "late"


@pytest.mark.parametrize(("state", "code"), [("closed", "round-closed"), ("draft", "round-not-open")])
def test_a_refusal_is_final_and_leaves_nothing_under_way(
    opened: Client, double: Double, home: Path, state: str, code: str
):
    double.round_state = state
    with pytest.raises(ServiceRefusedError) as caught:
        opened.submit("capacity.csv", ROUND)
    assert caught.value.code == code
    assert caught.value.text.nl == f"De dubbelganger zegt {code}."
    assert not list((home / "outbox").iterdir())
    double.round_state = "open"
    assert opened.submit("capacity.csv", ROUND).outcome == "accepted"


def test_faults_found_here_are_never_sent(opened: Client, double: Double):
    with pytest.raises(ContentRefusedError) as caught:
        opened.submit("faulty.csv", ROUND)
    assert caught.value.faults.total == 2
    assert not [call for call in double.calls if "submissions" in call]


def test_faults_that_only_the_service_finds_are_told_and_final(opened: Client, double: Double, home: Path):
    double.refuse_content = True
    with pytest.raises(ContentRefusedError):
        opened.submit("capacity.csv", ROUND)
    assert not list((home / "outbox").iterdir())
    assert not double.accepted


def test_a_refusal_whose_answer_was_lost_is_told_by_the_next_call(
    through_proxy: Callable[[float], Client], proxy: CuttingProxy, double: Double, home: Path
):
    double.refuse_content = True
    proxy.cuts.append(cut("completion", "after the service did it, before the answer"))
    with pytest.raises(ConnectionFailedError):
        through_proxy(0).submit("capacity.csv", ROUND)
    with pytest.raises(ContentRefusedError):
        through_proxy(0).submit("capacity.csv", ROUND)
    assert len(double.held) == 1
    assert not list((home / "outbox").iterdir())


def test_an_announcement_that_never_arrived_is_made_anew_when_it_is_too_old(
    through_proxy: Callable[[float], Client], proxy: CuttingProxy, double: Double, time_here: FakeTime
):
    proxy.cuts.append(cut("announcement", "before the request"))
    with pytest.raises(ConnectionFailedError):
        through_proxy(0).submit("capacity.csv", ROUND)
    time_here.offset = timedelta(hours=3)
    double.clock = time_here.machine().now
    assert through_proxy(0).submit("capacity.csv", ROUND).receipt.signed == only_receipt(double)


def test_an_accepted_delivery_is_found_again_however_late(
    through_proxy: Callable[[float], Client], proxy: CuttingProxy, double: Double, time_here: FakeTime
):
    proxy.cuts.append(cut("completion", "after the service did it, before the answer"))
    with pytest.raises(ConnectionFailedError):
        through_proxy(0).submit("capacity.csv", ROUND)
    time_here.offset = timedelta(days=30)
    double.clock = time_here.machine().now
    double.round_state = "closed"
    assert through_proxy(0).submit("capacity.csv", ROUND).receipt.signed == only_receipt(double)
    assert len(double.held) == 1


def test_a_delivery_that_the_service_gave_up_is_begun_anew(
    through_proxy: Callable[[float], Client], proxy: CuttingProxy, double: Double
):
    proxy.cuts.append(cut("later part", "before the request"))
    with pytest.raises(ConnectionFailedError):
        through_proxy(0).submit("long.csv", ROUND)
    next(iter(double.held.values())).state = "abandoned"
    assert through_proxy(0).submit("long.csv", ROUND).receipt.signed == only_receipt(double)
    assert [held.state for held in double.held.values()] == ["abandoned", "accepted"]


def test_a_delivery_given_up_while_it_is_completed_is_begun_anew(opened: Client, double: Double):
    def give_up(phase: str, call: str) -> None:
        if phase == "before" and call.endswith("/completion") and len(double.held) == 1:
            next(iter(double.held.values())).state = "abandoned"

    double.hook = give_up
    complete = double.complete

    def refuse_abandoned(held: Held, parts: int) -> None:
        if held.state == "abandoned":
            raise Refusal(409, "submission-state")
        complete(held, parts)

    double.complete = refuse_abandoned
    assert opened.submit("long.csv", ROUND).receipt.signed == only_receipt(double)
    assert len(double.held) == 2


def test_a_conflict_that_may_pass_is_tried_again(opened: Client, double: Double, time_here: FakeTime):
    complete = double.complete
    refused = [Refusal(409, "try-again")]

    def busy_once(held: Held, parts: int) -> None:
        if refused:
            raise refused.pop()
        complete(held, parts)

    double.complete = busy_once
    assert opened.submit("long.csv", ROUND).outcome == "accepted"
    assert len(time_here.waits) == 1


def test_a_clock_that_is_off_is_told_with_how_much(opened: Client, double: Double, time_here: FakeTime, home: Path):
    opened.rounds()  # the token was fetched while the clock was right
    time_here.offset = timedelta(minutes=-7)
    with pytest.raises(ClockSkewError) as caught:
        opened.submit("capacity.csv", ROUND)
    assert "7 minuten achter" in caught.value.text.nl
    assert "NTP" in caught.value.mend.nl
    assert not double.held
    assert not list((home / "outbox").iterdir())


def test_a_file_that_changes_while_it_is_sent_does_not_count(opened: Client, double: Double):
    def change(_phase: str, call: str) -> None:
        if call == "POST /v1/submissions":
            Path("long.csv").write_text(LONG.replace("60", "61"))

    double.hook = change
    with pytest.raises(FileError, match="changed"):
        opened.submit("long.csv", ROUND)
    assert not double.accepted


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000])
def test_the_parts_are_the_file(tmp_path: Path, size: int):
    path = tmp_path / "x.csv"
    path.write_bytes(os.urandom(1000))
    parts = list(FileContent.read(path).parts(size))
    assert b"".join(parts) == path.read_bytes()
    assert {len(part) for part in parts[:-1]} <= {size}


@pytest.mark.parametrize("name", ["figures.xlsx", "figures", "absent.csv"])
def test_a_file_that_cannot_be_delivered_is_told_at_once(opened: Client, double: Double, name: str):
    if name != "absent.csv":
        Path(name).write_text(CSV_HEADER)
    with pytest.raises(FileError):
        opened.submit(name, ROUND)
    assert not double.calls


@pytest.mark.parametrize("value", [float("nan"), 10**400, {1, 2}, "\ud800"])
def test_records_that_are_no_json_are_told_at_once(opened: Client, double: Double, value: object):
    with pytest.raises(FileError):
        opened.submit_records([{"period": value}], ROUND)
    assert not double.calls


class CrashError(BaseException):
    """The machine stops here."""


@pytest.mark.parametrize("function", ["write_private", "create_private", "remove"])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_any_write_of_the_profile_loses_and_doubles_nothing(
    opened: Client, double: Double, monkeypatch: pytest.MonkeyPatch, function: str, after: bool
):
    real = getattr(storage, function)
    for nth in range(20):
        done = [0]

        def crashing(path: Path, *args: object, nth: int = nth, done: list[int] = done) -> object:
            done[0] += 1
            if done[0] - 1 != nth:
                return real(path, *args)
            if after:
                real(path, *args)
            raise CrashError

        Path("crash.csv").write_text(CSV_HEADER + f"2019Q1,S08000015,cardiology,{nth + 1},0\n")
        corrects = next((held.id for held in double.accepted if held.state == "accepted"), None)
        with monkeypatch.context() as patch:
            patch.setattr(storage, function, crashing)
            try:
                opened.submit("crash.csv", ROUND, corrects)
            except CrashError:
                pass
            else:
                assert nth >= 1
                return
        submissions = len(double.held)
        delivered = opened.submit("crash.csv", ROUND, corrects)
        assert delivered.receipt.signed.receipt.content_digest == delivered.receipt.manifest.content_digest
        assert len([held for held in double.held.values() if held.state == "accepted"]) == 1
        assert len(double.held) <= max(submissions, nth + 1)
        assert not opened.status().under_way
    pytest.fail("there are more writes than expected")


KILLS = [
    ("before", "POST /v1/submissions"),
    ("after", "POST /v1/submissions"),
    ("after", "/parts/1"),
    ("before", "/completion"),
    ("after", "/completion"),
]


@pytest.mark.parametrize(("phase", "call"), KILLS)
def test_a_killed_process_is_resumed_by_the_next(registered: Path, double: Double, phase: str, call: str):
    command = [sys.executable, "-m", "sluis_client", "submit", "long.csv", "--round", ROUND, "--yes", "--json"]
    process: list[subprocess.Popen[bytes]] = []
    started = threading.Event()

    def kill(now: str, name: str) -> None:
        if now == phase and name.endswith(call) and started.wait(10) and process[0].poll() is None:
            process[0].send_signal(signal.SIGKILL)
            process[0].wait()

    double.hook = kill
    process.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    started.set()
    assert process[0].wait() == -signal.SIGKILL
    double.hook = lambda _phase, _call: None

    with Client.from_profile() as client:
        assert client.submit("long.csv", ROUND).receipt.signed == only_receipt(double)
    assert len(double.held) == 1


def test_two_processes_that_deliver_the_same_file_share_one_delivery(registered: Path, double: Double):
    results: list[object] = []
    barrier = threading.Barrier(4)

    def deliver() -> None:
        with Client.from_profile() as client:
            client.rounds()
            barrier.wait()
            results.append(client.submit("long.csv", ROUND).receipt.signed)

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [only_receipt(double)] * 4

"""The supplier as a witness: what it saw of the log has to stay true, and a delivery never waits for it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from log_double import SomeLog
from sdk_samples import FakeTime
from sluis_double import Double
from typer.testing import CliRunner, Result

from sluis_client import Client, ConnectionFailedError, LogError, ServiceRefusedError, wire, witness
from sluis_client.cli import app
from sluis_client.wire.log import LogEntry, log_origin

ROUND = "capacity-2019"
ORIGIN = log_origin("https://sluis.example")


@pytest.fixture
def log(double: Double) -> SomeLog:
    double.log = SomeLog(ORIGIN)
    double.log.fill(5)
    return double.log


def noticed(client: Client, code: str) -> str:
    """The log is refused, in both languages, and what is said."""
    with pytest.raises(LogError) as error:
        client.follow_log()
    assert error.value.code == code
    assert error.value.text.nl != error.value.text.en
    assert "bewijzen blijven geldig" in error.value.mend.nl
    return error.value.text.en


def test_a_delivery_gets_its_place_in_the_log(opened: Client, log: SomeLog, home: Path):
    delivered = opened.submit("capacity.csv", ROUND)
    assert delivered.receipt.proof is not None
    assert delivered.receipt.proof.entry.index == 5
    assert opened.verify_receipt(delivered.submission, in_log=True) == opened.receipts()[0] == delivered.receipt
    assert (home / "checkpoint").read_text() == log.checkpoint().note
    assert (home / "log-key").read_text() == log.public.text() + "\n"


def test_a_sequencer_that_stands_still_holds_nothing_up_for_long(
    opened: Client, double: Double, log: SomeLog, time_here: FakeTime
):
    double.log_stands_still = True
    delivered = opened.submit("capacity.csv", ROUND)
    assert delivered.outcome == "accepted"
    assert delivered.receipt.proof is None
    assert time_here.passed <= 1.5
    with pytest.raises(LogError, match="no place in the audit log yet"):
        opened.verify_receipt(delivered.submission, in_log=True)
    assert opened.follow_log().without_proof == 1
    double.log_it(delivered.receipt.signed.receipt)
    assert opened.follow_log().without_proof == 0
    assert opened.verify_receipt(delivered.submission, in_log=True).proof is not None


@pytest.mark.parametrize("trouble", ["GET /v1/log/key", "GET /v1/submissions"])
@pytest.mark.parametrize("status", [500, 503, 404])
def test_a_log_that_does_not_answer_costs_the_proof_only(
    opened: Client, double: Double, log: SomeLog, trouble: str, status: int
):
    double.log_stands_still = True
    for _ in range(20):
        double.fail_next(trouble, status)
    assert opened.submit_records([_row()], ROUND).receipt.proof is None


def _row() -> dict[str, object]:
    return {
        "period": "2019Q1",
        "region": "S08000015",
        "care_form": "cardiology",
        "staffed_bed_days": 90,
        "occupied_bed_days": 61,
    }


def test_a_service_without_a_log_is_asked_once(opened: Client, double: Double, time_here: FakeTime):
    assert opened.submit("capacity.csv", ROUND).receipt.proof is None
    assert time_here.passed == 0
    assert opened.follow_log().size == 0


def test_a_log_that_grows_is_followed(opened: Client, log: SomeLog):
    for size in (5, 5, 6, 9, 300):
        log.fill(size - len(log.entries))
        assert opened.follow_log().size == size


def test_a_rewritten_log_is_noticed(opened: Client, log: SomeLog):
    opened.follow_log()
    log.entries[2] = LogEntry(2, bytes(32), '{"id":"other"}')
    log.fill(3)
    assert "rewritten" in noticed(opened, "log-rewritten")
    noticed(opened, "log-rewritten")  # again: what was seen stays what has to be continued


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_refused_proof_accuses_nobody(opened: Client, double: Double, log: SomeLog, status: int):
    opened.follow_log()
    log.fill(3)
    for _ in range(20):
        double.fail_next("GET /v1/log/consistency", status)
    with pytest.raises((ServiceRefusedError, ConnectionFailedError)) as error:
        opened.follow_log()
    if isinstance(error.value, ServiceRefusedError):
        assert error.value.code == "log-not-proven"
        assert "later" in error.value.mend.nl
        assert "supervisor" in error.value.mend.en
    assert opened.submit("capacity.csv", ROUND).receipt.proof is None  # it counts, and says nothing of the log
    double.trouble.clear()
    assert opened.follow_log().without_proof == 0


def test_a_log_that_is_not_shown_is_not_called_whole(registered: Path, double: Double, log: SomeLog):
    for status in (500, 404):
        for _ in range(20):
            double.fail_next("GET /v1/log/key", status)
        shown = run("audit", "follow", "--language", "en")
        assert (shown.exit_code, "only grew" in shown.output) == (4, False)
        assert "nothing was checked" in shown.output
        double.trouble.clear()


def test_a_delivery_that_is_kept_out_of_the_log_is_noticed_after_a_day(
    opened: Client, double: Double, log: SomeLog, monkeypatch: pytest.MonkeyPatch
):
    double.log_stands_still = True
    delivered = opened.submit("capacity.csv", ROUND)
    assert timedelta(days=1) == witness.OVERDUE
    assert opened.follow_log().without_proof == 1
    monkeypatch.setattr(witness, "OVERDUE", timedelta(minutes=-1))  # the day has passed
    assert delivered.submission in noticed(opened, "log-withheld")
    for _ in range(20):
        double.fail_next("GET /v1/submissions", 500)
    with pytest.raises((ServiceRefusedError, ConnectionFailedError)):  # not told, so nobody is accused, nor cleared
        opened.follow_log()
    double.trouble.clear()
    double.log_it(delivered.receipt.signed.receipt)
    assert opened.follow_log().without_proof == 0


def test_a_log_that_was_cut_back_is_noticed(opened: Client, log: SomeLog):
    opened.follow_log()
    del log.entries[3:]
    assert "it had 5 events and has 3 now" in noticed(opened, "log-cut-back")
    log.fill(2)
    noticed(opened, "log-forked")
    log.fill(1)
    noticed(opened, "log-rewritten")


def test_two_logs_of_one_size_are_noticed(opened: Client, double: Double, log: SomeLog):
    other = log.copy()
    opened.follow_log()
    other.entries[4] = LogEntry(4, bytes(32), '{"id":"other"}')
    double.log = other
    assert "two audit logs" in noticed(opened, "log-forked")


def test_an_old_checkpoint_that_is_shown_again_is_noticed(opened: Client, double: Double, log: SomeLog):
    old = log.copy()
    log.fill(4)
    opened.follow_log()
    double.log = old
    assert "old checkpoint" in noticed(opened, "log-cut-back")


def test_another_key_is_noticed(opened: Client, log: SomeLog):
    opened.follow_log()
    log.key = Ed25519PrivateKey.generate()
    log.fill(1)
    assert "not signed with the key of this log" in noticed(opened, "checkpoint-unsigned")


def test_the_log_of_another_service_is_noticed(opened: Client, double: Double):
    double.log = SomeLog("elsewhere.example/v1/log")
    double.log.fill(1)
    assert "log of elsewhere.example/v1/log" in noticed(opened, "checkpoint-other-origin")


def test_a_delivery_to_a_rewritten_log_counts_and_says_so(opened: Client, double: Double, log: SomeLog, home: Path):
    """The receipt is kept first: whatever becomes of the log, the delivery cannot be denied."""
    opened.follow_log()
    log.entries[0] = LogEntry(0, bytes(32), '{"id":"other"}')
    with pytest.raises(LogError) as error:
        opened.submit("capacity.csv", ROUND)
    assert error.value.code == "log-rewritten"
    assert [receipt.proof for receipt in opened.receipts()] == [None]
    assert len(double.accepted) == 1
    assert not list((home / "outbox").iterdir())


def altered(home: Path, change: Callable[[dict], None]) -> None:
    (file,) = (home / "receipts").iterdir()
    document = json.loads(file.read_text())
    change(document["proof"])
    file.write_text(json.dumps(document))


def _other_event(proof: dict) -> None:
    proof["event"] = proof["event"].replace('"outcome":"success"', '"outcome":"denied"')


def _other_hash(proof: dict) -> None:
    proof["hashes"][0] = wire.base64url(bytes(32))


def _other_place(proof: dict) -> None:
    proof["logIndex"] -= 1


@pytest.mark.parametrize("change", [_other_event, _other_hash, _other_place])
def test_an_altered_proof_is_refused(opened: Client, log: SomeLog, home: Path, change: Callable[[dict], None]):
    delivered = opened.submit("capacity.csv", ROUND)
    altered(home, change)
    with pytest.raises(LogError, match="not at this place"):
        opened.verify_receipt(delivered.submission, in_log=True)
    with pytest.raises(LogError, match="not at this place"):
        opened.verify_receipt(delivered.submission)


def test_the_proof_of_another_event_is_refused(opened: Client, double: Double, log: SomeLog):
    """Truly in the log, and about something else."""
    delivered = opened.submit("capacity.csv", ROUND)
    other = log.add(id="another", objectId=delivered.submission, outcome="success")
    stolen = replace(delivered.receipt, proof=log.proof("another"))
    assert other.index == 6
    with pytest.raises(LogError, match="something else"):
        opened.verify_receipt(stolen, in_log=True)


def test_a_second_receipt_for_the_same_place_is_refused(opened: Client, double: Double, log: SomeLog, home: Path):
    """Whoever holds the service's key signs other rows for an acceptance that is truly in the log."""
    delivered = opened.submit("capacity.csv", ROUND)
    other = replace(delivered.receipt.signed.receipt, rows=7)
    forged = replace(delivered.receipt, signed=wire.sign_receipt(other, double.signing_key), manifest=None)
    with pytest.raises(LogError, match="something else"):
        opened.verify_receipt(forged)


def test_a_checkpoint_of_elsewhere_has_to_be_of_the_log_that_is_followed(opened: Client, double: Double, log: SomeLog):
    """A release, say, with the checkpoint of a fork: of any size, not only of one that was seen."""
    early, fork = log.checkpoint().note, log.copy()
    fork.entries[4] = LogEntry(4, bytes(32), '{"id":"other"}')
    opened.follow_log()
    log.fill(4)
    opened.follow_log()
    assert opened.confirm_checkpoint(early) == 9
    assert opened.confirm_checkpoint(log.checkpoint().note) == 9
    for size, code in ((0, "log-rewritten"), (2, "log-rewritten"), (4, "log-forked"), (9, "log-cut-back")):
        fork.fill(5 + size - len(fork.entries))
        with pytest.raises(LogError) as error:
            opened.confirm_checkpoint(fork.checkpoint().note)
        assert error.value.code == code
    other = SomeLog(ORIGIN)
    other.fill(3)
    with pytest.raises(LogError, match="not signed with the key"):
        opened.confirm_checkpoint(other.checkpoint().note)
    double.log = None
    with pytest.raises(ServiceRefusedError):
        opened.confirm_checkpoint(early)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_on_the_command_line(registered: Path, log: SomeLog, tmp_path: Path, double: Double):
    done = run("submit", "capacity.csv", "--round", ROUND, "--yes", "--json")
    assert done.exit_code == 0, done.output
    submission = json.loads(done.stdout)["submissionId"]
    double.log = None  # nobody is asked
    found = run("audit", "verify", submission)
    assert found.exit_code == 0
    assert "event 5 of 6" in found.stdout
    shown = run("receipts", "show", submission, "--json")
    for document in (shown.stdout, (registered / "receipts" / f"{submission}.json").read_text()):
        (tmp_path / "receipt.json").write_text(document)
        verified = run("audit", "verify", str(tmp_path / "receipt.json"), "--json")
        assert verified.exit_code == 0, verified.output
        assert json.loads(verified.stdout)["logIndex"] == 5
    (tmp_path / "receipt.json").write_text("{}")
    assert run("audit", "verify", str(tmp_path / "receipt.json")).exit_code == 2
    assert run("audit", "verify", "unknown").exit_code == 2


def test_a_cut_log_ends_the_command_as_not_to_be_trusted(registered: Path, log: SomeLog):
    assert run("audit", "follow").exit_code == 0
    del log.entries[2:]
    failed = run("audit", "follow", "--json")
    assert failed.exit_code == 6
    assert json.loads(failed.stdout)["error"]["code"] == "log-cut-back"


def test_a_new_key_of_the_log_is_learned_and_nothing_is_lost(opened: Client, log: SomeLog, home: Path):
    before = opened.submit("capacity.csv", ROUND)
    pinned = (home / "log-key").read_text()
    log.renew()
    opened.follow_log()  # both sign
    log.retire()
    log.fill(1)
    opened.follow_log()  # only the new one does
    assert (home / "log-key").read_text() == pinned
    assert opened.verify_receipt(before.submission, in_log=True).proof is not None


def test_who_was_away_during_the_overlap_learns_the_new_key_too(opened: Client, log: SomeLog):
    opened.follow_log()
    for _ in range(3):
        log.renew()
    log.retire()
    delivered = opened.submit("capacity.csv", ROUND)
    assert delivered.receipt.proof is not None
    assert opened.verify_receipt(delivered.submission, in_log=True).proof is not None


def test_a_new_key_that_the_old_one_does_not_vouch_for_is_refused(opened: Client, log: SomeLog):
    opened.follow_log()
    log.key = Ed25519PrivateKey.generate()
    log.fill(1)
    assert "no key that you know vouches" in noticed(opened, "checkpoint-unsigned")
    rogue = SomeLog(ORIGIN, Ed25519PrivateKey.generate())
    rogue.renew(log.key)
    log.successions = rogue.successions  # vouched for by some key, which is not the pinned one
    noticed(opened, "checkpoint-unsigned")
    log.successions = ["no note"]
    noticed(opened, "checkpoint-malformed")


def test_the_old_key_is_believed_in_nothing_newer(opened: Client, double: Double, log: SomeLog):
    opened.follow_log()
    stolen = log.copy()
    log.renew()
    opened.follow_log()
    stolen.entries = list(log.entries)
    stolen.fill(3)  # whoever has the old key goes on with the log
    double.log = stolen
    assert "replaced after" in noticed(opened, "checkpoint-key-ended")
    stolen.renew()  # and has it vouch for a key of its own
    noticed(opened, "checkpoint-two-successors")
    double.log = log
    opened.follow_log()


@pytest.mark.parametrize("status", [500, 503])
def test_a_service_that_does_not_tell_of_its_keys_is_not_accused(
    opened: Client, double: Double, log: SomeLog, status: int
):
    opened.follow_log()
    log.renew()
    log.retire()
    for _ in range(20):
        double.fail_next("GET /v1/log/successions", status)
    with pytest.raises((ServiceRefusedError, ConnectionFailedError)):
        opened.follow_log()
    double.trouble.clear()
    opened.follow_log()

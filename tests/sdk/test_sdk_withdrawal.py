"""A delivery that is withdrawn: nothing is called withdrawn before the acknowledgement proves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sluis_double import Double, Held
from test_sdk_cli import SCHEMA

from sluis_client import Client, ReceiptError, ServiceRefusedError, wire
from sluis_client.cli import app

ROUND = "capacity-2019"


@pytest.fixture
def run() -> Callable[..., Result]:
    from typer.testing import CliRunner

    return lambda *words: CliRunner(env={"COLUMNS": "200"}).invoke(app, list(words))


def lie(double: Double, **changes: str) -> None:
    """The double signs an acknowledgement that says something else."""
    honest = double.withdraw

    def withdraw(held: Held) -> None:
        honest(held)
        assert held.withdrawal is not None
        told = replace(held.withdrawal.withdrawal, **changes)
        signature = wire.sign_ed25519(wire.WITHDRAWAL_PREFIX, told.canonical(), double.signing_key)
        held.withdrawal = replace(held.withdrawal, withdrawal=told, signature=signature)

    double.withdraw = withdraw


def test_it_is_kept_with_the_receipt_and_verified_again_later(opened: Client, double: Double) -> None:
    delivered = opened.submit("capacity.csv", ROUND)
    assert delivered.receipt.withdrawal is None
    first, again = opened.withdraw(delivered.submission), opened.withdraw(delivered.submission)
    assert first == again
    (kept,) = opened.receipts()
    assert kept.withdrawal == first.withdrawal is not None
    assert opened.verify_receipt(delivered.submission, "capacity.csv").withdrawal == first.withdrawal
    assert kept.withdrawal.withdrawal.commitment().startswith("sha-256:")


def test_the_same_file_may_be_delivered_again(opened: Client, double: Double) -> None:
    delivered = opened.submit("capacity.csv", ROUND)
    opened.withdraw(delivered.submission)
    again = opened.submit("capacity.csv", ROUND)
    assert (again.outcome, again.submission == delivered.submission) == ("accepted", False)
    assert sorted(held.state for held in double.held.values()) == ["accepted", "withdrawn"]


def test_a_delivery_of_another_machine_can_be_withdrawn_here(opened: Client, double: Double, home: Path) -> None:
    delivered = opened.submit("capacity.csv", ROUND)
    for path in (home / "receipts").iterdir():
        path.unlink()
    kept = opened.withdraw(delivered.submission)
    assert (kept.manifest, kept.withdrawal is not None) == (None, True)
    assert [one.submission for one in opened.receipts()] == [delivered.submission]


@pytest.mark.parametrize(
    "changes",
    [
        {"submission_id": "another"},
        {"organisation": "hospital-z999z"},
        {"round": "capacity-2018"},
        {"manifest_digest": "sha-256:" + "0" * 64},
        {"issuer": "https://elsewhere.example"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_acknowledgement_of_something_else_is_refused(
    opened: Client, double: Double, changes: dict[str, str]
) -> None:
    delivered = opened.submit("capacity.csv", ROUND)
    lie(double, **changes)
    with pytest.raises(ReceiptError, match="another delivery"):
        opened.withdraw(delivered.submission)
    assert opened.receipts()[0].withdrawal is None


def test_one_that_another_key_signed_is_refused(opened: Client, double: Double) -> None:
    delivered = opened.submit("capacity.csv", ROUND)
    double.receipt_key = Ed25519PrivateKey.generate()
    with pytest.raises(ReceiptError, match="publishes no key"):
        opened.withdraw(delivered.submission)


def test_one_that_was_altered_is_refused(opened: Client, double: Double) -> None:
    delivered = opened.submit("capacity.csv", ROUND)
    honest = double.withdraw

    def withdraw(held: Held) -> None:
        honest(held)
        assert held.withdrawal is not None
        held.withdrawal = replace(
            held.withdrawal, withdrawal=replace(held.withdrawal.withdrawal, audit_event_id="another")
        )

    double.withdraw = withdraw
    with pytest.raises(ReceiptError, match="signature"):
        opened.withdraw(delivered.submission)


def test_without_an_acknowledgement_nothing_is_withdrawn(opened: Client, double: Double) -> None:
    delivered = opened.submit("capacity.csv", ROUND)
    double.withdraw = lambda _: None
    with pytest.raises(ReceiptError, match="did not acknowledge"):
        opened.withdraw(delivered.submission)


def test_what_does_not_count_is_refused(opened: Client, double: Double) -> None:
    first = opened.submit("capacity.csv", ROUND)
    Path("capacity.csv").write_text(Path("capacity.csv").read_text().replace("61", "62"))
    opened.submit("capacity.csv", ROUND, corrects=first.submission)
    with pytest.raises(ServiceRefusedError, match="submission-state"):
        opened.withdraw(first.submission)
    with pytest.raises(ServiceRefusedError, match="not-found"):
        opened.withdraw("0190f000-0000-7000-8000-000000000000")


def test_the_command_says_what_counts_no_longer(run: Callable[..., Result], opened: Client, double: Double) -> None:
    submission = opened.submit("capacity.csv", ROUND).submission
    unasked = run("withdraw", submission)
    assert (unasked.exit_code, "--yes" in unasked.stderr) == (2, True)
    assert double.held[submission].state == "accepted"
    shown = run("withdraw", submission, "--yes")
    assert shown.exit_code == 0, shown.output
    assert f"Ingetrokken: {submission} telt sinds" in " ".join(shown.stdout.split())
    found: Any = json.loads(run("withdraw", submission, "--yes", "--json").stdout)
    SCHEMA.validate(found)
    assert found["receipt"]["withdrawal"]["withdrawal"]["submissionId"] == submission
    SCHEMA.validate(json.loads(run("receipts", "show", submission, "--json").stdout))

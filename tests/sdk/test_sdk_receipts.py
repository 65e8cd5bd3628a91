"""A receipt counts only when it proves this delivery; otherwise nothing is called a success."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sdk_samples import GOOD, RECORDS
from sluis_double import Double, Held

from sluis_client import Client, NoReceiptError, ReceiptError, TrustError, wire

ROUND = "capacity-2019"


def lie(double: Double, **changes: object) -> None:
    """The double signs a receipt that says something else."""
    honest = double._receipt

    def receipt(held: Held, rows: int) -> wire.SignedReceipt:
        return wire.sign_receipt(replace(honest(held, rows).receipt, **changes), double.signing_key)

    double._receipt = receipt


def test_a_receipt_signed_by_another_key_is_refused_and_not_kept(opened: Client, double: Double, home: Path):
    double.receipt_key = Ed25519PrivateKey.generate()
    with pytest.raises(ReceiptError):
        opened.submit("capacity.csv", ROUND)
    assert not opened.receipts()
    assert len(list((home / "outbox").iterdir())) == 1  # the service may be asked again


def test_a_receipt_that_was_altered_is_refused(opened: Client, double: Double):
    honest = double._receipt

    def altered(held: Held, rows: int) -> wire.SignedReceipt:
        signed = honest(held, rows)
        return replace(signed, receipt=replace(signed.receipt, rows=rows + 1))

    double._receipt = altered
    with pytest.raises(ReceiptError, match="signature"):
        opened.submit("capacity.csv", ROUND)


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest_digest": "sha-256:" + "0" * 64},
        {"content_digest": "sha-256:" + "0" * 64},
        {"organisation": "hospital-z999z"},
        {"round": "capacity-2018"},
        {"data_set": "rejections"},
        {"rows": 7},
        {"issuer": "https://elsewhere.example"},
        {"submission_id": "another"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_receipt_about_something_else_is_refused(opened: Client, double: Double, changes: dict[str, object]):
    lie(double, **changes)
    with pytest.raises(ReceiptError):
        opened.submit("capacity.csv", ROUND)
    assert not opened.receipts()


def test_a_false_duplicate_is_refused(opened: Client, double: Double):
    opened.submit("capacity.csv", ROUND)
    first = double.accepted[0]
    double.announce = lambda _body, _key: (200, first, {"Sluis-Outcome": "duplicate"})
    with pytest.raises(ReceiptError, match="another delivery"):
        opened.submit("long.csv", ROUND)


def test_a_duplicate_of_a_delivery_made_elsewhere_is_verified_as_far_as_it_can_be(
    opened: Client, double: Double, home: Path
):
    opened.submit("capacity.csv", ROUND)
    for kept in (home / "receipts").iterdir():
        kept.unlink()
    delivered = opened.submit("capacity.csv", ROUND)
    assert delivered.outcome == "duplicate"
    assert delivered.receipt.manifest is None
    opened.verify_receipt(delivered.submission, "capacity.csv")
    double.receipt_key = Ed25519PrivateKey.generate()
    first = double.accepted[0]
    first.receipt = double._receipt(first, 2)
    with pytest.raises(ReceiptError):
        opened.submit("capacity.csv", ROUND)


def test_a_receipt_is_verified_without_the_service(opened: Client, double: Double):
    delivered = opened.submit("capacity.csv", ROUND)
    double.calls.clear()
    assert opened.verify_receipt(delivered.submission, "capacity.csv") == delivered.receipt
    Path("capacity.csv").write_text(GOOD.replace("61", "62"))
    with pytest.raises(ReceiptError, match="not the one"):
        opened.verify_receipt(delivered.submission, "capacity.csv")
    with pytest.raises(NoReceiptError, match="receipts list"):
        opened.verify_receipt("unknown")
    assert not double.calls


@pytest.mark.parametrize("name", ["rows", "late", "acceptedAt", "round", "version", "auditEventId"])
def test_a_kept_receipt_that_was_tampered_with_is_noticed(opened: Client, home: Path, name: str):
    delivered = opened.submit("capacity.csv", ROUND)
    path = home / "receipts" / f"{delivered.submission}.json"
    kept = json.loads(path.read_text())
    changed = {
        "rows": 9,
        "late": True,
        "acceptedAt": "2020-01-01T00:00:00Z",
        "round": "x",
        "version": 4,
        "auditEventId": "y",
    }
    kept["receipt"][name] = changed[name]
    path.write_text(json.dumps(kept))
    with pytest.raises(ReceiptError):
        opened.verify_receipt(delivered.submission)


def test_a_damaged_receipt_is_a_receipt_error(opened: Client, home: Path):
    delivered = opened.submit("capacity.csv", ROUND)
    (home / "receipts" / f"{delivered.submission}.json").write_text("{}")
    with pytest.raises(ReceiptError, match="damaged"):
        opened.receipts()


def test_a_submission_id_that_is_a_path_is_refused(opened: Client, double: Double, home: Path, tmp_path: Path):
    announce = double.announce

    def sly(body: dict, key: str) -> tuple[int, Held, dict[str, str]]:
        status, held, headers = announce(body, key)
        held.id = "../../escaped"
        return status, held, headers

    double.announce = sly
    with pytest.raises(TrustError):
        opened.submit_records([{**RECORDS[0], "staffed_bed_days": 1, "occupied_bed_days": 1}], ROUND)
    assert not list(tmp_path.rglob("*escaped*"))


def test_a_new_key_is_trusted_only_by_its_announced_thumbprint(opened: Client, double: Double):
    first = opened.submit("capacity.csv", ROUND)
    double.signing_key = Ed25519PrivateKey.generate()
    announced = wire.published_jwk(double.signing_key.public_key())["kid"]
    with pytest.raises(TrustError):
        opened.submit("long.csv", ROUND, first.submission)
    assert len(double.held) == 1, "nothing was announced"
    with pytest.raises(TrustError):
        opened.trust(first.receipt.signed.key_id)  # not published any more
    opened.trust(announced)
    assert opened.submit("long.csv", ROUND, first.submission).version == 2
    opened.verify_receipt(first.submission)  # the old key still holds for old receipts

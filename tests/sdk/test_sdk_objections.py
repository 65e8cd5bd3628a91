"""The answer to an objection is signed: nothing is told or kept before the client verified it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sluis_double import Double

from sluis_client import Client, ReceiptError, wire
from sluis_client.errors import UnexpectedAnswerError

WHOM = "bsn.planning.1.0123456789abcdefghijkl"


def kept(home: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((home / "objections").glob("*.json"))]


def test_what_was_signed_is_kept_and_names_nobody(opened: Client, home: Path) -> None:
    (made,) = opened.persons.lodge_objection(WHOM, data_sets=["capacity", "beds", "beds"])
    signed = made.acknowledgement
    assert signed is not None
    assert signed.receipt.subject == wire.subject_of(WHOM, signed.receipt.nonce)
    assert signed.receipt.subject != wire.subject_of(WHOM, wire.base64url(b"1" * 32))
    assert signed.receipt.commitment().startswith("sha-256:")
    assert wire.SignedObjectionReceipt.from_json(signed.to_json()) == signed
    (document,) = kept(home)
    assert document["acknowledgement"] == signed.to_json()
    assert WHOM not in json.dumps(document)
    ended = opened.persons.withdraw_objection(made.id)
    assert ended.acknowledgement is not None
    assert ended.acknowledgement.receipt.withdrawn_at == ended.withdrawn_at
    assert [one.acknowledgement for one in opened.persons.objections()] == [None]


@pytest.mark.parametrize(
    "lie",
    [
        {"objection_id": "another"},
        {"organisation": "hospital-z999z"},
        {"subject": "sha-256:" + "0" * 64},
        {"subject": None},
        {"data_sets": ()},
        {"data_sets": ("beds",)},
        {"purposes": ("planning",)},
        {"lodged_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"withdrawn_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"issuer": "https://elsewhere.example"},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_an_acknowledgement_of_something_else_is_refused_and_not_kept(
    opened: Client, double: Double, home: Path, lie: dict[str, Any]
) -> None:
    double.objection_lie = lie
    with pytest.raises(ReceiptError):
        opened.persons.lodge_objection(WHOM, data_sets=["capacity"])
    assert kept(home) == []


@pytest.mark.parametrize("lie", [{"objection_id": "another"}, {"withdrawn_at": None}], ids=["another", "in-force"])
def test_a_withdrawal_is_proved_too(opened: Client, double: Double, home: Path, lie: dict[str, Any]) -> None:
    (made,) = opened.persons.lodge_objection(WHOM)
    before = kept(home)
    double.objection_lie = lie
    with pytest.raises(ReceiptError):
        opened.persons.withdraw_objection(made.id)
    assert kept(home) == before


def test_another_key_or_no_signature_is_refused(
    opened: Client, double: Double, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    double.receipt_key = Ed25519PrivateKey.generate()
    with pytest.raises(ReceiptError):
        opened.persons.lodge_objection(WHOM)
    double.receipt_key = None
    honest = double.acknowledged
    altered = honest("objection-1", WHOM)
    altered["acknowledgement"]["receipt"]["purposes"] = ["planning"]
    for answer, error in (
        ({}, ReceiptError),
        (altered, ReceiptError),
        ({"acknowledgement": {}}, UnexpectedAnswerError),
    ):
        monkeypatch.setattr(double, "acknowledged", lambda *_, given=answer: given)
        with pytest.raises(error):
            opened.persons.lodge_objection(WHOM)
    assert kept(home) == []


def test_every_field_of_a_receipt_has_its_form() -> None:
    receipt = wire.ObjectionReceipt(
        objection_id="o-1",
        organisation="north",
        subject=None,
        data_sets=("beds",),
        purposes=(),
        lodged_at=datetime(2026, 1, 1, tzinfo=UTC),
        withdrawn_at=None,
        stated_at=datetime(2026, 1, 1, tzinfo=UTC),
        audit_event_id="e-1",
        issuer="https://sluis.example",
        nonce=wire.base64url(bytes(32)),
    )
    assert wire.ObjectionReceipt.from_json(receipt.to_json()) == receipt
    for wrong in ({"nonce": "short"}, {"subject": "nobody"}, {"objection_id": ""}, {"data_sets": ("",)}):
        with pytest.raises(wire.WireError):
            replace(receipt, **wrong)
    with pytest.raises(wire.WireError):
        wire.ObjectionReceipt.from_json({**receipt.to_json(), "more": 1})

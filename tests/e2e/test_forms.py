"""A form from the supplier's own machine: one file, one consent, a receipt for each data set, and nothing else passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from supplier_place import FORM, MONTH, SupplierPlace

from sluis_client import Client, FileError, ReceiptError, ServiceRefusedError, wire
from sluis_client.content import FileContent
from sluis_client.wire import Format

pytestmark = pytest.mark.xdist_group("supplier")

ROUND = f"{FORM[0]}-{MONTH}"


def filled_in(client: Client, path: Path, free: int, waiting: int) -> Path:
    """The form with one row."""
    names = client.rules(ROUND).definition.names
    values = {"period": MONTH, "region": "GM0014", "care_form": "3", "available_places": str(free), "note": ""}
    values |= {"fitting_places": "0", "waiting_home": str(waiting)}
    path.write_text(f"{','.join(names)}\n{','.join(values.get(name, '0') for name in names)}\n")
    return path


def test_one_file_serves_both(supplier_place: SupplierPlace, tmp_path: Path) -> None:
    organisation = supplier_place.unused[-1]
    with Client.for_service(supplier_place.url, tmp_path / "profile") as client:
        client.register(supplier_place.place.codes[organisation])
        path = filled_in(client, tmp_path / "form.csv", free=4, waiting=3)
        with pytest.raises(ServiceRefusedError, match="consent"):
            client.submit(path, ROUND)
        given = client.consent(FORM[0])
        assert sorted(given.data_sets) == sorted(FORM)
        first = client.submit(path, ROUND)
        assert {one.data_set: one.rows for one in first.receipt.served} == {"capacity": 1, "blocked-outflow": 8}
        kept = {one.round: one for one in client.receipts()}
        assert set(kept) == {f"{name}-{MONTH}" for name in FORM}
        for one in kept.values():
            client.verify_receipt(one.submission)
        assert {one.id: one.delivery for one in client.rounds() if one.data_set in FORM} == dict.fromkeys(
            kept, "accepted"
        )

        session, rules = client._session, client.rules(ROUND)
        table = wire.check_content(rules.definition, rules.allowed_periods, path, "csv").table
        bare = {wire.digest(wire.content_of_records(served.records(table))) for served in rules.definition.serves}
        assert not bare & {one.signed.receipt.content_digest for one in kept.values()}, "a digest that can be guessed"

        # another file would give other rows: a receipt about those is not believed
        other = FileContent.of(filled_in(client, tmp_path / "other.csv", free=5, waiting=3), Format.CSV)
        with pytest.raises(ReceiptError, match="something else"):
            session.serving.of(first.receipt, session.salted(other), rules)
        fewer = replace(rules, definition=replace(rules.definition, serves=rules.definition.serves[:1]))
        with pytest.raises(ReceiptError, match="something else"):
            session.serving.of(first.receipt, session.salted(FileContent.of(path, Format.CSV)), fewer)

        # whoever has the file proves of each receipt that it is of that file
        for one in kept.values():
            client.verify_receipt(one.submission, path)
            with pytest.raises(ReceiptError, match="not the one"):
                client.verify_receipt(one.submission, other.path)

        again = client.submit(path, ROUND)
        assert (again.outcome, again.receipt.served) == ("duplicate", first.receipt.served)

        # one of them is withdrawn: what proves that stays, also when the form's receipts are fetched anew
        gone = client.withdraw(kept[f"capacity-{MONTH}"].submission)
        sent = session.salted(FileContent.of(path, Format.CSV))
        assert {one.state for one in session.serving.of(first.receipt, sent, rules).served} == {"accepted", "withdrawn"}
        assert next(one for one in client.receipts() if one.submission == gone.submission) == gone

        # a file that was changed meanwhile accuses nobody
        filled_in(client, path, free=9, waiting=1)
        with pytest.raises(FileError, match="the delivery counts"):
            session.serving.of(first.receipt, sent, rules)
        corrected = client.submit(filled_in(client, path, free=9, waiting=1), ROUND, first.submission)
        assert {client_round.delivery for client_round in client.rounds() if client_round.data_set in FORM} == {
            "accepted"
        }
        withdrawn = client.withdraw(corrected.submission)
        assert {one.state for one in withdrawn.served} == {"withdrawn"}
        ended = {one.round for one in client.receipts() if one.withdrawal is not None}
        assert ended == set(kept)

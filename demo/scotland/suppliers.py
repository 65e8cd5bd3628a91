"""Every hospital registers its key and delivers through the SDK, over HTTP."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from demo.installation import Installation, Invited
from demo.scotland.figures import YEARS, Hospital, boards, cancelled_operations, hospitals, staffed_beds
from sluis_client import Client

_AT_ONCE = 6
_LOOKED_AT = "Nagekeken: het aantal bedden veranderde door heropeningen en door de pandemie."


def invited() -> Sequence[Invited]:
    """The hospitals, and the health boards, which ask."""
    return [
        *(Invited(hospital.id, hospital.name, "supplier") for hospital in hospitals()),
        *(Invited(board.id, board.name, "regional-owner", f"scotland-boards/{board.code}") for board in boards()),
    ]


@dataclass(frozen=True)
class Sent:
    """What all suppliers together delivered."""

    submissions: int
    rows: int
    receipts: int


def deliver_everything(place: Installation) -> Sent:
    """All hospitals, several at a time: capacity as CSV files, rejections as records."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = list(pool.map(lambda hospital: _deliver(place, hospital), hospitals()))
    return Sent(*(sum(column) for column in zip(*results, strict=True)))


def profile_of(place: Installation, hospital: Hospital) -> Path:
    """Where the hospital keeps its key, outbox and receipts."""
    return place.directory / "suppliers" / hospital.id


def _deliver(place: Installation, hospital: Hospital) -> tuple[int, int, int]:
    home = profile_of(place, hospital)
    home.parent.mkdir(exist_ok=True)
    with Client.for_service(place.url, home) as client:
        client.register(place.codes[hospital.id])
    submissions = rows = 0
    with Client.from_profile(home) as client:
        for year in YEARS:
            beds = staffed_beds(hospital, year)
            if beds:
                file = place.directory / f"{hospital.id}-staffed-beds-{year}.csv"
                write_csv(file, beds)
                rows += client.submit(file, f"staffed-beds-{year}", reason=_LOOKED_AT).rows
                submissions += 1
            cancelled = cancelled_operations(hospital, year)
            if cancelled:
                rows += client.submit_records(cancelled, f"cancelled-operations-{year}").rows
                submissions += 1
        receipts = [client.verify_receipt(receipt) for receipt in client.receipts()]
    return submissions, rows, len(receipts)


def write_csv(file: Path, records: Sequence[Mapping[str, str | int]]) -> None:
    """The records as the CSV file that a hospital would export."""
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, fieldnames=list(records[0]))
        writer.writeheader()
        writer.writerows(records)

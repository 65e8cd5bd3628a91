"""Checking 100,000 rows, as the service does when they arrive, against SHA-256 of the same body.

SHA-256 is the least that must be done with a body. Beside it stands Arrow's own decoding of the same body without any
check, since nothing built on it can be faster. The rows have the shape of the real bed figures: four coded columns and
two counts, some 52 bytes a row in CSV, in random order; a second CSV has the 60-byte pseudonyms of person records.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.json as arrow_json
import pyarrow.parquet as pq

from benchmarks.report import Peer, compare
from sluis_client.wire import (
    Check,
    Checked,
    Code,
    Column,
    Definition,
    Format,
    Kind,
    Label,
    Severity,
    base64url,
    check_content,
)

ROWS = 100_000
NONE = Label("", "")
CODES: Mapping[str, list[str]] = {
    "quarter": [f"{year}Q{quarter}" for year in range(2010, 2030) for quarter in range(1, 5)],
    "health_board": [f"S080000{n}" for n in range(15, 29)],
    "hospital": [f"A{n}H" for n in range(100, 136)],
    "specialty": [f"Specialty number {n}" for n in range(60)],
}
MEASURES = ("staffed_bed_days", "occupied_bed_days")


def definition(*more: Column) -> Definition:
    """Bed days, as the demo's data set has them."""
    columns = [
        Column(name, NONE, Kind.CODE, codes=tuple(Code(c, NONE) for c in codes)) for name, codes in CODES.items()
    ]
    columns += [Column(name, NONE, Kind.INTEGER, minimum=0, maximum=10**9) for name in MEASURES]
    check = Check("occupied-not-above-staffed", Severity.FATAL, MEASURES[1], MEASURES[0], NONE)
    return Definition("capacity", 1, NONE, NONE, (*columns, *more), tuple(CODES), (check,), 10**6, "quarter")


def made_up() -> pa.Table:
    """Rows with distinct keys, the same in every run."""
    chance = random.Random(1)
    places = chance.sample(range(len(CODES["quarter"]) * len(CODES["hospital"]) * len(CODES["specialty"])), ROWS)
    columns: dict[str, list[object]] = {name: [] for name in (*CODES, *MEASURES)}
    for place in places:
        rest, specialty = divmod(place, len(CODES["specialty"]))
        quarter, hospital = divmod(rest, len(CODES["hospital"]))
        staffed = chance.randint(0, 5_000)
        board = hospital % len(CODES["health_board"])
        for (name, codes), index in zip(CODES.items(), (quarter, board, hospital, specialty), strict=True):
            columns[name].append(codes[index])
        columns[MEASURES[0]].append(staffed)
        columns[MEASURES[1]].append(chance.randint(0, staffed))
    return pa.table(columns)


@dataclass(frozen=True, slots=True)
class Body:
    """Content in one format, and how Arrow decodes it when nothing is checked."""

    what: str
    form: Format
    content: bytes
    definition: Definition
    decode: Callable[[pa.BufferReader], object]
    goal: float

    def decode_only(self) -> object:
        """What Arrow does when nothing is checked."""
        return self.decode(pa.BufferReader(self.content))

    def check(self) -> Checked:
        """What the service does.

        Raises:
            RuntimeError: the content is not clean, so that the figures would say nothing.
        """
        checked = check_content(self.definition, CODES["quarter"], self.content, self.form)
        if not checked.ok or checked.rows != ROWS:
            raise RuntimeError(f"{self.what} is not clean: {checked.faults.by_code}")
        return checked


def decode_csv(source: pa.BufferReader) -> object:
    """Codes as dictionaries and counts as integers, single-threaded as ours."""
    types = {name: pa.dictionary(pa.int32(), pa.string()) for name in CODES} | dict.fromkeys(MEASURES, pa.int64())
    return arrow_csv.read_csv(
        source,
        read_options=arrow_csv.ReadOptions(use_threads=False),
        convert_options=arrow_csv.ConvertOptions(column_types=types),
    )


def decode_ndjson(source: pa.BufferReader) -> object:
    """With an explicit schema, single-threaded as ours."""
    schema = pa.schema([(name, pa.string()) for name in CODES] + [(name, pa.int64()) for name in MEASURES])
    return arrow_json.read_json(
        source,
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=1 << 22),
        parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
    )


def decode_parquet(source: pa.BufferReader) -> object:
    """Codes as dictionaries, single-threaded as ours."""
    return pq.ParquetFile(source, read_dictionary=list(CODES)).read(use_threads=False)


def bodies() -> list[Body]:
    """The same rows in every format."""
    table = made_up()
    plain = definition()
    personal = definition(Column("person", NONE, Kind.PSEUDONYM))
    people = ["person.rejections.1." + base64url(hashlib.sha256(str(n).encode()).digest()) for n in range(ROWS)]
    wide = table.append_column("person", pa.array(people))
    ndjson = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in table.to_pylist()).encode()
    return [
        Body("CSV", Format.CSV, csv_bytes(table), plain, decode_csv, 5),
        Body("CSV with pseudonyms", Format.CSV, csv_bytes(wide), personal, decode_csv, 5),
        Body("NDJSON", Format.NDJSON, ndjson, plain, decode_ndjson, 12),
        Body("Parquet (snappy)", Format.PARQUET, parquet_bytes(table), plain, decode_parquet, 4),
        Body("Parquet (plain)", Format.PARQUET, parquet_bytes(table, plain=True), plain, decode_parquet, 4),
    ]


def csv_bytes(table: pa.Table) -> bytes:
    """As a supplier's system would export it, without needless quotes."""
    lines = [",".join(map(str, row.values())) for row in table.to_pylist()]
    return ("\n".join([",".join(table.column_names), *lines]) + "\n").encode()


def parquet_bytes(table: pa.Table, *, plain: bool = False) -> bytes:
    """With the settings that Arrow has by default, or with neither dictionaries nor compression."""
    sink = io.BytesIO()
    pq.write_table(table, sink, use_dictionary=not plain, compression="none" if plain else "snappy")
    return sink.getvalue()


def main() -> None:
    """Print one row for each format and peer, in CPU seconds."""
    for body in bodies():
        compare(
            f"check {ROWS:,} rows of {body.what}, {len(body.content) / 1e6:.1f} MB",
            body.check,
            Peer("SHA-256 of the body", partial(hashlib.sha256, body.content), body.goal),
            Peer("Arrow's decoding, nothing checked", body.decode_only, 2),
            repeats=7,
        )

"""A definition with every kind of column, and contents of it in every format."""

import io
import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from sluis_client.wire import Check, Code, Column, Definition, Kind, Label, Severity

NONE = Label("", "")
PERIODS = ("2019Q1", "2019Q2", "2019Q3", "2019Q4")
ALLOWED = ("2019Q1", "2019Q2")
PSEUDONYM = "person.rejections.1." + "aB3_" * 11
OTHER_PSEUDONYM = "person.rejections.1." + "Zz9-" * 11


def label(text: str) -> Label:
    return Label(text, text)


DEFINITION = Definition(
    id="rejections",
    version=1,
    title=label("Rejections"),
    description=NONE,
    columns=(
        Column("quarter", label("Quarter"), Kind.CODE, codes=tuple(Code(p, NONE) for p in PERIODS)),
        Column(
            "region",
            label("Region"),
            Kind.CODE,
            codes=(
                Code("S01", NONE),
                Code("S02", NONE),
                Code("GP, other", NONE),
                Code("Old", NONE, valid_to=date(2019, 3, 31)),
                Code("New", NONE, valid_from=date(2019, 4, 1)),
            ),
        ),
        Column("beds", label("Beds"), Kind.INTEGER, minimum=0, maximum=10**6),
        Column("used", label("Used"), Kind.INTEGER),
        Column("hours", label("Hours"), Kind.DECIMAL, required=False),
        Column("remark", label("Remark"), Kind.TEXT, required=False, pattern="[^!]*"),
        Column("person", label("Person"), Kind.PSEUDONYM, required=False),
    ),
    key=("quarter", "region"),
    checks=(
        Check("C1", Severity.FATAL, "used", "beds", Label("meer dan bedden", "more than beds")),
        Check("C2", Severity.WARNING, "hours", "used", Label("veel uren", "many hours")),
    ),
    max_rows=2_000,
    period_column="quarter",
)
NAMES = DEFINITION.names
GOOD = {
    "quarter": "2019Q1",
    "region": "S01",
    "beds": 10,
    "used": 9,
    "hours": 1.5,
    "remark": "ok",
    "person": PSEUDONYM,
}
OTHER = {**GOOD, "region": "S02"}


def csv_of(*rows, header=NAMES, delimiter=","):
    """Rows as CSV, written as given: values are neither quoted nor checked."""
    lines = [delimiter.join(header)]
    lines += [row if isinstance(row, str) else delimiter.join(str(row.get(n, "")) for n in header) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def ndjson_of(*rows):
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def json_of(*rows):
    return json.dumps(list(rows)).encode()


def parquet_of(*rows, schema=None, **options):
    table = pa.Table.from_pylist(list(rows), schema=schema)
    return parquet_of_table(table, **options)


def parquet_of_table(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def cell(**changed):
    """A good row with some values changed."""
    return {**OTHER, **changed}

"""What holds for all content: formats agree, both ways of reading agree, and nothing is raised."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st
from many import quiet
from wire_cases import (
    ALLOWED,
    DEFINITION,
    GOOD,
    NAMES,
    NONE,
    OTHER,
    PSEUDONYM,
    csv_of,
    json_of,
    ndjson_of,
    parquet_of,
    parquet_of_table,
)

from sluis_client.wire import Definition, Format, check_content, check_rows, content_of_records
from sluis_client.wire.content.csv_rows import read_csv
from sluis_client.wire.content.json_rows import read_ndjson
from sluis_client.wire.content.keys import Keys
from sluis_client.wire.content.rows import Rows, UnreadableError
from sluis_client.wire.content.rules import check_rules
from sluis_client.wire.content.source import ContentSource
from sluis_client.wire.content.values import check_values
from sluis_client.wire.faults import FaultList

REGIONS = ["S01", "S02", "GP, other"]
QUICK = quiet(40)

remarks = st.one_of(
    st.none(),
    st.text(
        st.characters(exclude_categories=["C", "Z"], exclude_characters="!=+-@＝＋－＠\ufffd0123456789"), max_size=8
    ).filter(bool),
    st.sampled_from(['with "quotes"', "a, b", "a;b", "é", "漢字", "it's"]),
)
decimals = st.decimals(
    min_value=Decimal(-(10**9)), max_value=Decimal(10**9), places=6, allow_nan=False, allow_infinity=False
)
good_rows = st.lists(
    st.fixed_dictionaries(
        {
            "quarter": st.sampled_from(ALLOWED),
            "region": st.sampled_from(REGIONS),
            "beds": st.integers(0, 10**6),
            "used": st.integers(-(2**63), 0),
            "hours": st.one_of(st.none(), st.integers(-(10**9), 10**9).map(lambda n: n / 64)),
            "remark": remarks,
            "person": st.sampled_from([None, PSEUDONYM]),
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: (row["quarter"], row["region"]),
)


def written_csv(rows, *, names=NAMES, bom=False, line_end="\n", quoting=csv.QUOTE_MINIMAL):
    sink = io.StringIO()
    writer = csv.DictWriter(sink, names, lineterminator=line_end, quoting=quoting)
    writer.writeheader()
    for row in rows:
        hours = row["hours"]
        writer.writerow({**row, "hours": "" if hours is None else f"{Decimal(hours):.6f}"})
    return sink.getvalue().encode("utf-8-sig" if bom else "utf-8")


def plain(table):
    return [table[name].to_pylist() for name in table.column_names]


@QUICK
@given(good_rows, st.permutations(NAMES), st.booleans(), st.sampled_from(["\n", "\r\n"]), st.sampled_from([0, 1, 2]))
def test_every_format_gives_the_same_table(rows, names, bom, line_end, quoting):
    shuffled = [{name: row[name] for name in names} for row in rows]
    schema = pa.schema(
        [(n, {"beds": pa.int32(), "used": pa.int64(), "hours": pa.float64()}.get(n, pa.string())) for n in names]
    )
    contents = [
        (Format.CSV, written_csv(rows, names=names, bom=bom, line_end=line_end, quoting=quoting)),
        (Format.NDJSON, ndjson_of(*shuffled)),
        (Format.NDJSON, ndjson_of(*[{k: v for k, v in r.items() if v is not None} for r in shuffled])),
        (Format.JSON, json_of(*shuffled)),
        (Format.PARQUET, parquet_of(*shuffled, schema=schema)),
        (Format.PARQUET, parquet_of(*shuffled, schema=schema, use_dictionary=False, data_page_version="2.0")),
    ]
    expected = [
        [row[name] if name != "hours" or row[name] is None else Decimal(row[name]) for row in rows] for name in NAMES
    ]
    for form, content in contents:
        checked = check_content(DEFINITION, ALLOWED, content, form)
        assert checked.ok, (form, checked.faults.shown)
        assert checked.table.schema == DEFINITION.schema
        checked.table.validate(full=True)
        assert plain(checked.table) == expected
        assert checked.rows == len(rows)


@QUICK
@given(st.lists(decimals, min_size=1, max_size=4))
def test_decimals_are_exact(values):
    rows = [
        {**GOOD, "region": ["S01", "S02"][n % 2], "quarter": ALLOWED[n // 2], "hours": v} for n, v in enumerate(values)
    ]
    for content, form in (
        (csv_of(*rows), "csv"),
        (b"".join(b"%b\n" % content_row(r) for r in rows), "ndjson"),
        (parquet_of_table(pa.Table.from_pylist(rows)), "parquet"),
    ):
        checked = check_content(DEFINITION, ALLOWED, content, form)
        assert checked.ok, checked.faults.shown
        assert checked.table["hours"].to_pylist() == values


def content_row(row):
    members = ",".join(f'"{k}":{v if isinstance(v, Decimal) else json.dumps(v)}' for k, v in row.items())
    return f"{{{members}}}".encode()


def both_ways(read, content):
    """What is found reading at once if possible, and reading line by line."""
    found = []
    for at_once in (True, False):
        faults, clean = FaultList(NAMES), None
        try:
            for block in read(DEFINITION, ContentSource.of_bytes(content), faults, at_once=at_once):
                check_values(DEFINITION, ALLOWED, block.rows, faults)
                check_rules(DEFINITION, block.rows, faults)
                clean = block.rows.columns
        except UnreadableError:
            clean = None
        read_rows = None if faults.fatal or clean is None else {n: clean[n].to_pylist() for n in NAMES}
        found.append((read_rows, faults.freeze()))
    return found


def in_blocks(content, form, size):
    """Everything that is found reading so many bytes at a time."""
    tables = []
    found = check_rows(DEFINITION, ALLOWED, content, form, take=tables.append, size=size)
    rows = [row for table in tables for row in table.to_pylist()] if found.ok else None
    return found, rows


cells = st.one_of(
    st.sampled_from(
        ["", "0", "-0", "00", "007", "+1", " 1", "1 ", "0x1F", "1e2", "1.5", ".5", "5.", "1,5", "nan", "-", "١",
         "9223372036854775807", "9223372036854775808", "1234567890123.5", "0.1234567", "0.1000000", "999999999999.999999",
         '"', '""', '"1"', '"a""b"', 'a"b', '"a,b"', "\r", "\t", "2019Q1", "S01", "s01", " S01", "\u00a01", "a\rb", ","]
    ),
    st.text(max_size=4),
)  # fmt: skip
csv_lines = st.lists(
    st.one_of(
        st.lists(cells, min_size=6, max_size=8).map(",".join),
        st.fixed_dictionaries({n: st.one_of(st.just(str(GOOD[n])), cells) for n in NAMES}).map(
            lambda row: ",".join(row.values())
        ),
    ),
    max_size=5,
)


@QUICK
@given(csv_lines, st.sampled_from([",".join(NAMES), ";".join(NAMES), ",".join(NAMES[::-1]), ",".join(NAMES[:5])]))
@example(["2019Q1,S01,1,0,0x1F,,"], ",".join(NAMES))
@example(["2019Q1,S01,007,0,1,,"], ",".join(NAMES))
@example(["2019Q1,S01, 7,0,1,,"], ",".join(NAMES))
@example(['2019Q1,"S01"x,7,0,1,,'], ",".join(NAMES))
def test_csv_read_at_once_and_by_line_agree(lines, header):
    content = "\n".join([header, *lines]).encode()
    at_once, by_line = both_ways(read_csv, content)
    assert at_once == by_line


@QUICK
@given(csv_lines, st.sampled_from([",".join(NAMES), ";".join(NAMES), ",".join(NAMES[:5])]), st.integers(1, 200))
@example(["2019Q1,S01,1,0,1,\0,", "2019Q1,S01,1,0,1,,"], ",".join(NAMES), 1)
@example(["2019Q1,S01,1,0,1,,", "2019Q1,S02,1,0,1,,", "2019Q1,S01,1,0,1,,", "2019Q1,S02,2,0,1,,"], ",".join(NAMES), 1)
@example(["2019Q1,S01,1,0,1,a\r2019Q1,S02,1,0,1,a"], ",".join(NAMES), 1)
def test_csv_read_in_blocks_of_any_size_gives_the_same(lines, header, size):
    content = "\n".join([header, *lines]).encode()
    for bytes_ in (content, content + b"\n2019Q1,S01,1,0,1,caf\xe9,\n2019Q1,S01,1,0,1,caf\xc3\xa9,\n"):
        assert in_blocks(bytes_, "csv", size) == in_blocks(bytes_, "csv", 1 << 20)


@QUICK
@given(st.data(), good_rows, st.integers(1, 300))
def test_good_rows_in_blocks_of_any_size_are_the_same_rows(data, rows, size):
    for form, content in ((Format.CSV, written_csv(rows)), (Format.NDJSON, ndjson_of(*rows))):
        found, taken = in_blocks(content, form, size)
        assert found.ok
        assert taken == check_content(DEFINITION, ALLOWED, content, form).table.to_pylist()


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=3),
        st.sampled_from(["2019Q1", "S01", ""]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=3,
)
json_rows = st.dictionaries(st.one_of(st.sampled_from([*NAMES, "Beds", "extra"])), json_values, max_size=8).flatmap(
    lambda row: st.sampled_from([row, {**GOOD, **row}])
)
json_lines = st.one_of(
    json_rows.map(json.dumps),
    st.sampled_from(
        [json.dumps(GOOD), json.dumps(OTHER), "", " ", "null", "{}", "[]", "1", '{"beds":1,"beds":2}', "{", '{"beds":',
         json.dumps(GOOD) * 2, json.dumps(GOOD).replace("10", "1e1"), json.dumps(GOOD).replace("1.5", "1e1"),
         json.dumps(GOOD).replace("1.5", "0.1000000"), json.dumps(GOOD).replace("1.5", "1234567890123"),
         json.dumps(GOOD).replace("1.5", "0e99999"), json.dumps(GOOD).replace("1.5", "-0.0"),
         json.dumps(GOOD).replace("10", "-0"), json.dumps(GOOD).replace(",", "\n,"), " " + json.dumps(GOOD)]
    ),
)  # fmt: skip


@QUICK
@given(st.lists(json_lines, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
@example(["null"], "\n")
def test_ndjson_read_at_once_and_by_object_agree(lines, line_end):
    content = line_end.join(lines).encode()
    at_once, by_object = both_ways(read_ndjson, content)
    assert at_once == by_object


@QUICK
@given(st.lists(json_lines, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.integers(1, 200))
@example([json.dumps(GOOD), json.dumps({k: v for k, v in OTHER.items() if k != "beds"})], "\n", 1)
@example([json.dumps({k: v for k, v in row.items() if k != "beds"}) for row in (GOOD, OTHER)], "\n", 1)
def test_ndjson_read_in_blocks_of_any_size_gives_the_same(lines, line_end, size):
    content = line_end.join(lines).encode()
    assert in_blocks(content, "ndjson", size) == in_blocks(content, "ndjson", 1 << 20)


hostile = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=100).map(lambda tail: csv_of(GOOD, OTHER) + tail),
    st.binary(max_size=100).map(lambda tail: ndjson_of(GOOD, OTHER) + tail),
    st.binary(max_size=100).map(lambda body: b"PAR1" + body + b"PAR1"),
    st.text(max_size=100).map(lambda t: ",".join(NAMES).encode() + b"\n" + t.encode("utf-8", "surrogatepass")),
)


@QUICK
@given(hostile, st.sampled_from(list(Format)))
def test_arbitrary_bytes_give_faults_and_raise_nothing(content, form):
    checked = check_content(DEFINITION, ALLOWED, content, form)
    assert checked.ok == (checked.faults.fatal == 0)
    json.dumps(checked.faults.to_json()).encode()


@QUICK
@given(st.data())
def test_altered_content_gives_faults_or_a_valid_table_and_raises_nothing(data):
    form, content = data.draw(
        st.sampled_from(
            [
                ("csv", csv_of(GOOD, OTHER)),
                ("ndjson", ndjson_of(GOOD, OTHER)),
                ("json", json_of(GOOD, OTHER)),
                ("parquet", parquet_of(GOOD, OTHER, compression="zstd")),
            ]
        )
    )
    altered = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(altered) - 1))
        altered[place] = data.draw(st.integers(0, 255))
    checked = check_content(DEFINITION, ALLOWED, bytes(altered), form)
    if checked.ok:
        checked.table.validate(full=True)
        assert checked.table.schema == DEFINITION.schema


letters = st.one_of(st.none(), st.text("abé", min_size=1, max_size=3))
keyed_rows = st.lists(st.tuples(letters, letters, st.one_of(st.none(), st.integers(-2, 2))), max_size=12)


@QUICK
@given(keyed_rows, st.booleans(), st.integers(1, 5))
def test_keys_are_double_exactly_when_rows_are(rows, keyed, at_a_time):
    columns = tuple(
        replace(DEFINITION.column(n), name=m, required=m != "z")
        for n, m in (("remark", "x"), ("remark", "y"), ("beds", "z"))
    )
    definition = Definition("k", 1, NONE, NONE, columns, ("x", "y") if keyed else (), (), max_rows=12)
    keys = Keys(definition)
    for start in range(0, len(rows), at_a_time):
        part = rows[start : start + at_a_time]
        x, y, z = (
            pa.array([row[n] for row in part], kind) for n, kind in enumerate((pa.string(), pa.string(), pa.int64()))
        )
        keys.add(Rows(len(part), {"x": x.dictionary_encode(), "y": y, "z": z}))
    kept = [row[:2] for row in rows if None not in row[:2]] if keyed else rows
    double = {row for row in kept if kept.count(row) > 1}
    assert len(keys.doubles()) == len(double)


@QUICK
@given(st.lists(st.sampled_from(ALLOWED), max_size=8), st.lists(st.sampled_from(REGIONS), min_size=8, max_size=8))
def test_doubles_are_told_with_the_first_row_of_their_key(periods, regions):
    rows = [
        {**GOOD, "quarter": p, "region": r, "beds": n} for n, (p, r) in enumerate(zip(periods, regions, strict=False))
    ]
    first = {}
    expected = []
    for number, row in enumerate(rows, 1):
        before = first.setdefault((row["quarter"], row["region"]), number)
        if before != number:
            expected.append((number, before))
    if rows:
        rows = [{**row, "used": 0} for row in rows]
        checked = check_content(DEFINITION, ALLOWED, content_of_records(rows), "json")
        told = [(f.row, int(f.en.split("row ")[2].split(".")[0])) for f in checked.faults.shown if f.code == "F202"]
        assert told == expected

"""A column of BSNs in a supplier's file: pseudonyms in what is sent, faults by place, and no BSN anywhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_bsns import some_bsns
from supplier_files import DEFINITION, label, rules_of, workbook

from sluis_client import Dialect, FileError, wire
from sluis_client.files.mapping import Mapping as Named
from sluis_client.files.prepare import Prepared, prepare
from sluis_client.wire.pseudonym import Pseudonym

DOMAIN = "planning"
BSNS = some_bsns(12)
PERSON = wire.Column("person", label("Persoon"), wire.Kind.PSEUDONYM, domain=DOMAIN)
COLUMNS = (DEFINITION.columns[0], replace(DEFINITION.columns[4], required=False), PERSON)
RULES = rules_of(replace(DEFINITION, columns=COLUMNS, key=()))
NOTHING = Named("beds", 1)
HEADER = ["period", "note", "bsn"]


def made_of(bsn: str) -> str:
    return str(Pseudonym("bsn", DOMAIN, 1, f"{BSNS.index(bsn):022}".replace("0", "a")))


def fake(bsns: Sequence[str], domain: str) -> Iterable[Mapping[str, str]]:
    assert domain == DOMAIN
    return [{one: made_of(one)} for one in reversed(bsns)]


def written(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def read(path: Path, mapping: Named = NOTHING) -> Prepared:
    prepared = prepare(path, RULES, mapping, Dialect(), fake)
    sent = b"".join(prepared.content.parts(1 << 20)) if prepared.report.accepted else b""
    assert not [one for one in BSNS if one.encode() in sent]
    return prepared


def sent(prepared: Prepared) -> list[list[str]]:
    assert prepared.report.accepted, prepared.report.faults
    content = b"".join(prepared.content.parts(1 << 20))
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


WANTED = [
    ["period", "note", "person"],
    ["2019-01", 'a;"b"', made_of(BSNS[0])],
    ["2019-02", "", made_of(BSNS[1])],
    ["2019-02", "c", made_of(BSNS[0])],
]


def test_a_csv_of_any_dialect(tmp_path: Path) -> None:
    lines = (
        f'\ufeffperiod;note;BSN \r\n2019-01;"a;""b""";{BSNS[0]}\r\n2019-02;;{BSNS[1].lstrip("0")}\r\n'
        f"2019-02;c;{BSNS[0]}\r\n"
    )
    prepared = read(written(tmp_path, "a.csv", lines.encode()))
    assert sent(prepared) == WANTED
    assert prepared.persons == 2


def test_a_workbook_in_which_numbers_lost_their_zero(tmp_path: Path) -> None:
    rows = [["2019-01", 'a;"b"', int(BSNS[0])], ["2019-02", None, int(BSNS[1])], ["2019-02", "c", BSNS[0]]]
    assert sent(read(workbook(tmp_path / "a.xlsx", [HEADER, *rows]))) == WANTED


def test_ndjson_and_parquet(tmp_path: Path) -> None:
    cells = [("2019-01", 'a;"b"', int(BSNS[0])), ("2019-02", None, int(BSNS[1])), ("2019-02", "c", int(BSNS[0]))]
    lines = "".join(
        json.dumps(dict(zip(["bsn", "period", "note"], (c, a, b), strict=True))) + "\n" for a, b, c in cells
    )
    assert sent(read(written(tmp_path, "a.ndjson", lines.encode()))) == WANTED
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(dict(zip(["period", "note", "Bsn"], zip(*cells, strict=True), strict=True))), path)
    assert sent(read(path)) == WANTED


def test_a_column_that_is_called_otherwise(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", f"period,note,Burgerservicenummer\n2019-01,x,{BSNS[0]}\n".encode())
    assert read(path).report.faults.by_code == {"F040": 1, "F041": 1}
    assert sent(read(path, NOTHING.with_column("burgerservicenummer", "bsn")))[1][2] == made_of(BSNS[0])
    left_out = read(path, NOTHING.with_column("burgerservicenummer", ""))
    assert left_out.persons is None


def test_bsns_beside_pseudonyms_are_a_column_too_many(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", f"period,person,bsn\n2019-01,{made_of(BSNS[0])},{BSNS[0]}\n".encode())
    assert "F042" in read(path).report.faults.by_code


def test_where_nobody_asks_for_pseudonyms_a_column_of_bsns_is_one_too_many(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", f"period,note,bsn\n2019-01,x,{BSNS[0]}\n".encode())
    rules = rules_of(replace(DEFINITION, columns=COLUMNS[:2], key=()))
    prepared = prepare(path, rules, NOTHING, Dialect(), fake)
    assert prepared.report.faults.by_code == {"F041": 1}
    assert BSNS[0] not in json.dumps(prepared.report.faults.to_json())


def test_pseudonyms_that_are_there_stay(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ndjson", json.dumps({"period": "2019-01", "person": made_of(BSNS[0])}).encode())
    prepared = read(path)
    assert prepared.report.accepted
    assert (prepared.made, prepared.persons) == (None, None)


CELLS = st.lists(
    st.sampled_from([*BSNS[:3], "123456789", "000000000", "999999999", "", "x", "12345"]), min_size=1, max_size=8
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=CELLS)
def test_every_fault_is_told_by_row_and_no_value(tmp_path: Path, cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *(["2019-01", f"n{i}", cell] for i, cell in enumerate(cells))])
    codes = {"123456789": "F143", "000000000": "F144", "999999999": "F144", "": "F100", "x": "F142", "12345": "F142"}
    wrong = [(row, codes[cell]) for row, cell in enumerate(cells, 1) if cell in codes]
    prepared = read(written(tmp_path, "f.csv", text.getvalue().encode()))
    assert prepared.report.accepted == (not wrong)
    told = json.dumps(prepared.report.faults.to_json()) + repr(prepared.report)
    assert [(one.row, one.code) for one in prepared.report.faults.shown] == wrong
    assert not [one for one in cells if len(one) > 1 and one in told and one not in {"000000000", "999999999"}]
    assert all(
        place == f"regel {row + 1}, veld 3" for place, (row, _) in zip(prepared.report.places, wrong, strict=True)
    )


@pytest.mark.parametrize(("name", "content"), [
    ("a.ndjson", b'{"bsn":1}\n[1]\n'), ("b.ndjson", b'{"bsn":1}\n{"bsn":2,"bsn":3}\n'), ("a.xlsx", b"PK\x03\x04"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_without_its_content(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(FileError) as refused:
        read(written(tmp_path, name, content))
    assert refused.value.__cause__ is None

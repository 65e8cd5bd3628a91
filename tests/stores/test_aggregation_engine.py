"""DuckDB's sums are those of the naive engine, over any parts; and it reaches nothing but the parts."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from many import quiet
from naive_engine import Overflow, Unmapped, naive_contributions
from persons_once import Delivered, figures_once
from pyarrow.parquet.encryption import create_encryption_properties
from written_parts import encrypt_part

from service.adapters.duckdb_engine import DuckDbEngine
from service.adapters.part_format import ROW_GROUP
from service.adapters.parts import FileSystemPartStore
from service.domain.errors import Unavailable
from service.ports.engine import KNOWLEDGE, Aggregation, SourcePart
from service.ports.parts import MissingPartError

KEYS = [hashlib.sha256(str(i).encode()).digest() for i in range(3)]
SCHEMA = pa.schema(
    [
        ("quarter", pa.string()),
        ("Board", pa.string()),
        ("beds", pa.int64()),
        ("Visits", pa.int64()),
        ("person", pa.string()),
    ]
)
ENGINE = DuckDbEngine()
QUARTERS = ["2019Q1", "2019Q2", "2019Q10", "café", "'; DROP TABLE x; --", ""]
BOARDS = ["S08000015", "S08000016", "é", "e\u0301"]
YEARS = {quarter: ("2019" if quarter.startswith("2019") else quarter.upper()) for quarter in QUARTERS}
MAPPINGS = {
    "quarter": [YEARS, {q: q for q in QUARTERS}],
    "Board": [dict.fromkeys(BOARDS, "all"), {b: b for b in BOARDS}],
}


def write(folder: Path, rows, key: bytes = KEYS[0], schema: pa.Schema = SCHEMA) -> Path:
    content = encrypt_part(pa.Table.from_pylist(rows, schema=schema), key)
    path = folder / hashlib.sha256(content).hexdigest()
    path.write_bytes(content)
    return path


def row(quarter="2019Q1", board="S08000015", beds=1, visits=1, person="p"):
    return {"quarter": quarter, "Board": board, "beds": beds, "Visits": visits, "person": person}


numbers = st.one_of(st.none(), st.integers(-5, 50), st.integers(-(2**62), 2**62))
rows = st.builds(
    row,
    quarter=st.sampled_from(QUARTERS),
    board=st.sampled_from(BOARDS),
    beds=numbers,
    visits=st.integers(0, 3),
    person=st.sampled_from(["p", "q", "r"]),
)
parts_of_rounds = st.lists(
    st.tuples(
        st.sampled_from(["holding-b", "holding-a", "Zorg Ä"]), st.sampled_from(KEYS), st.lists(rows, max_size=12)
    ),
    max_size=5,
)


@st.composite
def aggregations(draw):
    dimensions = tuple(draw(st.permutations(["quarter", "Board"]))[: draw(st.integers(0, 2))])
    mapping = {name: draw(st.sampled_from(MAPPINGS[name])) for name in dimensions}
    measures = tuple(draw(st.lists(st.sampled_from(["beds", "Visits"]), unique=True)))
    return Aggregation(dimensions, mapping, measures, draw(st.sampled_from([None, "person"])))


@quiet(40)
@given(parts=parts_of_rounds, aggregation=aggregations())
def test_the_sums_are_those_of_the_naive_engine(tmp_path, parts, aggregation):
    sources = [SourcePart(write(tmp_path, rows, key), key, holding) for holding, key, rows in parts]
    try:
        expected = naive_contributions([(holding, rows) for holding, _, rows in parts], aggregation)
    except Overflow:
        with pytest.raises(Unavailable, match="aggregation-overflow"):
            ENGINE.contributions(sources, aggregation)
    else:
        assert ENGINE.contributions(sources, aggregation).to_pylist() == expected


@quiet(10)
@given(parts=parts_of_rounds, aggregation=aggregations())
def test_the_order_of_the_parts_does_not_matter(tmp_path, parts, aggregation):
    sources = [SourcePart(write(tmp_path, rows, key), key, holding) for holding, key, rows in parts]
    try:
        expected = ENGINE.contributions(sources, aggregation)
    except Unavailable:
        return
    assert ENGINE.contributions(sources[::-1], aggregation).equals(expected)


def hashed(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()[:32]


@quiet(25)
@given(
    parts=st.lists(
        st.tuples(st.sampled_from(KEYS), st.lists(rows, max_size=8), st.sets(st.sampled_from("pqr"))), max_size=4
    ),
    aggregation=aggregations(),
    only=st.booleans(),
)
def test_who_is_left_out_of_a_part_counts_nowhere_in_it(tmp_path, parts, aggregation, only):
    """Or nowhere else, when it is asked the other way round."""
    sources = [
        SourcePart(write(tmp_path, rows, key), key, "north", frozenset(map(hashed, out))) for key, rows, out in parts
    ]
    kept = [("north", [row for row in rows if (row["person"] in out) == only]) for _, rows, out in parts]
    asked = replace(aggregation, pseudonym="person", left_out_only=only)
    try:
        expected = naive_contributions(kept, asked)
    except Overflow:
        return
    assert ENGINE.contributions(sources, asked).to_pylist() == expected


@quiet(20)
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from(["holding-b", "holding-a", "Zorg Ä"]),
            st.sampled_from(KEYS),
            st.lists(
                st.builds(
                    row,
                    st.sampled_from(QUARTERS[:2]),
                    st.sampled_from(BOARDS),
                    person=st.sampled_from(["p", "q", "r", None]),
                ),
                max_size=6,
            ),
            st.sets(st.sampled_from("pqr"), max_size=1),
            st.sampled_from([True, True, False]),
        ),
        max_size=4,
    ),
    finest=st.booleans(),
)
def test_a_person_counts_once_in_a_period_whoever_delivered_it(tmp_path, parts, finest):
    """And everybody who delivered it knows it, also in a part that does not count. The other measure counts every row."""
    mapping = {"quarter": MAPPINGS["quarter"][1], "Board": MAPPINGS["Board"][finest]}
    asked = Aggregation(
        ("quarter", "Board"), mapping, ("beds", "Visits"), None, "person", once=frozenset({"beds"}), period="quarter"
    )
    sources = [
        SourcePart(write(tmp_path, rows, key), key, holding, frozenset(map(hashed, out)), counts)
        for holding, key, rows, out, counts in parts
    ]
    expected = figures_once(
        [
            Delivered(holding, (one["quarter"], mapping["Board"][one["Board"]]), one["person"], one["quarter"], counts)
            for holding, _, rows, out, counts in parts
            for one in rows
            if one["person"] not in out
        ]
    )
    found = ENGINE.contributions(sources, asked).to_pylist()
    assert all(list(one)[3:] == ["beds", "Visits", *(f"beds.{what}" for what in KNOWLEDGE), "rows"] for one in found)
    assert [(tuple(one.values())[:2], one["contributor"]) for one in found] == list(expected)
    told = [(one["beds"], *(one[f"beds.{what}"] for what in KNOWLEDGE), one["Visits"]) for one in found]
    assert told == [(one.value, one.known, one.there, one.elsewhere, one.rows) for one in expected.values()]
    assert [one["rows"] for one in found] == [one.rows for one in expected.values()]


def test_a_row_of_nobody_counts_by_itself(tmp_path):
    path = write(tmp_path, [row(person=None), row(person=None, board="S08000016"), row(), row(board="S08000016")])
    mapping = {"quarter": YEARS}
    asked = Aggregation(("quarter",), mapping, ("beds",), None, "person", once=frozenset({"beds"}), period="quarter")
    found = ENGINE.contributions([SourcePart(path, KEYS[0], "north")], asked).to_pylist()
    told = {"beds.known": 3, "beds.there": 3, "beds.elsewhere": 0}
    assert found == [{"quarter": "2019", "contributor": "north", "beds": 3, **told, "rows": 4}]
    for wrong in (replace(asked, pseudonym=None), replace(asked, period=None), replace(asked, person="person")):
        with pytest.raises(ValueError, match="persons are to count once"):
            ENGINE.contributions([SourcePart(path, KEYS[0], "north")], wrong)


def test_a_part_counts_unless_persons_count_once(tmp_path):
    source = SourcePart(write(tmp_path, [row()]), KEYS[0], "north", counts=False)
    with pytest.raises(ValueError, match="does not count"):
        ENGINE.contributions([source], Aggregation((), {}, ("beds",)))


def test_a_row_of_nobody_stays_and_a_part_without_pseudonyms_is_never_counted_whole(tmp_path):
    path = write(tmp_path, [row(beds=3, person=None), row(beds=4, person="é"), row(beds=5, person="p")])
    asked = Aggregation((), {}, ("beds",), pseudonym="person")
    without = SourcePart(path, KEYS[0], "north", frozenset({hashed("é")}))
    assert ENGINE.contributions([without], asked).to_pylist() == [{"contributor": "north", "beds": 8, "rows": 2}]
    with pytest.raises(ValueError, match="left out"):
        ENGINE.contributions([without], replace(asked, pseudonym=None))


def test_a_worked_example(tmp_path):
    sources = [
        SourcePart(write(tmp_path, [row(beds=3), row("2019Q2", beds=4)], KEYS[0]), KEYS[0], "north"),
        SourcePart(write(tmp_path, [row(beds=10, person="q")], KEYS[1]), KEYS[1], "east"),
    ]
    by_year = Aggregation(("quarter",), {"quarter": YEARS}, ("beds",))
    assert ENGINE.contributions(sources, by_year).to_pylist() == [
        {"quarter": "2019", "contributor": "east", "beds": 10, "rows": 1},
        {"quarter": "2019", "contributor": "north", "beds": 7, "rows": 2},
    ]


def test_nothing_counts_now(tmp_path):
    asked = Aggregation(("quarter",), {"quarter": YEARS}, ("beds",), "person")
    columns = [
        ("quarter", pa.string()),
        ("contributor", pa.string()),
        ("person", pa.string()),
        ("beds", pa.int64()),
        ("rows", pa.int64()),
    ]
    for sources in ([], [SourcePart(write(tmp_path, []), KEYS[0], "north")]):
        table = ENGINE.contributions(sources, asked)
        assert table.schema == pa.schema(columns)
        assert table.num_rows == 0


@pytest.mark.parametrize("atom", ["2020Q1", "2019q1", "2019Q1 ", None])
def test_an_atom_without_a_code_stops_everything(tmp_path, atom):
    source = SourcePart(write(tmp_path, [row(), row(atom)]), KEYS[0], "north")
    asked = Aggregation(("quarter",), {"quarter": YEARS}, ("beds",))
    with pytest.raises(Unmapped):
        naive_contributions([("north", [row(), row(atom)])], asked)
    with pytest.raises(Unavailable, match="aggregation-unmapped") as caught:
        ENGINE.contributions([source], asked)
    assert caught.value.data == {"dimension": "quarter", "cells": 1}


def test_large_parts_and_many_persons_are_read_whole(tmp_path):
    n = 2 * ROW_GROUP + 17
    table = pa.table(
        {
            "code": [f"c{i % 700}" for i in range(n)],
            "v": range(n),
            "person": [f"person-{i * 7919 % n:020d}" for i in range(n)],
        }
    )
    path = tmp_path / "part"
    path.write_bytes(encrypt_part(table, KEYS[0]))
    source = SourcePart(path, KEYS[0], "north")
    total = ENGINE.contributions([source], Aggregation((), {}, ("v",)))
    assert total.to_pylist() == [{"contributor": "north", "v": n * (n - 1) // 2, "rows": n}]
    persons = ENGINE.contributions(
        [source], Aggregation(("code",), {"code": {f"c{i}": "c" for i in range(700)}}, ("v",), "person")
    )
    assert persons.num_rows == n


@pytest.mark.parametrize("name", ["plain", "year=2019", 'quo"te', "spa ce", "$files_0"])
def test_a_folder_is_only_a_folder(tmp_path, name):
    (tmp_path / name).mkdir()
    part = write(tmp_path / name, [row(beds=5)])
    source = SourcePart(part, KEYS[0], "north")
    assert ENGINE.contributions([source], Aggregation((), {}, ("beds",)))["beds"].to_pylist() == [5]


@pytest.mark.parametrize(
    "aggregation",
    [
        Aggregation(('quarter" FROM x; --',), {'quarter" FROM x; --': {}}, ()),
        Aggregation(("quarter",), {"quarter": YEARS}, ("beds)",)),
        Aggregation(("quarter",), {"quarter": YEARS}, ("Quarter",)),
        Aggregation(("quarter", "quarter"), {"quarter": YEARS}, ()),
        Aggregation(("contributor",), {"contributor": {}}, ()),
        Aggregation(("file_index",), {"file_index": {}}, ()),
        Aggregation((), {}, ("rows",)),
        Aggregation(("quarter",), {}, ("beds",)),
        Aggregation((), {}, ("beds",), ""),
        Aggregation((), {}, ("beds",), "beds"),
    ],
)
def test_names_that_are_no_columns_or_clash_are_refused(tmp_path, aggregation):
    source = SourcePart(write(tmp_path, [row()]), KEYS[0], "north")
    for parts in ([source], []):
        with pytest.raises(ValueError):
            ENGINE.contributions(parts, aggregation)


@pytest.mark.parametrize("name", ["w[ei]rd", "any*", "on?"])
def test_a_folder_that_would_be_a_pattern_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="pattern"):
        FileSystemPartStore(tmp_path / name)
    with pytest.raises(ValueError, match="pattern"):
        ENGINE.contributions([SourcePart(tmp_path / name / "x", KEYS[0], "north")], Aggregation((), {}, ()))


def test_a_part_never_counts_twice(tmp_path):
    source = SourcePart(write(tmp_path, [row()]), KEYS[0], "north")
    with pytest.raises(ValueError, match="twice"):
        ENGINE.contributions([source, source], Aggregation((), {}, ("beds",)))


ASKED = Aggregation(("quarter",), {"quarter": YEARS}, ("beds",), "person")


@quiet(40)
@given(data=st.data())
def test_an_altered_file_gives_an_error_or_the_same_figures(tmp_path, data):
    content = bytearray(
        encrypt_part(pa.Table.from_pylist([row(beds=i, person=f"p{i}") for i in range(40)], schema=SCHEMA), KEYS[0])
    )
    path = tmp_path / "part"
    path.write_bytes(content)
    source = SourcePart(path, KEYS[0], "north")
    expected = ENGINE.contributions([source], ASKED)
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        assert ENGINE.contributions([source], ASKED).equals(expected)
    except (MissingPartError, Unavailable):
        return


def test_wrong_key_plain_file_gone_file_mixed_file(tmp_path):
    one = write(tmp_path, [row(beds=1)])
    two = write(tmp_path, [row(beds=2)])
    mixed, plain = tmp_path / "mixed", tmp_path / "plain"
    a, b = one.read_bytes(), two.read_bytes()
    mixed.write_bytes(a[:200] + b[200:])
    pq.write_table(pa.Table.from_pylist([row()], schema=SCHEMA), plain)
    for source in (
        SourcePart(one, KEYS[1], "north"),
        SourcePart(plain, KEYS[0], "north"),
        SourcePart(tmp_path / "gone", KEYS[0], "north"),
        SourcePart(mixed, KEYS[0], "north"),
    ):
        with pytest.raises(MissingPartError):
            ENGINE.contributions([source], ASKED)


def test_a_column_that_is_not_there_or_no_number_is_an_error(tmp_path):
    source = SourcePart(write(tmp_path, [row()]), KEYS[0], "north")
    for aggregation in (
        Aggregation((), {}, ("other",)),
        Aggregation((), {}, ("quarter",)),
        Aggregation(("other",), {"other": {}}, ()),
    ):
        with pytest.raises(Unavailable, match="aggregation-failed"):
            ENGINE.contributions([source], aggregation)


@pytest.mark.parametrize("value", [pa.array([1.5]), pa.array(["12"]), pa.array([1], pa.int32())])
def test_a_measure_of_another_type_is_never_converted(tmp_path, value):
    path = tmp_path / "part"
    pq.write_table(pa.table({"v": value}), path, encryption_properties=create_encryption_properties(KEYS[0]))
    with pytest.raises(Unavailable, match="aggregation-failed"):
        ENGINE.contributions([SourcePart(path, KEYS[0], "north")], Aggregation((), {}, ("v",)))


def test_too_little_memory_is_an_answer_and_nothing_is_spilled(tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    n = 400_000
    table = pa.table({"v": range(n), "person": [hashlib.md5(str(i).encode()).hexdigest() for i in range(n)]})  # noqa: S324
    path = tmp_path / "part"
    path.write_bytes(encrypt_part(table, KEYS[0]))
    with pytest.raises(Unavailable, match="aggregation-memory"):
        DuckDbEngine(memory_bytes=16 * 2**20).contributions(
            [SourcePart(path, KEYS[0], "n")], Aggregation((), {}, ("v",), "person")
        )
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "COPY (SELECT 1) TO '{part}'",
        "ATTACH '{folder}/new.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '100GB'",
        "SET temp_directory = '{folder}'",
        "SELECT * FROM secret_table",
        "CREATE PERSISTENT SECRET s (TYPE s3)",
    ],
)
def test_the_instance_reaches_the_parts_and_nothing_else(tmp_path, sql):
    secret_table = pa.table({"x": [1]})
    part = write(tmp_path, [row()])
    other = tmp_path / "other"
    other.write_bytes(b"x")
    connection = ENGINE._open([str(part)], {})
    before = part.read_bytes()
    with pytest.raises(duckdb.Error):
        connection.sql(sql.format(other=other, folder=tmp_path, part=part)).fetchall()
    connection.close()
    assert secret_table.num_rows == 1
    assert part.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {part.name, "other"}


def test_nothing_of_a_key_or_row_is_in_an_error(tmp_path):
    source = SourcePart(write(tmp_path, [row("secret-atom", person="secret-person")]), KEYS[0], "secret-holding")
    assert repr(KEYS[0])[2:8] not in repr(source)
    for aggregation in (ASKED, Aggregation((), {}, ("person",)), Aggregation((), {}, ("nothing",))):
        with pytest.raises(Unavailable) as caught:
            ENGINE.contributions([source], aggregation)
        assert "secret" not in repr(caught.value) + str(caught.value.data)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None

"""The workbook to fill in: what is ready in it, and what never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pyarrow as pa
import pytest
from supplier_files import DEFINITION, ROWS, RULES, label, rules_of

from sluis_client import Dialect, FileError, wire
from sluis_client.files.history import Kept
from sluis_client.files.mapping import Mapping
from sluis_client.files.period import counterparts
from sluis_client.files.prepare import prepare
from sluis_client.files.template import write_template

NEXT = rules_of(period="2020")


def kept(rows=ROWS, round_id="beds-2019") -> Kept:
    content = wire.content_of_records([{**row, "share": float(row["share"])} for row in rows])
    table = wire.check_content(DEFINITION, None, content, "json").table
    return Kept("s-1", round_id, datetime(2026, 1, 1, tzinfo=UTC), table)


def test_a_new_period_has_the_known_rows_and_no_figures(tmp_path):
    path = tmp_path / "new.xlsx"
    assert write_template(NEXT, None, kept(), path) == 2
    book = openpyxl.load_workbook(path)
    rows = [[cell.value for cell in row] for row in book["Invoer"].iter_rows(min_row=2)]
    assert rows == [["2020-01", "0034", None, None, None], ["2020-02", "GM0014", None, None, None]]
    assert [cell.value for cell in book["Eerder geleverd"][3]][:3] == ["2019-01", "0034", 1200]
    report = prepare(path, NEXT, Mapping("beds", 1), Dialect()).report
    assert [fault.code for fault in report.faults.shown] == ["F100", "F100"], "unfilled, it is no delivery"
    assert report.places == ("C2", "C3")


def test_a_correction_has_the_figures(tmp_path):
    path = tmp_path / "same.xlsx"
    write_template(RULES, kept(), None, path)
    prepared = prepare(path, RULES, Mapping("beds", 1), Dialect())
    found = wire.check_content(DEFINITION, None, prepared.content.source, "csv").table
    assert found.to_pylist() == kept().rows.to_pylist()


def test_a_code_that_holds_no_longer_is_not_made_ready(tmp_path):
    fewer = replace(
        DEFINITION,
        columns=tuple(
            replace(column, codes=tuple(code for code in column.codes if code.code != "0034"))
            for column in DEFINITION.columns
        ),
    )
    assert write_template(rules_of(fewer, "2020"), None, kept(), tmp_path / "new.xlsx") == 1


def test_no_text_of_a_definition_works_as_a_formula(tmp_path):
    evil = replace(
        DEFINITION,
        title=label("=1+1"),
        columns=tuple(
            replace(
                column,
                title=label("=cmd|' /C calc'!A0"),
                codes=tuple(replace(code, label=label("=HYPERLINK(A1)")) for code in column.codes),
            )
            for column in DEFINITION.columns
        ),
    )
    write_template(rules_of(evil), None, kept(), tmp_path / "evil.xlsx")
    book = openpyxl.load_workbook(tmp_path / "evil.xlsx")
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["2019-01", "2019-02"], "2020", {"2019-01": "2020-01", "2019-02": "2020-02"}),
        (["2019-02"], "2020", {"2019-02": "2020-01"}),
        (["2019-01"], "2019", {"2019-01": "2019-01"}),
        (["2018-01", "2018-02", "2018-03"], "2020", {}),
    ],
)
def test_an_earlier_period_is_followed_by_one_of_the_round(old, new, expected):
    assert counterparts(rules_of(period=new), pa.table({"period": old})) == expected


def test_a_file_is_never_written_over(tmp_path):
    (tmp_path / "mine.xlsx").write_bytes(b"mine")
    with pytest.raises(FileError, match="exists already"):
        write_template(RULES, None, None, tmp_path / "mine.xlsx")
    assert (tmp_path / "mine.xlsx").read_bytes() == b"mine"

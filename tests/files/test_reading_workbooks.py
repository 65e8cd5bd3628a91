"""Workbooks as spreadsheets make them: dates, texts, formulas, hidden sheets, merged cells; and those made to do harm."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from supplier_files import DEFINITION, NAMES, RULES, workbook

from sluis_client import AmbiguousFileError, Dialect, FileError, wire
from sluis_client.files import package
from sluis_client.files.mapping import Mapping
from sluis_client.files.prepare import Prepared, positions, prepare

HEADER = list(NAMES)


def read(path: Path, **said: str) -> Prepared:
    return prepare(path, RULES, Mapping("beds", 1), Dialect(**said))


def table(prepared: Prepared) -> list[dict]:
    assert prepared.report.accepted, prepared.report.faults
    return wire.check_content(DEFINITION, None, prepared.content.source, "csv").table.to_pylist()


def told(prepared: Prepared) -> list[tuple[str, str]]:
    report = prepared.report
    return [(place, fault.code) for place, fault in zip(report.places, report.faults.shown, strict=True)]


def changed(path: Path, part: str, change) -> None:
    """The workbook with one part of its archive changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_what_a_spreadsheet_makes_of_values_is_undone(tmp_path):
    path = workbook(
        tmp_path / "beds.xlsx",
        [
            ["Bedden in 2019"],
            [],
            ["Period", "Region", "beds", "share", "note"],
            [date(2019, 1, 1), 34, 12.0, 0.1 + 0.2, None],
            [None] * 5,
            ["2019-02", 7, "1.200", "12,5", 2019],
        ],
    )
    prepared = read(path)
    assert table(prepared) == [
        {"period": "2019-01", "region": "0034", "beds": 12, "share": Decimal("0.3"), "note": None},
        {"period": "2019-02", "region": "7", "beds": 1200, "share": Decimal("12.5"), "note": "2019"},
    ]
    assert "rij 3" in prepared.report.told[0].nl
    assert list(prepared.made.numbers) == [4, 6]


def test_faults_are_told_by_the_cell(tmp_path):
    path = workbook(
        tmp_path / "beds.xlsx",
        [
            HEADER,
            ["2019-01", "7", "x", 1, None],
            [],
            ["2019-02", date(2019, 5, 9), 1, date(2019, 1, 1), "06 12345678"],
            ["2019-01", "0363", None, 1, None],
        ],
    )
    prepared = read(path)
    assert told(prepared) == [("C2", "F110"), ("E4", "F138"), ("B4", "F303"), ("D4", "F303"), ("C5", "F100")]
    assert prepared.report.faults.total == 5
    assert [(row, column) for _, row, column in positions(prepared)] == [(2, 2), (4, 4), (4, 1), (4, 3), (5, 2)]


def test_a_formula_has_its_kept_result_and_without_one_it_is_told(tmp_path):
    path = workbook(tmp_path / "beds.xlsx", [HEADER, ["2019-01", "7", "=4*3", 1, None], ["2019-02", "7", 5, 1, None]])
    prepared = read(path)
    assert told(prepared) == [("C2", "F301")]
    assert prepared.report.faults.total == prepared.report.faults.fatal == 1
    changed(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(rb"<f>4\*3</f><v ?/>|<f>4\*3</f><v></v>", b"<f>4*3</f><v>12</v>", xml),
    )
    assert table(read(path))[0]["beds"] == 12


def test_a_formula_that_gave_an_empty_text_is_empty_and_an_error_is_told(tmp_path):
    path = workbook(tmp_path / "beds.xlsx", [HEADER, ["2019-01", "7", 5, "=1", None], ["2019-02", "7", "=2", 1, None]])

    def libre_office(xml: bytes) -> bytes:
        xml = re.sub(rb'<c r="D2"[^>]*>.*?</c>', b'<c r="D2" t="str"><f aca="false">A9</f><v></v></c>', xml)
        return re.sub(rb'<c r="C3"[^>]*>.*?</c>', b'<c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c>', xml)

    changed(path, "xl/worksheets/sheet1.xml", libre_office)
    assert told(read(path)) == [("C3", "F115")]


def test_merged_cells_are_told_with_their_range(tmp_path):
    path = tmp_path / "beds.xlsx"
    book = openpyxl.Workbook()
    for row in (HEADER, ["2019-01", "7", 1, 1, None], ["2019-02", "7", 1, 1, None], ["2019-02", "0363", 1, 1, None]):
        book.active.append(row)
    book.active.merge_cells("B2:B4")
    book.active.merge_cells("G1:H9")
    book.save(path)
    prepared = read(path)
    assert told(prepared) == [("B3", "F302"), ("B4", "F302")]
    assert "B2:B4" in prepared.report.faults.shown[0].nl


def sheets(path: Path, *names: str, hidden: str = "") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in names:
        sheet = book.create_sheet(name)
        sheet.append(HEADER if name.startswith("Data") else ["Code", "Betekenis"])
        sheet.append(["2019-01", "7", 1, 1, name])
        sheet.sheet_state = "hidden" if name == hidden else "visible"
    book.save(path)
    return path


def test_the_one_sheet_that_fits_is_read_and_else_it_is_asked(tmp_path):
    path = sheets(tmp_path / "beds.xlsx", "Codes", "Data")
    assert table(read(path))[0]["note"] == "Data"
    path = sheets(tmp_path / "two.xlsx", "Data 2018", "Data 2019")
    with pytest.raises(AmbiguousFileError) as asked:
        read(path)
    assert asked.value.option == "sheet"
    assert "'Data 2019'" in asked.value.mend.nl
    assert table(read(path, sheet="Data 2019"))[0]["note"] == "Data 2019"
    with pytest.raises(FileError, match="Data 2018, Data 2019"):
        read(path, sheet="Data 2020")


def test_a_hidden_sheet_is_never_read_unasked(tmp_path):
    path = sheets(tmp_path / "beds.xlsx", "Data oud", "Data", hidden="Data oud")
    assert table(read(path))[0]["note"] == "Data"
    path = sheets(tmp_path / "hidden.xlsx", "Codes", "Data", hidden="Data")
    with pytest.raises(AmbiguousFileError, match="hidden"):
        read(path)
    assert len(table(read(path, sheet="Data"))) == 1


def test_a_sheet_may_lie_about_its_size(tmp_path):
    path = workbook(tmp_path / "beds.xlsx", [HEADER, ["2019-01", "7", 1, 1, None]])
    changed(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(rb'<dimension ref="[^"]*" ?/>', b'<dimension ref="A1:A1"/>', xml),
    )
    assert len(table(read(path))) == 1


BILLION = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_is_read(tmp_path, part, encoding):
    path = workbook(tmp_path / "beds.xlsx", [HEADER])
    changed(path, part, lambda xml: (BILLION + re.sub(rb"<\?xml.*?\?>", b"", xml)).decode().encode(encoding))
    with pytest.raises(FileError, match="document type"):
        read(path)


def test_a_bomb_is_refused_by_what_it_would_unpack_to(tmp_path, monkeypatch):
    path = workbook(tmp_path / "beds.xlsx", [HEADER])
    changed(path, "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * 3_000_000)
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(package, "MAX_UNPACKED", 2_000_000)
    with pytest.raises(FileError, match="too large when unpacked"):
        read(path)
    changed(path, "xl/styles.xml", lambda xml: xml + b" " * 3_000_000)
    monkeypatch.setattr(package, "MAX_UNPACKED", 20_000_000)
    monkeypatch.setattr(package, "MAX_HELD", 2_000_000)
    with pytest.raises(FileError, match="too large when unpacked"):
        read(path)


def test_rows_without_end_end_at_the_limit_of_the_data_set(tmp_path):
    path = workbook(tmp_path / "beds.xlsx", [HEADER, *([["2019-01", "7", 1, 1, None]] * 600)])
    assert ("", "F004") in told(read(path))


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"no archive", b"PK\x05\x06" + bytes(18), "zip of text"],
    ids=["empty", "pk", "text", "zip", "other"],
)
def test_what_is_no_workbook_is_refused(tmp_path, content):
    path = tmp_path / "beds.xlsx"
    if isinstance(content, str):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "x")
    else:
        path.write_bytes(content)
    with pytest.raises(FileError):
        read(path)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_workbook_that_is_cut_off_is_refused(tmp_path, part):
    path = workbook(tmp_path / "beds.xlsx", [HEADER, ["2019-01", "7", 1, 1, None]])
    changed(path, part, lambda xml: xml[: len(xml) // 2])
    with pytest.raises(FileError):
        read(path)


def test_a_last_row_of_totals_is_compared(tmp_path):
    path = workbook(
        tmp_path / "beds.xlsx",
        [HEADER, ["2019-01", "7", 10, 1, None], ["2019-02", "7", 20, 1, None], ["Totaal", None, 30, 3, None]],
    )
    prepared = read(path)
    assert len(table(prepared)) == 2
    assert told(prepared) == [("", "F401")]


CELLS = st.fixed_dictionaries(
    {
        "beds": st.integers(0, 10**9),
        "share": st.decimals(-(10**6), 10**6, places=3, allow_nan=False),
        "as_text": st.booleans(),
        "as_date": st.booleans(),
        "region": st.sampled_from(["0034", "0363", "GM0014", "7"]),
    }
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=1, max_size=4, unique_by=lambda row: row["region"]))
def test_what_is_written_in_cells_is_read_back_equal(tmp_path, cells):
    rows = [
        [
            date(2019, 1, 1) if cell["as_date"] else "2019-01",
            int(cell["region"]) if cell["as_date"] and cell["region"].isdigit() else cell["region"],
            f"{cell['beds']}" if cell["as_text"] else cell["beds"],
            f"{cell['share']}".replace(".", ",") if cell["as_text"] else float(cell["share"]),
            None,
        ]
        for cell in cells
    ]
    found = table(read(workbook(tmp_path / "beds.xlsx", [HEADER, *rows]), decimal="comma"))
    assert [(row["period"], row["region"], row["beds"], row["share"]) for row in found] == [
        ("2019-01", cell["region"], cell["beds"], cell["share"]) for cell in cells
    ]

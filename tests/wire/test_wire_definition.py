"""Definitions are read strictly, faults and periods too."""

from dataclasses import replace
from datetime import date

import pytest
from wire_cases import ALLOWED, DEFINITION, GOOD, cell, csv_of

from sluis_client.wire import (
    Check,
    Code,
    Column,
    Definition,
    Fault,
    Faults,
    Kind,
    Label,
    Severity,
    WireError,
    canonical_bytes,
    check_content,
    dates_of_period,
    parse_json,
)

NONE = Label("", "")


def test_a_definition_survives_the_wire():
    assert Definition.from_json(parse_json(canonical_bytes(DEFINITION.to_json()))) == DEFINITION


def test_all_faults_of_a_definition_are_told_at_once():
    document = DEFINITION.to_json()
    document["surprise"] = 1
    document["maxRows"] = 0
    document["columns"][0]["kind"] = "codes"
    document["columns"][1]["codes"][0]["validFrom"] = "2019-02-30"
    document["columns"][2]["minimum"] = "0"
    document["columns"][5]["pattern"] = "("
    document["checks"][0]["kind"] = "not-below"
    with pytest.raises(WireError) as refused:
        Definition.from_json(document)
    assert {p.path for p in refused.value.problems} == {
        "/surprise", "/maxRows", "/columns/0/kind", "/columns/0/codes", "/columns/1/codes/0/validFrom",
        "/columns/2/minimum", "/columns/5/pattern", "/checks/0/kind",
    }  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"columns": ()}, {"columns": DEFINITION.columns * 2}, {"key": ("nothing",)}, {"key": ("beds",)},
        {"key": ("quarter", "quarter")}, {"key": ("remark",)}, {"period_column": "beds"}, {"period_column": None},
        {"checks": (Check("C", Severity.FATAL, "region", "beds", NONE),)},
        {"columns": (*DEFINITION.columns, Column("Be-ds", NONE, Kind.INTEGER))},
    ],
)  # fmt: skip
def test_names_that_lead_nowhere_are_refused(changed):
    with pytest.raises(WireError):
        replace(DEFINITION, **changed)


@pytest.mark.parametrize(
    "column",
    [
        {"name": "1x"}, {"codes": []}, {"codes": [{"code": " a", "label": NONE.to_json()}]}, {"minimum": 1},
        {"codes": [{"code": "a", "label": NONE.to_json()}] * 2}, {"required": 1}, {"pattern": "a"},
        {"codes": [{"code": "a", "label": NONE.to_json(), "validFrom": "2020-01-01", "validTo": "2019-01-01"}]},
    ],
)  # fmt: skip
def test_columns_are_read_strictly(column):
    good = {"name": "x", "title": NONE.to_json(), "kind": "code", "required": True,
            "codes": [{"code": "a", "label": NONE.to_json()}]}  # fmt: skip
    assert Column.from_json(good) == Column("x", NONE, Kind.CODE, codes=(Code("a", NONE),))
    with pytest.raises(WireError):
        Column.from_json({**good, **column})


def test_a_check_may_not_take_a_code_of_the_table_of_faults():
    document = DEFINITION.checks[0].to_json()
    with pytest.raises(WireError):
        Check.from_json({**document, "code": "F101"})


def test_faults_survive_the_wire():
    content = csv_of(GOOD, cell(beds="x", hours=100), cell(person="y"))
    faults = check_content(DEFINITION, ALLOWED, content, "csv").faults
    again = Faults.from_json(parse_json(canonical_bytes(faults.to_json())))
    assert again.shown == faults.shown
    assert again.to_json() == faults.to_json()
    with pytest.raises(WireError):
        Fault.from_json({**faults.shown[0].to_json(), "surprise": 1})


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2019", "2019-01-01", "2019-12-31"), ("2019Q1", "2019-01-01", "2019-03-31"),
        ("2019-Q4", "2019-10-01", "2019-12-31"), ("2020-02", "2020-02-01", "2020-02-29"),
        ("2020-W53", "2020-12-28", "2021-01-03"), ("2019H2", "2019-07-01", "2019-12-31"),
        ("2019-S1", "2019-01-01", "2019-06-30"), ("2019-01-31", "2019-01-31", "2019-01-31"),
    ],
)  # fmt: skip
def test_periods_span_days(code, first, last):
    assert dates_of_period(code) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("code", ["", "19", "2019Q5", "2019-13", "2019-02-30", "2019-W54", "0000", "٢٠١٩", "2019 "])
def test_other_texts_are_no_periods(code):
    assert dates_of_period(code) is None


def test_ten_million_rows_are_refused_without_reading_them():
    checked = check_content(DEFINITION, ALLOWED, csv_of() + b"2019Q1,S01,1,1,1,x,\n" * 10_000_000, "csv")
    assert checked.faults.by_code == {"F004": 1}

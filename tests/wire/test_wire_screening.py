"""Free text: whoever could be recognised by it is found before it leaves the supplier, and never repeated."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wire_cases import csv_of, json_of, ndjson_of, parquet_of

from sluis_client.wire import Code, Column, Definition, FaultCode, Kind, Label, check_content
from sluis_client.wire.identifiers import identifiers_in, passes_eleven_test

NONE = Label("", "")
NOTES = Definition(
    "notes",
    1,
    NONE,
    NONE,
    (
        Column("place", NONE, Kind.CODE, codes=(Code("a", NONE), Code("b", NONE))),
        Column("note", NONE, Kind.TEXT, required=False, max_length=120),
        Column("second", NONE, Kind.TEXT, required=False),
    ),
    ("place",),
    (),
    10,
)
HARMLESS = [
    "Vanaf 18 jaar, tot en met 65; geen verslaving als hoofddiagnose.",
    "Wachttijd 14 weken (treeknorm 4 + 10), in 2025 en 2026 oplopend naar 30.",
    "Opname op grond van artikel 3:3 Wvggz, 24/7, beveiligingsniveau 2-3; ZZP 5 of GGZ-wonen 4.",
    "IQ tussen 50 en 85, HoNOS+ boven 12/40, 1.250 plekken en 5.000 euro subsidie.",
    "Alleen regio's 1 t/m 3, per maart 2026; zie BR/REG-22137b en NEN 7510.",
    "12-18-24 uur begeleiding, 1 op 4, ECT 2 keer per week, versie 1.2.3.",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_a_note_about_care_is_no_identifier(text):
    assert identifiers_in(text) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("BSN: 12345678", FaultCode.IDENTIFIER),
        ("sofinummer 11.12.22.333", FaultCode.IDENTIFIER),
        ("111 222 333", FaultCode.IDENTIFIER),
        ("１１１２２２３３３", FaultCode.IDENTIFIER),
        ("03012345", FaultCode.AGB_CODE),
        ("94 012345", FaultCode.AGB_CODE),
        ("+31 6 12 34 56 78", FaultCode.PHONE),
        ("020 - 123 45 67", FaultCode.PHONE),
        ("+32 470 12 34 56", FaultCode.PHONE),
        ("٠٦١٢٣٤٥٦٧٨", FaultCode.PHONE),
        ("j＠example.nl", FaultCode.EMAIL),
        ("12-03-1985", FaultCode.DATE),
        ("12‑03‑85", FaultCode.DATE),
        ("1985-03-12", FaultCode.DATE),
        ("19850312", FaultCode.DATE),
        ("12 mrt '85", FaultCode.DATE),
        ("March 12, 1985", FaultCode.DATE),
        ("geb. 1985", FaultCode.DATE),
        ("1234AB", FaultCode.POSTCODE),
        ("1234 ab, 12", FaultCode.POSTCODE),
    ],
)
def test_ways_to_write_an_identifier(text, kind):
    assert identifiers_in(f"Cliënt: {text}.") == (kind,)


def bsn(number: int) -> str | None:
    """The number with the last digit that makes it a BSN, if there is one."""
    head = f"{number:08}"
    return next((head + str(last) for last in range(10) if passes_eleven_test(head + str(last))), None)


BSNS = st.integers(1_000_000, 99_999_999).map(bsn).filter(bool)
WORDS = st.sampled_from(["zie", "de cliënt", "over", "(", "nr", "", "wacht op plaats", "Dorpsstraat"])


def spaced(digits: str, separator: str, first: int) -> str:
    return digits[:first] + separator + digits[first:]


@given(
    number=BSNS,
    separator=st.sampled_from(["", " ", ".", "-", " - "]),
    first=st.integers(2, 6),
    before=WORDS,
    after=WORDS,
)
@example(number="111222333", separator="", first=3, before="", after="")
def test_every_bsn_is_found(number, separator, first, before, after):
    text = f"{before} {spaced(number, separator if separator != ' - ' else ' ', first)} {after}"
    assert FaultCode.IDENTIFIER in identifiers_in(text)


@given(
    day=st.integers(1, 28),
    month=st.integers(1, 12),
    year=st.integers(1925, 2026),
    form=st.sampled_from(
        ["{d}-{m}-{y}", "{d:02}/{m:02}/{y}", "{y}-{m:02}-{d:02}", "{d}.{m}.{s:02}", "{y}{m:02}{d:02}"]
    ),
    before=WORDS,
)
def test_every_full_date_is_found(day, month, year, form, before):
    text = f"{before} {form.format(d=day, m=month, y=year, s=year % 100)}, opgenomen"
    assert FaultCode.DATE in identifiers_in(text)


@given(number=st.integers(10**8, 10**9 - 1), start=st.sampled_from(["0", "+31", "0031", "+31 (0)"]), before=WORDS)
def test_every_telephone_number_is_found(number, start, before):
    assert FaultCode.PHONE in identifiers_in(f"{before} {start}{number} bellen")


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "parquet"])
def test_all_is_told_at_once_and_nothing_is_repeated(form):
    secrets = ["111222333", "94-012345", "0612345678", "m.smit@example.nl", "12-03-1985", "1234 AB"]
    rows = [
        {"place": "a", "note": " ; ".join(secrets), "second": "niets"},
        {"place": "b", "note": "goed", "second": f"gebeld met {secrets[2]}"},
    ]
    write = {
        "csv": lambda *found: csv_of(*found, header=NOTES.names),
        "json": json_of,
        "ndjson": ndjson_of,
        "parquet": parquet_of,
    }
    checked = check_content(NOTES, None, write[form](*rows), form)
    assert checked.table is None
    assert [(fault.code, fault.row, fault.column) for fault in checked.faults.shown] == [
        *((code, 1, "note") for code in ("F136", "F137", "F138", "F139", "F140", "F141")),
        ("F138", 2, "second"),
    ]
    told = json.dumps(checked.faults.to_json(), ensure_ascii=False)
    assert not [secret for secret in secrets if secret in told]
    assert "Laat" in told or "Schrijf" in told


def test_a_column_has_a_length_of_its_own():
    rows = [{"place": "a", "note": "x" * 121, "second": "y" * 121}]
    (fault,) = check_content(NOTES, None, json_of(*rows), "json").faults.shown
    assert (fault.code, fault.column) == ("F133", "note")
    assert "120" in fault.en


def test_a_note_may_stay_empty():
    rows = [{"place": "a", "note": None, "second": ""}]
    assert check_content(NOTES, None, json_of(*rows), "json").ok

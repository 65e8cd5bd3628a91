"""One worked example for every fault code: which content, and where the fault is told."""

import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from wire_cases import (
    ALLOWED,
    DEFINITION,
    GOOD,
    NAMES,
    OTHER,
    PSEUDONYM,
    cell,
    csv_of,
    json_of,
    ndjson_of,
    parquet_of,
    parquet_of_table,
)

from sluis_client.wire import FaultCode, Limits, Severity, check_content
from sluis_client.wire.faults import SHOWN_FAULTS

F = FaultCode


def zipped():
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("beds.csv", b"0" * 10_000_000)
    return sink.getvalue()


def encrypted(*, plaintext_footer):
    sink = io.BytesIO()
    table = pa.Table.from_pylist([GOOD])
    properties = pe.create_encryption_properties(footer_key=b"0123456789012345", plaintext_footer=plaintext_footer)
    with pq.ParquetWriter(sink, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    return sink.getvalue()


def number(text, column="used"):
    return csv_of(GOOD, cell(**{column: text}))


def quoted_number(text, column="used"):
    return csv_of(GOOD, cell(**{column: f'"{text}"'}))


def text(value):
    return csv_of(GOOD, cell(remark=value))


def without(name, *rows):
    return [{k: v for k, v in row.items() if k != name} for row in rows]


EXAMPLES = [
    # code, form, content, row, column
    (F.EMPTY, "csv", b"", None, None),
    (F.EMPTY, "csv", b"\xef\xbb\xbf \r\n", None, None),
    (F.EMPTY, "ndjson", b"\n\n", None, None),
    (F.EMPTY, "parquet", b"", None, None),
    (F.NO_ROWS, "csv", csv_of(), None, None),
    (F.NO_ROWS, "csv", csv_of().rstrip(), None, None),
    (F.NO_ROWS, "json", b"[]", None, None),
    (F.NO_ROWS, "parquet", parquet_of_table(pa.Table.from_pylist([GOOD]).slice(1)), None, None),
    (F.TOO_LARGE, "csv", b"x" * 3_000_000, None, None),
    (F.TOO_LARGE, "json", b"[" + b" " * 1_000_000 + b"]", None, None),
    (F.TOO_MANY_ROWS, "csv", csv_of(*[GOOD] * 2_001), None, None),
    (F.TOO_MANY_ROWS, "ndjson", ndjson_of(*[GOOD] * 2_001), None, None),
    (F.TOO_MANY_ROWS, "json", json_of(*[GOOD] * 2_001), None, None),
    (F.TOO_MANY_ROWS, "parquet", parquet_of(*[GOOD] * 2_001), None, None),
    (F.COMPRESSED, "csv", zipped(), None, None),
    (F.COMPRESSED, "parquet", zipped(), None, None),
    (F.COMPRESSED, "ndjson", b"\x1f\x8b\x08\x00", None, None),
    (F.OTHER_FORMAT, "csv", parquet_of(GOOD), None, None),
    (F.OTHER_FORMAT, "parquet", csv_of(GOOD), None, None),
    (F.OTHER_FORMAT, "csv", ndjson_of(GOOD), None, None),
    (F.OTHER_FORMAT, "ndjson", json_of(GOOD), None, None),
    (F.OTHER_FORMAT, "csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None, None),
    (F.UTF16, "csv", csv_of(GOOD).decode().encode("utf-16"), None, None),
    (F.UTF16, "csv", csv_of(GOOD).decode().encode("utf-16-be"), None, None),
    (F.NOT_UTF8, "csv", csv_of(GOOD, cell(remark="café")).decode().encode("latin-1"), 2, None),
    (F.NOT_UTF8, "ndjson", ndjson_of(GOOD, cell(remark="café")).decode().encode("latin-1"), 2, None),
    (F.NUL, "csv", csv_of(GOOD, cell(remark="a\0b")), 2, None),
    (F.NUL, "ndjson", ndjson_of(GOOD) + b'{"quarter":"\0"}', 2, None),
    (F.DELIMITER, "csv", csv_of(GOOD, delimiter=";"), None, None),
    (F.DELIMITER, "csv", csv_of(GOOD, delimiter="\t"), None, None),
    (F.RAGGED, "csv", csv_of(GOOD, "2019Q1,S02,1"), 2, None),
    (F.RAGGED, "csv", csv_of(GOOD, "2019Q1,S02,1,1,1,x,,,"), 2, None),
    (F.UNCLOSED_QUOTE, "csv", csv_of(GOOD, cell(remark='"open')), 2, None),
    (F.STRAY_QUOTE, "csv", csv_of(GOOD, cell(remark='5" pipe')), 2, None),
    (F.STRAY_QUOTE, "csv", csv_of(GOOD, cell(remark='"a"b')), 2, None),
    (F.CARRIAGE_RETURN, "csv", csv_of(GOOD, OTHER).replace(b"\n", b"\r", 2), 1, None),
    (F.BLANK_ROW, "csv", csv_of(GOOD, ""), 2, None),
    (F.BLANK_ROW, "csv", csv_of(GOOD, ",,,,,,"), 2, None),
    (F.BLANK_ROW, "ndjson", ndjson_of(GOOD, {}), 2, None),
    (F.BROKEN_JSON, "ndjson", ndjson_of(GOOD, '{"quarter":'), 2, None),
    (F.BROKEN_JSON, "ndjson", ndjson_of(GOOD, '{"quarter":"2019Q1"} {}'), 2, None),
    (F.BROKEN_JSON, "json", b"[{]", None, None),
    (F.NOT_AN_OBJECT, "ndjson", b"null\n", 1, None),
    (F.NOT_AN_OBJECT, "json", b"[1]", 1, None),
    (F.DOUBLE_MEMBER, "ndjson", ndjson_of(GOOD, '{"region":"S01","region":"S02"}'), 2, "region"),
    (F.TOO_DEEP, "ndjson", ndjson_of(GOOD, '{"region":' + "[" * 100_000), 2, None),
    (F.TOO_DEEP, "json", b"[" * 100_000, None, None),
    (F.NOT_A_LIST, "json", b'{"region":"S01"}', None, None),
    (F.BROKEN_PARQUET, "parquet", parquet_of(GOOD)[:-20], None, None),
    (F.BROKEN_PARQUET, "parquet", b"PAR1" + b"\0" * 100 + b"PAR1", None, None),
    (F.ENCRYPTED_PARQUET, "parquet", encrypted(plaintext_footer=False), None, None),
    (F.ENCRYPTED_PARQUET, "parquet", encrypted(plaintext_footer=True), None, None),
    (F.PARQUET_TYPE, "parquet", parquet_of(cell(beds="10")), None, "beds"),
    (F.PARQUET_TYPE, "parquet", parquet_of(cell(beds=[10])), None, "beds"),
    (F.PARQUET_TYPE, "parquet", parquet_of(cell(region={"code": "S01"})), None, "region"),
    (F.PARQUET_TYPE, "parquet", parquet_of(cell(beds=10.0)), None, "beds"),
    (F.PARQUET_BOMB, "parquet", parquet_of(cell(remark="x" * 3_000_000), compression="zstd"), None, None),
    (F.PARQUET_ENCODING, "parquet",
     parquet_of(GOOD, use_dictionary=False, column_encoding={"remark": "DELTA_BYTE_ARRAY"}), None, "remark"),
    (F.MISSING_COLUMN, "csv", csv_of(GOOD, header=NAMES[:3] + NAMES[4:]), None, "used"),
    (F.MISSING_COLUMN, "ndjson", ndjson_of(*without("used", GOOD, OTHER)), None, "used"),
    (F.MISSING_COLUMN, "parquet", parquet_of(*without("used", GOOD, OTHER)), None, "used"),
    (F.UNKNOWN_COLUMN, "csv", csv_of({**GOOD, "extra": 1}, header=(*NAMES, "extra")), None, "extra"),
    (F.UNKNOWN_COLUMN, "ndjson", ndjson_of(GOOD, {**OTHER, "extra": 1}), 2, "extra"),
    (F.UNKNOWN_COLUMN, "parquet", parquet_of({**GOOD, "extra": 1}), None, "extra"),
    (F.DOUBLE_COLUMN, "csv", csv_of(GOOD, header=(*NAMES, "beds")), None, "beds"),
    (F.DOUBLE_COLUMN, "parquet", parquet_of_table(
        pa.Table.from_arrays([pa.array([1]), pa.array([1])], names=["beds", "beds"])), None, "beds"),
    (F.MISSPELT_COLUMN, "csv", csv_of(GOOD).replace(b"quarter", b"Quarter"), None, "quarter"),
    (F.MISSPELT_COLUMN, "ndjson", ndjson_of(GOOD, OTHER).replace(b"quarter", b"QUARTER"), 1, "quarter"),
    (F.NO_HEADER, "csv", b"2019Q1,S01,1,1,1,x,\n", None, None),
    (F.MISSING, "csv", csv_of(GOOD, cell(beds="")), 2, "beds"),
    (F.MISSING, "ndjson", ndjson_of(GOOD, cell(region=None)), 2, "region"),
    (F.MISSING, "ndjson", ndjson_of(GOOD, cell(region="")), 2, "region"),
    (F.MISSING, "parquet", parquet_of(GOOD, cell(beds=None)), 2, "beds"),
    (F.UNKNOWN_CODE, "csv", csv_of(GOOD, cell(region="S99")), 2, "region"),
    (F.UNKNOWN_CODE, "parquet", parquet_of(GOOD, cell(region="S99")), 2, "region"),
    (F.MISSPELT_CODE, "csv", csv_of(GOOD, cell(region="s02")), 2, "region"),
    (F.CODE_NOT_VALID, "csv", csv_of(cell(region="Old"), cell(region="Old", quarter="2019Q2")), 2, "region"),
    (F.CODE_NOT_VALID, "json", json_of(GOOD, cell(region="New")), 2, "region"),
    (F.OTHER_PERIOD, "csv", csv_of(GOOD, cell(quarter="2019Q3")), 2, "quarter"),
    (F.NOT_A_NUMBER, "csv", number("many"), 2, "used"),
    (F.NOT_A_NUMBER, "csv", number("0x1F"), 2, "used"),
    (F.NOT_A_NUMBER, "csv", number(".5", "hours"), 2, "hours"),
    (F.DECIMAL_COMMA, "csv", quoted_number("1,5"), 2, "used"),
    (F.DECIMAL_COMMA, "csv", quoted_number("1,234", "hours"), 2, "hours"),
    (F.DECIMAL_COMMA, "csv", csv_of(GOOD, cell(hours="1,5"), delimiter=";"), 2, "hours"),
    (F.THOUSANDS, "csv", number("1.234"), 2, "used"),
    (F.THOUSANDS, "csv", quoted_number("1,234"), 2, "used"),
    (F.THOUSANDS, "csv", quoted_number("1.234.567,89", "hours"), 2, "hours"),
    (F.THOUSANDS, "csv", number("1 234"), 2, "used"),
    (F.FOREIGN_DIGITS, "csv", number("١٢"), 2, "used"),
    (F.FOREIGN_DIGITS, "csv", number("１２"), 2, "used"),
    (F.EXPONENT, "csv", number("1E+05"), 2, "used"),
    (F.EXPONENT, "csv", number("1e5", "hours"), 2, "hours"),
    (F.EXPONENT, "ndjson", ndjson_of(GOOD).replace(b"9,", b"9e0,"), 1, "used"),
    (F.NOT_FINITE, "csv", number("NaN"), 2, "used"),
    (F.NOT_FINITE, "csv", number("-inf", "hours"), 2, "hours"),
    (F.NOT_FINITE, "csv", number("#DIV/0!", "hours"), 2, "hours"),
    (F.NOT_FINITE, "ndjson", ndjson_of(GOOD, cell(hours=float("nan"))), 2, "hours"),
    (F.NOT_FINITE, "parquet", parquet_of(GOOD, cell(hours=float("inf"))), 2, "hours"),
    (F.LEADING_ZERO, "csv", number("007"), 2, "used"),
    (F.LEADING_ZERO, "csv", number("+7"), 2, "used"),
    (F.NOT_WHOLE, "csv", number("1.5"), 2, "used"),
    (F.NOT_WHOLE, "csv", number("1.0"), 2, "used"),
    (F.NOT_WHOLE, "ndjson", ndjson_of(GOOD, cell(used=1.0)), 2, "used"),
    (F.TOO_BIG, "csv", number("9223372036854775808"), 2, "used"),
    (F.TOO_BIG, "csv", number("-9223372036854775809"), 2, "used"),
    (F.TOO_BIG, "csv", number("9" * 5_000), 2, "used"),
    (F.TOO_BIG, "csv", number("1000000000000.5", "hours"), 2, "hours"),
    (F.TOO_BIG, "ndjson", ndjson_of(GOOD, cell(hours=10**12)), 2, "hours"),
    (F.TOO_BIG, "parquet", parquet_of(GOOD, cell(hours=1e300)), 2, "hours"),
    (F.TOO_BIG, "parquet", parquet_of_table(pa.Table.from_pylist([GOOD, OTHER]).set_column(
        3, "used", pa.array([1, 2**63], pa.uint64()))), 2, "used"),
    (F.TOO_FINE, "csv", number("0.1234567", "hours"), 2, "hours"),
    (F.TOO_FINE, "ndjson", ndjson_of(GOOD, cell(hours=1e-7)), 2, "hours"),
    (F.TOO_FINE, "parquet", parquet_of(GOOD, cell(hours=0.1234567)), 2, "hours"),
    (F.BELOW_MINIMUM, "csv", csv_of(GOOD, cell(beds=-1, used=-2)), 2, "beds"),
    (F.ABOVE_MAXIMUM, "csv", number("1000001", "beds"), 2, "beds"),
    (F.NUMBER_AS_TEXT, "ndjson", ndjson_of(GOOD, cell(used="9")), 2, "used"),
    (F.WRONG_TYPE, "ndjson", ndjson_of(GOOD, cell(used=True)), 2, "used"),
    (F.WRONG_TYPE, "json", json_of(GOOD, cell(region=12)), 2, "region"),
    (F.WRONG_TYPE, "json", json_of(GOOD, cell(remark={"a": [1]})), 2, "remark"),
    (F.SPACES, "csv", csv_of(GOOD, cell(region=" S02")), 2, "region"),
    (F.SPACES, "csv", number(" 9"), 2, "used"),
    (F.SPACES, "csv", text("x "), 2, "remark"),
    (F.CONTROL_CHARACTER, "csv", text("a\u202eb"), 2, "remark"),
    (F.CONTROL_CHARACTER, "ndjson", ndjson_of(GOOD, cell(remark="a\nb")), 2, "remark"),
    (F.CONTROL_CHARACTER, "ndjson", ndjson_of(GOOD, cell(remark="a")).replace(b'"a"', b'"\\ud800"'), 2, "remark"),
    (F.FORMULA, "csv", text("=cmd|' /C calc'!A0"), 2, "remark"),
    (F.FORMULA, "csv", text("＠SUM(1)"), 2, "remark"),
    (F.TOO_LONG, "csv", text("x" * 1_001), 2, "remark"),
    (F.PATTERN, "csv", text("no!"), 2, "remark"),
    (F.NOT_A_PSEUDONYM, "csv", csv_of(GOOD, cell(person="Jansen")), 2, "person"),
    (F.NOT_A_PSEUDONYM, "csv", csv_of(GOOD, cell(person="a.b.1." + "1" * 40)), 2, "person"),
    (F.IDENTIFIER, "csv", csv_of(GOOD, cell(person="111222333")), 2, "person"),
    (F.IDENTIFIER, "csv", csv_of(GOOD, cell(person="1112.22.333")), 2, "person"),
    (F.IDENTIFIER, "csv", text("zie 111222333"), 2, "remark"),
    (F.AGB_CODE, "csv", text("zie AGB 94-012345"), 2, "remark"),
    (F.PHONE, "csv", text("bel (06) 12 34 56 78"), 2, "remark"),
    (F.EMAIL, "csv", text("mail naar m.smit@example.nl"), 2, "remark"),
    (F.DATE, "csv", text("geboren 12 maart 1985"), 2, "remark"),
    (F.POSTCODE, "csv", text("woont op 1234 AB 12"), 2, "remark"),
    (F.DOUBLE_ROW, "csv", csv_of(GOOD, OTHER, GOOD), 3, None),
    (F.DOUBLE_ROW, "parquet", parquet_of(GOOD, OTHER, OTHER), 3, None),
    (F.DOUBLE_KEY, "csv", csv_of(GOOD, OTHER, cell(beds=20)), 3, None),
    (F.DOUBLE_KEY, "ndjson", ndjson_of(GOOD, OTHER, cell(beds=20)), 3, None),
    ("C1", "csv", csv_of(GOOD, cell(used=11)), 2, "used"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "form", "content", "row", "column"), EXAMPLES, ids=[f"{n}-{e[0]}-{e[1]}" for n, e in enumerate(EXAMPLES)]
)
def test_fault_is_told_where_it_is(code, form, content, row, column):
    limits = Limits(content=2_900_000, records=900_000, unpacked=2_500_000)
    checked = check_content(DEFINITION, ALLOWED, content, form, limits=limits)
    assert not checked.ok
    places = [(f.code, f.row, f.column) for f in checked.faults.shown]
    assert (str(code), row, column) in places, places
    assert all(
        f.nl and f.en and "{" not in f.nl.replace("{...}", "") + f.en.replace("{...}", "") for f in checked.faults.shown
    )


def test_every_code_has_an_example():
    # PARQUET_LIES needs a forged file: see test_wire_parquet.py; a long row is in test_wire_room.py. What is wrong with a BSN is told on the supplier's
    # machine (tests/pseudonyms/test_making.py), and another key against the round (tests/journey/test_journey_once.py).
    elsewhere = {"F034", F.ROW_TOO_LONG, F.NO_BSN, F.WRONG_BSN, F.NOBODY, F.OTHER_KEY}
    assert {str(e[0]) for e in EXAMPLES} | elsewhere >= set(FaultCode)


def test_messages_name_the_two_rows_and_the_key():
    checked = check_content(DEFINITION, ALLOWED, csv_of(GOOD, OTHER, cell(beds=20)), "csv")
    (fault,) = checked.faults.shown
    assert fault.en == "This row has the same key (quarter, region) as row 2. Merge them or mend one."


def test_a_warning_goes_with_the_delivery():
    checked = check_content(DEFINITION, ALLOWED, csv_of(GOOD, cell(hours=100)), "csv")
    assert checked.ok
    assert [(f.code, f.severity, f.row) for f in checked.faults.warnings] == [("C2", Severity.WARNING, 2)]


def test_all_faults_at_once():
    content = csv_of(cell(quarter="2019Q9", region="nowhere", beds="-1", used="1,5", hours="x"), "a,b", delimiter=";")
    checked = check_content(DEFINITION, ALLOWED, content, "csv")
    assert [(f.code, f.row, f.column) for f in checked.faults.shown] == [
        ("F010", None, None),
        ("F101", 1, "quarter"),
        ("F101", 1, "region"),
        ("F120", 1, "beds"),
        ("F111", 1, "used"),
        ("F110", 1, "hours"),
        ("F011", 2, None),
    ]


def test_the_first_thousand_are_shown_and_all_are_counted():
    rows = [cell(region=f"X{n}", beds="a") for n in range(1_500)]
    checked = check_content(DEFINITION, ALLOWED, csv_of(*rows), "csv")
    assert checked.faults.total == 3_000
    assert checked.faults.by_code == {"F101": 1_500, "F110": 1_500}
    assert len(checked.faults.shown) == SHOWN_FAULTS
    assert [f.row for f in checked.faults.shown] == [n // 2 + 1 for n in range(1_000)]


@pytest.mark.parametrize("value", ["111222333", "Jansen 1234 AB", "1112 22 333", "j@example.org", "06-12345678"])
def test_what_may_identify_is_never_echoed(value):
    for content, form in (
        (csv_of(GOOD, cell(region=value)), "csv"),
        (csv_of(GOOD, cell(used=f'"{value}"')), "csv"),
        (csv_of(GOOD, cell(person=value)), "csv"),
        (csv_of(GOOD, cell(remark=f"={value}")), "csv"),
        (csv_of(GOOD, cell(remark=value), header=(*NAMES, value)), "csv"),
        (ndjson_of(GOOD, cell(region=value)), "ndjson"),
        (ndjson_of(GOOD, {**OTHER, value: 1}), "ndjson"),
    ):
        checked = check_content(DEFINITION, ALLOWED, content, form)
        assert not checked.ok
        assert value not in str(checked.faults.to_json())


def test_values_are_shown_where_they_help():
    checked = check_content(DEFINITION, ALLOWED, csv_of(GOOD, cell(region="S0\x1b2", used="12abc")), "csv")
    assert [f.value for f in checked.faults.shown] == ["S0\\x1b2", "12abc"]
    assert PSEUDONYM not in str(check_content(DEFINITION, ALLOWED, csv_of(cell(person=PSEUDONYM + "!")), "csv").faults)


def test_a_file_without_header_shows_nothing_of_its_rows():
    checked = check_content(DEFINITION, ALLOWED, b"Jansen,Amsterdam,3\n", "csv")
    assert "Jansen" not in str(checked.faults.to_json())

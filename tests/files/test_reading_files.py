"""Files as suppliers have them become the same content, or a question; never something else."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from supplier_files import DEFINITION, NAMES, ROWS, RULES

from sluis_client import AmbiguousFileError, Dialect, FileError, SetupError, wire
from sluis_client.files.dialect import DELIMITERS, ENCODINGS
from sluis_client.files.mapping import Mapping
from sluis_client.files.notation import plain, says
from sluis_client.files.prepare import Prepared, prepare

DEFAULT = Dialect()
NOTHING = Mapping("beds", 1)


def read(path: Path, mapping: Mapping = NOTHING, **said: str) -> Prepared:
    return prepare(path, RULES, mapping, Dialect(**said))


def content_of(prepared: Prepared) -> bytes:
    return b"".join(prepared.content.parts(1 << 20))


def table(prepared: Prepared) -> list[dict]:
    assert prepared.report.accepted, prepared.report.faults
    return wire.check_content(DEFINITION, None, content_of(prepared), "csv").table.to_pylist()


def write_csv(path, rows, *, delimiter=",", encoding="utf-8", decimal="point", quoting=csv.QUOTE_MINIMAL, end="\r\n"):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(NAMES)
    for row in rows:
        cells = ["" if row[name] is None else str(row[name]) for name in NAMES]
        if decimal == "comma":
            cells[3] = cells[3].replace(".", ",")
        writer.writerow(cells)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


WANTED = [{**row, "share": Decimal(row["share"])} for row in ROWS]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", DELIMITERS.values())
@pytest.mark.parametrize("decimal", ["comma", "point"])
def test_every_usual_dialect_is_found_out(tmp_path, encoding, delimiter, decimal):
    path = write_csv(tmp_path / "beds.csv", ROWS, delimiter=delimiter, encoding=encoding, decimal=decimal)
    assert table(read(path)) == WANTED


def test_a_file_as_the_wire_wants_it_is_sent_byte_for_byte(tmp_path):
    path = write_csv(tmp_path / "beds.csv", ROWS)
    prepared = read(path)
    assert prepared.made is None
    assert prepared.content.digest == wire.digest(path.read_bytes())
    assert not prepared.report.told


def test_what_is_made_of_another_file_is_always_the_same_and_told(tmp_path):
    path = write_csv(tmp_path / "beds.csv", ROWS, delimiter=";", encoding="cp1252", decimal="comma")
    first, second = read(path), read(path)
    assert first.content.digest == second.content.digest == wire.digest(content_of(first))
    assert first.content.format is wire.Format.CSV
    told = " ".join(text.nl for text in first.report.told)
    assert "windows-1252" in told
    assert "puntkomma" in told
    assert "decimale komma" in told


HEADER = ";".join(NAMES) + "\n"


@pytest.mark.parametrize(
    ("numbers", "question"),
    [
        (["1.234", "12"], "decimal"),
        (["1,234", "12"], "decimal"),
        (["12,5", "12.5"], "decimal"),
        (["1.234,5", "1,234.5"], "decimal"),
    ],
)
def test_a_number_that_can_be_two_things_is_asked_and_the_answer_decides(tmp_path, numbers, question):
    path = tmp_path / "beds.csv"
    path.write_text(HEADER + "".join(f"2019-0{n};7;1;{text};\n" for n, text in enumerate(numbers, 1)))
    with pytest.raises(AmbiguousFileError) as asked:
        read(path)
    assert asked.value.option == question
    assert numbers[0] in asked.value.text.nl
    assert "regel 2" in asked.value.text.nl
    if says(numbers[0]) == "either":
        one, other = table(read(path, decimal="comma")), table(read(path, decimal="point"))
        assert {one[0]["share"], other[0]["share"]} == {Decimal("1.234"), Decimal(1234)}
    else:
        faults = read(path, decimal="comma").report.faults
        assert [fault.code for fault in faults.shown] == ["F304"], "no number changes its meaning by being passed on"


def test_a_comma_separated_file_has_points_in_its_numbers_but_a_quoted_comma_is_asked(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text("Period,region,beds,share,note\n2019-01,7,1,1.234,\n")
    assert table(read(path))[0]["share"] == Decimal("1.234")
    path.write_text('Period,region,beds,share,note\n2019-01,7,1,"1,234",\n2019-02,7,1,1.234,\n')
    with pytest.raises(AmbiguousFileError):
        read(path)


def test_another_number_in_the_file_answers_the_question(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text(HEADER + "2019-01;7;1.234;0,5;\n2019-02;7;12;1.234,25;\n")
    assert [(row["beds"], row["share"]) for row in table(read(path))] == [
        (1234, Decimal("0.5")),
        (12, Decimal("1234.25")),
    ]


def test_the_letters_of_dos_are_asked(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_bytes((HEADER + "2019-01;7;1;1;Curaçao, België\n").encode("cp850"))
    with pytest.raises(AmbiguousFileError) as asked:
        read(path)
    assert asked.value.option == "encoding"
    assert table(read(path, encoding="cp850"))[0]["note"] == "Curaçao, België"


def test_an_encoding_that_does_not_fit_is_refused_with_the_place(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_bytes(b"period\xe9;x")
    with pytest.raises(FileError, match="byte 6"):
        read(path, encoding="utf-8")


def test_a_delimiter_that_cannot_be_seen_is_asked(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text("a;b,c\n1;2,3\n")
    with pytest.raises(AmbiguousFileError) as asked:
        read(path)
    assert asked.value.option == "delimiter"
    assert set(asked.value.choices) == {"comma", "semicolon"}


def test_excel_may_say_the_delimiter_itself_and_leave_blank_lines(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text("sep=|\n" + "|".join(NAMES) + "\n2019-01|7|1|2|x\n||||\n\n2019-02|7|1|2|y\n||||\n")
    prepared = read(path)
    assert [row["note"] for row in table(prepared)] == ["x", "y"]
    assert list(prepared.made.numbers) == [3, 6]


def test_all_faults_are_told_at_once_at_their_lines(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text(
        HEADER
        + "2019-01;7;1;2;ok\n\n2019-01;7;3;4;zelfde sleutel\n2019-02;7;x;9,5;\n2019-02;0034;1\n2019-02;99;1;1;06 12345678\n"
    )
    report = read(path).report
    told = [(place, fault.code) for place, fault in zip(report.places, report.faults.shown, strict=True)]
    assert told == [
        ("regel 4", "F202"),
        ("regel 5, veld 3", "F110"),
        ("regel 6", "F011"),
        ("regel 7, veld 2", "F101"),
        ("regel 7, veld 5", "F138"),
    ]
    assert "regel 2" in report.faults.shown[0].nl
    assert report.rows == 5
    assert report.faults.fatal == report.faults.total == 5


def test_a_quote_that_does_not_close_is_told_at_its_line(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text(HEADER + '2019-01;7;1;2;x\n2019-02;7;1;2;"open\n2019-02;0034;1;2;y\n')
    report = read(path).report
    assert [(p, f.code) for p, f in zip(report.places, report.faults.shown, strict=True)] == [("regel 3", "F012")]


def test_a_field_over_several_lines_is_one_field(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text(HEADER + '2019-01;7;1;2;"een\ntwee"\n2019-02;7;1;2;y\n')
    prepared = read(path)
    assert [row["note"] for row in table(prepared)] == ["een twee", "y"]
    assert list(prepared.made.numbers) == [2, 4]


def test_a_row_of_totals_is_compared_and_left_out(tmp_path):
    path = tmp_path / "beds.csv"
    rows = "2019-01;7;10;2,5;\n2019-02;7;20;2,5;\n"
    path.write_text(HEADER + rows + "Totaal;;30;5,0;\n")
    prepared = read(path)
    assert len(table(prepared)) == 2
    assert not prepared.report.faults.total
    path.write_text(HEADER + rows + "Totaal;;31;5,0;\n")
    report = read(path).report
    assert report.accepted
    assert [(fault.code, str(fault.severity), fault.column) for fault in report.faults.shown] == [
        ("F401", "warning", "beds")
    ]
    assert "31" in report.faults.shown[0].nl
    assert "30" in report.faults.shown[0].nl


def test_a_subtotal_among_the_rows_is_no_row(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text(HEADER + "2019-01;7;10;2;\nTotaal;;10;2;\n2019-02;7;20;2;\n")
    assert not read(path).report.accepted


def test_more_than_was_asked_for_does_not_leave(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text("period;region;beds;share;note;Naam\n2019-01;7;1;2;x;Jansen\n")
    report = read(path).report
    assert [(fault.code, fault.column) for fault in report.faults.shown] == [("F041", "Naam")]
    prepared = read(path, NOTHING.with_column("naam", ""))
    assert b"Jansen" not in content_of(prepared)
    assert len(table(prepared)) == 1


def test_values_under_no_name_are_told(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text("period;region;beds;share;;note\n2019-01;7;1;2;geheim;x\n")
    assert [fault.code for fault in read(path).report.faults.shown] == ["F305"]


def test_a_file_without_a_known_name_is_told_so(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text("a;b\n1;2\n")
    report = read(path).report
    assert [fault.code for fault in report.faults.shown] == ["F044"]
    assert not report.accepted


@pytest.mark.parametrize("name", ["beds.xls", "beds.ods", "beds.doc", "beds"])
def test_another_kind_of_file_is_refused_with_what_to_do(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FileError, match="Save the file as"):
        read(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04....", b"PAR1....", b"\x1f\x8b...."])
def test_what_is_no_text_is_told_as_the_service_tells_it(tmp_path, content):
    path = tmp_path / "beds.csv"
    path.write_bytes(content)
    assert read(path).report.faults.shown[0].code in {"F001", "F005", "F006"}


def test_what_may_be_said_about_a_file_is_checked_all_at_once():
    with pytest.raises(SetupError, match=r"delimiter cannot be \*. decimal cannot be dot."):
        Dialect(delimiter="*", decimal="dot")


def test_names_and_codes_of_parquet_and_ndjson_are_replaced(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    records = [{"Maand": "jan", "region": "7", "beds": 5, "share": 1.5, "note": None}]
    mapping = NOTHING.with_column("Maand", "period").with_code("period", "Jan", "2019-01")
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "beds.parquet")
    (tmp_path / "beds.ndjson").write_text('{"Maand": "jan", "region": "7", "beds": 5, "share": 1.5, "note": null}\n')
    for name in ("beds.parquet", "beds.ndjson"):
        assert table(read(tmp_path / name, mapping)) == [
            {"period": "2019-01", "region": "7", "beds": 5, "share": Decimal("1.5"), "note": None}
        ]
    (tmp_path / "beds.ndjson").write_text('{"Maand": ["jan"], "region": "7"}\n')
    with pytest.raises(FileError):
        read(tmp_path / "beds.ndjson", mapping)


TEXTS = st.text(
    st.characters(codec="cp1252", categories=("Lu", "Ll", "Po", "Sc"), exclude_characters="@=+-"), max_size=12
).map(str.strip)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "period": st.sampled_from(["2019-01", "2019-02"]),
            "region": st.sampled_from(["0034", "0363", "GM0014", "7"]),
            "beds": st.integers(0, 10**9),
            "share": st.decimals(-(10**6), 10**6, places=2, allow_nan=False),
            "note": TEXTS,
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: (row["period"], row["region"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=RECORDS,
    delimiter=st.sampled_from(sorted(DELIMITERS.values())),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    decimal=st.sampled_from(["comma", "point"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_in_a_dialect_is_read_back_equal(
    *, tmp_path, records, delimiter, encoding, decimal, quoting, end
):
    path = write_csv(
        tmp_path / "beds.csv",
        records,
        delimiter=delimiter,
        encoding=encoding,
        decimal=decimal,
        quoting=quoting,
        end=end,
    )
    named = next(
        name for name, codec in ENCODINGS.items() if codec == ("utf-8-sig" if encoding == "utf-8" else encoding)
    )
    prepared = read(path, decimal=decimal, encoding=named)
    if prepared.report.accepted:
        wanted = [
            {**row, "note": row["note"] or None, "share": Decimal(row["share"]).quantize(Decimal("0.000001"))}
            for row in records
        ]
        assert table(prepared) == wanted
    else:
        codes = {fault.code for fault in prepared.report.faults.shown}
        assert codes <= {"F131", "F132", "F136", "F137", "F138", "F139", "F140", "F141"}, codes


NUMBERS = st.from_regex(r"[+-]?[0-9]{0,4}([., ][0-9]{1,4}){0,3}", fullmatch=True)


@settings(max_examples=150, deadline=None)
@given(NUMBERS, st.sampled_from(["comma", "point"]))
def test_a_number_never_changes_its_value(text, notation):
    written = plain(text, notation, whole=False)
    said = says(text)
    if written is None:
        return
    assert said in {None, "either", notation}
    mark, group = (",", ".") if notation == "comma" else (".", ",")
    assert Decimal(written) == Decimal(text.replace(group, "").replace(" ", "").replace(mark, "."))

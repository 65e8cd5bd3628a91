"""Files on the command line: all faults, a marked copy, names and codes of one's own, and the same again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from sdk_samples import CSV_HEADER, GOOD
from sluis_double import Double, Held
from supplier_files import workbook
from typer.testing import CliRunner, Result

from sluis_client import Client, wire
from sluis_client.cli import app
from sluis_client.wire.sealing import SALT_BYTES

ROUND = "capacity-2019"
SCHEMA = jsonschema_rs.validator_for(
    json.loads(resources.files("sluis_client.cli").joinpath("output.schema.json").read_text())
)
HEADER = CSV_HEADER.strip().split(",")


@pytest.fixture
def run(registered: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("SLUIS_CLIENT_PATIENCE", "0")
    monkeypatch.setenv("COLUMNS", "220")
    runner = CliRunner()

    def command(*arguments: str) -> Result:
        result = runner.invoke(app, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        if "--json" in arguments:
            SCHEMA.validate(json.loads(result.stdout))
        return result

    return command


def document(result: Result) -> Any:
    found = json.loads(result.stdout)
    assert found["exitCode"] == result.exit_code
    return found


def delivered(held: Held) -> str:
    """What was in the parts, without what goes before it."""
    return b"".join(held.parts[number] for number in sorted(held.parts))[SALT_BYTES:].decode()


def test_a_workbook_is_checked_delivered_and_proven(run, double: Double):
    rows = [["2019Q1", "S08000015", "cardiology", 90, 61], ["2019Q2", "S08000015", "cardiology", "91", 70]]
    workbook(Path("beds.xlsx"), [["Bedden"], HEADER, *rows])
    checked = document(run("check", "beds.xlsx", "--round", ROUND, "--json"))
    assert checked["rows"] == 2
    assert "rij 2" in checked["read"][0]["nl"]
    sent = document(run("submit", "beds.xlsx", "--round", ROUND, "--yes", "--json"))
    assert sent["receipt"]["name"] == "beds.xlsx"
    assert sent["receipt"]["manifest"]["format"] == "csv"
    assert checked["contentDigest"] == wire.digest(GOOD.encode())
    (held,) = double.accepted
    assert delivered(held) == GOOD
    again = document(run("submit", "beds.xlsx", "--round", ROUND, "--yes", "--json"))
    assert (again["outcome"], again["submissionId"]) == ("duplicate", sent["submissionId"])
    assert run("receipts", "verify", sent["submissionId"], "--file", "beds.xlsx").exit_code == 0
    workbook(Path("beds.xlsx"), [HEADER, *rows, ["2019Q3", "S08000015", "cardiology", 1, 1]])
    assert run("receipts", "verify", sent["submissionId"], "--file", "beds.xlsx").exit_code == 6


def test_a_marked_copy_has_every_fault_in_its_cell_and_keeps_the_rest(run):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (HEADER, ["2019Q1", "S08000015", "cardio", "9O", 61], ["2019Q1", "x", "cardiology", "=1+1", -1]):
        sheet.append(row)
    sheet["C2"].fill = PatternFill("solid", fgColor="00FF00")
    sheet["C2"].comment = Comment("van onszelf", "wij")
    sheet.column_dimensions["C"].width = 33
    book.save("beds.xlsx")
    before = Path("beds.xlsx").read_bytes()
    result = run("check", "beds.xlsx", "--round", ROUND, "--marked", "marked.xlsx")
    assert result.exit_code == 3
    assert "marked.xlsx is gemaakt, met een opmerking in 5 cellen." in result.stdout
    marked = openpyxl.load_workbook("marked.xlsx").active
    comments = {cell.coordinate: cell.comment.text for row in marked for cell in row if cell.comment}
    assert set(comments) == {"C2", "D2", "B3", "D3", "E3"}
    assert comments["C2"].startswith("van onszelf\nF101 Deze code")
    assert comments["D3"].startswith("F301 Deze cel bevat een formule zonder uitkomst")
    assert marked["C2"].fill.fgColor.rgb == "0000FF00"
    assert marked["D3"].value == "=1+1"
    assert marked.column_dimensions["C"].width == 33
    assert Path("beds.xlsx").read_bytes() == before
    assert run("check", "beds.xlsx", "--round", ROUND, "--marked", "marked.xlsx").exit_code == 2, "never written over"
    assert run("check", "faulty.csv", "--round", ROUND, "--marked", "other.xlsx").exit_code == 2
    assert run("check", "beds.xlsx", "--round", ROUND, "--marked", "other.pdf").exit_code == 2
    assert not Path("other.xlsx").exists()
    assert not Path("other.pdf").exists()


def test_a_fault_of_the_whole_is_in_the_header_of_a_marked_copy(run):
    workbook(Path("beds.xlsx"), [[*HEADER[:4], "Naam"], ["2019Q1", "S08000015", "cardiology", 1, "Jansen"]])
    assert run("check", "beds.xlsx", "--round", ROUND, "--marked", "marked.xlsx").exit_code == 3
    text = openpyxl.load_workbook("marked.xlsx").active["A1"].comment.text
    assert "F040 occupied_bed_days: Deze kolom ontbreekt" in text
    assert "F041 Naam: " in text


def labelled(double: Double) -> None:
    """The double's data set with names that people use."""
    names = {"cardiology": wire.Label("Cardiologie", "Cardiology"), "period": wire.Label("Kwartaal", "Quarter")}
    columns = tuple(
        replace(
            column,
            title=names.get(column.name, wire.Label(column.name, column.name)),
            codes=tuple(replace(c, label=names.get(c.code, wire.Label(c.code, c.code))) for c in column.codes),
        )
        for column in double.definition.columns
    )
    double.definition = replace(double.definition, columns=columns)


OWN = (
    "kwartaal;Locatie;care_form;staffed_bed_days;bezet;Arts\n"
    "2019Q1;Ayr;cardiologie;1.090;61,0;Jansen\n"
    "2019Q2;Ayr;gen-surgery;91;70,0;De Vries\n"
)


def test_own_names_and_codes_are_all_asked_at_once_remembered_and_used(run, double: Double, registered: Path):
    labelled(double)
    Path("own.csv").write_text(OWN)
    assert document(run("check", "own.csv", "--round", ROUND, "--decimal", "comma", "--json"))["outcome"] == "refused"
    first = document(run("map", "own.csv", "--round", ROUND, "--json"))
    assert [(each["theirs"], each["ours"], each["sure"]) for each in first["unknown"]] == [
        ("kwartaal", "period", True),
        ("Locatie", None, False),
        ("bezet", None, False),
        ("Arts", None, False),
        ("cardiologie", "cardiology", True),
        ("gen-surgery", "general-surgery", False),
    ]
    second = document(
        run(
            *("map", "own.csv", "--round", ROUND, "--accept", "--json", "--column", "Locatie=region"),
            *("--column", "bezet = occupied_bed_days", "--ignore", "arts"),
        )
    )
    assert [(each["column"], each["theirs"]) for each in second["unknown"]] == [
        ("region", "Ayr"),
        ("care_form", "gen-surgery"),
    ]
    done = document(
        run(
            *("map", "own.csv", "--round", ROUND, "--json", "--decimal", "comma"),
            *("--code", "region:Ayr=S08000015", "--code", "care_form:gen-surgery=general-surgery"),
        )
    )
    assert done["outcome"] == "ok"
    text = Path(done["path"]).read_text()
    assert '"Locatie" = "region"' in text
    assert "De Vries" not in text
    sent = document(run("submit", "own.csv", "--round", ROUND, "--yes", "--json"))
    assert sent["rows"] == 2
    (held,) = double.accepted
    assert delivered(held) == (
        CSV_HEADER + "2019Q1,S08000015,cardiology,1090,61\n2019Q2,S08000015,general-surgery,91,70\n"
    )


def test_a_mapping_may_be_changed_by_hand_and_is_told_when_it_is_wrong(run, registered: Path):
    path = Path(document(run("map", "capacity.csv", "--round", ROUND, "--json"))["path"])
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text() + '\n[columns]\n"Regio \\"a\\"" = "region"\n')
    assert document(run("map", "capacity.csv", "--round", ROUND, "--json"))["columns"] == {'Regio "a"': "region"}
    for wrong in ("[columns", "surprise = 1\n", 'data_set = "capacity"\nversion = 2\n', "version = 1\n"):
        path.write_text(wrong)
        assert str(path) in run("check", "capacity.csv", "--round", ROUND).stderr.replace("\n", "")
        assert run("check", "capacity.csv", "--round", ROUND).exit_code == 2


def test_names_of_ours_that_do_not_exist_are_refused_all_at_once_and_not_kept(run, registered: Path):
    result = run(
        "map", "capacity.csv", "--round", ROUND, "--column", "a=nowhere", "--code", "region:b=Fife", "--code", "x:y=z"
    )
    assert result.exit_code == 2
    assert all(name in result.stderr for name in ("nowhere", "region: Fife", "x: z"))
    assert not (registered / "maps").exists()
    assert run("map", "capacity.csv", "--round", ROUND, "--column", "a").exit_code == 2


def test_a_new_version_starts_from_suggestions_of_the_earlier(run, double: Double, registered: Path):
    labelled(double)
    Path("own.csv").write_text(OWN.replace(";Arts", "").replace(";Jansen", "").replace(";De Vries", ""))
    run(
        *("map", "own.csv", "--round", ROUND, "--accept", "--column", "Locatie=region"),
        *("--column", "bezet=occupied_bed_days", "--code", "region:Ayr=S08000015"),
        *("--code", "care_form:gen-surgery=general-surgery"),
    )
    with Client.from_profile() as client:
        maps = client.desk.maps
        assert maps.earlier("capacity", 2) == maps.get("capacity", 1)
        assert not maps.get("capacity", 2).renames
        rules = client.rules(ROUND)
        newer = replace(rules, definition=replace(rules.definition, version=2))
        said, unknown = client.desk.map(
            Path("own.csv"), newer, client.desk.mapping(newer), client.desk.mapping(rules).dialect, accept=True
        )
        assert not unknown
        assert said.columns == maps.get("capacity", 1).columns
        assert client.desk.prepare(Path("own.csv"), newer).report.accepted


def test_a_template_has_lists_help_and_limits_and_comes_back_as_a_delivery(run, double: Double):
    result = document(run("template", "capacity", "--xlsx", "--json"))
    assert result["round"] == ROUND
    book = openpyxl.load_workbook(f"{ROUND}.xlsx")
    assert book.sheetnames == ["Invoer", "Codes", "Toelichting"]
    sheet = book["Invoer"]
    rules = {str(each.sqref): each for each in sheet.data_validations.dataValidation}
    lists = {place: each.formula1 for place, each in rules.items() if each.type == "list"}
    assert lists["A2:A1001"] == "'Codes'!$A$2:$A$5"
    assert [book["Codes"].cell(row, 1).value for row in range(2, 6)] == ["2019Q1", "2019Q2", "2019Q3", "2019Q4"]
    assert (rules["D2:D1001"].type, rules["D2:D1001"].formula1) == ("whole", "0")
    assert "Verplicht." in sheet["A1"].comment.text
    assert all(0 < len(each.prompt) <= 255 for each in rules.values())
    assert run("check", f"{ROUND}.xlsx", "--round", ROUND).exit_code == 3, "nothing is filled in yet"
    for place, value in zip("ABCDE", ["2019Q1", "S08000015", "cardiology", 90, 61], strict=True):
        sheet[f"{place}2"] = value
    book.save("filled.xlsx")
    assert document(run("submit", "filled.xlsx", "--round", ROUND, "--yes", "--json"))["rows"] == 1
    assert run("template", ROUND, "--xlsx").exit_code == 2, "never written over"
    assert run("template", ROUND, "--xlsx", "--output", "x.csv").exit_code == 2


def test_a_template_after_a_delivery_has_its_rows_and_is_no_other_file(run, double: Double):
    run("submit", "capacity.csv", "--round", ROUND, "--yes")
    result = run("template", ROUND, "--xlsx", "--output", "again.xlsx")
    assert "2 rijen vooraf ingevuld" in result.stdout
    again = document(run("submit", "again.xlsx", "--round", ROUND, "--yes", "--json"))
    assert again["outcome"] == "duplicate", "a correction starts with the figures as they were delivered"


def test_what_was_delivered_is_kept_to_compare_the_next_round_with(run, registered: Path):
    run("submit", "capacity.csv", "--round", ROUND, "--yes")
    kept = next((registered / "delivered").iterdir())
    assert kept.read_bytes() == GOOD.encode()
    assert kept.stat().st_mode & 0o077 == 0
    with Client.from_profile() as client:
        rules = client.rules(ROUND)
        assert [each.round for each in client.desk.history.deliveries("capacity")] == [ROUND]
        newer = replace(rules, round=replace(rules.round, id="capacity-2020"))
        Path("next.csv").write_text(GOOD.replace(",90,61", ",900,61"))
        report = client.desk.prepare(Path("next.csv"), newer).report
        assert report.accepted
        assert [(each.code, each.row, each.column) for each in report.faults.shown] == [
            ("F403", None, "staffed_bed_days"),
            ("F402", 1, "staffed_bed_days"),
        ]
        changes = client.desk.compare(client.desk.prepare(Path("next.csv"), newer), newer).changes
        assert {each.now for each in changes if each.unusual} == {900, 991}


def test_a_total_that_is_off_is_confirmed_by_a_reason_that_goes_with_the_manifest(run, double: Double):
    Path("total.csv").write_text(GOOD.replace(",", ";") + "Totaal;;;200;131\n")
    refused = document(run("submit", "total.csv", "--round", ROUND, "--yes", "--json"))
    assert (refused["error"]["code"], refused["exitCode"]) == ("unconfirmed", 3)
    assert not double.accepted
    assert run("submit", "total.csv", "--round", ROUND, "--yes", "--reason", "zo").exit_code == 2
    reason = "Het totaal telt ook bedden van de dagbehandeling."
    sent = document(run("submit", "total.csv", "--round", ROUND, "--yes", "--json", "--reason", reason))
    assert sent["receipt"]["manifest"]["confirmed"] == {"warnings": ["F401"], "reason": reason}
    assert double.accepted[0].manifest.confirmed == wire.Confirmation(("F401",), reason)


def test_diff_tells_what_changed_since_the_delivery_to_the_same_round(run):
    assert document(run("diff", "capacity.csv", "--round", ROUND, "--json"))["against"] is None
    run("submit", "capacity.csv", "--round", ROUND, "--yes")
    Path("next.csv").write_text(GOOD.replace(",90,61", ",900,61"))
    found = document(run("diff", "next.csv", "--round", ROUND, "--own-round", "--json"))
    assert [(each["key"][:1], each["earlier"], each["now"], each["unusual"]) for each in found["changes"]] == [
        ([], "181", "991", True),
        (["2019Q1"], "90", "900", True),
    ]
    shown = run("diff", "next.csv", "--round", ROUND, "--own-round").stdout
    assert "opvallend" in shown
    assert "2 verschillen" in shown
    assert run("diff", "faulty.csv", "--round", ROUND).exit_code == 3

"""The command line: what it prints, where, in which language, with which exit code, and what it never prints."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cutting_proxy import Cut, CuttingProxy
from sdk_samples import FAULTY
from sluis_double import Double, Refusal
from typer.testing import CliRunner, Result

from sluis_client import Client, wire
from sluis_client.cli import app
from sluis_client.cli.exit_codes import MEANING

ROUND = "capacity-2019"
SUBMIT = ("submit", "capacity.csv", "--round", ROUND, "--yes")
DUTCH = ZoneInfo("Europe/Amsterdam")
SCHEMA = jsonschema_rs.validator_for(
    json.loads(resources.files("sluis_client.cli").joinpath("output.schema.json").read_text())
)


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs one command; no code, key or token may ever appear in what it writes."""
    monkeypatch.setenv("SLUIS_CLIENT_PATIENCE", "0")
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()

    def command(*arguments: str, stdin: str | None = None, secret: str = "") -> Result:
        result = runner.invoke(app, arguments, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        written = result.stdout + result.stderr
        key = home / "key.pem"
        secrets = key.read_text().splitlines()[1:-1] if key.exists() else []
        assert not [each for each in (*secrets, secret) if each and each in written]
        return result

    return command


def document(result: Result) -> Any:
    """The one JSON document on stdout, which is as the schema says and agrees with the exit code."""
    found = json.loads(result.stdout)
    SCHEMA.validate(found)
    assert found["exitCode"] == result.exit_code
    return found


def test_init_takes_the_code_from_stdin_and_never_shows_it(run: Callable[..., Result], double: Double, home: Path):
    code = double.invite()
    result = run("init", "--url", double.url, stdin=f"{code}\n", secret=code)
    assert result.exit_code == 0
    assert "Aangemeld als Ziekenhuis Arran" in result.stdout
    assert "Registered as Ziekenhuis Arran" in result.stdout
    assert not [path for path in home.rglob("*") if path.is_file() and code in path.read_text()]


def test_init_takes_the_code_from_the_environment(
    run: Callable[..., Result], double: Double, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SLUIS_CLIENT_CODE", double.invite())
    found = document(run("init", "--url", double.url, "--json"))
    assert found["registration"]["organisationId"] == "hospital-a101h"


def test_init_takes_no_code_as_an_argument(run: Callable[..., Result], double: Double):
    assert run("init", "--url", double.url, "--code", "x").exit_code == 2


def test_a_template_is_the_header_on_stdout_or_in_a_new_file(run: Callable[..., Result], registered: Path):
    header = FAULTY.splitlines()[0] + "\n"
    assert run("template", ROUND).stdout == header
    assert run("template", ROUND, "--output", "empty.csv").exit_code == 0
    assert Path("empty.csv").read_bytes() == header.encode()
    Path("empty.csv").write_text(header + "2019Q1,S08000015,cardiology,90,61\n")
    assert run("template", ROUND, "--output", "empty.csv").exit_code == 2
    assert Path("empty.csv").read_text() != header, "what somebody filled in stays"
    assert document(run("check", "empty.csv", "--round", ROUND, "--json"))["rows"] == 1


def test_a_template_shows_the_codes_of_the_round(run: Callable[..., Result], registered: Path):
    shown = run("template", ROUND, "--codes").stdout
    assert "2019Q4" in shown
    assert "2020Q1" not in shown
    assert "geheel getal, minstens 0" in shown
    assert "whole number, at least 0" in shown
    found = document(run("template", ROUND, "--codes", "--json"))
    assert found["header"] == FAULTY.splitlines()[0].split(",")
    assert [code["code"] for code in found["columns"][1]["codes"]] == ["S08000015", "S08000016"]
    assert document(run("template", "../x", "--json"))["error"]["code"]


def test_a_template_leaves_out_codes_that_do_not_hold_in_the_round(
    run: Callable[..., Result], registered: Path, double: Double
):
    old, new = (
        replace(code, valid_to=date(2018, 12, 31)) if code.code == "cardiology" else code
        for code in double.definition.column("care_form").codes
    )
    columns = [
        replace(column, codes=(old, new)) if column.name == "care_form" else column
        for column in double.definition.columns
    ]
    double.definition = replace(double.definition, columns=tuple(columns))
    found = document(run("template", ROUND, "--json"))
    assert [code["code"] for code in found["columns"][2]["codes"]] == [new.code]


@pytest.mark.parametrize("stdin", ["", "\n", "   \n"])
def test_init_without_a_code_is_wrong_use(run: Callable[..., Result], double: Double, stdin: str):
    result = run("init", "--url", double.url, stdin=stdin)
    assert result.exit_code == 2
    assert "Er is geen code gegeven." in result.stderr
    assert not result.stdout


def test_init_with_a_wrong_code_is_refused_by_the_service(run: Callable[..., Result], double: Double):
    result = run("init", "--url", double.url, "--json", stdin="wrong-code\n", secret="wrong-code")
    assert document(result)["error"]["code"] == "registration-refused"
    assert result.exit_code == 4


def test_init_twice_needs_force(run: Callable[..., Result], registered: Path, double: Double):
    result = run("init", "--url", double.url, stdin="unused\n")
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert run("init", "--url", double.url, "--force", stdin=double.invite()).exit_code == 0


def test_init_with_a_passphrase(
    run: Callable[..., Result], double: Double, home: Path, monkeypatch: pytest.MonkeyPatch
):
    code = double.invite()
    assert run("init", "--url", double.url, "--passphrase", stdin=code).exit_code == 2  # nobody to type it
    monkeypatch.setenv("SLUIS_CLIENT_PASSPHRASE", "open sesame")
    assert run("init", "--url", double.url, "--passphrase", stdin=code, secret="open sesame").exit_code == 0
    assert "ENCRYPTED" in (home / "key.pem").read_text()
    assert run(*SUBMIT, secret="open sesame").exit_code == 0
    monkeypatch.delenv("SLUIS_CLIENT_PASSPHRASE")
    result = run("status", "--json")
    assert document(result)["error"]["code"] == "passphrase"
    assert result.exit_code == 2


def test_check_shows_all_faults_at_once_in_both_languages(run: Callable[..., Result], registered: Path):
    result = run("check", "faulty.csv", "--round", ROUND)
    assert result.exit_code == 3
    rows = [line for line in result.stdout.splitlines() if "F1" in line]
    assert len(rows) == 2
    with Client.from_profile() as client:
        faults = client.check("faulty.csv", ROUND).faults.shown
    for fault, row in zip(faults, rows, strict=True):
        assert row.split()[0] == str(fault.row)
        assert fault.column in row
        assert fault.nl[:20] in row
        assert fault.en[:20] in row
    assert "Er is niets verstuurd." in result.stdout


def test_it_is_said_from_where_rows_are_numbered(run: Callable[..., Result], registered: Path):
    shown = run("check", "faulty.csv", "--round", ROUND).stdout
    assert "Rij 1 is de eerste rij met gegevens: onder de kopregel, in Excel rij 2." in shown
    assert "Row 1 is the first row of data" in shown
    Path("headless.csv").write_text("period\n2019Q1\n")
    without = run("check", "headless.csv", "--round", ROUND)
    assert without.exit_code == 3
    assert "Rij 1" not in without.stdout, "no fault is about a row"


def test_one_is_counted_as_one(run: Callable[..., Result], registered: Path):
    header = FAULTY.splitlines()[0] + "\n"
    Path("one.csv").write_text(header + "2019Q1,S08000015,magic,90,61\n")
    assert {"1 fout. Er is niets verstuurd.", "1 fault. Nothing was sent."} <= set(
        run("check", "one.csv", "--round", ROUND).stdout.splitlines()
    )
    refused = document(run("submit", "one.csv", "--round", ROUND, "--yes", "--json"))["error"]
    assert refused["nl"] == "De inhoud bevat 1 fout; er is niets aangenomen."
    assert refused["en"] == "The content has 1 fault; nothing was accepted."
    Path("one.csv").write_text(header + "2019Q1,S08000015,cardiology,90,61\n")
    assert "1 rij gecontroleerd, geen fouten." in run("check", "one.csv", "--round", ROUND).stdout
    accepted = run("submit", "one.csv", "--round", ROUND, "--yes").stdout
    assert "Aangenomen: 1 rij, versie 1." in accepted
    assert "Accepted: 1 row, version 1." in accepted


def test_english_comes_first_when_asked(run: Callable[..., Result], registered: Path, monkeypatch: pytest.MonkeyPatch):
    dutch = run("check", "capacity.csv", "--round", ROUND).stdout.splitlines()
    english = run("check", "capacity.csv", "--round", ROUND, "--language", "en").stdout.splitlines()
    assert dutch == english[::-1]
    monkeypatch.setenv("SLUIS_CLIENT_LANGUAGE", "en")
    assert run("check", "capacity.csv", "--round", ROUND).stdout.splitlines() == english


def test_an_offline_check_finds_what_the_wire_check_finds(
    run: Callable[..., Result], registered: Path, double: Double, definition: wire.Definition
):
    missing = run("check", "faulty.csv", "--round", ROUND, "--offline", "--json")
    assert document(missing)["error"]["code"] == "not-cached"
    assert missing.exit_code == 2
    online = document(run("check", "faulty.csv", "--round", ROUND, "--json"))
    double.calls.clear()
    offline = document(run("check", "faulty.csv", "--round", ROUND, "--offline", "--json"))
    assert not double.calls
    assert offline == online
    checked = wire.check_content(definition, ["2019Q1", "2019Q2", "2019Q3", "2019Q4"], FAULTY.encode(), wire.Format.CSV)
    assert offline["faults"] == checked.faults.to_json()


def test_a_period_outside_the_round_is_a_fault_offline_too(run: Callable[..., Result], registered: Path):
    Path("next.csv").write_text(FAULTY.splitlines()[0] + "\n2020Q1,S08000015,cardiology,1,1\n")
    run("check", "next.csv", "--round", ROUND)
    assert run("check", "next.csv", "--round", ROUND, "--offline").exit_code == 3


def test_many_faults_are_counted_and_the_first_shown(run: Callable[..., Result], registered: Path):
    Path("many.csv").write_text(FAULTY.splitlines()[0] + "\n" + "2019Q1,S08000015,Magic,1,1\n" * 900)
    result = run("check", "many.csv", "--round", ROUND)
    assert result.exit_code == 3
    assert "met --json" in result.stdout.lower()
    assert len(result.stdout.splitlines()) < 120
    found = document(run("check", "many.csv", "--round", ROUND, "--json"))
    assert found["faults"]["total"] >= 900


def test_submit_says_what_was_accepted(run: Callable[..., Result], registered: Path, double: Double):
    result = run(*SUBMIT)
    assert result.exit_code == 0
    assert f"Aangenomen: 2 rijen, versie 1. Ontvangstbewijs {double.accepted[0].id}" in result.stdout
    again = document(run(*SUBMIT, "--json"))
    assert (again["outcome"], again["submissionId"]) == ("duplicate", double.accepted[0].id)


@pytest.mark.parametrize("named", [(), ("--corrects", "01a20000-0000-7000-8000-000000000000")])
def test_a_second_delivery_is_told_what_to_type(
    run: Callable[..., Result], registered: Path, double: Double, named: tuple[str, ...]
):
    run(*SUBMIT)
    again = ("submit", "long.csv", "--round", ROUND, "--yes")
    result = run(*again, *named)
    assert result.exit_code == 4
    typed = f"--corrects {double.accepted[0].id}"
    assert result.stderr.count(f"`{typed}`") == 2
    assert "'corrects'" not in result.stderr
    assert run(*again, *typed.split()).exit_code == 0


@pytest.mark.parametrize("data", [None, {}, {"submission": "-"}, {"submission": "x`; rm -rf ~"}, {"submission": 1}])
@pytest.mark.parametrize("code", ["already-delivered", "corrects-outdated"])
def test_only_a_name_gets_into_a_command_to_type(
    run: Callable[..., Result], registered: Path, double: Double, code: str, data: object
):
    def refuse(_body: object, _key: str) -> None:
        raise Refusal(409, code, data=data)

    double.announce = refuse
    mend = document(run(*SUBMIT, "--json"))["error"]["mend"]
    assert "`--corrects ID`" in mend["nl"]
    assert "`--corrects ID`" in mend["en"]


def test_submit_asks_first_and_a_script_must_say_yes(run: Callable[..., Result], registered: Path, double: Double):
    result = run(*SUBMIT[:-1], "--json")
    assert result.exit_code == 2
    assert "--yes" in document(result)["error"]["mend"]["nl"]
    assert not double.held


def test_submit_of_faulty_content_is_3(run: Callable[..., Result], registered: Path, double: Double):
    result = run("submit", "faulty.csv", "--round", ROUND, "--yes", "--json")
    found = document(result)
    assert result.exit_code == 3
    assert found["error"]["faults"]["total"] == 2
    assert not double.held


def test_a_refusal_with_reasons_is_4_and_shows_them(run: Callable[..., Result], registered: Path, double: Double):
    reason = {
        "code": "not-expected",
        "rule": "art. 6 AVG",
        "nl": "U wordt niet verwacht.",
        "en": "You are not expected.",
        "mend": {"nl": "Vraag de beheerder.", "en": "Ask the operator."},
        "data": {},
    }

    def deny(_body: object, _key: str) -> None:
        raise Refusal(403, "submission-denied", reasons=[reason])

    double.announce = deny
    result = run(*SUBMIT)
    assert result.exit_code == 4
    assert "not-expected (art. 6 AVG): U wordt niet verwacht. → Vraag de beheerder." in result.stderr
    assert document(run(*SUBMIT, "--json"))["error"]["reasons"][0]["code"] == "not-expected"


PERSON = "bsn.planning.1.0123456789abcdefghijkl"
UNDER_THE_NEXT_KEY = "bsn.planning.2.abcdefghijkl0123456789"


def objected(result: Result) -> list[Any]:
    return list(document(result)["objections"])


@pytest.mark.parametrize(("given", "stdin"), [((), f"{PERSON}\n"), ((PERSON,), None)])
def test_an_objection_is_lodged_shown_and_withdrawn_and_whose_it_is_stays_nowhere(
    run: Callable[..., Result], registered: Path, double: Double, given: tuple[str, ...], stdin: str | None
):
    lodge = ("objections", "lodge", *given, "--data-set", "capacity")
    (made,) = objected(run(*lodge, "--json", stdin=stdin, secret=PERSON))
    assert made["dataSets"] == ["capacity"]
    assert (made["purposes"], made["withdrawnAt"]) == ([], None)
    assert objected(run("objections", "list", "--json")) == [made]
    (ended,) = objected(run("objections", "withdraw", made["id"], "--json"))
    assert ended == {**made, "withdrawnAt": made["lodgedAt"]}
    assert made["id"] in run("objections", "list").stdout
    kept = [path for path in registered.rglob("*") if path.is_file()]
    assert [path.name for path in kept if path.parent.name == "objections"] == [f"{made['id']}.json"]
    assert not [path for path in kept if PERSON.encode() in path.read_bytes()]


def test_while_a_key_is_replaced_an_objection_is_lodged_under_each_key_that_was_used(
    run: Callable[..., Result], registered: Path, double: Double
):
    lodge = ("objections", "lodge")
    both = f"{UNDER_THE_NEXT_KEY}\n{PERSON}\n"
    told = run(*lodge, stdin=both, secret=PERSON)
    assert told.exit_code == 0
    assert "You did not deliver this person under the other key yet." in told.stdout
    assert len(double.objections) == 1
    double.persons.add(UNDER_THE_NEXT_KEY)
    assert len(objected(run(*lodge, "--json", stdin=both))) == 2
    double.persons.clear()
    refused = run(*lodge, "--json", stdin=both)
    assert refused.exit_code == 4
    assert document(refused)["error"]["reasons"][0]["code"] == "person-not-yours"


@pytest.mark.parametrize(
    "stdin",
    ["", "111222333\n", f"{PERSON} 111222333", f"{PERSON} {PERSON}", f"{PERSON} {PERSON.replace('planning', 'care')}"],
)
def test_what_is_not_one_person_is_not_sent_and_not_repeated(
    run: Callable[..., Result], registered: Path, double: Double, stdin: str
):
    result = run("objections", "lodge", "--json", stdin=stdin, secret="111222333")
    assert document(result)["outcome"] == "error"
    assert result.exit_code == 2
    assert not double.objections
    assert PERSON not in result.stdout + result.stderr


def test_no_connection_is_5_and_the_same_command_goes_on(
    run: Callable[..., Result], home: Path, double: Double, proxy: CuttingProxy
):
    run("init", "--url", proxy.url, stdin=double.invite())
    proxy.cuts.append(Cut("PUT /v1/submissions/.*/completion", sent=None, received=0))
    result = run(*SUBMIT)
    assert result.exit_code == 5
    assert "Er is niets verloren" in result.stderr
    assert not result.stdout
    status = document(run("status", "--json"))
    assert [(entry["name"], entry["round"]) for entry in status["underWay"]] == [("capacity.csv", ROUND)]
    assert "Geef dezelfde submit-opdracht opnieuw" in run("status").stdout
    assert run(*SUBMIT).exit_code == 0
    assert len(double.held) == 1


def test_a_false_receipt_is_6(run: Callable[..., Result], registered: Path, double: Double):
    double.receipt_key = Ed25519PrivateKey.generate()
    result = run(*SUBMIT, "--json")
    assert result.exit_code == 6
    assert document(result)["error"]["code"] == "receipt"


def test_an_unsafe_profile_is_6(run: Callable[..., Result], registered: Path):
    (registered / "key.pem").chmod(0o644)
    result = run("status", "--json")
    assert result.exit_code == 6
    assert document(result)["error"]["code"] == "profile-unsafe"


@pytest.mark.parametrize(
    "arguments",
    [("unknown",), ("submit",), ("submit", "capacity.csv"), ("check", "x", "--round", ROUND, "--language", "fr")],
)
def test_wrong_use_is_2(run: Callable[..., Result], arguments: tuple[str, ...]):
    assert run(*arguments).exit_code == 2


def test_receipts_are_listed_shown_and_verified(run: Callable[..., Result], registered: Path, double: Double):
    run(*SUBMIT)
    submission = double.accepted[0].id
    listed = document(run("receipts", "list", "--json"))
    assert [kept["receipt"]["submissionId"] for kept in listed["receipts"]] == [submission]
    assert submission in run("receipts", "list").stdout
    assert document(run("receipts", "show", submission, "--json"))["receipt"] == listed["receipts"][0]
    assert run("receipts", "verify", submission, "--file", "capacity.csv").exit_code == 0
    assert run("receipts", "verify", submission, "--file", "long.csv").exit_code == 6


@pytest.mark.parametrize("command", ["show", "verify"])
def test_a_receipt_that_is_not_here_is_wrong_use_and_nothing_to_distrust(
    run: Callable[..., Result], registered: Path, command: str
):
    result = run("receipts", command, "unknown")
    assert result.exit_code == 2
    assert "`sluis-client receipts list`" in result.stderr
    assert document(run("receipts", command, "unknown", "--json"))["error"]["code"] == "no-receipt"


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_what_is_to_be_copied_stays_in_one_piece(
    run: Callable[..., Result], registered: Path, double: Double, monkeypatch: pytest.MonkeyPatch, columns: str
):
    run(*SUBMIT)
    monkeypatch.setenv("COLUMNS", columns)
    signed = double.accepted[0].receipt
    assert signed is not None
    kept = signed.receipt
    listed = run("receipts", "list").stdout
    moment = f"{kept.accepted_at.astimezone(DUTCH):%Y-%m-%d %H:%M %Z}"
    for word in ("aanlevering", "bestand", kept.submission_id, ROUND, moment, "capacity.csv"):
        assert listed.count(word) == 1
    assert max(map(len, listed.splitlines())) <= int(columns)
    for command in ("status", "rounds"):
        shown = run(command).stdout
        assert ROUND in shown
        assert f"{double.deadline.astimezone(DUTCH):%Y-%m-%d %H:%M %Z}" in shown


def test_a_document_has_the_moments_exactly(run: Callable[..., Result], registered: Path, double: Double):
    run(*SUBMIT)
    signed = double.accepted[0].receipt
    assert signed is not None
    accepted = document(run("receipts", "list", "--json"))["receipts"][0]["receipt"]["acceptedAt"]
    assert accepted == wire.time_text(signed.receipt.accepted_at)
    assert document(run("rounds", "--json"))["rounds"][0]["deadline"] == wire.time_text(double.deadline)


def test_rounds_and_trust(run: Callable[..., Result], registered: Path, double: Double):
    assert document(run("rounds", "--json"))["rounds"][0]["id"] == ROUND
    assert document(run("uses", "--json"))["uses"][0]["purpose"] == "regional-capacity-planning"
    assert ROUND in run("rounds").stdout
    key = wire.published_jwk(double.signing_key.public_key())["kid"]
    assert document(run("trust", key, "--json"))["keyId"] == key
    assert run("trust", "0" * 43, "--json").exit_code == 6


def test_a_full_disk_is_told(run: Callable[..., Result], registered: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run(*SUBMIT, "--json")
    assert result.exit_code == 2
    assert "No space left" in document(result)["error"]["en"]


def test_text_of_the_service_cannot_steer_the_terminal(run: Callable[..., Result], registered: Path, double: Double):
    double.round = lambda: (_ for _ in ()).throw(Refusal(403, "denied", detailNl="\x1b[2J[red]weg\x07", detail="gone"))
    result = run("rounds")
    assert "\x1b" not in result.stderr
    assert "\x07" not in result.stderr
    assert "[red]weg" in result.stderr


def test_every_exit_code_is_in_the_help(run: Callable[..., Result]):
    shown = " ".join(run("--help").stdout.split())
    for code, meaning in MEANING.items():
        assert f"{int(code)} {meaning.nl} ({meaning.en})" in shown


def test_the_installed_command_writes_only_the_document(registered: Path, double: Double):
    command = [sys.executable, "-m", "sluis_client", *SUBMIT, "--json"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0
    SCHEMA.validate(json.loads(finished.stdout))
    assert not finished.stderr


def test_a_data_set_is_described(run: Callable[..., Result], registered: Path, definition: wire.Definition):
    shown = run("describe", "capacity").stdout
    assert all(column.name in shown for column in definition.columns)
    assert document(run("describe", "capacity", "--json"))["definition"] == definition.to_json()
    assert document(run("describe", "nothing", "--json"))["error"]["code"]
    assert document(run("describe", "../x", "--json"))["error"]["code"]

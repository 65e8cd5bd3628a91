"""A supplier sees what is due when, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import icalendar as reader
import jsonschema_rs
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from sluis_double import Double, an_entry

from sluis_client import CalendarEntry, Client, Round, UnexpectedAnswerError
from sluis_client.answers import Attempt
from sluis_client.calendar import icalendar
from sluis_client.cli import app
from sluis_client.steps import next_step, next_steps

SCHEMA = jsonschema_rs.validator_for(
    json.loads(resources.files("sluis_client.cli").joinpath("output.schema.json").read_text("utf-8"))
)
NOW = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def run() -> Callable[..., Result]:
    from typer.testing import CliRunner

    return lambda *words: CliRunner(env={"COLUMNS": "200"}).invoke(app, list(words))


def test_the_calendar_shows_what_is_open(run: Callable[..., Result], registered: Path, double: Double) -> None:
    double.calendar.insert(0, an_entry(standing="delivered", round="capacity-2018", submissionId="s-1"))
    shown = " ".join(run("calendar").stdout.split())
    assert "capacity-2019" in shown
    assert "2026-02-14" in shown
    assert "voorzien" in shown
    assert "capacity-2018" not in shown
    assert "capacity-2018" in run("calendar", "--all").stdout
    found = document(run("calendar", "--json"))["calendar"]
    assert [one["standing"] for one in found] == ["delivered", "due", "foreseen"]
    assert found[2]["deadline"] is None
    double.calendar = []
    assert "Nothing is due." in run("calendar", "--language", "en").stdout


@pytest.mark.parametrize("broken", [{"due": "soon"}, {"daysLeft": "3"}, {"title": {"nl": "x"}}, {"deadline": "x"}])
def test_an_answer_that_is_not_as_agreed_is_told(registered: Path, double: Double, broken: dict[str, Any]) -> None:
    double.calendar = [an_entry(**broken)]
    with Client.from_profile() as client, pytest.raises(UnexpectedAnswerError):
        client.calendar.all()


def test_the_file_for_a_calendar_program(
    run: Callable[..., Result], registered: Path, double: Double, tmp_path: Path
) -> None:
    double.calendar.append(an_entry(standing="delivered", period="2018"))
    assert run("calendar", "--ics", str(tmp_path / "sluis.ics")).exit_code == 0
    found = reader.Calendar.from_ical((tmp_path / "sluis.ics").read_bytes())
    due, foreseen = found.walk("VEVENT")
    assert due["SUMMARY"] == "Aanleveren: Capaciteit, in bedden; bezet, 2019"
    assert (due["DTSTART"].dt, due["DTEND"].dt) == (date(2026, 2, 14), date(2026, 2, 15))
    assert (due["STATUS"], foreseen["STATUS"]) == ("CONFIRMED", "TENTATIVE")
    assert [alarm["TRIGGER"].dt for alarm in found.walk("VALARM")] == [timedelta(days=-7)]


TEXTS = st.text(max_size=120)


@given(nl=TEXTS, period=TEXTS, round_=st.none() | TEXTS)
def test_whatever_the_service_says_stays_one_event(nl: str, period: str, round_: str | None) -> None:
    entry = CalendarEntry.from_json(an_entry(title={"nl": nl, "en": nl}, period=period) | {"round": round_})
    written = icalendar([entry], NOW)
    assert max(map(len, written.split(b"\r\n"))) <= 75
    assert b"\n" not in written.replace(b"\r\n", b"")
    (event,) = reader.Calendar.from_ical(written).walk("VEVENT")
    assert event["SUMMARY"] == "".join(c if c.isprintable() else " " for c in f"Aanleveren: {nl}, {period}")


def test_addresses_are_changed_and_removed(run: Callable[..., Result], registered: Path) -> None:
    assert "a@x.example, b@x.example" in run("contact", "a@x.example", "b@x.example").stdout
    assert document(run("contact", "--none", "--json"))["addresses"] == []
    assert "no reminders" in run("contact", "--none").stdout
    assert run("contact", "a@x.example", "--none").exit_code == 2


def test_addresses_are_shown(run: Callable[..., Result], registered: Path, double: Double) -> None:
    assert "no reminders" in run("contact").stdout
    double.contact = ["a@x.example"]
    assert "Herinneringen gaan naar: a@x.example." in run("contact").stdout
    assert double.contact == ["a@x.example"]


def document(result: Result) -> Any:
    """The one JSON document on stdout, which is as the schema says."""
    found = json.loads(result.stdout)
    SCHEMA.validate(found)
    return found


def a_round(state: str, delivery: str | None = None, days: int = 5, attempt: str | None = None) -> Round:
    counts = "s-1" if delivery in {"accepted", "late"} else None
    tried = None if attempt is None else Attempt(attempt, "s-2")
    return Round("beds-2025", "beds", 1, "2025", state, NOW + timedelta(days=days), delivery, counts, tried)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (a_round("draft"), "wordt voorbereid"),
        (a_round("cancelled"), "gaat niet door"),
        (a_round("open", "missing"), "template beds-2025 --output"),
        (a_round("open", "missing", -1), "zo snel mogelijk"),
        (a_round("open", "late", -1), "--corrects s-1"),
        (a_round("open", "accepted"), "Uw aanlevering telt."),
        (a_round("closed", "missing"), "zonder uw aanlevering"),
        (a_round("closed", "accepted"), "sluis-client uses"),
        (a_round("paused"), "kent de stand `paused` niet"),
        (a_round("open", "missing", attempt="refused"), "submit BESTAND --round beds-2025`."),
        (a_round("open", "missing", -1, "refused"), "als te laat gemerkt"),
        (
            a_round("open", "accepted", attempt="refused"),
            "--corrects s-1`. Tot dan telt wat eerder is aangenomen (s-1)",
        ),
        (a_round("open", "missing", attempt="receiving"), "Geef dezelfde submit-opdracht opnieuw"),
        (a_round("open", "missing", attempt="abandoned"), "opgeruimd. Lever opnieuw aan"),
        (a_round("open", "missing", attempt="withdrawn"), "U hebt uw aanlevering ingetrokken"),
        (a_round("open", "missing", attempt="some-later-state"), "template beds-2025 --output"),
        (a_round("closed", "missing", attempt="refused"), "zonder uw aanlevering"),
    ],
)
def test_every_state_has_a_next_step(found: Round, words: str) -> None:
    step = next_step(found, NOW)
    assert words in step.nl
    assert step.en
    assert "{" not in step.nl + step.en


def test_rounds_with_the_same_step_are_told_together() -> None:
    missed, other = a_round("closed", "missing"), a_round("closed", "missing", -300)
    assert [about for _, about in next_steps([missed, other, a_round("draft")], NOW)] == [
        ["beds-2025", "beds-2025"],
        ["beds-2025"],
    ]


def test_a_delivery_that_does_not_count_is_shown(run: Callable[..., Result], registered: Path, double: Double) -> None:
    """In status, rounds and the calendar, in both languages, and for machines by its id."""
    double.attempt = {"state": "refused", "submissionId": "s-9"}
    double.calendar = [an_entry(attempt=double.attempt)]
    for command in ("status", "rounds", "calendar"):
        assert "ontbreekt (laatste geweigerd)" in " ".join(run(command).stdout.split())
        assert "missing (last one refused)" in " ".join(run(command, "--language", "en").stdout.split())
    for command, member in (("rounds", "rounds"), ("calendar", "calendar")):
        (one,) = document(run(command, "--json"))[member]
        assert one["attempt"] == double.attempt
    told = " ".join(run("status").stdout.split())
    assert "Uw laatste aanlevering is geweigerd." in told
    assert "Your last delivery was refused." in told


@pytest.mark.parametrize(
    ("deadline", "shown"),
    [
        ("2026-10-24T22:00:00Z", "2026-10-25 00:00 CEST"),
        ("2026-10-25T00:30:00Z", "2026-10-25 02:30 CEST"),
        ("2026-10-25T01:30:00Z", "2026-10-25 02:30 CET"),
        ("2026-03-29T00:59:00Z", "2026-03-29 01:59 CET"),
        ("2026-03-29T01:00:00Z", "2026-03-29 03:00 CEST"),
    ],
)
def test_a_deadline_is_shown_by_the_clocks_of_the_netherlands(
    run: Callable[..., Result], registered: Path, double: Double, deadline: str, shown: str
) -> None:
    double.deadline = datetime.fromisoformat(deadline)
    assert shown in " ".join(run("status").stdout.split())


def test_a_file_that_cannot_be_written_is_told(run: Callable[..., Result], registered: Path, tmp_path: Path) -> None:
    told = run("calendar", "--ics", str(tmp_path / "nowhere" / "sluis.ics"))
    assert told.exit_code == 2
    assert "No such file" in told.stderr


def test_status_says_what_is_next(run: Callable[..., Result], registered: Path) -> None:
    assert "sluis-client submit BESTAND --round capacity-2019" in " ".join(run("status").stdout.split())
    (step,) = document(run("status", "--json"))["nextSteps"]
    assert step["rounds"] == ["capacity-2019"]

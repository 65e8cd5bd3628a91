"""The auditor over HTTP: exports, single events, signals, saved searches; and the supplier's view of its uses."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from api_world import World
from fhir_validators import require_fhir

from service.api.audit_export import COLUMNS
from service.domain.audit import Action, EventCode, StoredEvent
from service.domain.errors import Unavailable
from service.domain.principal import Role
from service.ports.unit_of_work import AuditFilter
from service.use_cases import read_audit_log as use_case
from service.use_cases.read_audit_log import ExportForm, export_audit_log
from sluis_client.wire import canonical_bytes, from_base64url

HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2",
    "@SUM(A1)",
    "\tx",
    "\r\nx,y",
    'a"b',
    "\uff1d1",
    "a\0b",
    "zeg\nwat",
    ";x",
    "x;=HYPERLINK(A1);",
]
CODE = EventCode("round.change", Action.UPDATE, "round")

SOMEBODY = f"bsn.p.1.{'A' * 22}"


def log(world: World, object_id: str) -> None:
    with world.operator().transact(CODE) as step:
        step.object_id = object_id


@pytest.fixture(scope="module", autouse=True)
def _hostile_events(cast: Any) -> None:
    for text in HOSTILE:
        log(cast.world, text)


def export(cast: Any, form: str, query: str = "code=round.change") -> Any:
    cast.world.clock.moment += timedelta(milliseconds=1)
    return cast.world.call("GET", f"/v1/audit-events/export?format={form}&{query}", cast.auditor)


def test_a_csv_is_whole_and_nothing_in_it_is_a_formula(cast: Any, world: World) -> None:
    answer = export(cast, "csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline=""), strict=True))
    assert list(rows[0]) == list(COLUMNS)
    found = {row["objectId"] for row in rows}
    for text in HOSTILE:
        stored = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
        assert stored in found or f"'{stored}" in found or stored.replace(";=", ";'=") in found, text
    assert not [cell for row in rows for cell in row.values() if cell[:1] in {*"=+-@\t\r\n", "\uff1d"}]
    split = [cell for line in answer.text.splitlines() for cell in re.split(r"[;\t]", line)]  # as a Dutch Excel does
    assert not [cell for cell in split if cell.strip(' "')[:1] in {*"=+-@", "\uff1d"}]
    assert len(rows) == len(world.events(code="round.change"))


def test_a_line_of_ndjson_is_what_the_log_commits_to(cast: Any, world: World) -> None:
    answer = export(cast, "ndjson")
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.content.splitlines()]
    assert len(lines) == len(world.events(code="round.change"))
    for line in lines:
        assert set(line) == {"leafHash", "salt", "event"}
        assert len(from_base64url(line["salt"])) == 32
        assert canonical_bytes(json.loads(line["event"])).decode() == line["event"]


def test_a_bundle_is_valid_fhir(cast: Any, world: World) -> None:
    answer = export(cast, "fhir", "")
    assert answer.headers["content-type"] == "application/fhir+json"
    bundle = answer.json()
    require_fhir(bundle)
    assert len(bundle["entry"]) >= len(HOSTILE)
    nothing = export(cast, "fhir", "actor=nobody").json()
    require_fhir(nothing)
    assert "entry" not in nothing


def test_an_export_is_in_the_log_and_not_in_itself(cast: Any, world: World) -> None:
    answer = export(cast, "csv", "outcome=success&reason=none-such")
    newest = world.events(code="audit.export")[0]
    assert json.loads(newest.query or "") == {"format": "csv", "outcome": "success", "reason": "none-such"}
    assert newest.id not in answer.text
    assert newest.id not in export(cast, "csv", "from=2020-01-01T00:00:00Z&code=round.change").text


def test_an_export_is_read_as_it_is_taken(cast: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large: a few hundred events are in memory, and no transaction is open while nobody reads."""
    monkeypatch.setattr(use_case, "AT_ONCE", 2)
    looks: list[int] = []
    begin = world.services.database.look

    def counted() -> Any:
        looks.append(1)
        return begin()

    monkeypatch.setattr(world.services.database, "look", counted, raising=False)
    auditor = world.people.known[cast.auditor].principal
    call = type(world.operator())(world.services, auditor, "api:192.0.2.1", "t")
    cast.world.clock.moment += timedelta(milliseconds=1)
    events = export_audit_log(call, AuditFilter(code="round.change"), ExportForm.CSV).events
    before = len(looks)
    taken: list[StoredEvent] = [next(events), next(events)]
    assert len(looks) == before + 1
    log(world, "later")
    rest = list(events)
    found = [one.event.id for one in [*taken, *rest]]
    assert len(found) == len(set(found)) == len(world.events(code="round.change")) - 1


def test_an_export_without_a_form_is_refused(cast: Any, world: World) -> None:
    assert world.call("GET", "/v1/audit-events/export", cast.auditor).status_code == 400
    assert world.call("GET", "/v1/audit-events/export?format=xlsx", cast.auditor).status_code == 400


def test_one_event_is_read_and_that_too_is_in_the_log(cast: Any, world: World) -> None:
    wanted = world.events(code="round.change")[0]
    found = world.call("GET", f"/v1/audit-events/{wanted.id}", cast.auditor).json()
    assert (found["id"], found["objectId"], found["persons"]) == (wanted.id, wanted.object_id, [])
    assert world.events(code="audit.read")[0].object_id == wanted.id
    assert world.call("GET", "/v1/audit-events/no-such-event", cast.auditor).status_code == 404


def test_a_search_by_reason_and_person(cast: Any, world: World) -> None:
    world.call("GET", "/v1/audit-events", cast.steward)
    found = world.call("GET", "/v1/audit-events?reason=role%20allowed", cast.auditor).json()["items"]
    assert found
    assert all("role-not-allowed" in event["reasons"] for event in found)
    for _ in range(2):
        about = world.call("GET", f"/v1/audit-events?pseudonym={SOMEBODY}", cast.auditor).json()["items"]
    (event,) = about
    (kept,) = event["persons"]  # what is typed is the pseudonym that suppliers make
    assert (event["code"], kept.rpartition(".")[0]) == ("audit.search", "kept-" + SOMEBODY.rpartition(".")[0])
    assert kept.rpartition(".")[2] not in SOMEBODY


@pytest.mark.parametrize(
    "typed", ["123456782", "%20bsn.p.1.x", "bsn.p.1.123456782", "bsn.p.1.", "BSN.123456782.1." + "A" * 22]
)
def test_an_identifier_typed_as_a_pseudonym_is_not_written_down(cast: Any, world: World, typed: str) -> None:
    """Not by a search, an export or a search to be kept: what the log has it keeps for years, in every export."""
    number = len(world.events())
    for path in (f"/v1/audit-events?pseudonym={typed}", f"/v1/audit-events/export?format=csv&pseudonym={typed}"):
        refused = world.call("GET", path, cast.auditor)
        assert refused.status_code == 400
        assert "123456782" not in refused.text
    kept = world.call("POST", "/v1/audit-queries", cast.auditor, json={"name": "x", "query": f"pseudonym={typed}"})
    assert kept.status_code == 400
    new = world.events()[: len(world.events()) - number]
    assert [event.code for event in new] == ["audit.save-query"]
    assert (new[0].query, new[0].persons, new[0].outcome.value) == (None, (), "failed")


def test_searches_are_kept_per_auditor(cast: Any, world: World) -> None:
    body = {"name": "Weigeringen", "query": "outcome=denied&from=2026-01-01T00%3A00%3A00Z"}
    made = world.call("POST", "/v1/audit-queries", cast.auditor, json=body)
    assert made.status_code == 201, made.text
    again = world.call("POST", "/v1/audit-queries", cast.auditor, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "saved-query-exists")
    for query in ("pseudonym=bsn.p.1.x", "limit=5", "outcome=denied&outcome=failed"):
        refused = world.call("POST", "/v1/audit-queries", cast.auditor, json={"name": "x", "query": query})
        assert (refused.status_code, refused.json()["code"]) == (400, "saved-query"), query
    kept = world.call("GET", "/v1/audit-queries", cast.auditor).json()["items"]
    assert made.json() in kept
    assert world.call("GET", f"/v1/audit-events?{kept[0]['query']}", cast.auditor).status_code == 200
    path = f"/v1/audit-queries/{made.json()['id']}"
    assert world.call("DELETE", path, cast.auditor).status_code == 204
    assert world.call("DELETE", path, cast.auditor).status_code == 404


def test_signals_lead_to_their_events(cast: Any, world: World) -> None:
    for _ in range(12):
        world.call("GET", "/v1/audit-events", cast.steward)
    world.clock.moment += timedelta(hours=1)
    try:
        found = world.call("GET", "/v1/audit-signals", cast.auditor).json()["items"]
        denials = [one for one in found if one["signal"] == "many-denials" and one["actor"].endswith("#steward-1")]
        assert denials
        assert str(denials[0]["count"]) in denials[0]["nl"]
        behind = world.call("GET", f"/v1/audit-events?limit=200&{denials[0]['query']}", cast.auditor).json()["items"]
        assert len(behind) == denials[0]["count"]
    finally:
        world.clock.moment -= timedelta(hours=1)
    for bad in (
        "from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z",
        "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
    ):
        refused = world.call("GET", f"/v1/audit-signals?{bad}", cast.auditor)
        assert (refused.status_code, refused.json()["code"]) == (400, "window")
    for edge in ("to=0001-01-01T00:00:00Z", "from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59Z"):
        assert world.call("GET", f"/v1/audit-signals?{edge}", cast.auditor).status_code in {200, 400}


def test_a_log_in_is_recorded_once_and_says_how(cast: Any, world: World) -> None:
    someone = world.people.add("newly-come", Role.STEWARD, organisation="ttp", withheld=[Role.AUDITOR])
    for _ in range(3):
        assert world.call("GET", "/v1/rounds", someone).status_code == 200
    (event,) = world.events(code="login.succeed", user="https://login.example#newly-come")
    assert (event.outcome, event.reasons, event.checks) == ("success", ("second-factor-missing",), ("token",))
    assert "person.newly-come" not in repr(event)
    assert world.events(code="login.succeed", user="hospital-a") == []


def test_a_log_in_that_cannot_be_recorded_lets_nobody_in(
    cast: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = world.people.add("unrecorded", Role.STEWARD, organisation="ttp")

    def full(*_: Any) -> Callable[..., None]:
        raise Unavailable("database-busy")

    with monkeypatch.context() as patched:
        patched.setattr("service.api.callers.record_login", full)
        assert world.call("GET", "/v1/rounds", someone).status_code == 503
    assert world.call("GET", "/v1/rounds", someone).status_code == 200
    assert len(world.events(code="login.succeed", user="https://login.example#unrecorded")) == 1

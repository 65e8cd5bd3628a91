"""The journey over HTTP, on the real parts: from a code to a release that is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from api_world import World, records, request_body

from service.api.problem_texts import EDGE
from service.domain.organisation import OrganisationKind
from service.domain.principal import Role
from service.domain.request import Unsafe
from sluis_client import wire


@pytest.fixture(scope="module")
def round_id(cast: Any) -> str:
    return cast.world.open_round(cast.steward, ["hospital-a", "hospital-b"])


def test_metadata_says_where_everything_is(world: World) -> None:
    told = world.call("GET", "/.well-known/oauth-authorization-server").json()
    assert told["token_endpoint"] == f"{told['issuer']}/v1/oauth/token"
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    keys = world.call("GET", "/.well-known/jwks.json").json()["keys"]
    assert {(key["kty"], key["alg"], key["use"]) for key in keys} == {("EC", "ES256", "sig"), ("OKP", "EdDSA", "sig")}


def test_a_delivery_gets_a_receipt_that_holds(cast: Any, world: World, round_id: str) -> None:
    body = world.submission("hospital-a", records())
    headers = {"Idempotency-Key": "first-delivery"}
    made = world.call("POST", "/v1/submissions", cast.supplier, json=body, headers=headers)
    assert made.status_code == 201, made.text
    told = made.json()
    assert made.headers["location"] == f"/v1/submissions/{told['id']}"
    assert (told["state"], told["rows"], told["version"], told["late"]) == ("accepted", 2, 1, False)
    manifest = wire.Manifest.from_json(body["manifest"])
    jwks = world.call("GET", "/.well-known/jwks.json").json()
    assert wire.verify_receipt(told["receipt"], manifest, jwks).submission_id == told["id"]

    again = world.call("POST", "/v1/submissions", cast.supplier, json=body, headers=headers)
    assert (again.status_code, again.json()) == (200, told)
    assert "sluis-outcome" not in again.headers

    same_content = world.deliver("hospital-a", cast.supplier, records())
    assert (same_content.status_code, same_content.headers["sluis-outcome"]) == (200, "duplicate")
    assert same_content.json()["id"] == told["id"]

    other = world.deliver("hospital-a", cast.supplier, records(first=120))
    assert (other.status_code, other.json()["code"]) == (409, "already-delivered")
    assert other.json()["data"] == {"submission": told["id"]}
    said = wire.Confirmation(("F402",), "A ward opened in the second quarter.")
    corrected = world.deliver("hospital-a", cast.supplier, records(first=120), corrects=told["id"], confirmed=said)
    assert (corrected.status_code, corrected.json()["version"]) == (201, 2)
    with world.services.database.look() as data:
        kept = data.submissions.get(corrected.json()["id"])
    assert wire.Manifest.from_json(json.loads(kept.manifest)).confirmed == said
    for who in (cast.supplier, cast.steward):
        assert world.call("GET", f"/v1/submissions/{kept.id}", who).json()["confirmed"] == said.to_json()
    listed = world.call("GET", f"/v1/rounds/{round_id}/deliveries", cast.steward).json()["items"]
    assert [one["confirmed"] for one in listed if "confirmed" in one] == [said.to_json()]
    assert world.call("GET", f"/v1/submissions/{told['id']}", cast.supplier).json()["state"] == "superseded"

    calendar = world.call("GET", "/v1/organisations/me/calendar", cast.supplier).json()["items"]
    (entry,) = (one for one in calendar if one.get("round") == round_id)
    assert (entry["standing"], entry["submissionId"]) == ("delivered", corrected.json()["id"])
    foreseen = {one["standing"] for one in calendar if "round" not in one}
    assert foreseen <= {"foreseen"}
    mine = world.call("GET", f"/v1/rounds/{round_id}", cast.supplier).json()["myDelivery"]
    assert mine == {"state": "accepted", "submissionId": corrected.json()["id"]}


def test_a_reason_that_points_at_a_person_is_refused_whoever_sends_it(cast: Any, world: World, round_id: str) -> None:
    body = world.submission("hospital-a", records(), confirmed=wire.Confirmation(("F402",), "A ward opened in May."))
    body["manifest"]["confirmed"]["reason"] = "Known by BSN 111222333 with us."
    answer = world.call("POST", "/v1/submissions", cast.supplier, json=body, headers={"Idempotency-Key": "with-bsn"})
    assert answer.status_code == 400
    assert "/manifest/confirmed" in answer.text
    assert "111222333" not in answer.text


def test_a_reused_key_with_another_manifest_is_refused(cast: Any, world: World, round_id: str) -> None:
    headers = {"Idempotency-Key": "only-once"}
    for expected in (201, 409):
        body = world.submission("hospital-b", [*records(), *records(second=41 if expected == 409 else 40)][:2])
        answer = world.call("POST", "/v1/submissions", cast.other_supplier, json=body, headers=headers)
        assert answer.status_code == expected, answer.text
    assert answer.json()["code"] == "idempotency-key-reused"


def test_refused_content_names_every_fault(cast: Any, world: World, round_id: str) -> None:
    supplier = world.onboard("hospital-wrong")
    world.open_round(cast.steward, ["hospital-wrong"], period="2022")
    bad = [{**row, "region": "elsewhere", "staffed_bed_days": -1} for row in records()]
    body = world.submission("hospital-wrong", bad, round="staffed-beds-2022")
    assert attempts(world, supplier, "staffed-beds-2022") == (None, None)
    for _ in range(2):
        answer = world.call("POST", "/v1/submissions", supplier, json=body, headers={"Idempotency-Key": "bad-content"})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (400, "content-refused")
        faults = wire.Faults.from_json(problem["faults"])
        assert faults.total == sum(faults.by_code.values()) == len(faults.shown) >= 4
        assert {fault.row for fault in faults.shown} == {1, 2}
    kept = world.call("GET", f"/v1/submissions/{problem['submissionId']}", supplier).json()
    assert (kept["state"], kept["faults"]) == ("refused", problem["faults"])
    told = {"state": "refused", "submissionId": problem["submissionId"]}
    assert attempts(world, supplier, "staffed-beds-2022") == (told, told)
    good = [{**row, "period": row["period"].replace("2019", "2022")} for row in records()]
    assert world.deliver("hospital-wrong", supplier, good, round="staffed-beds-2022").status_code == 201
    assert attempts(world, supplier, "staffed-beds-2022") == (None, None)


def attempts(world: World, supplier: str, round_id: str) -> tuple[Any, Any]:
    """What the round and the calendar tell a supplier of a delivery that does not count."""
    mine = world.call("GET", f"/v1/rounds/{round_id}", supplier).json()["myDelivery"]
    (entry,) = (
        one
        for one in world.call("GET", "/v1/organisations/me/calendar", supplier).json()["items"]
        if one.get("round") == round_id
    )
    return mine.get("attempt"), entry.get("attempt")


def test_parts_arrive_in_any_order_and_more_than_once(cast: Any, world: World, round_id: str) -> None:
    supplier = world.onboard("hospital-c")
    world.open_round(cast.steward, ["hospital-c"], period="2020")
    rows = "".join(f"2020Q{q},S08000015,anaesthetics,{q},0\r\n" for q in (1, 2, 3, 4))
    content = f"period,region,care_form,staffed_bed_days,occupied_bed_days\r\n{rows}".encode()
    manifest = world.manifest("hospital-c", content, format=wire.Format.CSV, round="staffed-beds-2020")
    body, headers = world.signed("hospital-c", manifest), {"Idempotency-Key": "in-parts"}
    begun = world.call("POST", "/v1/submissions", supplier, json=body, headers=headers)
    assert (begun.status_code, begun.json()["state"], begun.json()["parts"]) == (201, "receiving", [])
    at = f"/v1/submissions/{begun.json()['id']}"

    early = world.call("PUT", f"{at}/completion", supplier, json={"parts": 1})
    assert (early.status_code, early.json()["code"]) == (409, "incomplete")
    digest = {"Content-Digest": f"sha-256=:{wire_base64(content)}:", "Content-Type": "application/octet-stream"}
    for _ in range(2):
        put = world.call("PUT", f"{at}/parts/0", supplier, content=content, headers=digest)
        assert (put.status_code, put.content) == (204, b"")
    wrong = world.call("PUT", f"{at}/parts/0", supplier, content=content + b"x", headers=digest)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "content-digest")
    parts = world.call("GET", at, supplier).json()["parts"]
    assert parts == [{"number": 0, "size": len(content), "digest": wire.digest(content)}]

    for _ in range(2):
        done = world.call("PUT", f"{at}/completion", supplier, json={"parts": 1})
        assert (done.status_code, done.json()["state"], done.json()["rows"]) == (200, "accepted", 4)
    gone = world.call("DELETE", at, supplier)
    assert (gone.status_code, gone.json()["code"]) == (409, "submission-state")


def wire_base64(content: bytes) -> str:
    import base64
    import hashlib

    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def test_clock_skew_tells_the_services_time(cast: Any, world: World, round_id: str) -> None:
    from datetime import timedelta

    late = world.clock.now() - timedelta(minutes=6)
    supplier = world.onboard("hospital-skewed")
    world.open_round(cast.steward, ["hospital-skewed"], period="2018")
    rows = [{**row, "period": row["period"].replace("2019", "2018")} for row in records()]
    answer = world.deliver("hospital-skewed", supplier, rows, created_at=late, round="staffed-beds-2018")
    assert (answer.status_code, answer.json()["code"]) == (400, "clock-skew")
    assert answer.json()["data"]["now"] == "2026-03-01T12:00:00Z"


def test_a_denied_request_is_kept_with_its_reasons(cast: Any, world: World) -> None:
    answer = world.call("POST", "/v1/aggregate-requests", cast.owner, json=request_body(purpose="no-such-purpose"))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (403, "request-denied")
    assert problem["reasons"]
    assert all(reason["nl"] and reason["mend"]["en"] for reason in problem["reasons"])
    kept = world.call("GET", f"/v1/aggregate-requests/{problem['requestId']}", cast.owner).json()
    assert kept["state"] == "denied"
    assert kept["decision"]["reasons"] == problem["reasons"]


def test_from_request_to_release(cast: Any, world: World) -> None:
    hospitals = [f"clinic-{number}" for number in range(6)]
    tokens = {name: world.onboard(name) for name in hospitals}
    world.open_round(cast.steward, hospitals, period="2021")
    care_forms = ("accident-emergency", "anaesthetics", "cardiology")
    for place, name in enumerate(hospitals):
        rows = [
            {
                "period": f"2021Q{quarter}",
                "region": region,
                "care_form": care_form,
                "staffed_bed_days": 1_000 + 10 * place + quarter,
                "occupied_bed_days": 500,
            }
            for quarter in (1, 2, 3, 4)
            for region in ("S08000015", "S08000016")
            for care_form in care_forms
        ]
        made = world.deliver(name, tokens[name], rows, round="staffed-beds-2021")
        assert made.status_code == 201, made.text
    world.call("PUT", "/v1/rounds/staffed-beds-2021/state", cast.steward, json={"state": "closed"})
    by_region = [
        {**d, "level": "planning-region"} if d["dimension"] == "region" else d for d in request_body()["dimensions"]
    ]
    asked = world.call(
        "POST", "/v1/aggregate-requests", cast.owner, json=request_body(periods=["2021"], dimensions=by_region)
    )
    assert asked.status_code == 202, asked.text
    at = asked.headers["location"]
    assert world.worker.run_once(world.services)
    assert world.call("GET", at, cast.owner).json()["state"] == "prepared"

    evidence = world.call("GET", f"{at}/evidence", cast.steward).json()
    assert evidence["safe"] is True
    verdict = {"evidence": evidence["id"], "verdict": "approve", "reason": "Looked at every cell."}
    first = world.call("POST", f"{at}/reviews", cast.steward, json=verdict)
    assert (first.status_code, first.json()["state"]) == (201, "approved-once")
    twice = world.call("POST", f"{at}/reviews", cast.steward, json=verdict)
    assert (twice.status_code, [r["code"] for r in twice.json()["reasons"]]) == (403, ["reviewed-before"])
    second = world.call("POST", f"{at}/reviews", cast.second_steward, json=verdict)
    assert (second.status_code, second.json()["state"]) == (201, "approved")
    world.work()
    released = world.call("GET", at, cast.owner).json()
    assert released["state"] == "released"
    read_the_release(cast, world, released["releaseId"])
    withdraw_the_release(cast, world, released["releaseId"])


def test_an_unsafe_request_says_why_and_what_helps(cast: Any, world: World) -> None:
    world.open_round(cast.steward, ["hospital-a"], period="2023")
    world.call("PUT", "/v1/rounds/staffed-beds-2023/state", cast.steward, json={"state": "closed"})
    asked = world.call("POST", "/v1/aggregate-requests", cast.owner, json=request_body(periods=["2023"]))
    assert asked.status_code == 202, asked.text
    at = asked.headers["location"]
    assert "refusal" not in world.call("GET", at, cast.owner).json()
    limits = replace(world.services.limits, table_cells=10)
    assert world.worker.run_once(replace(world.services, limits=limits))
    told = world.call("GET", at, cast.owner).json()
    assert (told["state"], told["refusal"]["code"]) == ("unsafe", "table-too-large")
    assert set(told["refusal"]) == {"code", "nl", "en", "mend"}
    assert told["refusal"]["mend"]["en"].startswith("Ask less finely")
    obstacle = world.call("GET", f"{at}/evidence", cast.steward).json()["report"]["obstacles"][0]
    assert obstacle.endswith("> 10")
    assert obstacle not in json.dumps(told)
    schema = world.call("GET", "/v1/openapi.json").json()["components"]["schemas"]
    assert set(schema["Unsafe"]["enum"]) == set(Unsafe)


def read_the_release(cast: Any, world: World, release: str) -> None:
    answer = world.call("GET", f"/v1/releases/{release}", cast.owner)
    told = answer.json()
    _, _, content = answer.content.partition(b',"content":')
    content = content[:-1]
    assert wire.digest(content) == told["contentDigest"]
    jwks = wire.KeySet.from_json(world.call("GET", "/.well-known/jwks.json").json())
    wire.verify_ed25519(wire.RELEASE_PREFIX, content, told["signature"], jwks.ed25519(told["keyId"]))
    assert json.loads(content) == told["content"]
    unchanged = world.call(
        "GET", f"/v1/releases/{release}", cast.owner, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    listed = world.call("GET", "/v1/releases", cast.owner).json()["items"]
    assert [(item["id"], item["revision"]) for item in listed] == [(release, "none")]
    assert (told["revision"], told.get("revisedBy")) == ("none", None)
    assert "-none-" in answer.headers["etag"]  # a copy kept by a reader is fetched anew once a revision is pending

    cells = world.call("GET", f"/v1/releases/{release}/cells", cast.owner)
    assert cells.headers["content-type"] == "application/json"
    table = world.call("GET", f"/v1/releases/{release}/cells?format=csv", cast.owner)
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = table.text.split("\r\n")
    assert rows[0] == "period,region,care_form,MEASURE,UNIT_MEASURE,OBS_VALUE,OBS_STATUS"
    assert len(rows) - 2 == len(cells.json()["items"]) > 20
    by_accept = world.call("GET", f"/v1/releases/{release}/cells", cast.owner, headers={"Accept": "text/csv"})
    assert by_accept.content == table.content
    refused = world.call("GET", f"/v1/releases/{release}/cells", cast.owner, headers={"Accept": "image/png"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not-acceptable")


def withdraw_the_release(cast: Any, world: World, release: str) -> None:
    no_reason = world.call("PUT", f"/v1/releases/{release}/withdrawal", cast.steward, json={"reason": " "})
    assert (no_reason.status_code, no_reason.json()["code"]) == (400, "reason-needed")
    reason = {"reason": "An error in the figures."}
    withdrawn = world.call("PUT", f"/v1/releases/{release}/withdrawal", cast.steward, json=reason)
    assert withdrawn.json()["withdrawalReason"] == "An error in the figures."
    gone = world.call("GET", f"/v1/releases/{release}", cast.owner)
    assert (gone.status_code, gone.json()["reasons"][0]["code"]) == (403, "release-withdrawn")
    never = world.call("GET", "/v1/releases/no-such-release", cast.nobody)
    assert never.status_code == 403
    world.invite("board-elsewhere", OrganisationKind.REGIONAL_OWNER)
    stranger = world.people.add("owner-elsewhere", Role.REGIONAL_OWNER, organisation="board-elsewhere")
    hidden = world.call("GET", f"/v1/releases/{release}", stranger)
    absent = world.call("GET", "/v1/releases/no-such-release", stranger)
    assert hidden.status_code == absent.status_code == 404
    assert {**hidden.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert hidden.json()["title"] == EDGE["not-found"].title


def test_the_auditor_sees_it_all(cast: Any, world: World, round_id: str) -> None:
    page = world.call("GET", "/v1/audit-events?limit=5&outcome=success", cast.auditor).json()
    assert len(page["items"]) == 5
    following = world.call(
        "GET", f"/v1/audit-events?limit=5&outcome=success&cursor={page['next']}", cast.auditor
    ).json()
    assert not {event["id"] for event in page["items"]} & {event["id"] for event in following["items"]}
    asked = "limit=5&objectType=round&actor=nobody&from=2026-01-01T00:00:00Z"
    assert world.call("GET", f"/v1/audit-events?{asked}", cast.auditor).json()["items"] == []
    told = json.loads(world.events(code="audit.search")[0].query or "")
    assert told == {"actor": "nobody", "from": "2026-01-01T00:00:00Z", "limit": 5, "objectType": "round"}
    assert page["next"] in {json.loads(e.query or "").get("cursor") for e in world.events(code="audit.search")}
    assert round_id in world.call("GET", "/v1/rounds", cast.steward).text


def test_a_supplier_changes_where_its_reminders_go(cast: Any, world: World) -> None:
    """A fault in any address changes nothing, and every one is named."""
    good = ["aanlevering@hospital-a.example", "planning@hospital-a.example"]
    changed = world.call("PUT", "/v1/organisations/me/contact", cast.supplier, json={"addresses": good})
    assert (changed.status_code, changed.json()) == (200, {"addresses": good})
    bad = [*good, "not an address", good[0]]
    refused = world.call("PUT", "/v1/organisations/me/contact", cast.supplier, json={"addresses": bad})
    assert (refused.status_code, refused.json()["code"]) == (400, "contact")
    assert "addresses.2" in refused.text
    assert "addresses.3" in refused.text
    assert world.call("GET", "/v1/organisations/me", cast.supplier).json()["contact"] == good
    assert "contact" not in world.call("GET", "/v1/organisations/me", cast.owner).json()
    assert world.call("GET", "/v1/organisations/me", cast.other_supplier).json()["contact"] == []
    for stranger in (cast.owner, cast.steward, cast.nobody):
        for method, path in (("PUT", "contact"), ("GET", "calendar")):
            denied = world.call(method, f"/v1/organisations/me/{path}", stranger, json={"addresses": []})
            assert denied.status_code == 403, (path, denied.text)
    assert "contact.change" in {event.code for event in world.events(outcome="success")}

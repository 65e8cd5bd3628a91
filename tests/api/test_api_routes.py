"""Every route has an authorisation rule, and refuses a stranger, a bad token, a wrong role and another organisation.

The routes are read off the application: a route that is added without an entry here fails the test.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from api_releases import add_release
from api_world import ISSUER, PEOPLE_ISSUER, World, records, request_body
from database_samples import a_public_copy
from fastapi.routing import APIRoute
from purpose_documents import WHY, a_document
from token_maker import ec_jwk, ec_key, seal

from service.api.app import all_routes
from service.api.callers import Stranger
from service.api.openapi import _dependencies, bodies_of, callers_of
from service.api.problems import CHALLENGE
from service.api.schemas.requests import _STATUS
from service.domain.audit import Action, EventCode
from service.domain.principal import Person, Role, Supplier
from service.domain.request import RequestState
from service.use_cases.revoke_key import revoke_key
from service.use_cases.suspend_organisation import suspend_organisation
from sluis_client.wire import jwk_thumbprint

OPEN_TO_STRANGERS = {
    "readHealth",
    "readReadiness",
    "readKeys",
    "readAuthorisationServer",
    # Addresses, versions and check values: what every supplier has to be able to compare (docs/adr/0022-blind-pseudonyms.md).
    "readPseudonymKeys",
    "readOpenApi",
    # The log's tree holds salted hashes only, and a witness needs no account (docs/adr/0014-log.md).
    "readCheckpoint",
    "readLogKey",
    "readLogSuccessions",
    "readTile",
    "readInclusionProof",
    "readConsistencyProof",
    "readLogStatus",
    # Public keys, signed: whoever looks at a machine in between has to be able to see them too.
    "readSealingKeys",
    "registerKey",
    "issueToken",
}
"""Routes without a caller; a new one needs a reason to be here."""

ROLES = {
    "submit": {"supplier"},
    "listSubmissions": {"supplier", "steward"},
    "readSubmission": {"supplier", "steward"},
    "receivePart": {"supplier"},
    "completeSubmission": {"supplier"},
    "abandonSubmission": {"supplier"},
    "withdrawSubmission": {"supplier"},
    "listRounds": {"supplier", "steward", "regional-owner"},
    "readRound": {"supplier", "steward", "regional-owner"},
    "createRound": {"steward"},
    "changeRoundState": {"steward"},
    "readDeliveries": {"steward"},
    "requestAggregate": {"regional-owner"},
    "listRequests": {"regional-owner", "steward"},
    "readRequest": {"regional-owner", "steward"},
    "retractRequest": {"regional-owner"},
    "lodgeObjection": {"supplier", "privacy-officer"},
    "listObjections": {"supplier", "privacy-officer"},
    "countObjections": {"steward", "privacy-officer"},
    "withdrawObjection": {"supplier", "privacy-officer"},
    "readEvidence": {"steward"},
    "reviewRequest": {"steward"},
    "readWorkingModel": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "readCatchment": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "listReleases": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "readRelease": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "readReleaseCells": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "withdrawRelease": {"steward"},
    "listDataSets": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "readDataSet": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "listClassifications": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "listPublicFigures": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "readPublicFigures": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "readClassification": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "listPurposes": {"regional-owner", "steward", "privacy-officer"},
    "readPurpose": {"regional-owner", "steward", "privacy-officer"},
    "proposePurpose": {"regional-owner", "steward"},
    "reviewPurpose": {"privacy-officer"},
    "approvePurpose": {"steward"},
    "changePurpose": {"steward", "privacy-officer"},
    "listAgreements": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "readAgreement": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "recordAgreement": {"steward"},
    "judgeAgreement": {"steward", "privacy-officer"},
    "withdrawAgreement": {"steward", "privacy-officer"},
    "leaveAgreement": {"supplier"},
    "giveConsent": {"supplier"},
    "readRegister": {"steward", "privacy-officer", "auditor"},
    "addOwnKey": {"supplier"},
    "revokeOwnKey": {"supplier"},
    "readOwnOrganisation": {"supplier", "regional-owner", "steward", "privacy-officer", "auditor"},
    "readOwnUses": {"supplier"},
    "readOwnCalendar": {"supplier"},
    "changeOwnContact": {"supplier"},
    "readAuditLog": {"auditor"},
    "readAuditEvent": {"auditor"},
    "exportAuditLog": {"auditor"},
    "readAuditSignals": {"auditor"},
    "listAuditQueries": {"auditor"},
    "saveAuditQuery": {"auditor"},
    "removeAuditQuery": {"auditor"},
}
"""Who may come through each route at all; everybody else gets 403."""

OWNED = {
    "readSubmission": "supplier",
    "receivePart": "supplier",
    "completeSubmission": "supplier",
    "abandonSubmission": "supplier",
    "withdrawSubmission": "supplier",
    "revokeOwnKey": "supplier",
    "withdrawObjection": "supplier",
    "readRound": "supplier",
    "readAgreement": "supplier",
    "leaveAgreement": "supplier",
    "readRequest": "owner",
    "retractRequest": "owner",
    "readRelease": "owner",
    "readReleaseCells": "owner",
    "readWorkingModel": "owner",
    "readCatchment": "owner",
}
"""Routes to an object of one organisation: for another of that kind it does not exist."""

SHARED = {
    "changeRoundState",
    "readDeliveries",
    "readEvidence",
    "reviewRequest",
    "withdrawRelease",
    "judgeAgreement",
    "withdrawAgreement",
    "readPurpose",
    "reviewPurpose",
    "approvePurpose",
    "changePurpose",
    "readDataSet",
    "readClassification",
    "readPublicFigures",
    "readAuditEvent",
    "removeAuditQuery",
}
"""Routes to an object that is the same for everybody who may come there."""

ROUTES = {route.operation_id: route for route in all_routes() if isinstance(route, APIRoute)}
GUARDED = sorted(set(ROUTES) - OPEN_TO_STRANGERS)


@pytest.fixture(scope="module")
def ids(cast: Any) -> dict[str, str]:
    """One object of each kind, of hospital-a and board-south."""
    world: World = cast.world
    round_id = world.open_round(cast.steward, ["hospital-a"])
    content = b"period,region,care_form,staffed_bed_days,occupied_bed_days\r\n"
    manifest = world.manifest("hospital-a", content, format="csv")
    begun = world.call(
        "POST",
        "/v1/submissions",
        cast.supplier,
        json=world.signed("hospital-a", manifest),
        headers={"Idempotency-Key": "one"},
    )
    assert begun.status_code == 201, begun.text
    denied = world.call("POST", "/v1/aggregate-requests", cast.owner, json=request_body())
    request_id = denied.json()["requestId"]
    return {
        "round_id": round_id,
        "submission_id": begun.json()["id"],
        "request_id": request_id,
        "release_id": add_release(world, request_id),
        "data_set_id": "staffed-beds",
        "classification_id": "scotland-boards",
        "number": "0",
        "objection_id": add_objection(world, cast.privacy_officer),
        "agreement_id": give_consent(world, cast.supplier),
        "source_id": "demography",
        "period": add_public_copy(world),
        "purpose_id": propose(world, cast.owner),
        "event_id": world.events(code="round.create")[0].id,
        "query_id": "no-such-query",
        "key_id": world.call("POST", "/v1/organisations/me/keys", cast.supplier, json=next_key(world)).json()["keyId"],
    }


def next_key(world: World) -> dict[str, Any]:
    """Another key of hospital-a, with its proof."""
    key = ec_key(900)
    now = int(world.clock.now().timestamp())
    claims = {"aud": ISSUER, "sub": "hospital-a", "iat": now, "exp": now + 60, "jti": "next"}
    header = {"alg": "ES256", "typ": "JWT", "kid": jwk_thumbprint(ec_jwk(key))}
    return {"publicKey": ec_jwk(key), "proof": seal(header, claims, key)}


def add_objection(world: World, privacy_officer: str) -> str:
    """Of the privacy officer, and then of hospital-a: a supplier lodges only for whom it delivered."""
    body = {"pseudonym": "bsn.planning.1." + "z" * 22}
    made = world.call("POST", "/v1/objections", privacy_officer, json=body)
    assert made.status_code == 201, made.text
    with world.operator().transact(EventCode("objection.lodge", Action.CREATE, "objection")) as step:
        found = step.data.objections.get(made.json()["id"])
        theirs = replace(found, id=world.services.randomness.new_id(), organisation="hospital-a")
        step.data.objections.add(theirs)
    return theirs.id


def give_consent(world: World, supplier: str) -> str:
    made = world.call("POST", "/v1/consents", supplier, json={"dataSet": "staffed-beds"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def add_public_copy(world: World) -> str:
    copy = a_public_copy()
    with world.operator().transact(EventCode("public-figures.fetch", Action.CREATE, "public-figures")) as step:
        step.data.public_figures.add(copy)
    return copy.period


def propose(world: World, owner: str) -> str:
    made = world.call("POST", "/v1/purposes", owner, json={"document": a_document("proposed-here")})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def bodies(world: World) -> dict[str, dict[str, Any]]:
    """A good body for every route that takes one."""
    part = {
        "content": b"x",
        "headers": {
            "Content-Type": "application/octet-stream",
            "Content-Digest": "sha-256=:LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=:",
        },
    }
    return {
        "submit": {
            "json": world.submission("hospital-a", records(first=3)),
            "headers": {"Idempotency-Key": world.services.randomness.new_id()},
        },
        "receivePart": part,
        "completeSubmission": {"json": {"parts": 1}},
        "createRound": {
            "json": {
                "dataSet": "staffed-beds",
                "period": "2024",
                "expected": ["hospital-a"],
                "deadline": "2026-04-01T00:00:00Z",
            }
        },
        "changeRoundState": {"json": {"state": "open"}},
        "requestAggregate": {"json": request_body()},
        "reviewRequest": {"json": {"evidence": "none", "verdict": "reject", "reason": "Not like this at all."}},
        "proposePurpose": {"json": {"document": a_document(f"p{world.services.randomness.new_id()}")}},
        "reviewPurpose": {"json": {"version": 1, "verdict": "approve", "reason": WHY}},
        "approvePurpose": {"json": {"version": 1, "verdict": "approve", "reason": WHY}},
        "changePurpose": {"json": {"version": 1, "change": "withdraw", "reason": WHY}},
        "recordAgreement": {
            "json": {
                "kind": "processor-agreement",
                "reference": "VO-2026-030",
                "parties": ["hospital-a"],
                "dataSets": ["staffed-beds"],
                "validFrom": "2026-01-01",
            }
        },
        "judgeAgreement": {"json": {"verdict": "approve"}},
        "withdrawAgreement": {"json": {"reason": WHY}},
        "leaveAgreement": {"json": {"reason": WHY}},
        "changeOwnContact": {"json": {"addresses": ["aanlevering@hospital-a.example"]}},
        "giveConsent": {"json": {"dataSet": "staffed-beds"}},
        "withdrawRelease": {"json": {"reason": "An error."}},
        "lodgeObjection": {"json": {"pseudonym": "bsn.planning.1." + "a" * 22}},
        "addOwnKey": {"json": next_key(world)},
        "saveAuditQuery": {"json": {"name": "denials", "query": "outcome=denied"}},
    }


def ask(cast: Any, operation: str, who: str | None, ids: dict[str, str]) -> Any:
    route = ROUTES[operation]
    (method,) = route.methods
    sent = bodies(cast.world).get(operation, {})
    assert bool(bodies_of(route)) == bool(sent), f"{operation} needs a good body in this test"
    query = "?format=csv" if operation == "exportAuditLog" else ""
    return cast.world.call(method, route.path.format(**ids) + query, who, **sent)


def test_every_state_of_a_request_is_told_in_words() -> None:
    assert set(_STATUS) == set(RequestState)


def test_each_route_has_one_rule() -> None:
    assert len(ROUTES) == len(list(all_routes())), "every route is an APIRoute with an operation id"
    for operation, route in ROUTES.items():
        guards = callers_of(route)
        strangers = [found for found in _dependencies(route.dependant) if isinstance(found, Stranger)]
        if operation in OPEN_TO_STRANGERS:
            assert not guards
            assert len(strangers) == (operation in {"registerKey", "issueToken"})
        else:
            assert len(guards) == 1
            assert not strangers
        assert not route.body_field, "bodies are read by service.api.bodies alone"
    assert set(GUARDED) == set(ROLES)
    named = {operation for operation in GUARDED if "{" in ROUTES[operation].path}
    assert named == set(OWNED) | SHARED


@pytest.mark.parametrize("operation", GUARDED)
def test_a_stranger_and_a_bad_token_are_refused(cast: Any, ids: dict[str, str], operation: str) -> None:
    stranger = ask(cast, operation, None, ids)
    assert (stranger.status_code, stranger.headers["www-authenticate"]) == (401, CHALLENGE)
    expired = cast.world.token("hospital-a")
    cast.world.clock.moment += timedelta(seconds=400)
    try:
        for token in (expired, "garbage", "a.b.c", expired[:-4] + "AAAA"):
            refused = ask(cast, operation, token, ids)
            assert refused.status_code == 401
            assert 'error="invalid_token"' in refused.headers["www-authenticate"]
            assert token not in refused.text
    finally:
        cast.world.clock.moment -= timedelta(seconds=400)


@pytest.mark.parametrize("operation", GUARDED)
def test_a_wrong_role_is_refused_with_its_reason(cast: Any, ids: dict[str, str], operation: str) -> None:
    people = {"supplier": cast.supplier, "steward": cast.steward, "auditor": cast.auditor}
    people |= {"regional-owner": cast.owner, "privacy-officer": cast.privacy_officer, "": cast.nobody}
    for role, token in people.items():
        if role in ROLES[operation]:
            continue
        refused = ask(cast, operation, token, ids)
        assert refused.status_code == 403, (role, refused.text)
        assert [reason["code"] for reason in refused.json()["reasons"]] == ["role-not-allowed"]
    denials = cast.world.events(outcome="denied")
    assert any("role-not-allowed" in event.reasons for event in denials)


@pytest.mark.parametrize("operation", sorted(OWNED))
def test_another_organisations_object_does_not_exist(cast: Any, ids: dict[str, str], operation: str) -> None:
    other = {"supplier": cast.other_supplier, "owner": cast.other_owner}[OWNED[operation]]
    others = ask(cast, operation, other, ids)
    absent = ask(cast, operation, other, {**ids, **{name: "no-such-thing" for name in ids if name != "number"}})
    for answer in (others, absent):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert {**others.json(), "instance": ""} == {**absent.json(), "instance": ""}
    own = {"supplier": cast.supplier, "owner": cast.owner}[OWNED[operation]]
    if ROUTES[operation].methods == {"GET"}:
        assert ask(cast, operation, own, ids).status_code == 200


LISTS = {
    "listSubmissions": ("submission_id", "supplier", "other_supplier"),
    "listRounds": ("round_id", "supplier", "other_supplier"),
    "listRequests": ("request_id", "owner", "other_owner"),
    "listReleases": ("release_id", "owner", "other_owner"),
}


@pytest.mark.parametrize("operation", LISTS)
def test_lists_hold_no_object_of_another(cast: Any, ids: dict[str, str], operation: str) -> None:
    key, mine, other = LISTS[operation]
    assert ids[key] in ask(cast, operation, getattr(cast, mine), ids).text
    assert ids[key] not in ask(cast, operation, getattr(cast, other), ids).text


def test_a_delivery_for_another_organisation_is_denied(cast: Any, ids: dict[str, str]) -> None:
    refused = ask(cast, "submit", cast.other_supplier, ids)
    assert refused.status_code == 403
    codes = {reason["code"] for reason in refused.json()["reasons"]}
    assert {"other-organisation", "not-expected", "key-of-another-organisation"} <= codes


def test_a_revoked_key_is_out_at_once(cast: Any) -> None:
    world: World = cast.world
    token = world.onboard("hospital-revoked")
    own = world.call("GET", "/v1/organisations/me", token).json()
    revoke_key(world.operator(), own["keys"][0]["keyId"])
    refused = world.call("GET", "/v1/organisations/me", token)
    assert (refused.status_code, refused.json()["fault"]) == (401, "token-signature")
    assert ("token-key-revoked",) in {event.reasons for event in world.events(code="login.failed", outcome="denied")}
    again = world.call("POST", "/v1/oauth/token", data=world.token_form("hospital-revoked"))
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


def test_a_suspended_organisation_is_out_at_once(cast: Any) -> None:
    world: World = cast.world
    token = world.onboard("hospital-suspended")
    suspend_organisation(world.operator(), "hospital-suspended", suspended=True)
    for path in ("/v1/rounds", "/v1/data-sets", "/v1/submissions"):
        refused = world.call("GET", path, token)
        assert refused.status_code == 403
        assert "organisation-suspended" in {reason["code"] for reason in refused.json()["reasons"]}
    again = world.call("POST", "/v1/oauth/token", data=world.token_form("hospital-suspended"))
    assert (again.status_code, again.json()["error"]) == (400, "unauthorized_client")


def test_a_weak_log_in_is_asked_to_step_up(cast: Any) -> None:
    weak = cast.world.people.add("steward-weak", organisation="ttp", withheld=[Role.STEWARD])
    answer = cast.world.call("GET", "/v1/rounds/x/deliveries", weak)
    assert (answer.status_code, answer.json()["code"]) == (401, "stronger-login-needed")
    assert 'error="insufficient_user_authentication"' in answer.headers["www-authenticate"]


def test_nobody_is_let_in_while_the_provider_is_away(cast: Any) -> None:
    cast.world.people.unreachable = True
    try:
        answer = cast.world.call("GET", "/v1/rounds", cast.steward)
    finally:
        cast.world.people.unreachable = False
    assert (answer.status_code, answer.json()["code"]) == (503, "provider-unreachable")
    failures = cast.world.events(code="login.failed", outcome="failed")
    assert [event.reasons for event in failures] == [("provider-unreachable",)]


def test_the_log_tells_who_kinds_and_templates_only(cast: Any, ids: dict[str, str]) -> None:
    cast.world.log.answers.clear()
    ask(cast, "readSubmission", cast.supplier, ids)
    ask(cast, "listRounds", cast.steward, ids)
    cast.world.call("GET", "/v1/secret-thing?token=abc")
    told = [(line["method"], line["route"], line["status"], line["principal"]) for line in cast.world.log.answers]
    assert told == [
        ("GET", "/v1/submissions/{submission_id}", 200, "supplier"),
        ("GET", "/v1/rounds", 200, "person"),
        ("GET", "unknown", 404, "stranger"),
    ]
    assert ids["submission_id"] not in json.dumps(cast.world.log.answers)


def test_kinds_of_callers_cover_the_roles() -> None:
    for operation in GUARDED:
        kinds = set(callers_of(ROUTES[operation])[0].kinds)
        assert (Supplier in kinds) == ("supplier" in ROLES[operation]), operation
        assert (Person in kinds) == bool(ROLES[operation] - {"supplier"}), operation


def test_people_are_known_by_provider_and_subject(cast: Any, ids: dict[str, str]) -> None:
    ask(cast, "readDeliveries", cast.steward, ids)
    event = cast.world.events(code="round.read-deliveries", outcome="success")[0]
    assert (event.user, event.organisation) == (f"{PEOPLE_ISSUER}#steward-1", "ttp")
    assert event.source.access_point == "api:192.0.2.1"

"""The export as FHIR R4: valid for validators that are not ours, and by the patterns that IHE BALP asks for."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from database_samples import NOON, an_event
from fhir_validators import require_fhir
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.database.audit import from_payload, to_payload
from service.api.audit_export import written
from service.api.audit_fhir import DICOM, KINDS, PROFILE, TERMS, audit_event
from service.domain.audit import Action, AuditEvent, Authorisation, Outcome, Source, StoredEvent
from service.use_cases.read_audit_log import ExportForm
from tools.docs import events as documented

ISSUER = "https://sluis.example"
RULES = Authorisation("sha-256:ab", ("steward", "four-eyes"), "planning", "6-1-e", "VO-1", "req-1", "permit")
FULL: dict[str, Any] = {
    "authorisation": RULES,
    "organisation_identifier": "oin:00000001234567890000",
    "on_behalf_of": "https://login.example#o-1",
    "on_behalf_of_role": "regional-owner",
    "on_behalf_of_organisation": "nhs-north",
    "sensitivity": "personal,special-category",
    "pseudonym_domain": "bsn.planning.1",
    "checks": ("four-eyes",),
    "keys": ("signing-key:k-1",),
    "source": Source("sluis", "sluis-1", "api:192.0.2.7", "0190f000-0000-7000-8000-000000000000"),
}


def made(**changes: Any) -> dict[str, Any]:
    """The resource, after validators that know FHIR took it."""
    resource = audit_event(an_event(**FULL | changes), ISSUER)
    require_fhir(resource)
    return resource


def codes(codings: list[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(coding["system"], coding["code"]) for coding in codings}


def agents(resource: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {agent["type"]["coding"][0]["code"]: agent for agent in resource["agent"] if "coding" in agent["type"]}


def entities(resource: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {entity["type"]["code"]: entity for entity in resource["entity"]}


def require_balp(resource: Mapping[str, Any], profile: str, subtype: str, user: set[str]) -> None:
    """What the profiles of BALP 1.1 have in common, element by element."""
    assert resource["meta"]["profile"] == [f"{PROFILE}{profile}"]
    assert (resource["type"]["system"], resource["type"]["code"]) == (f"{TERMS}audit-event-type", "rest")
    assert ("http://hl7.org/fhir/restful-interaction", subtype) in codes(resource["subtype"])
    assert resource["outcome"] == "0"
    found = agents(resource)
    client, server = found["110153"], found["110152"]
    for agent in (client, server):
        assert agent["type"]["coding"][0]["system"] == DICOM
        assert agent["who"]
        assert agent["network"]["address"]
        assert agent["requestor"] is False
    (human,) = [agent for agent in resource["agent"] if agent["requestor"]]
    assert human["type"]["coding"][0]["code"] in user
    assert human["who"]["identifier"]["value"]
    assert "network" not in human
    assert (
        len([agent for agent in resource["agent"] if agent["type"].get("coding", [{}])[0].get("code") == "110153"]) == 1
    )
    of_type_2 = [entity for entity in resource["entity"] if entity["type"]["code"] == "2"]
    assert len(of_type_2) == 1
    assert entities(resource)["XrequestId"]["what"]["identifier"]["value"]


@pytest.mark.parametrize(
    ("action", "profile", "subtype", "user"),
    [
        (Action.CREATE, "Create", "create", {"AUT", "INF", "CST"}),
        (Action.READ, "Read", "read", {"IRCP"}),
        (Action.UPDATE, "Update", "update", {"AUT", "INF", "CST"}),
        (Action.DELETE, "Delete", "delete", {"AUT", "INF", "CST"}),
    ],
)
def test_what_went_well_over_the_api_keeps_to_the_profile(
    action: Action, profile: str, subtype: str, user: set[str]
) -> None:
    resource = made(code="round.change", action=action)
    require_balp(resource, profile, subtype, user)
    assert resource["action"] == action.value
    data = entities(resource)["2"]
    assert data["what"]["identifier"] == {"system": "urn:sluis:round", "value": "beds-2019"}
    assert data["role"]["code"] == "4"
    assert {label["code"] for label in data["securityLabel"]} == {"personal", "special-category"}


def test_a_search_is_an_executed_query_with_what_was_asked() -> None:
    resource = made(code="release.list", action=Action.READ, query='{"limit": 50}')
    require_balp(resource, "Query", "search", {"IRCP"})
    assert resource["action"] == "E"
    query = entities(resource)["2"]
    assert (query["role"]["code"], base64.b64decode(query["query"])) == ("24", b'{"limit": 50}')
    assert not {"what", "detail", "lifecycle"} & set(query)


def test_who_for_whom_why_and_under_what_is_in_its_place() -> None:
    resource = made(code="release.read", action=Action.READ, object_type="release", object_id="rel-1")
    (user,) = [agent for agent in resource["agent"] if agent["requestor"]]
    assert user["who"]["identifier"]["value"] == "https://login.example#s-1"
    assert user["policy"] == ["urn:sluis:policy:steward", "urn:sluis:policy:four-eyes", "urn:sluis:bundle:sha-256:ab"]
    assert user["purposeOfUse"][0]["coding"] == [{"system": "urn:sluis:purpose", "code": "planning"}]
    assert resource["purposeOfEvent"] == user["purposeOfUse"]
    responsible = agents(resource)["RESP"]
    assert responsible["who"]["identifier"]["value"] == "https://login.example#o-1"
    organisations = [agent["who"] for agent in resource["agent"] if agent["type"].get("text") == "organisation"]
    assert [who["display"] for who in organisations] == ["north", "nhs-north"]
    assert organisations[0]["identifier"] == {
        "system": "http://fhir.nl/fhir/NamingSystem/oin",
        "value": "00000001234567890000",
    }
    details = {(one["type"], one["valueString"]) for one in entities(resource)["authorisation"]["detail"]}
    assert details >= {
        ("legalBasis", "6-1-e"),
        ("agreement", "VO-1"),
        ("permit", "req-1"),
        ("decision", "permit"),
        ("pseudonymDomain", "bsn.planning.1"),
        ("check", "four-eyes"),
        ("key", "signing-key:k-1"),
    }
    assert agents(resource)["110153"]["network"] == {"address": "192.0.2.7", "type": "2"}
    assert agents(resource)["110152"]["network"] == {"address": ISSUER, "type": "5"}
    assert resource["source"]["site"] == "sluis-1"


@pytest.mark.parametrize(
    ("outcome", "reasons", "code"),
    [
        (Outcome.DENIED, ("role-not-allowed", "not-yours"), "4"),
        (Outcome.FAILED, ("cursor",), "4"),
        (Outcome.FAILED, ("internal-error",), "8"),
    ],
)
def test_what_did_not_go_well_says_why_and_claims_no_profile(
    outcome: Outcome, reasons: tuple[str, ...], code: str
) -> None:
    resource = made(code="release.read", outcome=outcome, reasons=reasons)
    assert (resource["outcome"], resource["outcomeDesc"]) == (code, " ".join(reasons))
    assert "meta" not in resource


@pytest.mark.parametrize(
    ("event", "type_", "subtype"),
    [
        ("login.failed", "110114", "110122"),
        ("token.issue", "110114", "110122"),
        ("service.start", "110100", "110120"),
        ("service.stop", "110100", "110121"),
        ("policy.change", "110113", "110129"),
        ("key.revoke", "110113", "110137"),
        ("audit.export", "110101", "search"),
        ("log.export", "110101", "search"),
        ("audit.erase", "110101", "operation"),
    ],
)
def test_the_log_log_ins_and_the_service_itself_have_codes_of_dicom(event: str, type_: str, subtype: str) -> None:
    resource = made(code=event, action=Action.EXECUTE, query=None)
    assert (resource["type"]["system"], resource["type"]["code"]) == (DICOM, type_)
    assert subtype in {coding["code"] for coding in resource["subtype"]}
    assert ("urn:sluis:event", event) in codes(resource["subtype"])
    assert "meta" not in resource


def test_the_person_searched_for_is_an_entity_without_a_name() -> None:
    person = entities(made(code="audit.search", persons=("bsn.p.1.x",)))["1"]
    assert person["what"] == {"type": "Patient", "identifier": {"system": "urn:sluis:pseudonym", "value": "bsn.p.1.x"}}


def test_every_code_with_a_kind_of_its_own_exists_and_every_code_has_a_valid_form() -> None:
    known = {code.code: code for code, _ in documented()}
    assert set(KINDS) <= set(known)
    for code in known.values():
        for point in ("api:192.0.2.7", "worker", "console"):
            source = replace(FULL["source"], access_point=point)
            made(code=code.code, action=code.action, object_type=code.object_type, object_id=None, source=source)


@pytest.mark.parametrize(
    "broken", [{"recorded": None}, {"agent": None}, {"outcome": 4}, {"colour": "red"}, {"action": " R"}]
)
def test_the_validators_refuse_what_is_wrong(broken: dict[str, Any]) -> None:
    resource = {name: value for name, value in {**made(), **broken}.items() if value is not None}
    with pytest.raises(ValueError, match=r"recorded|agent|outcome|colour|action"):
        require_fhir(resource)


typed = st.text(min_size=1, max_size=30)
hostile = st.builds(
    an_event,
    action=st.sampled_from(Action),
    outcome=st.sampled_from(Outcome),
    code=st.sampled_from(["release.read", "release.list", "login.failed", "audit.search", "store.sweep"]),
    user=typed,
    organisation=st.none() | typed,
    on_behalf_of=st.none() | typed,
    object_id=st.none() | typed,
    query=st.none() | st.text(max_size=30),
    persons=st.lists(typed, max_size=2).map(tuple),
    authorisation=st.builds(Authorisation, purpose=st.none() | typed, agreement=st.none() | typed),
    source=st.builds(
        Source,
        st.just("sluis"),
        st.just("sluis-1"),
        st.sampled_from(["api:", "api:192.0.2.1", "api:x\x01y", "worker", "console"]),
        typed,
    ),
    recorded=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
)


@given(st.lists(hostile, max_size=3))
def test_whatever_somebody_typed_the_bundle_is_valid(events: list[AuditEvent]) -> None:
    """As it comes out of the database: NUL and lone surrogates were replaced on the way in."""
    stored = [StoredEvent(None, bytes(32), to_payload(event), from_payload(to_payload(event))) for event in events]
    document = json.loads(b"".join(written(stored, ExportForm.FHIR, issuer=ISSUER, now=NOON)))
    require_fhir(document)
    assert document["type"] == "collection"
    assert len(document.get("entry", ())) == len(events)

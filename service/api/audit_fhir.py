"""An event as FHIR R4 AuditEvent, by the patterns of IHE BALP 1.1 and the codes of DICOM PS3.16 (CID 400 and 401).

What went well over the API is a restful interaction and claims the BALP profile for it. Log-ins, uses of the log and
what the service itself does have a DICOM code. A denial or failure claims no profile, as BALP asks: those are for
successes. The mapping, field by field, stands in docs/auditor.md.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.domain.audit import Action, AuditEvent, Outcome
from sluis_client.wire.strict import time_text

Json = dict[str, Any]

PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
TERMS = "http://terminology.hl7.org/CodeSystem/"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
BALP_ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
OWN = "urn:sluis:"
_IDENTIFIERS = {"oin": "http://fhir.nl/fhir/NamingSystem/oin", "agb": "http://fhir.nl/fhir/NamingSystem/agb-z"}
_SEARCHES = ("list", "search", "signals", "export")
_SERIOUS = frozenset({"internal-error", "part-missing"})


@dataclass(frozen=True, slots=True)
class Kind:
    """Type and subtype in DICOM's words."""

    type: tuple[str, str]
    subtype: tuple[str, str]


_ALERT = ("110113", "Security Alert")
_ACTIVITY = ("110100", "Application Activity")
_LOGIN = Kind(("110114", "User Authentication"), ("110122", "Login"))
_USER_ATTRIBUTES = Kind(_ALERT, ("110137", "User Security Attributes Changed"))
_ROLES = Kind(_ALERT, ("110136", "Security Roles Changed"))
_CONFIGURATION = Kind(_ALERT, ("110129", "Security Configuration"))

KINDS: Mapping[str, Kind] = {
    "login.succeed": _LOGIN,
    "login.failed": _LOGIN,
    "login.failed-repeatedly": _LOGIN,
    "token.issue": _LOGIN,
    "service.start": Kind(_ACTIVITY, ("110120", "Application Start")),
    "service.stop": Kind(_ACTIVITY, ("110121", "Application Stop")),
    "policy.change": _CONFIGURATION,
    "configuration.change": Kind(_ALERT, ("110131", "Software Configuration")),
    "access.refuse": Kind(_ALERT, ("110132", "Use of Restricted Function")),
    "key.register": _USER_ATTRIBUTES,
    "key.add-own": _USER_ATTRIBUTES,
    "key.revoke": _USER_ATTRIBUTES,
    "key.revoke-own": _USER_ATTRIBUTES,
    "sealing-key.rotate": _CONFIGURATION,
    "sealing-key.expire": _CONFIGURATION,
    "log.announce-key": _CONFIGURATION,
    "organisation.invite": _ROLES,
    "organisation.invite-again": _ROLES,
    "organisation.suspend": _ROLES,
}
"""Events that are no restful interaction with an object; the rest of `audit.` and `log.` is use of the log (110101)."""

_OF_THE_LOG = ("audit.", "log.")
_LOG_USED = ("110101", "Audit Log Used")
_VERBS: Mapping[Action, str] = {
    Action.CREATE: "create",
    Action.READ: "read",
    Action.UPDATE: "update",
    Action.DELETE: "delete",
    Action.EXECUTE: "operation",
}
_PROFILES: Mapping[str, str] = {
    "create": "Create",
    "read": "Read",
    "update": "Update",
    "delete": "Delete",
    "search": "Query",
}
_PARTICIPATION: Mapping[Action, tuple[str, str]] = {
    Action.CREATE: ("AUT", "author (originator)"),
    Action.READ: ("IRCP", "information recipient"),
    Action.UPDATE: ("AUT", "author (originator)"),
    Action.DELETE: ("CST", "custodian"),
    Action.EXECUTE: ("IRCP", "information recipient"),
}


def audit_event(event: AuditEvent, issuer: str) -> Json:
    """The event as a resource; `issuer` is the address of the service that it came to."""
    interaction = _interaction(event)
    made: Json = {"resourceType": "AuditEvent", "id": event.id}
    if profile := _profile(event, interaction):
        made["meta"] = {"profile": [PROFILE + profile]}
    made |= _type(event, interaction)
    # BALP: a query is executed, whatever the letter of NEN 7513 for it is
    made["action"] = Action.EXECUTE.value if interaction == "search" else event.action.value
    made["recorded"] = time_text(event.recorded)
    made["outcome"] = _outcome(event)
    if event.reasons:
        made["outcomeDesc"] = " ".join(event.reasons)
    if event.authorisation.purpose:
        made["purposeOfEvent"] = [_purpose(event.authorisation.purpose)]
    made["agent"] = list(_agents(event, issuer))
    made["source"] = {
        "site": event.source.instance,
        "observer": {"identifier": _identifier("instance", event.source.instance), "display": event.source.observer},
        "type": [_coding(TERMS + "security-source-type", "4", "Application Server")],
    }
    made["entity"] = list(_entities(event, interaction))
    return {name: _spaced(value) for name, value in made.items()}


def _spaced(value: Any) -> Any:
    """White space that a FHIR string cannot hold (R4, 2.24.0.1: all but space, tab and line ends), as a space."""
    if isinstance(value, dict):
        return {name: _spaced(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_spaced(one) for one in value]
    if isinstance(value, str):
        return "".join(" " if char.isspace() and char not in "\t\r\n" else char for char in value)
    return value


def _interaction(event: AuditEvent) -> str | None:
    """The restful interaction; None for what is none."""
    if event.code in KINDS or not event.source.access_point.startswith("api:"):
        return None
    if event.query is not None or event.code.partition(".")[2].startswith(_SEARCHES):
        return "search"
    return _VERBS[event.action]


def _profile(event: AuditEvent, interaction: str | None) -> str | None:
    if event.outcome is not Outcome.SUCCESS or interaction is None or event.code.startswith(_OF_THE_LOG):
        return None
    complete = event.query is not None if interaction == "search" else event.object_id is not None
    return _PROFILES.get(interaction) if complete else None


def _type(event: AuditEvent, interaction: str | None) -> Json:
    restful = [_coding("http://hl7.org/fhir/restful-interaction", interaction, interaction)] if interaction else []
    own = [_coding(OWN + "event", event.code)]
    if kind := KINDS.get(event.code):
        return {"type": _coding(DICOM, *kind.type), "subtype": [_coding(DICOM, *kind.subtype), *own]}
    if event.code.startswith(_OF_THE_LOG):
        return {"type": _coding(DICOM, *_LOG_USED), "subtype": [*restful, *own]}
    if interaction is None:
        return {"type": _coding(DICOM, *_ACTIVITY), "subtype": own}
    return {"type": _coding(TERMS + "audit-event-type", "rest", "Restful Operation"), "subtype": [*restful, *own]}


def _outcome(event: AuditEvent) -> str:
    """0 success, 4 minor failure, 8 serious failure: what the service itself did wrong."""
    if event.outcome is Outcome.SUCCESS:
        return "0"
    return "8" if _SERIOUS.intersection(event.reasons) else "4"


def _agents(event: AuditEvent, issuer: str) -> Iterator[Json]:
    rules = event.authorisation
    policies = [f"{OWN}policy:{policy}" for policy in rules.policies]
    if rules.policy_hash:
        policies.append(f"{OWN}bundle:{rules.policy_hash}")
    if rules.purpose_digest:
        policies.append(f"{OWN}purpose-version:{rules.purpose_version}:{rules.purpose_digest}")
    user: Json = {
        "type": _concept(_coding(TERMS + "v3-ParticipationType", *_PARTICIPATION[event.action])),
        "role": [{"text": role} for role in event.role.split(",")],
        "who": {"identifier": _identifier("user", event.user)},
        "requestor": True,
    }
    if policies:
        user["policy"] = policies
    if rules.purpose:
        user["purposeOfUse"] = [_purpose(rules.purpose)]
    yield user
    yield _client(event)
    yield {
        "type": _concept(_coding(DICOM, "110152", "Destination Role ID")),
        "who": {"identifier": _identifier("instance", event.source.instance), "display": event.source.observer},
        "requestor": False,
        "network": {"address": issuer, "type": "5"},
    }
    if event.organisation:
        yield _organisation(event.organisation, event.organisation_identifier)
    if event.on_behalf_of:
        responsible: Json = {
            "type": _concept(_coding(TERMS + "v3-ParticipationType", "RESP", "responsible party")),
            "who": {"identifier": _identifier("user", event.on_behalf_of)},
            "requestor": False,
        }
        if event.on_behalf_of_role:
            responsible["role"] = [{"text": event.on_behalf_of_role}]
        yield responsible
    if event.on_behalf_of_organisation:
        yield _organisation(event.on_behalf_of_organisation, None)


def _client(event: AuditEvent) -> Json:
    """From where the call came: an address, or the machine itself."""
    kind, _, address = event.source.access_point.partition(":")
    network = {"address": address, "type": "2"} if kind == "api" and address else {"address": kind, "type": "1"}
    return {
        "type": _concept(_coding(DICOM, "110153", "Source Role ID")),
        "who": {"display": event.source.access_point},
        "requestor": False,
        "network": network,
    }


def _organisation(organisation: str, identifier: str | None) -> Json:
    label, _, value = (identifier or "").partition(":")
    known = {"system": _IDENTIFIERS[label], "value": value} if label in _IDENTIFIERS else None
    who = {"identifier": known or _identifier("organisation", organisation), "display": organisation}
    return {"type": {"text": "organisation"}, "who": {"type": "Organization", **who}, "requestor": False}


def _entities(event: AuditEvent, interaction: str | None) -> Iterator[Json]:
    yield {
        "what": {"identifier": {"value": event.source.trace_id}},
        "type": _coding(BALP_ENTITY, "XrequestId"),
    }
    if interaction == "search" or event.query is not None:
        query = event.query or ""
        asked: Json = {
            "type": _coding(TERMS + "audit-entity-type", "2", "System Object"),
            "role": _coding(TERMS + "object-role", "24", "Query"),
            "description": query or event.object_type,
        }
        if query:
            asked["query"] = base64.b64encode(query.encode()).decode()
        yield asked
    else:
        data: Json = {
            "what": {"identifier": _identifier(event.object_type, event.object_id or "none")},
            "type": _coding(TERMS + "audit-entity-type", "2", "System Object"),
            "role": _coding(TERMS + "object-role", "4", "Domain Resource"),
        }
        if event.sensitivity:
            data["securityLabel"] = [_coding(OWN + "sensitivity", one) for one in event.sensitivity.split(",")]
        yield data
    for person in event.persons:
        yield {
            "what": {"type": "Patient", "identifier": _identifier("pseudonym", person)},
            "type": _coding(TERMS + "audit-entity-type", "1", "Person"),
            "role": _coding(TERMS + "object-role", "1", "Patient"),
        }
    if details := [{"type": name, "valueString": value} for name, value in _details(event)]:
        yield {
            "type": _coding(OWN + "audit-entity", "authorisation"),
            "name": "authorisation",
            "detail": details,
        }


def _details(event: AuditEvent) -> Iterator[tuple[str, str]]:
    rules = event.authorisation
    for name, value in (
        ("objectType", event.object_type),
        ("objectId", event.object_id),
        ("sensitivity", event.sensitivity),
        ("pseudonymDomain", event.pseudonym_domain),
        ("decision", rules.decision),
        ("legalBasis", rules.legal_basis),
        ("agreement", rules.agreement),
        ("permit", rules.permit),
        *(("check", check) for check in event.checks),
        *(("key", key) for key in event.keys),
        ("commitment", event.commitment),
    ):
        if value:
            yield name, value


def _purpose(purpose: str) -> Json:
    """As it was asked for; a code of FHIR has single spaces, between words only."""
    code = " ".join(purpose.split())
    return {**({"coding": [_coding(OWN + "purpose", code)]} if code else {}), "text": purpose}


def _concept(coding: Json) -> Json:
    return {"coding": [coding]}


def _coding(system: str, code: str, display: str | None = None) -> Json:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def _identifier(kind: str, value: str) -> Json:
    return {"system": OWN + kind, "value": value}

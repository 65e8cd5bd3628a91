"""Values to store, and one way to store them."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from service.domain.agreement import AgreementKind, AgreementState, RecordedAgreement
from service.domain.audit import Action, AuditEvent, Authorisation, Outcome, Source
from service.domain.method import Mechanism
from service.domain.noise_budget import Charge, Drawing
from service.domain.organisation import Agreement, ClientKey, Invitation, Organisation, OrganisationKind
from service.domain.public_figures import PublicCopy
from service.domain.purpose import PurposeState, PurposeVerdict, StatedPurpose
from service.domain.release import Certificate, Release
from service.domain.request import (
    AggregateRequest,
    Evidence,
    RequestedDimension,
    RequestSpec,
    RequestState,
    Review,
    Verdict,
)
from service.domain.round import Round, RoundState
from service.domain.submission import Submission, SubmissionState, UploadPart
from service.ports.unit_of_work import Database, UnitOfWork

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, UTC)
_numbers = itertools.count(1)


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def an_event(**changes: Any) -> AuditEvent:
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": f"event-{number:06}",
        "code": "round.create",
        "action": Action.CREATE,
        "recorded": after(number),
        "user": "https://login.example#s-1",
        "role": "steward",
        "organisation": "north",
        "on_behalf_of": None,
        "object_type": "round",
        "object_id": "beds-2019",
        "query": None,
        "sensitivity": "competition-sensitive",
        "authorisation": Authorisation("sha-256:ab", ("p1", "p2"), "regional-planning", "Wmg 66", "agr-1", None),
        "outcome": Outcome.SUCCESS,
        "reasons": (),
        "source": Source("sluis", "node-1", "POST /v1/rounds", "trace-1"),
    }
    return AuditEvent(**values | changes)


def an_organisation(id_: str = "north", **changes: Any) -> Organisation:
    values: dict[str, Any] = {
        "id": id_,
        "name": f"Hospital {id_}",
        "kinds": frozenset({OrganisationKind.SUPPLIER, OrganisationKind.REGIONAL_OWNER}),
        "holding": f"holding-{id_}",
        "agreement": Agreement("agr-1", date(2026, 1, 1), date(2027, 12, 31)),
        "regions": frozenset({"nl-ggd/VR01", "nl-province/PV20"}),
        "identifiers": (("oin", "00000001234567890000"), ("agb", "06010101")),
    }
    return Organisation(**values | changes)


def an_agreement(id_: str = "agreement-1", **changes: Any) -> RecordedAgreement:
    values: dict[str, Any] = {
        "id": id_,
        "kind": AgreementKind.PROCESSOR,
        "reference": "VO-1",
        "parties": frozenset({"north", "south"}),
        "data_sets": frozenset({"beds"}),
        "purposes": frozenset(),
        "valid_from": date(2026, 1, 1),
        "valid_until": None,
        "state": AgreementState.RECORDED,
        "recorder": "p#one",
        "recorded_at": NOON,
    }
    return RecordedAgreement(**values | changes)


def a_key(id_: str = "key-1", organisation: str = "north", **changes: Any) -> ClientKey:
    return ClientKey(
        **{"key_id": id_, "organisation": organisation, "public_jwk": "{}", "registered_at": NOON} | changes
    )


def an_invitation(code_hash: str = "hash-1", organisation: str = "north") -> Invitation:
    return Invitation(code_hash, organisation, NOON, after(60))


def a_purpose(id_: str = "planning", version: int = 1, **changes: Any) -> StatedPurpose:
    values: dict[str, Any] = {
        "id": id_,
        "version": version,
        "state": PurposeState.PROPOSED,
        "document": '{"id":"planning"}',
        "digest": f"sha-256:{version:02}",
        "proposer": "https://login.example#owner",
        "organisation": "north",
        "proposed_at": NOON,
    }
    return StatedPurpose(**values | changes)


def a_purpose_verdict(id_: str, step: str = "approve", **changes: Any) -> PurposeVerdict:
    values: dict[str, Any] = {"purpose": "planning", "version": 1, "person": "p#s", "reason": "Past bij de taak."}
    return PurposeVerdict(**{"id": id_, "step": step, "at": NOON, **values} | changes)


def a_round(id_: str = "beds-2019", period: str | None = None, **changes: Any) -> Round:
    values: dict[str, Any] = {
        "id": id_,
        "data_set": "beds",
        "data_set_version": 1,
        "period": period or id_.removeprefix("beds-"),
        "expected": frozenset({"north", "south"}),
        "deadline": after(600),
        "state": RoundState.OPEN,
    }
    return Round(**values | changes)


def a_submission(id_: str = "sub-1", **changes: Any) -> Submission:
    values: dict[str, Any] = {
        "id": id_,
        "organisation": "north",
        "round": "beds-2019",
        "data_set": "beds",
        "data_set_version": 1,
        "state": SubmissionState.RECEIVING,
        "version": 0,
        "idempotency_key": f"key-{id_}",
        "manifest": '{"rows":2}',
        "manifest_digest": f"sha-256:{id_}",
        "manifest_key_id": "key-1",
        "manifest_signature": "c2ln",
        "content_digest": "sha-256:00",
        "format": "csv",
        "received_at": NOON,
    }
    return Submission(**values | changes)


def an_accepted(id_: str = "sub-1", **changes: Any) -> Submission:
    accepted: dict[str, Any] = {
        "state": SubmissionState.ACCEPTED,
        "version": 1,
        "rows": 2,
        "accepted_at": after(1),
        "part": f"part-{id_}",
        "receipt": "{}",
    }
    return a_submission(id_, **accepted | changes)


def a_piece(number: int = 0, submission: str = "sub-1") -> UploadPart:
    return UploadPart(submission, number, 8 * 1024 * 1024, f"sha-256:{number}", f"staged-{submission}-{number}")


def a_request(id_: str = "req-1", **changes: Any) -> AggregateRequest:
    spec = RequestSpec(
        data_set="beds",
        purpose="regional-planning",
        dimensions=(
            RequestedDimension("region", "zorgkantoor", "region", only=("ZK01", "ZK02")),
            RequestedDimension("form", "care", "top"),
        ),
        periods=("2019",),
        measures=("beds",),
        bottleneck="capaciteit ‘s nachts",
        necessity="…",
        why_nothing_less="—",
    )
    values: dict[str, Any] = {
        "id": id_,
        "requester": "https://login.example#r-1",
        "organisation": "north",
        "spec": spec,
        "state": RequestState.PERMITTED,
        "created_at": NOON,
        "decision": '{"outcome":"permit"}',
        "policy_hash": "sha-256:ab",
        "purpose_version": 3,
    }
    return AggregateRequest(**values | changes)


def some_evidence(id_: str = "ev-1", request: str = "req-1", **changes: Any) -> Evidence:
    values: dict[str, Any] = {
        "id": id_,
        "request": request,
        "made_at": NOON,
        "inputs": ("sub-1", "sub-2"),
        "history": (),
        "safe": True,
        "tables": "[]",
        "report": "{}",
    }
    return Evidence(**values | changes)


def a_review(steward: str = "steward-1", **changes: Any) -> Review:
    values: dict[str, Any] = {
        "request": "req-1",
        "evidence": "ev-1",
        "steward": steward,
        "verdict": Verdict.APPROVE,
        "reason": "in orde",
        "at": NOON,
    }
    return Review(**values | changes)


def a_release(id_: str = "rel-1", **changes: Any) -> Release:
    values: dict[str, Any] = {
        "id": id_,
        "request": "req-1",
        "data_set": "beds",
        "purpose": "regional-planning",
        "rounds": ("beds-2019",),
        "version": 1,
        "recipients": frozenset({"north"}),
        "content": '{"cells":[]}',
        "content_digest": "sha-256:cc",
        "key_id": "ed-1",
        "signature": "c2ln",
        "inputs": ("sub-1",),
        "released_at": NOON,
        "certified": '{"auditEvent":"ev-1"}',
    }
    return Release(**values | changes)


def a_certificate(release: str) -> Certificate:
    return Certificate(release, "{}", "ed-1", "c2ln", NOON)


def a_drawing(id_: str = "drawn-1", **changes: Any) -> Drawing:
    values: dict[str, Any] = {
        "data_set": "beds",
        "rounds": ("beds-2019",),
        "mechanism": Mechanism.DISCRETE_LAPLACE,
        "loss": Decimal("0.125"),
        "budget": Decimal(1),
        "drawn_at": NOON,
    }
    return Drawing(Charge(id_, **values | changes), '{"cells":[{"codes":["TOTAL"],"value":-3}]}')


def a_public_copy(id_: str = "copy-1", **changes: Any) -> PublicCopy:
    values: dict[str, Any] = {
        "source": "demography",
        "period": "2024",
        "source_table": "03759ned",
        "table_title": "Bevolking",
        "table_version": "1",
        "modified": "2026-06-23",
        "status": "Definitief",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "address": "https://cbs.example/03759ned",
        "retrieved_at": NOON,
        "retrieved_by": "beheer",
        "digest": "sha-256:" + "0" * 64,
        "content": "[]",
    }
    return PublicCopy(id=id_, **values | changes)


def prepare(uow: UnitOfWork) -> None:
    """Two hospitals, a round that expects both, and a request of one of them."""
    for name in ("north", "south"):
        uow.organisations.add(an_organisation(name))
    uow.rounds.add(a_round(), "wrapped-1")
    uow.requests.add(a_request())


def prepared(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.commit(an_event())

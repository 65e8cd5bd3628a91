"""The audit log, for auditors; every use of it is an event too."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BeforeValidator

from service.api.audit_export import MEDIA_TYPES, SUFFIXES, written
from service.api.bodies import JsonBody
from service.api.callers import PersonCall
from service.api.schemas.audit import AuditEventAnswer, SavedQueryAnswer, SavedQueryInput, SignalAnswer
from service.api.schemas.base import (
    Cursor,
    Id,
    Limit,
    Listed,
    QueryIdentifier,
    answer,
    listed,
    plain,
    plain_number,
    utc_time,
)
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.keep_audit_queries import list_audit_queries, remove_audit_query, save_audit_query
from service.use_cases.read_audit_log import ExportForm, export_audit_log, read_audit_event, read_audit_log
from service.use_cases.read_signals import read_signals
from sluis_client.wire.pseudonym import LABEL

router = APIRouter(tags=["audit"])

LOG_SIZE = "Sluis-Log-Size"

_Time = Annotated[datetime | None, BeforeValidator(utc_time), Query(description="UTC, as 2026-01-31T12:00:00Z")]
_Name = Annotated[str | None, AfterValidator(plain), Query(min_length=1, max_length=512)]
_Pseudonym = Annotated[
    str | None,
    Query(
        pattern=f"^{LABEL}$",
        max_length=512,
        description="Of a person, as `type.purpose.version.value`: every event that touched data about them",
    ),
]
"""Held to its form before anything is written: an identifier typed here must not get into the log."""

_FromIndex = Annotated[
    int | None,
    BeforeValidator(plain_number),
    Query(alias="fromIndex", description="What has this place in the log, a later one, or none yet"),
]
_EXPORTED = {
    media.partition(";")[0]: {"schema": {"type": "object" if form is ExportForm.FHIR else "string"}}
    for form, media in MEDIA_TYPES.items()
}


def _filters(  # noqa: PLR0917 - each parameter is a filter of the log
    recorded_from: Annotated[_Time, Query(alias="from")] = None,
    recorded_until: Annotated[_Time, Query(alias="to")] = None,
    actor: _Name = None,
    organisation: QueryIdentifier = None,
    code: QueryIdentifier = None,
    action: Annotated[Literal["C", "R", "U", "D", "E"] | None, Query()] = None,
    outcome: Annotated[Literal["success", "denied", "failed"] | None, Query()] = None,
    object_type: Annotated[QueryIdentifier, Query(alias="objectType")] = None,
    object_id: Annotated[_Name, Query(alias="objectId")] = None,
    purpose: QueryIdentifier = None,
    reason: Annotated[_Name, Query(description="Words of reason codes; an event has to have all of them")] = None,
    pseudonym: _Pseudonym = None,
    from_index: _FromIndex = None,
) -> AuditFilter:
    return AuditFilter(
        recorded_from=recorded_from,
        recorded_until=recorded_until,
        user=actor,
        organisation=organisation,
        code=code,
        action=action,
        outcome=outcome,
        object_type=object_type,
        object_id=object_id,
        purpose=purpose,
        reason=reason,
        person=pseudonym,
        from_place=from_index,
    )


_Filters = Annotated[AuditFilter, Depends(_filters)]


@router.get(
    "/v1/audit-events",
    operation_id="readAuditLog",
    summary="Who did what",
    response_model=Listed[AuditEventAnswer],
)
def get_audit_events(call: PersonCall, filters: _Filters, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Newest first, as far as the filters let through."""
    found = read_audit_log(call, filters, Page(limit, cursor))
    return listed(map(AuditEventAnswer.of, found.events), found.next)


@router.get(
    "/v1/audit-events/export",
    operation_id="exportAuditLog",
    summary="The log to take along",
    response_class=StreamingResponse,
    responses={200: {"content": _EXPORTED, "description": "All events that the filters let through"}},
)
def get_export(
    call: PersonCall,
    filters: _Filters,
    form: Annotated[ExportForm, Query(alias="format", description="CSV, NDJSON as the log commits to it, or FHIR R4")],
) -> Response:
    """Everything that the filters let through up to now, newest first; an answer that breaks off is not whole.

    `Sluis-Log-Size` says how many events of the log were covered: ask the next time with that as `fromIndex`.
    """
    export = export_audit_log(call, filters, form)
    now = call.services.clock.now()
    name = f"audit-{now:%Y%m%dT%H%M%SZ}.{SUFFIXES[form]}"
    return StreamingResponse(
        written(export.events, form, issuer=call.services.issuer, now=now),
        media_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"', LOG_SIZE: str(export.size)},
    )


@router.get(
    "/v1/audit-events/{event_id}",
    operation_id="readAuditEvent",
    summary="One event",
    response_model=AuditEventAnswer,
)
def get_audit_event(call: PersonCall, event_id: Id) -> Response:
    """As it was recorded."""
    return answer(AuditEventAnswer.of(read_audit_event(call, event_id)))


@router.get(
    "/v1/audit-signals",
    operation_id="readAuditSignals",
    summary="What an auditor may want to look at",
    response_model=Listed[SignalAnswer],
)
def get_signals(
    call: PersonCall,
    recorded_from: Annotated[_Time, Query(alias="from")] = None,
    recorded_until: Annotated[_Time, Query(alias="to")] = None,
) -> Response:
    """Of the last seven days, or of the period asked for; a signal is a question, not a finding."""
    return listed(map(SignalAnswer.of, read_signals(call, recorded_from, recorded_until)))


@router.get(
    "/v1/audit-queries",
    operation_id="listAuditQueries",
    summary="Saved searches",
    response_model=Listed[SavedQueryAnswer],
)
def get_audit_queries(call: PersonCall) -> Response:
    """The caller's own, by name."""
    return listed(map(SavedQueryAnswer.of, list_audit_queries(call)))


@router.post(
    "/v1/audit-queries",
    operation_id="saveAuditQuery",
    summary="Keep a search",
    response_model=SavedQueryAnswer,
    status_code=201,
    responses={409: {}},
)
def post_audit_query(
    call: PersonCall, body: Annotated[SavedQueryInput, Depends(JsonBody(SavedQueryInput))]
) -> Response:
    """The query string of a search of the log; one for a person cannot be kept."""
    return answer(SavedQueryAnswer.of(save_audit_query(call, body.name, body.query)), 201)


@router.delete(
    "/v1/audit-queries/{query_id}",
    operation_id="removeAuditQuery",
    summary="Forget a search",
    status_code=204,
)
def delete_audit_query(call: PersonCall, query_id: Id) -> Response:
    """One of the caller's own."""
    remove_audit_query(call, query_id)
    return Response(status_code=204)

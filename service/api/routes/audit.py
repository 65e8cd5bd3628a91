"""The audit log, for auditors; reading it is an event too."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BeforeValidator

from service.api.callers import PersonCall
from service.api.schemas.audit import AuditEventAnswer
from service.api.schemas.base import Cursor, Limit, Listed, QueryIdentifier, listed, plain, utc_time
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.read_audit_log import read_audit_log

router = APIRouter(tags=["audit"])

_Time = Annotated[datetime | None, BeforeValidator(utc_time), Query(description="UTC, as 2026-01-31T12:00:00Z")]
_Name = Annotated[str | None, AfterValidator(plain), Query(min_length=1, max_length=512)]


@router.get(
    "/v1/audit-events",
    operation_id="readAuditLog",
    summary="Who did what",
    response_model=Listed[AuditEventAnswer],
)
def get_audit_events(  # noqa: PLR0917 - each parameter is a filter of the log
    call: PersonCall,
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
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Newest first, as far as the filters let through."""
    filters = AuditFilter(
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
    )
    found = read_audit_log(call, filters, Page(limit, cursor))
    return listed(map(AuditEventAnswer.of, found.events), found.next)

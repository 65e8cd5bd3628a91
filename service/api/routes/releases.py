"""Releases: what consumers may read."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from service.api.bodies import JsonBody
from service.api.callers import AnyCall, PersonCall
from service.api.cells import csv_of, figures_of
from service.api.negotiation import choose, has_already
from service.api.paging import page, stretch
from service.api.schemas.base import Cursor, Id, Limit, Listed, answer, listed
from service.api.schemas.releases import CellAnswer, ReleaseAnswer, ReleaseSummary, WithdrawalInput, release_bytes
from service.domain.release import ReleaseView
from service.use_cases.read_releases import list_releases, read_release
from service.use_cases.withdraw_release import withdraw_release

router = APIRouter(tags=["releases"])

_JSON, _CSV = "application/json", "text/csv"
_EXAMPLE = "board,MEASURE,UNIT_MEASURE,OBS_VALUE,OBS_STATUS\r\nS08000015,beds,bed-days,1204,A\r\n"
_Format = Annotated[Literal["json", "csv"] | None, Query(alias="format", description="Instead of the Accept header")]


@router.get("/v1/releases", operation_id="listReleases", summary="The releases", response_model=Listed[ReleaseSummary])
def get_releases(call: AnyCall, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Newest first: what was released to the caller's organisation or to everybody, or all of them for a steward."""
    shown, following = stretch(list_releases(call, page(limit, cursor)), limit, lambda view: view.release.id)
    return listed(map(ReleaseSummary.of, shown), following)


@router.get(
    "/v1/releases/{release_id}",
    operation_id="readRelease",
    summary="A release",
    response_model=ReleaseAnswer,
    responses={304: {"description": "Unchanged since the version named in If-None-Match"}},
)
def get_release(request: Request, call: AnyCall, release_id: Id) -> Response:
    """The release with its figures; `content` stands here byte for byte as it was signed."""
    view = read_release(call, release_id)
    etag = _etag(view, f"release-{view.revision}-{view.by or ''}-{len(view.log_successions)}")
    if has_already(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    return Response(release_bytes(view), headers={"ETag": etag}, media_type=_JSON)


@router.get(
    "/v1/releases/{release_id}/cells",
    operation_id="readReleaseCells",
    summary="The figures of a release",
    response_model=Listed[CellAnswer],
    responses={
        200: {"content": {_CSV: {"schema": {"type": "string"}, "example": _EXAMPLE}}},
        304: {"description": "Unchanged since the version named in If-None-Match"},
        406: {},
    },
)
def get_release_cells(request: Request, call: AnyCall, release_id: Id, format_: _Format = None) -> Response:
    """One figure per row, as JSON or CSV. OBS_STATUS is A; Q when suppressed (and empty); E with noise."""
    chosen = {"json": _JSON, "csv": _CSV}[format_] if format_ else choose(request, (_JSON, _CSV))
    view = read_release(call, release_id)
    found = view.release
    headers = {"ETag": _etag(view, chosen.partition("/")[2]), "Vary": "Accept"}
    if has_already(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    figures = figures_of(found.content)
    if chosen == _CSV:
        headers["Content-Disposition"] = f'attachment; filename="{found.id}.csv"'
        return Response(csv_of(figures), headers=headers, media_type=f"{_CSV}; charset=utf-8")
    response = listed(map(CellAnswer.of, figures.cells))
    response.headers.update(headers)
    return response


@router.put(
    "/v1/releases/{release_id}/withdrawal",
    operation_id="withdrawRelease",
    summary="Withdraw a release",
    response_model=ReleaseSummary,
    responses={409: {}},
)
def put_withdrawal(
    call: PersonCall, release_id: Id, body: Annotated[WithdrawalInput, Depends(JsonBody(WithdrawalInput))]
) -> Response:
    """Nobody but a steward reads it from then on; that it was published stays known to the attack check."""
    return answer(ReleaseSummary.of(withdraw_release(call, release_id, body.reason)))


def _etag(view: ReleaseView, form: str) -> str:
    """Names the bytes: the figures of a release never change; that it was withdrawn or revised is said beside them."""
    found = view.release
    return f'"{found.content_digest}-{form}{"-withdrawn" if found.withdrawn_at else ""}"'

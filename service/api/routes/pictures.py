"""Pictures of a release: its own cells in another order, and what follows from them. Reading one reads the release."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from service.api.callers import AnyCall
from service.api.negotiation import choose
from service.api.schemas.base import Id, answer
from service.api.schemas.pictures import CatchmentAnswer, WorkingModelAnswer
from service.domain.catchment import ORIGIN_TEXTS, catchment
from service.domain.picture_forms import catchment_csv, catchment_text, working_model_csv, working_model_text
from service.domain.released import Released, read_released
from service.domain.working_model import STATUS_TEXTS, working_model
from service.use_cases.call import Call
from service.use_cases.read_releases import read_release

router = APIRouter(tags=["releases"])

_FORMS = {"json": "application/json", "csv": "text/csv", "text": "text/plain"}
_OTHERS = {_FORMS[form]: {"schema": {"type": "string"}} for form in ("csv", "text")}
_VARY = {"Vary": "Accept"}
_Format = Annotated[
    Literal["json", "csv", "text"] | None, Query(alias="format", description="Instead of the Accept header")
]


@router.get(
    "/v1/releases/{release_id}/working-model",
    operation_id="readWorkingModel",
    summary="The working model, filled in from a release",
    response_model=WorkingModelAnswer,
    responses={200: {"content": _OTHERS}, 400: {}, 406: {}},
)
def get_working_model(request: Request, call: AnyCall, release_id: Id, form: _Format = None) -> Response:
    """Per region the matrix of the Handreiking cruciale ggz with its white spots, of a release of such an inventory.

    It is made of the cells of the release alone. A box that is suppressed is neither empty nor a white spot.
    """
    chosen, model = _chosen(request, form), working_model(_released(call, release_id))
    if chosen == _FORMS["json"]:
        return answer(WorkingModelAnswer.of(model, STATUS_TEXTS), headers=_VARY)
    return _plain(chosen, working_model_csv(model) if chosen == _FORMS["csv"] else working_model_text(model).encode())


@router.get(
    "/v1/releases/{release_id}/catchment",
    operation_id="readCatchment",
    summary="Who goes where, from a release",
    response_model=CatchmentAnswer,
    responses={200: {"content": _OTHERS}, 400: {}, 406: {}},
)
def get_catchment(request: Request, call: AnyCall, release_id: Id, form: _Format = None) -> Response:
    """Per region or municipality where its inhabitants get care, with shares and who goes elsewhere.

    It is made of the cells of the release alone. A flow that is suppressed is not nobody.
    """
    chosen, found = _chosen(request, form), catchment(_released(call, release_id))
    if chosen == _FORMS["json"]:
        return answer(CatchmentAnswer.of(found, ORIGIN_TEXTS), headers=_VARY)
    return _plain(chosen, catchment_csv(found) if chosen == _FORMS["csv"] else catchment_text(found).encode())


def _chosen(request: Request, form: str | None) -> str:
    return _FORMS[form] if form else choose(request, tuple(_FORMS.values()))


def _released(call: Call, release: str) -> Released:
    """What the caller may read of the release; the reading is logged, whatever can be made of it."""
    return read_released(json.loads(read_release(call, release).release.content))


def _plain(media_type: str, content: bytes) -> Response:
    return Response(content, headers=_VARY, media_type=f"{media_type}; charset=utf-8")

"""Public figures: what others publish about an area, to be read beside releases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from service.api.callers import AnyCall
from service.api.schemas.base import IDENTIFIER, Listed, answer, listed
from service.api.schemas.public_figures import PublicFiguresAnswer, PublicSummary
from service.use_cases.read_public_figures import list_public_figures, read_public_figures

router = APIRouter(tags=["public figures"])

_Source = Annotated[str, Path(pattern=IDENTIFIER, description="The source", examples=["demography"])]
_Year = Annotated[str, Path(pattern=r"^[0-9]{4}$", description="The year", examples=["2024"])]
_Classification = Annotated[
    str | None,
    Query(pattern=IDENTIFIER, description="Of municipalities; the first by id when left out", examples=["nl-ggd"]),
]
_Level = Annotated[str | None, Query(pattern=IDENTIFIER, description="One of its levels; the coarsest when left out")]


@router.get(
    "/v1/public-figures",
    operation_id="listPublicFigures",
    summary="The public figures that there are",
    response_model=Listed[PublicSummary],
)
def get_all(call: AnyCall) -> Response:
    """Per source and year the newest copy: who published it, where, when it was fetched, under which licence."""
    return listed(PublicSummary.of(source, copy) for source, copy in list_public_figures(call))


@router.get(
    "/v1/public-figures/{source_id}/{period}",
    operation_id="readPublicFigures",
    summary="Public figures by region",
    response_model=PublicFiguresAnswer,
)
def get_one(
    call: AnyCall, source_id: _Source, period: _Year, classification: _Classification = None, level: _Level = None
) -> Response:
    """Counts are sums and scores weighted means over municipalities; a figure says which of those it lacks, and why."""
    return answer(PublicFiguresAnswer.of(read_public_figures(call, source_id, period, classification, level)))

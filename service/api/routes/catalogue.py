"""What may flow: data sets and classifications."""

from __future__ import annotations

import functools
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator

from service.api.callers import AnyCall
from service.api.schemas.base import Id, Listed, answer, listed, plain_number
from service.api.schemas.catalogue import (
    ClassificationAnswer,
    ClassificationSummary,
    DataSetSummary,
    DefinitionAnswer,
)
from service.domain.catalogue import Catalogue, DataSet
from service.use_cases.describe_data_set import wire_definition
from service.use_cases.read_catalogue import (
    list_classifications,
    list_data_sets,
    read_classification,
    read_data_set,
)
from sluis_client.wire import canonical_bytes

router = APIRouter(tags=["catalogue"])

_Version = Annotated[
    int | None, BeforeValidator(plain_number), Query(ge=1, le=10**6, description="The newest when left out")
]


@router.get(
    "/v1/data-sets",
    operation_id="listDataSets",
    summary="The data sets",
    response_model=Listed[DataSetSummary],
)
def get_data_sets(call: AnyCall) -> Response:
    """The newest version of every data set."""
    return listed(DataSetSummary.of(found) for found in list_data_sets(call))


@router.get(
    "/v1/data-sets/{data_set_id}",
    operation_id="readDataSet",
    summary="What a delivery must look like",
    response_model=DefinitionAnswer,
)
def get_data_set(call: AnyCall, data_set_id: Id, version: _Version = None) -> Response:
    """The definition that the SDK checks against before anything is sent, and the service when it arrives."""
    found = read_data_set(call, data_set_id, version)
    return Response(_definition(found, call.services.catalogue), media_type="application/json")


@functools.lru_cache(maxsize=64)
def _definition(data_set: DataSet, catalogue: Catalogue) -> bytes:
    """Written once: with a code for every municipality it takes longer than all else of the answer."""
    return canonical_bytes(wire_definition(data_set, catalogue).to_json())


@router.get(
    "/v1/classifications",
    operation_id="listClassifications",
    summary="The classifications",
    response_model=Listed[ClassificationSummary],
)
def get_classifications(call: AnyCall) -> Response:
    """Code lists with their levels, without the codes."""
    return listed(ClassificationSummary.of(found) for found in list_classifications(call))


@router.get(
    "/v1/classifications/{classification_id}",
    operation_id="readClassification",
    summary="A classification with its codes",
    response_model=ClassificationAnswer,
)
def get_classification(call: AnyCall, classification_id: Id) -> Response:
    """All codes with their place in the tree and their validity."""
    return answer(ClassificationAnswer.of(read_classification(call, classification_id)))

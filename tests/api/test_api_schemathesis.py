"""Schemathesis over the whole OpenAPI document, in this process: no 500, and nothing that the document does not say."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from many import TIMES
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.api.app import all_routes
from service.api.openapi import document

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLERS = {"machineClient": "supplier", "person": "steward"}
OWNERS = {"requestAggregate", "listRequests", "readRequest", "readRelease", "listReleases", "listPurposes"}


schema = schemathesis.openapi.from_dict(
    document(FastAPI(routes=list(all_routes())), issuer="https://sluis.example", providers=())
)
OPERATIONS = {found.ok().label: found.ok() for found in schema.get_all_operations()}


@pytest.fixture(scope="module", autouse=True)
def _something_to_find(cast: Any) -> None:
    cast.world.open_round(cast.steward, ["hospital-a"])


def caller(cast: Any, operation: dict[str, Any]) -> str | None:
    if "audit" in operation["tags"]:
        return cast.auditor
    if operation["operationId"] in OWNERS:
        return cast.owner
    schemes = [name for requirement in operation["security"] for name in requirement]
    return getattr(cast, CALLERS[schemes[0]]) if schemes else None


def require_kept(cast: Any, case: schemathesis.Case) -> None:
    who = caller(cast, case.operation.definition.raw)
    headers = {"Authorization": f"Bearer {who}"} if who else {}
    sent = case.as_transport_kwargs(base_url="https://sluis.example", headers=headers)
    body = {"content": sent["data"]} if isinstance(sent.get("data"), bytes | str) else {"data": sent.get("data")}
    if sent.get("json") is not None:
        body = {"json": sent["json"]}
    answer = cast.world.client.request(
        sent["method"], sent["url"], headers=sent["headers"], params=sent.get("params"), **body
    )
    case.validate_response(answer, checks=CHECKS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_the_document_is_kept_to(cast: Any, label: str) -> None:
    """At every limit that the document knows, at either side of it, and in between.

    The cases are made here, as `schema.parametrize` would make all of them when the tests are collected, in each worker.
    """
    operation = OPERATIONS[label]
    limits = schema.iter_coverage_cases(
        operation, generation_modes=list(GenerationMode), generation_config=schema.config.generation
    )
    for case in limits:
        require_kept(cast, case)

    @settings(
        max_examples=10 * TIMES,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def drawn(case: schemathesis.Case) -> None:
        require_kept(cast, case)

    drawn()

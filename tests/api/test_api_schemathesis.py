"""Schemathesis over the whole OpenAPI document, in this process: no 500, and nothing that the document does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from many import TIMES

from service.api.app import all_routes

if TYPE_CHECKING:
    import schemathesis  # every worker collects these tests, and one runs them

CALLERS = {"machineClient": "supplier", "person": "steward"}
OWNERS = {"requestAggregate", "listRequests", "readRequest", "readRelease", "listReleases", "listPurposes"}
LABELS = [f"{method} {route.path_format}" for route in all_routes() for method in sorted(route.methods)]


@dataclass(frozen=True)
class Kept:
    """The document, its operations by method and path, and what holds an answer against it."""

    schema: Any
    operations: Mapping[str, Any]
    validate: Callable[[schemathesis.Case, Any], None]


@pytest.fixture(scope="module")
def kept() -> Kept:
    import schemathesis
    from fastapi import FastAPI
    from schemathesis import checks

    from service.api.openapi import document

    schema = schemathesis.openapi.from_dict(
        document(FastAPI(routes=list(all_routes())), issuer="https://sluis.example", providers=())
    )
    asked = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    operations = {found.ok().label: found.ok() for found in schema.get_all_operations()}
    return Kept(schema, operations, lambda case, answer: case.validate_response(answer, checks=asked))


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


def require_kept(cast: Any, kept: Kept, case: schemathesis.Case) -> None:
    who = caller(cast, case.operation.definition.raw)
    headers = {"Authorization": f"Bearer {who}"} if who else {}
    sent = case.as_transport_kwargs(base_url="https://sluis.example", headers=headers)
    body = {"content": sent["data"]} if isinstance(sent.get("data"), bytes | str) else {"data": sent.get("data")}
    if sent.get("json") is not None:
        body = {"json": sent["json"]}
    answer = cast.world.client.request(
        sent["method"], sent["url"], headers=sent["headers"], params=sent.get("params"), **body
    )
    kept.validate(case, answer)


def test_every_route_is_an_operation_of_the_document(kept: Kept) -> None:
    assert sorted(kept.operations) == sorted(LABELS)


@pytest.mark.parametrize("label", LABELS)
def test_the_document_is_kept_to(cast: Any, kept: Kept, label: str) -> None:
    """At every limit that the document knows, at either side of it, and in between.

    The cases are made here, as `schema.parametrize` would make all of them when the tests are collected, in each worker.
    """
    from schemathesis import GenerationMode

    operation = kept.operations[label]
    limits = kept.schema.iter_coverage_cases(
        operation, generation_modes=list(GenerationMode), generation_config=kept.schema.config.generation
    )
    for case in limits:
        require_kept(cast, kept, case)

    @settings(
        max_examples=10 * TIMES,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def drawn(case: schemathesis.Case) -> None:
        require_kept(cast, kept, case)

    drawn()

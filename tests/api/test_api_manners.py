"""The manners of NL API Design Rules 2.1, of the route table and of every kind of answer."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from api_world import World
from fastapi.routing import APIRoute

from service.api.app import all_routes
from service.api.settings import VERSION

ROUTES = [route for route in all_routes() if isinstance(route, APIRoute)]
SEGMENT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*|v1|\{[a-z_]+(?::path)?\}|jwks\.json|openapi\.json|\.well-known")
CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*")
OAUTH = {"access_token", "token_type", "expires_in", "error", "error_description"}
OAUTH |= {"grant_type", "client_assertion_type", "client_assertion"}


@pytest.fixture(scope="module")
def document(cast: Any) -> dict[str, Any]:
    return cast.world.call("GET", "/v1/openapi.json").json()


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_paths_are_in_kebab_case_without_a_slash_at_the_end(path: str) -> None:
    assert path.startswith(("/v1/", "/.well-known/"))
    assert all(SEGMENT.fullmatch(segment) for segment in path[1:].split("/"))


def property_names(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(property_names, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*(property_names(value) for name, value in schema.items() if name not in {"example", "examples"}))


def test_names_are_in_camel_case(document: dict[str, Any]) -> None:
    names = property_names(document) - OAUTH
    assert {"dataSet", "whyNothingLess", "byCode"} <= names
    assert [name for name in names if not CAMEL.fullmatch(name)] == []
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    assert CAMEL.fullmatch(parameter["name"])


def test_the_document_is_whole(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"] == VERSION
    assert document["info"]["contact"]
    assert set(document["components"]["securitySchemes"]) == {"machineClient", "person"}
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == len(ROUTES)
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert "422" not in operation["responses"]
        assert {"429", "500"} <= set(operation["responses"])
        if operation["security"]:
            assert {"400", "401", "403"} <= set(operation["responses"])
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= set(operation["responses"])
        for status, response in operation["responses"].items():
            assert {"API-Version", "X-Request-Id"} <= set(response["headers"])
            if int(status) >= 400 and operation["operationId"] != "issueToken":
                assert set(response["content"]) == {"application/problem+json"}
    written = json.dumps(document)
    for reference in re.findall(r'"#/components/schemas/([^"]+)"', written):
        assert reference in document["components"]["schemas"]


def test_every_answer_has_what_every_answer_has(cast: Any, world: World) -> None:
    answers = [
        world.call("GET", "/v1/health"),
        world.call("GET", "/v1/rounds", cast.steward),
        world.call("GET", "/v1/rounds"),
        world.call("GET", "/v1/nowhere"),
        world.call("PATCH", "/v1/rounds", cast.steward),
        world.call("POST", "/v1/rounds", cast.steward, json={}),
        world.call("POST", "/v1/oauth/token", data={"x": "y"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 401, 404, 405, 400, 400]
    for answer in answers:
        assert answer.headers["api-version"] == VERSION
        assert uuid.UUID(answer.headers["x-request-id"])
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["strict-transport-security"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
    for answer in answers[2:6]:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status_code
        assert problem["type"] == f"urn:sluis:problem:{problem['code']}"
        assert problem["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
        assert {"title", "titleNl", "detail", "detailNl"} <= set(problem)


def test_what_is_the_same_for_all_may_be_kept(world: World) -> None:
    for path in ("/v1/openapi.json", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server"):
        answer = world.call("GET", path)
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["access-control-allow-origin"] == "*"


def test_a_trace_goes_on(world: World) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = world.call("GET", "/v1/health", headers={"traceparent": parent})
    assert answer.headers["x-request-id"] == "0af76519-16cd-43dd-8448-eb211c80319c"


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "garbage",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    ],
)
def test_a_trace_that_is_none_is_replaced(world: World, parent: str) -> None:
    answer = world.call("GET", "/v1/health", headers={"traceparent": parent})
    assert answer.headers["x-request-id"] != "0af76519-16cd-43dd-8448-eb211c80319c"


@pytest.mark.parametrize(
    "path", ["/v1/rounds/", "/v1/health/", "//v1/health", "/v1//health", "/V1/health", "/v2/health"]
)
def test_there_is_one_address_for_each_thing(cast: Any, world: World, path: str) -> None:
    answer = world.client.raw("GET", path, [(b"authorization", f"Bearer {cast.steward}".encode())])
    assert (answer.status, answer.json()["code"]) == (404, "not-found")
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/rounds", "GET, HEAD, POST"),
        ("PUT", "/v1/rounds/staffed-beds-2019", "GET, HEAD"),
        ("OPTIONS", "/v1/submissions/x", "DELETE, GET, HEAD"),
        ("TRACE", "/v1/health", "GET, HEAD"),
        ("CONNECT", "/v1/oauth/token", "POST"),
        ("get", "/v1/health", "GET, HEAD"),
        ("PROPFIND", "/v1/health", "GET, HEAD"),
    ],
)
def test_another_method_is_told_what_is_allowed(world: World, method: str, path: str, allowed: str) -> None:
    answer = world.client.raw(method, path)
    assert (answer.status, answer.json()["code"], answer.headers["allow"]) == (405, "method-not-allowed", allowed)


def test_a_method_cannot_be_overridden(cast: Any, world: World) -> None:
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        answer = world.call("GET", "/v1/rounds", cast.steward, headers={name: "POST"})
        assert answer.status_code == 200


def test_head_is_get_without_its_body(cast: Any, world: World) -> None:
    got, head = (world.call(method, "/v1/data-sets", cast.steward) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert world.log.answers[-1]["method"] == "HEAD"


def test_lists_come_in_stretches(cast: Any, world: World) -> None:
    for year in ("2018", "2019", "2020"):
        world.open_round(cast.steward, ["hospital-a"], period=year)
    seen: list[str] = []
    cursor = ""
    while True:
        page = world.call("GET", f"/v1/rounds?limit=2{cursor}", cast.supplier).json()
        assert set(page) == {"items", "next"}
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        assert len(page["items"]) == 2
        cursor = f"&cursor={page['next']}"
    assert sorted(seen) == ["staffed-beds-2018", "staffed-beds-2019", "staffed-beds-2020"]


def test_times_are_in_utc(cast: Any, world: World) -> None:
    made = world.open_round(cast.steward, ["hospital-a"], period="2025")
    told = world.call("GET", f"/v1/rounds/{made}", cast.steward).json()
    assert told["deadline"] == "2026-04-01T00:00:00Z"
    for wrong in ("2026-04-01T00:00:00", "2026-04-01T02:00:00+02:00", "2026-04-01", 1774994400):
        body = {"dataSet": "staffed-beds", "period": "2028", "expected": ["hospital-a"], "deadline": wrong}
        assert world.call("POST", "/v1/rounds", cast.steward, json=body).json()["errors"][0]["code"] == "no-time"


def test_readiness_names_its_parts(world: World) -> None:
    assert world.call("GET", "/v1/health").json() == {"status": "pass"}
    assert world.call("GET", "/v1/readiness").json() == {"status": "pass", "parts": {"database": True}}
    edge = world.app.state.edge
    world.app.state.edge = type(edge)(
        edge.services, edge.bearer, edge.settings, edge.limits, edge.jwks, {"database": lambda: False}
    )
    try:
        answer = world.call("GET", "/v1/readiness")
    finally:
        world.app.state.edge = edge
    assert (answer.status_code, answer.json()["parts"]) == (503, {"database": False})


def test_what_nobody_foresaw_tells_nothing(cast: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("secret figures 12345")

    monkeypatch.setattr(type(world.services.clock), "now", broken)
    answer = world.call("GET", "/v1/rounds", cast.steward)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "12345" not in answer.text
    assert isinstance(world.log.failures.pop(), RuntimeError)
    assert world.log.answers[-1]["status"] == 500

"""What an attacker, or a careless system, might send: it is refused clearly, never echoed, and breaks nothing."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from api_world import World, records, request_body
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from service.api.problems import CHALLENGE
from service.api.schemas.base import Input
from service.api.settings import INLINE_BODY, SMALL_BODY

ROUND = {"dataSet": "staffed-beds", "period": "2023", "expected": ["hospital-a"], "deadline": "2026-04-01T00:00:00Z"}
SECRET = "NOT-TO-BE-ECHOED"


def faults(answer: Any, status: int = 400) -> dict[str, str]:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, "invalid-request"), problem
    assert SECRET not in answer.text
    for fault in problem["errors"]:
        assert fault["nl"]
        assert fault["en"]
    return {fault["pointer"]: fault["code"] for fault in problem["errors"]}


def test_all_faults_of_a_body_are_told_at_once(cast: Any, world: World) -> None:
    body = {
        "dataSet": 3,
        "period": SECRET + "\x00",
        "expected": [SECRET + " ", "ok", 1],
        "deadline": SECRET,
        "extra": SECRET,
        "1234567890": SECRET,
    }
    assert faults(world.call("POST", "/v1/rounds", cast.steward, json=body)) == {
        "/dataSet": "no-text",
        "/period": "wrong-form",
        "/expected/0": "wrong-form",
        "/expected/2": "no-text",
        "/deadline": "no-time",
        "/extra": "unknown-field",
        "/?": "unknown-field",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"text"',
        b'{"parts": NaN}',
        b'{"parts": Infinity}',
        b'{"parts": 1e999}',
        b'{"parts": 1, "parts": 2}',
        b'{"parts": 1} trailing',
        b'{"parts": 1.0}',
        b'{"parts": true}',
        b'{"parts": "1"}',
        b'{"parts": -1}',
        b'{"parts": 99999999999999999999999999}',
        b'{"parts": ' + b"9" * 5_000 + b"}",
        b'{"parts": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'\xff\xfe{\x00"\x00',
        b'{"parts\x00": 1}',
        b'\xef\xbb\xbf{"parts": 1}',
        '{"parts": ٣}'.encode(),
    ],
)
def test_what_is_no_clear_json_is_refused(cast: Any, world: World, body: bytes) -> None:
    answer = world.call(
        "PUT",
        "/v1/submissions/x/completion",
        cast.supplier,
        content=body,
        headers={"Content-Type": "application/json"},
    )
    faults(answer)


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "a\x07b", "a\u202eb", "a\u2028b", "a\ufffeb", "a\x85b", "", "x" * 4_001],
)
def test_texts_hold_no_characters_that_mean_nothing(cast: Any, world: World, text: str) -> None:
    body = json.dumps(request_body(necessity=text)).encode()
    answer = world.call(
        "POST", "/v1/aggregate-requests", cast.owner, content=body, headers={"Content-Type": "application/json"}
    )
    assert set(faults(answer)) == {"/necessity"}


def test_half_a_character_is_no_text_at_all(cast: Any, world: World) -> None:
    body = json.dumps(request_body(necessity="a\ud800b")).encode()
    answer = world.call(
        "POST", "/v1/aggregate-requests", cast.owner, content=body, headers={"Content-Type": "application/json"}
    )
    assert set(faults(answer)) == {""}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
        max_leaves=12,
    )
)
def test_no_json_breaks_a_route(cast: Any, world: World, value: Any) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    for method, path, who in (
        ("POST", "/v1/submissions", cast.supplier),
        ("POST", "/v1/rounds", cast.steward),
        ("POST", "/v1/registrations", None),
        ("POST", "/v1/aggregate-requests", cast.owner),
    ):
        good = {"/v1/rounds": ROUND, "/v1/aggregate-requests": request_body()}.get(path, {})
        for body in (value, {**good, **(value if isinstance(value, dict) else {"dataSet": value, "records": value})}):
            answer = world.call(method, path, who, content=json.dumps(body).encode(), headers=headers)
            assert answer.status_code in {201, 202, 400, 403, 404, 409}, (path, answer.text)


ODD = [None, [], {}, 0, -1, 1.5, True, "", "x", [None], [[]], [{}], ["x", "x"], {"x": None}]


def every_input(kind: type[Input] = Input) -> list[type[Input]]:
    below = sorted(kind.__subclasses__(), key=lambda found: found.__name__)
    return [found for one in below for found in (one, *every_input(one))]


@pytest.mark.parametrize("schema", every_input(), ids=lambda schema: schema.__name__)
def test_a_member_of_any_kind_is_taken_or_refused_and_breaks_nothing(schema: type[Input]) -> None:
    for name, field in schema.model_fields.items():
        for value in ODD:
            with contextlib.suppress(ValidationError):
                schema.model_validate({field.alias or name: value})


def test_a_cut_that_is_null_is_one_that_is_left_out(cast: Any, world: World) -> None:
    whole, null = request_body(), request_body()
    null["dimensions"][0]["only"] = None
    answers = [world.call("POST", "/v1/aggregate-requests", cast.owner, json=body) for body in (whole, null)]
    assert len({(answer.status_code, str(answer.json().get("reasons"))) for answer in answers}) == 1
    assert answers[0].status_code < 500


IDS = [
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "..",
    "a%00b",
    "a%0d%0aSet-Cookie:%20x=1",
    "'%20OR%201=1--",
    "%C3%A9",
    "%D9%A3",
    "%F0%9F%9A%A2",
    "%ff%fe",
    "a" * 129,
    "-leading",
    "trailing-",
    "a b",
    "*",
    "1;drop table submissions",
]


@pytest.mark.parametrize("bad", IDS)
def test_an_id_that_cannot_exist_is_not_found(cast: Any, world: World, bad: str) -> None:
    for path, who in (
        (f"/v1/submissions/{bad}", cast.supplier),
        (f"/v1/rounds/{bad}", cast.steward),
        (f"/v1/data-sets/{bad}", cast.supplier),
        (f"/v1/releases/{bad}", cast.owner),
        (f"/v1/releases/{bad}/cells", cast.owner),
    ):
        answer = world.call("GET", path, who)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("number", ["-1", "+1", "01", "1.0", "1e3", "%D9%A3", "1_0", "%201", "99999999", "x"])
def test_a_part_number_is_plain_digits(cast: Any, world: World, number: str) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    answer = world.call("PUT", f"/v1/submissions/x/parts/{number}", cast.supplier, content=b"x", headers=kind)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=0", {"limit": "too-small"}),
        ("limit=201", {"limit": "too-large"}),
        ("limit=%2B5", {"limit": "no-integer"}),
        ("limit=1_0", {"limit": "no-integer"}),
        ("limit=5&limit=6", {"limit": "double"}),
        ("unknown=1", {"unknown": "unknown-field"}),
        ("1234567890=1", {"?": "unknown-field"}),
        ("a%20b=1", {"?": "unknown-field"}),
        ("cursor=%00", {"cursor": "wrong-form"}),
        ("cursor=a%27b", {"cursor": "wrong-form"}),
        ("Limit=5", {"Limit": "unknown-field"}),
    ],
)
def test_a_query_is_read_strictly(cast: Any, world: World, query: str, expected: dict[str, str]) -> None:
    assert faults(world.call("GET", f"/v1/rounds?{query}", cast.steward)) == expected


def test_filters_of_the_log_are_read_strictly(cast: Any, world: World) -> None:
    bad = "from=2026-01-31&to=2026-02-30T00:00:00Z&action=X&outcome=maybe&actor=a%00b&objectId=%ED%A0%80"
    found = faults(world.call("GET", f"/v1/audit-events?{bad}", cast.auditor))
    assert {"from", "to", "action", "outcome", "actor"} <= set(found)
    cursor = world.call("GET", "/v1/audit-events?cursor=AAAA", cast.auditor)
    assert (cursor.status_code, cursor.json()["code"]) == (400, "cursor")


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 129, "ключ", "a\x00b", "a'b"])
def test_an_idempotency_key_is_plain(cast: Any, world: World, key: str) -> None:
    header = (b"idempotency-key", key.encode())
    answer = world.client.raw(
        "POST",
        "/v1/submissions",
        [header, (b"authorization", f"Bearer {cast.supplier}".encode()), (b"content-type", b"application/json")],
        [b"{}"],
    )
    assert answer.status == 400
    assert answer.json()["errors"][0]["in"] == "header"


def test_without_an_idempotency_key_nothing_is_taken(cast: Any, world: World) -> None:
    answer = world.call("POST", "/v1/submissions", cast.supplier, json={})
    assert faults(answer) == {"Idempotency-Key": "missing"}


@pytest.mark.parametrize(
    "digest",
    [
        None,
        "sha-256=:AAAA:",
        "sha-512=:" + "A" * 86 + "==:",
        "sha-256=" + "A" * 43 + "=",
        "sha-256=:" + "A" * 43 + "=:, sha-256=:" + "A" * 43 + "=:",
        "SHA-256=:" + "A" * 43 + "=:",
    ],
)
def test_a_content_digest_is_written_one_way(cast: Any, world: World, digest: str | None) -> None:
    headers = {"Content-Type": "application/octet-stream"} | ({"Content-Digest": digest} if digest else {})
    answer = world.call("PUT", "/v1/submissions/x/parts/0", cast.supplier, content=b"x", headers=headers)
    assert faults(answer) == {"Content-Digest": "wrong-form"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/xml"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/jsonx"},
        {"Content-Type": ""},
        {},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/json", "Content-Encoding": "identity, br"},
    ],
)
def test_only_plain_json_is_taken(cast: Any, world: World, headers: dict[str, str]) -> None:
    answer = world.call("POST", "/v1/rounds", cast.steward, content=json.dumps(ROUND).encode(), headers=headers)
    assert answer.status_code == 415
    accepted = {"Content-Type": 'Application/JSON; Charset="UTF-8"', "Content-Encoding": "identity"}
    assert world.call("POST", "/v1/rounds", cast.steward, content=b"{}", headers=accepted).status_code == 400


def test_records_and_format_go_together(cast: Any, world: World) -> None:
    headers = {"Idempotency-Key": "formats"}
    with_format = world.submission("hospital-a", records(), format="csv")
    answer = world.call("POST", "/v1/submissions", cast.supplier, json=with_format, headers=headers)
    assert faults(answer) == {"/manifest/format": "not-valid"}
    bare = world.submission("hospital-a", records())
    del bare["records"]
    answer = world.call("POST", "/v1/submissions", cast.supplier, json=bare, headers=headers)
    assert faults(answer) == {"/manifest/format": "not-valid"}
    answer = world.call("POST", "/v1/submissions", cast.supplier, json={**bare, "records": {}}, headers=headers)
    assert faults(answer) == {"/records": "no-list"}


@pytest.mark.parametrize("number", ["1.0", "9007199254740993", "1e2", "-0"])
def test_a_number_written_otherwise_is_still_what_was_signed_or_refused(cast: Any, world: World, number: str) -> None:
    """Canonical JSON decides: 1.0 is the number 1, and what has no exact form is refused."""
    body = json.dumps(world.submission("hospital-a", records(first=1))).replace(
        '"staffed_bed_days": 1,', f'"staffed_bed_days": {number},'
    )
    answer = world.call(
        "POST",
        "/v1/submissions",
        cast.supplier,
        content=body.encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": "numbers"},
    )
    assert answer.status_code in {400, 403, 409}


def test_a_tampered_record_is_not_what_was_signed(cast: Any, world: World) -> None:
    world.open_round(cast.steward, ["hospital-a"], period="2025")
    body = world.submission("hospital-a", records(), round="staffed-beds-2025")
    body["records"][0]["staffed_bed_days"] += 1
    answer = world.call("POST", "/v1/submissions", cast.supplier, json=body, headers={"Idempotency-Key": "tampered"})
    assert (answer.status_code, answer.json()["code"]) == (400, "content-digest")
    body = world.submission("hospital-a", records(), round="staffed-beds-2025")
    body["manifest"]["nonce"] = "A" * 22
    answer = world.call("POST", "/v1/submissions", cast.supplier, json=body, headers={"Idempotency-Key": "tampered"})
    assert (answer.status_code, answer.json()["code"]) == (400, "manifest-signature")


def test_a_private_key_is_not_taken(world: World) -> None:
    body = world.registration("ABCD-EFGH-1234", 99)
    body["publicKey"]["d"] = SECRET
    assert faults(world.call("POST", "/v1/registrations", json=body)) == {"/publicKey/d": "unknown-field"}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "invalid_request"),
        ({"grant_type": "password", "client_assertion_type": "x", "client_assertion": "y"}, "unsupported_grant_type"),
        (
            {"grant_type": "client_credentials", "client_assertion_type": "x", "client_assertion": "y"},
            "invalid_request",
        ),
    ],
)
def test_the_token_endpoint_speaks_oauth(world: World, form: dict[str, str], error: str) -> None:
    answer = world.call("POST", "/v1/oauth/token", data=form or {"x": "y"})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["content-type"] == "application/json"


def test_the_token_endpoint_takes_each_parameter_once(cast: Any, world: World) -> None:
    form = "&".join(f"{name}={value}" for name, value in world.token_form("hospital-a").items())
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    doubled = world.call(
        "POST", "/v1/oauth/token", content=f"{form}&grant_type=client_credentials".encode(), headers=kind
    )
    assert (doubled.status_code, doubled.json()["error"]) == (400, "invalid_request")
    fields = world.token_form("hospital-a")
    first = world.call("POST", "/v1/oauth/token", data=fields)
    assert (first.status_code, first.json()["token_type"], first.json()["expires_in"]) == (200, "Bearer", 300)
    again = world.call("POST", "/v1/oauth/token", data=fields)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert "www-authenticate" in again.headers
    other = world.call("POST", "/v1/oauth/token", data=world.token_form("hospital-a", aud="https://elsewhere.example"))
    assert (other.status_code, other.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "authorization",
    [
        b"Bearer",
        b"Bearer ",
        b"Basic dXNlcjpwYXNz",
        b"bearer  two spaces",
        b"Bearer a\xffb",
        b"Bearer " + b"a" * 8_193,
        b"Bearer a, Bearer b",
    ],
)
def test_only_one_bearer_token_is_looked_at(world: World, authorization: bytes) -> None:
    answer = world.client.raw("GET", "/v1/rounds", [(b"authorization", authorization)])
    assert (answer.status, answer.headers["www-authenticate"]) == (401, CHALLENGE)
    twice = world.client.raw("GET", "/v1/rounds", [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")])
    assert twice.status == 401


@pytest.mark.parametrize(("path", "limit"), [("/v1/rounds", SMALL_BODY), ("/v1/submissions", INLINE_BODY)])
def test_a_large_body_is_refused_before_it_is_read(cast: Any, world: World, path: str, limit: int) -> None:
    who = cast.steward if path == "/v1/rounds" else cast.supplier
    headers = [
        (b"authorization", f"Bearer {who}".encode()),
        (b"content-type", b"application/json"),
        (b"idempotency-key", b"large"),
    ]
    announced = [*headers, (b"content-length", str(limit + 1).encode())]

    async def never() -> Any:
        raise AssertionError("the body was asked for")

    answer = world.client.raw("POST", path, announced, never)
    assert (answer.status, answer.json()["code"], answer.headers["connection"]) == (413, "body-too-large", "close")
    pulled = 0

    def endless() -> Any:
        nonlocal pulled
        while True:
            pulled += 1
            yield b" " * 16_384

    answer = world.client.raw("POST", path, headers, endless())
    assert answer.status == 413
    assert pulled <= limit // 16_384 + 1

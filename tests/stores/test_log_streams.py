"""No secret or record gets into a log line, whatever a careless call does."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import uuid

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.observability import FIELDS, Logger, Stream, UnnamedFieldError, configure_logging

JWT = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.eyJzdWIiOiJob3NwaXRhbC1hIn0.c2lnbmF0dXJlLW9mLXNpeHR5LWZvdXItYnl0ZXM"
SECRETS = (
    JWT,
    f"Bearer {JWT}",
    "7F3K-Q2MN-8XYZ-PW4R-T6VB-HJ1C-D5EG",
    "a256kw.1b8MxwqkBatjLZ0t7eaZv9aiu8sy-e2IEKz6vmyJKrXyscmTUcqxPg",
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----",
    "patient.quality.v1.9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "123456782",
    "Jansen, Piet",
    "1234 AB",
    "/v1/submissions?token=abc",
    "b'\\x8f\\x01'",
)


@pytest.fixture
def lines():
    output = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers, root.level, sys.excepthook, threading.excepthook, structlog.get_config())
    names = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
    states = [(logging.getLogger(n), logging.getLogger(n).disabled, logging.getLogger(n).propagate) for n in names]
    configure_logging(output)
    yield output
    root.handlers, root.level, sys.excepthook, threading.excepthook, config = before
    for logger, disabled, propagate in states:
        logger.disabled, logger.propagate = disabled, propagate
    structlog.configure(**config)


def parse(output: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_request_is_told_by_template_and_figures(lines):
    trace = str(uuid.uuid4())
    with structlog.contextvars.bound_contextvars(trace_id=trace):
        Logger(Stream.HTTP).info(
            "request-answered",
            method="GET",
            route="/v1/releases/{id}",
            status=200,
            milliseconds=1.5,
            principal="supplier",
        )
    (line,) = parse(lines)
    assert line.pop("time").endswith("Z")
    assert line == {
        "stream": "http",
        "level": "info",
        "event": "request-answered",
        "trace_id": trace,
        "method": "GET",
        "route": "/v1/releases/{id}",
        "status": 200,
        "milliseconds": 1.5,
        "principal": "supplier",
    }


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("stream", Stream)
def test_a_secret_fits_in_no_field_of_any_stream(lines, stream, secret):
    log = Logger(stream)
    for name in (*FIELDS[stream], "trace_id", "error", "where", "authorization", "record", "exception", "stack"):
        log.info("careless", **{name: secret})
        log.info("careless", **{name: [secret]})
        log.info("careless", **{name: {"value": secret}})
    log.info(secret)
    log.error("careless", cause=ValueError(secret))
    log.error("careless", cause=KeyError(secret), **{secret: 1})
    assert secret not in lines.getvalue()
    assert json.dumps(secret)[1:-1] not in lines.getvalue()
    assert all("dropped" in line or line.get("error") for line in parse(lines))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(min_size=3).filter(lambda text: not text.islower()), st.sampled_from(Stream))
def test_free_text_is_never_written(lines, text, stream):
    lines.truncate(0)
    lines.seek(0)
    Logger(stream).info("careless", note=text, code=f"{text}!", job=f" {text}")
    (line,) = parse(lines)
    assert set(line) == {"time", "level", "stream", "event", "dropped"}


def test_an_exception_is_told_by_classes_and_places(lines):
    def fail():
        try:
            int("123456782x")
        except ValueError as error:
            raise RuntimeError("record 123456782 of Jansen") from error

    with pytest.raises(RuntimeError) as caught:
        fail()
    Logger(Stream.WORKER).error("job-failed", cause=caught.value, job="aggregate")
    (line,) = parse(lines)
    assert line["error"] == ["RuntimeError", "ValueError"]
    assert all(place.split(":")[0].endswith("test_log_streams") for place in line["where"])
    assert "dropped" not in line


def test_strict_raises_and_names_the_field_but_never_the_value(lines):
    configure_logging(lines, strict=True)
    with pytest.raises(UnnamedFieldError, match=r"^token$") as caught:
        Logger(Stream.HTTP).info("request-answered", token=JWT)
    assert JWT not in str(caught.value)
    with pytest.raises(UnnamedFieldError, match=r"^\?$"):
        Logger(Stream.HTTP).info("request-answered", **{JWT: 1})
    assert lines.getvalue() == ""


def test_libraries_are_told_by_place_only(lines):
    logging.getLogger("httpx").info("HTTP Request: GET https://example.org/?token=%s", JWT)
    logging.getLogger("uvicorn.access").warning('%s - "%s"', "10.0.0.1", f"GET /v1/x?token={JWT}")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application: %s", JWT, exc_info=ValueError(JWT))
    logging.getLogger("sqlalchemy.engine.Engine").warning("INSERT %s", {"value": "123456782"})
    logging.getLogger(JWT).warning("x")
    logging.getLogger("odd.level").log(35, "x")
    assert JWT not in lines.getvalue()
    assert "123456782" not in lines.getvalue()
    assert [line["library"] for line in parse(lines)] == [
        "uvicorn.error",
        "sqlalchemy.engine.engine",
        "other",
        "odd.level",
    ]
    assert {line["event"] for line in parse(lines)} == {"library-line"}
    assert not any("dropped" in line for line in parse(lines))


def test_a_crash_is_told_without_its_message(lines):
    sys.excepthook(ValueError, ValueError(JWT), None)
    thread = threading.Thread(target=lambda: int("Jansen, Piet"))
    thread.start()
    thread.join()
    assert [line["event"] for line in parse(lines)] == ["process-crashed", "thread-crashed"]
    assert "Jansen" not in lines.getvalue()
    assert JWT not in lines.getvalue()


def test_numbers_are_no_truth_values(lines):
    Logger(Stream.HTTP).info("request-answered", status=True)
    assert parse(lines)[0]["dropped"] == 1

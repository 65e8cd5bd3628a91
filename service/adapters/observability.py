"""Logs as JSON lines, each stream with the fields it may hold; a stream that names none holds nothing.

The audit log tells who did what; these lines tell operators how the service is doing. They never hold a token, key,
record or identifier, so every field has a form that such a value does not have, and whatever does not fit is dropped
and counted:

- the event is a fixed name, not a sentence;
- an exception is told by its classes and places in the code, never by its message, which may quote a record;
- a line of another library is told by the place that wrote it, for its sentence may quote anything.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from enum import StrEnum
from types import TracebackType
from typing import Any, TextIO

import structlog

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]+Z")
_NAME = re.compile(r"(?!.*\d{7})[a-z][a-z0-9]{0,30}(?:[-.][a-z0-9]{1,30}){0,5}")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CLASS = re.compile(r"[A-Za-z]{1,64}")
_PLACE = re.compile(r"[a-z_][a-z0-9_.]{0,120}:\d{1,6}")
_METHOD = re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|other")
_ROUTE = re.compile(r"(?=.{1,120}$)/(?:[a-z0-9/_.-]|\{[A-Za-z_]{1,30}\})*|unknown")
_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,6}){0,3}")
_HASH = re.compile(r"sha-256:[0-9a-f]{64}")
_ADDRESS = re.compile(r"https?://[a-z0-9.:\[\]-]{1,80}")
_NUMBER = (int, float)

_Form = re.Pattern[str] | tuple[type, ...]

_COMMON: Mapping[str, _Form] = {
    "time": _MOMENT,
    "level": _NAME,
    "stream": _NAME,
    "event": _NAME,
    "trace_id": _ID,
    "error": _CLASS,
    "where": _PLACE,
    "dropped": _NUMBER,
}


class Stream(StrEnum):
    """What a line is about."""

    HTTP = "http"
    WORKER = "worker"
    SECURITY = "security"
    LOG = "log"
    STARTUP = "startup"
    LIBRARY = "library"


FIELDS: Mapping[Stream, Mapping[str, _Form]] = {
    Stream.HTTP: {
        "method": _METHOD,
        "route": _ROUTE,  # the template, never the path or query that came in
        "status": _NUMBER,
        "milliseconds": _NUMBER,
        "principal": _NAME,
    },
    Stream.WORKER: {
        "mail_id": _ID,
        "why": _NAME,
        "job": _NAME,
        "request_id": _ID,
        "submission_id": _ID,
        "round": _NAME,
        "state": _NAME,
        "attempt": _NUMBER,
        "rows": _NUMBER,
        "cells": _NUMBER,
        "parts": _NUMBER,
        "milliseconds": _NUMBER,
        "code": _NAME,
    },
    Stream.SECURITY: {
        "code": _NAME,
        "route": _ROUTE,
        "audit_event": _ID,
        "role": _NAME,
        "count": _NUMBER,
    },
    Stream.LOG: {
        "size": _NUMBER,
        "waiting": _NUMBER,
        "lag_seconds": _NUMBER,
        "code": _NAME,
    },
    Stream.STARTUP: {
        "version": _VERSION,
        "setting": _NAME,
        "database": _NAME,
        "policy_hash": _HASH,
        "address": _ADDRESS,
        "code": _NAME,
        "count": _NUMBER,
    },
    Stream.LIBRARY: {"library": _NAME},
}
"""Every field that a line of the stream may hold, beside time, level, stream, event, trace id, error and place."""


class UnnamedFieldError(Exception):
    """A log call gave a field that its stream does not name, or a value without the field's form (never shown)."""


class Logger:
    """Writes to one stream. Events are names such as `request-answered`; fields are those of `FIELDS`."""

    def __init__(self, stream: Stream) -> None:
        self._log = structlog.get_logger(stream=stream.value)

    def info(self, event: str, **fields: object) -> None:
        """Something that is as it should be."""
        self._log.info(event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something that somebody should look at."""
        self._log.warning(event, **fields)

    def error(self, event: str, cause: BaseException | None = None, **fields: object) -> None:
        """Something that went wrong; of the cause only classes and places are told."""
        self._log.error(event, exc_info=cause, **fields)


def configure_logging(output: TextIO | None = None, *, strict: bool = False, level: int = logging.INFO) -> None:
    """Send every line of this process to `output`, our own and those of libraries.

    Start uvicorn with `log_config=None`: its loggers then end here, and its access log, which holds query strings, is
    off whatever its settings say. A crash is told like any other exception, without its message.

    Args:
        output: where the lines go; standard error when none is given.
        strict: raise instead of dropping; for tests and development.
        level: the lowest level written.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _tell_exception,
            FieldGuard(strict=strict),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(output or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_LibraryHandler()]
    root.setLevel(max(level, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
        library.disabled = name == "uvicorn.access"
    sys.excepthook = _tell_crash
    threading.excepthook = _tell_thread_crash


class FieldGuard:
    """Lets through what the stream names, in the form that the field has; drops and counts the rest.

    Args:
        strict: raise at the first such field instead.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict

    def __call__(self, _logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
        """The line with nothing in it that was not foreseen.

        Raises:
            UnnamedFieldError: strict, and a field was not foreseen; its name is told only when it is a plain name.
        """
        stream = line.get("stream")
        allowed = {**_COMMON, **(FIELDS[Stream(stream)] if stream in set(Stream) else {})}
        kept = {name: value for name, value in line.items() if name in allowed and _fits(value, allowed[name])}
        dropped = sorted(name for name in line.keys() - kept.keys())
        if not dropped:
            return kept
        if self._strict:
            raise UnnamedFieldError(", ".join(name if re.fullmatch(r"[a-z_]{1,40}", name) else "?" for name in dropped))
        return {**kept, "dropped": len(dropped)}


def _fits(value: object, form: _Form) -> bool:
    values = value if isinstance(value, list) else [value]
    if isinstance(form, tuple):
        return isinstance(value, form) and not isinstance(value, bool)
    return all(isinstance(item, str) and form.fullmatch(item) for item in values)


def _tell_exception(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    cause = line.pop("exc_info", None)
    if cause is True:
        cause = sys.exc_info()[1]
    if isinstance(cause, BaseException):
        line["error"], line["where"] = _classes(cause), _places(cause.__traceback__)
    return line


def _classes(error: BaseException) -> list[str]:
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 5:  # noqa: PLR2004 - deeper tells nothing more
        chain.append(re.sub(r"[^A-Za-z]", "", type(current).__name__)[:64] or "Unnamed")
        current = current.__cause__ or current.__context__
    return chain


def _places(trace: TracebackType | None) -> list[str]:
    frames = [(frame.f_globals.get("__name__", ""), line) for frame, line in traceback.walk_tb(trace)]
    return [_place(module, line) for module, line in frames[-8:]]


def _place(module: str, line: int) -> str:
    place = f"{module.lower()}:{line}"
    return place if _PLACE.fullmatch(place) else f"elsewhere:{line}"


def _tell_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    Logger(Stream.STARTUP).error("process-crashed", cause=error)


def _tell_thread_crash(crash: threading.ExceptHookArgs) -> None:
    Logger(Stream.WORKER).error("thread-crashed", cause=crash.exc_value)


class _LibraryHandler(logging.Handler):
    """Tells that a library wrote a line, and where: its sentence may hold anything, so it is not repeated."""

    def emit(self, record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else None
        name = record.name.lower()
        line: dict[str, Any] = {"library": name if _NAME.fullmatch(name) else "other"}
        if cause is None:
            line["where"] = _place(record.module, record.lineno)
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        structlog.get_logger(stream=Stream.LIBRARY.value).log(level, "library-line", exc_info=cause, **line)

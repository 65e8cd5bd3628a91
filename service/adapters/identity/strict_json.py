"""JSON without the freedoms that parsers differ about (RFC 8259 section 4, RFC 8725 section 2.4)."""

from __future__ import annotations

import json


class DuplicateNameError(ValueError):
    """An object says a name twice: two parsers may then read two documents."""


def loads(document: bytes) -> object:
    """The value of a UTF-8 JSON document.

    Refused besides what JSON refuses: a name twice in one object at any depth, NaN and Infinity, lone surrogates,
    numbers of absurd length, and nesting deeper than the interpreter can follow.

    Raises:
        DuplicateNameError: a name stands twice in one object.
        ValueError: anything else.
    """
    try:
        value: object = json.loads(document.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The pairs as an object, unless a name comes twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DuplicateNameError("a name stands twice")
    return members


def _refuse_constant(_name: str) -> object:
    """NaN and Infinity are no JSON."""
    raise ValueError("not a JSON number")

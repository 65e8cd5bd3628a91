"""What is wrong with the input, place by place, in Dutch and English; never with what was found there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import PydanticCustomError

from service.domain.texts_rules import NOT_VALID, text_of_rule
from sluis_client.wire import WireError

Place = Literal["body", "query", "header", "path"]

MOST_SHOWN = 100

_NAME = re.compile(r"(?!.*[0-9]{7})[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True, slots=True)
class InputFault:
    """One fault; `pointer` is a JSON pointer (RFC 6901) into the body, or the name of a query key or header."""

    place: Place
    pointer: str
    code: str
    nl: str
    en: str

    def to_json(self) -> dict[str, str]:
        """As it stands in a problem."""
        return {"in": self.place, "pointer": self.pointer, "code": self.code, "nl": self.nl, "en": self.en}


_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "missing": ("missing", "ontbreekt", "is missing"),
    "extra_forbidden": ("unknown-field", "is een onbekend veld", "is an unknown field"),
    "string_type": ("no-text", "moet tekst zijn", "must be a string"),
    "string_too_short": ("too-short", "is te kort (minstens {min_length})", "is too short (at least {min_length})"),
    "string_too_long": ("too-long", "is te lang (hoogstens {max_length})", "is too long (at most {max_length})"),
    "string_pattern_mismatch": ("wrong-form", "heeft niet de gevraagde vorm", "does not have the form asked for"),
    "string_unicode": ("no-unicode", "is geen geldige Unicode", "is no valid Unicode"),
    "literal_error": ("unknown-choice", "moet een zijn van: {expected}", "must be one of: {expected}"),
    "int_type": ("no-integer", "moet een geheel getal zijn", "must be an integer"),
    "int_parsing": ("no-integer", "moet een geheel getal zijn", "must be an integer"),
    "bool_type": ("no-boolean", "moet true of false zijn", "must be true or false"),
    "list_type": ("no-list", "moet een lijst zijn", "must be a list"),
    "too_short": ("too-few", "heeft te weinig onderdelen", "has too few items"),
    "too_long": ("too-many", "heeft te veel onderdelen", "has too many items"),
    "greater_than_equal": ("too-small", "moet minstens {ge} zijn", "must be at least {ge}"),
    "less_than_equal": ("too-large", "mag hoogstens {le} zijn", "must be at most {le}"),
    "model_type": ("no-object", "moet een JSON-object zijn", "must be a JSON object"),
    "dict_type": ("no-object", "moet een JSON-object zijn", "must be a JSON object"),
    "control-character": (
        "control-character",
        "bevat stuurtekens of tekens zonder betekenis",
        "holds control characters or code points that mean nothing",
    ),
    "no-time": ("no-time", "moet een UTC-tijd zijn als 2026-01-31T12:00:00Z", "must be UTC as 2026-01-31T12:00:00Z"),
    "no-day": ("no-day", "moet een dag zijn als 2026-01-31", "must be a day as 2026-01-31"),
    "double": ("double", "bevat iets dubbel", "holds something twice"),
}
_OTHER = ("not-valid", *NOT_VALID)


def custom(code: Literal["control-character", "no-time", "no-day", "double"]) -> PydanticCustomError:
    """The error that a validator of ours raises; its text is in the table here."""
    return PydanticCustomError(code, "not valid")


def of_schema(errors: Iterable[Any], place: Place | None = None) -> list[InputFault]:
    """The faults that pydantic found; the first 100 of them.

    Args:
        errors: as `ValidationError.errors()` gives them.
        place: where the input came from; without it the first step of each location says so.
    """
    faults = []
    for error in list(errors)[:MOST_SHOWN]:
        steps = list(error["loc"])
        where: Place = place or steps.pop(0)
        code, nl, en = _TEXTS.get(error["type"], _OTHER)
        facts = error.get("ctx", {})
        names = [named(step) for step in steps]
        pointer = "/".join(["", *names]) if where == "body" else ".".join(names)
        faults.append(InputFault(where, pointer, code, nl.format_map(facts), en.format_map(facts)))
    return faults


def of_wire(error: WireError) -> list[InputFault]:
    """The faults that the wire package found."""
    return [
        InputFault("body", "/".join(map(named, problem.path.split("/"))), "not-valid", problem.nl, problem.en)
        for problem in error.problems[:MOST_SHOWN]
    ]


def of_rule(where: str, what: str) -> InputFault:
    """A fault that a rule of the domain found; `where` names a field, and after a colon what in it."""
    name, _, inside = where.partition(": ")
    nl, en = text_of_rule(what)
    shown = f"{inside} " if inside and _NAME.fullmatch(inside) else ""
    return InputFault("body", f"/{name}", what, f"{shown}{nl}", f"{shown}{en}")


def in_body(pointer: str, code: str, nl: str, en: str) -> InputFault:
    """A place in the body that is not as asked."""
    return InputFault("body", pointer, code, nl, en)


def in_header(name: str, nl: str, en: str) -> InputFault:
    """A header that is not as asked."""
    return InputFault("header", name, "wrong-form", nl, en)


def named(step: str | int) -> str:
    """A step of a location; what a caller named itself is shown only when it is a plain name."""
    shown = str(step)
    return shown if shown == "" or _NAME.fullmatch(shown) else "?"

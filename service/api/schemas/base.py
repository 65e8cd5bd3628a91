"""What all messages have in common: camelCase, strict reading, bounded texts, times in UTC.

What comes in is read strictly: no unknown field, no number for a text, nothing longer than said. What goes out is
written by the same kind of model, so that the OpenAPI document cannot say anything else than what is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Header, Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from service.api.faults import custom
from service.domain.classification import Label as DomainLabel
from sluis_client.wire.strict import time_text

IDENTIFIER = r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MEANINGLESS = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_MOST_NUMBER = 10**6


def _is_none(value: object) -> bool:
    return value is None


ABSENT: Any = Field(default=None, exclude_if=_is_none)
"""The default of an answer's field that is left out when it is None."""


class Input(BaseModel):
    """A message from a caller."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, hide_input_in_errors=True
    )


class Answer(BaseModel):
    """A message to a caller; a field that defaults to `ABSENT` is left out when there is nothing to say."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, frozen=True)

    def to_json(self) -> bytes:
        """The bytes that are sent."""
        return self.model_dump_json(by_alias=True).encode()


def plain(text: str) -> str:
    """Text without control characters (a line feed is none) or signs that turn the direction of writing."""
    if _MEANINGLESS.search(text):
        raise custom("control-character")
    return text


def utc_time(value: Any) -> Any:
    """A time as the wire has it; anything else is left for pydantic to refuse."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise custom("no-time")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise custom("no-time") from None


def civil_day(value: Any) -> Any:
    """A day as the wire has it; anything else is left for pydantic to refuse."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise custom("no-day")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise custom("no-day") from None


def plain_number(value: Any) -> Any:
    """A number in an address is written in plain decimal digits: no sign, no space, no leading zero."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,8}", value) else "no number"


def _no_doubles(values: list[Any]) -> list[Any]:
    if len(set(values)) != len(values):
        raise custom("double")
    return values


NoDoubles = AfterValidator(_no_doubles)
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]
Word = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(plain)]
Prose = Annotated[str, Field(min_length=1, max_length=4_000), AfterValidator(plain)]
UtcTime = Annotated[
    datetime,
    BeforeValidator(utc_time),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_TIME.pattern}$"}),
]
Moment = Annotated[
    datetime,
    PlainSerializer(time_text, return_type=str, when_used="json"),
    Field(description="UTC, as 2026-01-31T12:00:00Z"),
]
CivilDay = Annotated[
    date,
    BeforeValidator(civil_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}),
]
Day = Annotated[date, Field(description="A calendar date, as 2026-01-31")]

Id = Annotated[str, Path(pattern=IDENTIFIER, description="The id", examples=["staffed-beds-2019"])]
Number = Annotated[
    int,
    BeforeValidator(plain_number),
    Path(ge=0, le=_MOST_NUMBER, description="The part's place in the content, from 0"),
]
Limit = Annotated[
    int,
    BeforeValidator(plain_number),
    Query(ge=1, le=200, description="Most items in one answer"),
]
Cursor = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9._~=-]{1,256}$", description="`next` of the answer before this one"),
]
QueryIdentifier = Annotated[str | None, Query(pattern=IDENTIFIER)]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._-]{1,128}$",
        description="Made by the caller, one for each delivery: the same call may then be repeated safely.",
        examples=["5f1d8a5e0c6b4f0f9f1a"],
    ),
]


class Label(Answer):
    """A text in Dutch and English."""

    nl: str
    en: str

    @classmethod
    def of(cls, label: DomainLabel) -> Label:
        """The label."""
        return cls(nl=label.nl, en=label.en)


Item = TypeVar("Item", bound=Answer)


class Listed(Answer, Generic[Item]):
    """A stretch of a list; `next` is the cursor of the one after it, null on the last."""

    items: list[Item]
    next: str | None


def answer(message: Answer, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """One message as an answer."""
    return Response(message.to_json(), status, headers, "application/json")


def listed(items: Iterable[Answer], following: str | None = None) -> Response:
    """A stretch of a list: `{items, next}`; `next` is null on the last stretch."""
    cursor = b"null" if following is None else b'"' + following.encode() + b'"'
    joined = b",".join(item.to_json() for item in items)
    return Response(b'{"items":[' + joined + b'],"next":' + cursor + b"}", media_type="application/json")

"""Reading what callers send: bounded in size and time before it is looked at, strict when it is.

No route reads a body in any other way. JSON in which a name stands twice, NaN, or something nested out of all
proportion is refused (RFC 8259, section 4), for two readers could understand it differently.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from service.api.edge import edge_of
from service.api.faults import InputFault, of_schema, of_wire
from service.api.problems import Refused
from service.api.settings import FORM_BODY, KIB, SMALL_BODY
from sluis_client.wire import WireError, parse_json

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
OCTETS = "application/octet-stream"

_BYTES_PER_SECOND = 64 * KIB
_MOST_FIELDS = 20
_CLOSE = {"Connection": "close"}

Model = TypeVar("Model", bound=BaseModel)


class Body:
    """A dependency that gives the raw bytes of a body.

    Attributes:
        media_type: the only one that is taken.
        limit: most bytes; more is refused as soon as it is known, before the rest is read.
        model: what the OpenAPI document says of the content.
    """

    def __init__(self, media_type: str, limit: int, model: type[BaseModel] | None = None) -> None:
        self.media_type = media_type
        self.limit = limit
        self.model = model

    async def __call__(self, request: Request) -> bytes:
        """The bytes.

        Raises:
            Refused: another media type or a content encoding, too large, too slow, or broken off.
        """
        _require_media_type(request, self.media_type)
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self.limit:
            raise _too_large(self.limit)
        settings = edge_of(request).settings
        idle, total = settings.body_idle_seconds, settings.body_total_seconds + self.limit / _BYTES_PER_SECOND
        clock = asyncio.get_running_loop().time
        content = bytearray()
        try:
            async with asyncio.timeout(total), asyncio.timeout(idle) as patience:
                async for chunk in request.stream():
                    patience.reschedule(clock() + idle)
                    content += chunk
                    if len(content) > self.limit:
                        raise _too_large(self.limit)
        except TimeoutError:
            raise Refused("request-timeout", headers=_CLOSE) from None
        except ClientDisconnect:
            raise Refused("body-incomplete", headers=_CLOSE) from None
        return bytes(content)


class JsonBody(Body, Generic[Model]):
    """A dependency that gives a body of JSON as a strict model."""

    def __init__(self, model: type[Model], limit: int = SMALL_BODY) -> None:
        super().__init__(JSON, limit, model)
        self._model = model

    async def __call__(self, request: Request) -> Model:  # type: ignore[override] # a dependency: FastAPI calls it
        """The model.

        Raises:
            Refused: as `Body`, and with every fault when it is no JSON or not as described.
        """
        return read_model(self._model, await super().__call__(request))


class FormBody(Body):
    """A dependency that gives the fields of a form, each at most once (RFC 6749, section 3.2)."""

    def __init__(self) -> None:
        super().__init__(FORM, FORM_BODY)

    async def __call__(self, request: Request) -> Mapping[str, str] | None:  # type: ignore[override] # as above
        """The fields; None when it is no form, or a field stands in it twice."""
        raw = await super().__call__(request)
        try:
            pairs = parse_qsl(
                raw.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=_MOST_FIELDS,
            )
        except ValueError:
            return None
        fields = dict(pairs)
        return fields if len(fields) == len(pairs) else None


def read_json(raw: bytes) -> object:
    """The JSON value.

    Raises:
        Refused: it is no unambiguous JSON.
    """
    try:
        value: object = parse_json(raw)
    except WireError as error:
        raise Refused("invalid-request", faults=of_wire(error)) from None
    return value


def read_model(model: type[Model], raw: bytes) -> Model:
    """The JSON as a strict model.

    Raises:
        Refused: with every fault.
    """
    try:
        return model.model_validate(read_json(raw))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True, include_input=False)
        raise Refused("invalid-request", faults=of_schema(found, "body")) from None


def invalid(*faults: InputFault) -> Refused:
    """The refusal for input that is not as described."""
    return Refused("invalid-request", faults=faults)


def _require_media_type(request: Request, expected: str) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refused("unsupported-content-encoding", headers={"Accept-Encoding": "identity"})
    sent = request.headers.getlist("content-type")
    kind, _, parameters = sent[0].partition(";") if len(sent) == 1 else ("", "", "")
    charset = parameters.strip().lower().replace('"', "")
    if kind.strip().lower() != expected or charset not in {"", "charset=utf-8"}:
        raise Refused("unsupported-media-type", data={"expected": expected})


def _too_large(limit: int) -> Refused:
    return Refused("body-too-large", data={"limit": limit}, headers=_CLOSE)

"""Bytes that both sides compute alike: RFC 8785 canonical JSON, digests, base64url, and strict reading of JSON."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import rfc8785

from sluis_client.wire.strict import Problem, WireError

_DIGEST = re.compile(r"sha-256:[0-9a-f]{64}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MAX_DEPTH = 64
_DIFFERENT = "two readers could understand it differently"


def canonical_bytes(value: Any) -> bytes:
    """The one serialisation of a JSON value (RFC 8785): sorted keys, no spaces, ECMAScript numbers, UTF-8.

    Raises:
        WireError: the value has no canonical form: NaN, infinity, an integer beyond 2^53 - 1, a lone surrogate, or
            nested so deeply that no message of ours can be meant.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError) as error:
        problem = Problem("", "heeft geen canonieke JSON-vorm (RFC 8785)", "has no canonical JSON form (RFC 8785)")
        raise WireError((problem,)) from error


def digest(content: bytes | memoryview) -> str:
    """`sha-256:` and 64 hexadecimal digits, as used for contents and manifests."""
    return "sha-256:" + hashlib.sha256(content).hexdigest()


def is_digest(text: str) -> bool:
    """Whether the text has the form that `digest` gives."""
    return _DIGEST.fullmatch(text) is not None


def content_of_records(records: Sequence[Any]) -> bytes:
    """The content bytes of records sent inline: the canonical JSON of the list. `contentDigest` is taken over it."""
    return canonical_bytes(list(records))


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """The bytes behind base64url without padding; the only text accepted is the one `base64url` gives for them.

    A second spelling of the same bytes (padding, stray last bits, line ends) would let a signed message be altered
    without breaking its signature.

    Raises:
        ValueError: any other text.
    """
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url without padding")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url without padding") from None
    if base64url(data) != text:
        raise ValueError("not the canonical base64url of its bytes")
    return data


def parse_json(content: bytes) -> Any:
    """The JSON value, refused when two readers could understand it differently (RFC 8259, section 4; RFC 7493).

    Raises:
        WireError: not UTF-8, not JSON, a key given twice, NaN or infinity, half a surrogate pair, or nested more than
            64 deep.
    """
    try:
        text = content.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_no_doubles, parse_constant=_no_constant, parse_float=_finite)
        if _SURROGATE.search(text):  # an escape: the text itself is UTF-8, which has none
            _require_whole_characters(value)
    except (ValueError, RecursionError) as error:
        problem = Problem("", f"is geen eenduidige JSON: {error}", f"is no unambiguous JSON: {error}")
        raise WireError((problem,)) from error
    if _deeper_than(value, _MAX_DEPTH):
        raise WireError((Problem("", "is te diep genest", "is nested too deeply"),))
    return value


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError(f"a key is given twice; {_DIFFERENT}")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("a number is too large")
    return number


def _require_whole_characters(value: Any) -> None:
    """UnicodeEncodeError, a ValueError, where a text or name cannot be written as UTF-8."""
    json.dumps(value, ensure_ascii=False).encode()


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [
            child
            for parent in layer
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not layer:
            return False
    return True

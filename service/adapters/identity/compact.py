"""The compact form of a JSON Web Signature (RFC 7515 section 3.1), read without verifying anything.

python-jose accepts what RFC 7515 forbids: padding, characters outside the alphabet, stray trailing bits and names
that stand twice. Two readers may then see two tokens, so here there is one way to write each token.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.adapters.identity import strict_json
from service.ports.identity import NotAuthenticated, TokenFault

MAX_TOKEN: Final = 8192
"""Characters; beyond it nothing is parsed."""
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_SEGMENTS: Final = 3


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """What a token says before anyone has shown that it may say so."""

    header: Mapping[str, object]
    claims: Mapping[str, object]
    payload: bytes


def parse(token: str) -> UnverifiedToken:
    """Header, claims and the payload's bytes.

    Raises:
        NotAuthenticated: too large, not three base64url segments in their one canonical form, not JSON objects, or a
            name twice.
    """
    if len(token) > MAX_TOKEN:
        raise NotAuthenticated(TokenFault.TOO_LARGE)
    segments = token.split(".")
    if len(segments) != _SEGMENTS:
        raise NotAuthenticated(TokenFault.MALFORMED)
    header, payload, _signature = (decode(segment) for segment in segments)
    return UnverifiedToken(header=_members(header), claims=_members(payload), payload=payload)


def decode(segment: str) -> bytes:
    """The bytes of strict base64url: no padding, no other characters, unused bits zero.

    Raises:
        NotAuthenticated: it is empty or not canonical.
    """
    if not _SEGMENT.fullmatch(segment) or len(segment) % 4 == 1:
        raise NotAuthenticated(TokenFault.MALFORMED)
    content = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if encode(content) != segment:
        raise NotAuthenticated(TokenFault.MALFORMED)
    return content


def encode(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _members(document: bytes) -> Mapping[str, object]:
    """The members of a JSON object."""
    try:
        value = strict_json.loads(document)
    except strict_json.DuplicateNameError as error:
        raise NotAuthenticated(TokenFault.DUPLICATE_NAME) from error
    except ValueError as error:
        raise NotAuthenticated(TokenFault.MALFORMED) from error
    if not isinstance(value, dict):
        raise NotAuthenticated(TokenFault.MALFORMED)
    return value

"""What stands for a person: `type.domain.keyversion.digest`, made of a BSN by the function in `oprf`.

The domain is what the pseudonyms are for (pseudonyms of two domains cannot be linked), the key version says under which
of the domain's keys. While a key is being replaced, a value holds the pseudonym under each of them, a space between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sluis_client.wire.canonical import base64url
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.identifiers import passes_eleven_test

BSN = "bsn"
"""The type of pseudonyms that are made of a BSN."""

KEPT = "kept-"
"""How the type of a pseudonym begins that was pseudonymised once more by the service; no such one is delivered."""

DOMAIN = re.compile(r"[a-z][a-z0-9-]{0,62}")
MOST_VERSIONS = 2
"""Keys of one domain that are in force at the same time."""

CHECK_INPUT = b"sluis-oprf-check-v1"
"""An input that is no BSN. Its value is published per key, so that whoever asks can tell another key from it."""

LABEL = r"[a-z][a-z0-9-]{0,30}\.[a-z][a-z0-9-]{0,62}\.[1-9][0-9]{0,5}\.[A-Za-z0-9_-]{22,100}"
"""The form of one pseudonym: type, domain, version of the key, digest (RE2 and Python alike)."""

_LABEL = re.compile(LABEL)
_DIGEST_BYTES = 16
_BSN_DIGITS = 9
_BSN = re.compile(r"[0-9]{8,9}")
_NOBODY = frozenset({"000000000", "999999999"})


@dataclass(frozen=True, slots=True, repr=False)
class Pseudonym:
    """One pseudonym; it does not show its digest."""

    type: str
    domain: str
    version: int
    digest: str

    @classmethod
    def read(cls, text: str) -> Pseudonym | None:
        """The pseudonym, or None when the text is none."""
        if not _LABEL.fullmatch(text):
            return None
        kind, domain, version, digest = text.split(".")
        return cls(kind, domain, int(version), digest)

    def __str__(self) -> str:
        return f"{self.type}.{self.domain}.{self.version}.{self.digest}"


def digest_of(output: bytes) -> str:
    """The first 128 bits of the function's value: more than anybody can guess, and no two persons share them."""
    return base64url(output[:_DIGEST_BYTES])


def input_of(bsn: str) -> bytes:
    """What the function is asked about a BSN of nine digits."""
    return f"{BSN}:{bsn}".encode()


def checked_bsn(text: str) -> str | FaultCode:
    """The nine digits, or what is the matter.

    Eight digits lost their leading zero. 000000000 is nobody, 999999999 means that the number is not known (Wabb), and
    the rest has to pass the eleven test.
    """
    digits = text.strip()
    if not _BSN.fullmatch(digits):
        return FaultCode.NO_BSN
    digits = digits.zfill(_BSN_DIGITS)
    if digits in _NOBODY:
        return FaultCode.NOBODY
    return digits if passes_eleven_test(digits) else FaultCode.WRONG_BSN

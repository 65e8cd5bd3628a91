"""What an event of the log commits to: the figures or the receipt that came about with it, without telling them.

    commitment = "sha-256:" + hex(SHA-256(prefix || nonce || canonical JSON (RFC 8785) of every other member))

The members are those of the receipt, or of the certificate without its place in the log; among them are the digest of
the content and the nonce: 32 random bytes that stand with the release or delivery and in no event. Whoever has the
receipt or certificate can tell that the event is about exactly this. Whoever has the event only, as auditors do,
cannot try figures: every guess would need the nonce with it. The prefix keeps receipts and releases apart.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from sluis_client.wire.canonical import canonical_bytes, from_base64url

RECEIPT_COMMITMENT_PREFIX = b"sluis-receipt-commitment-v1\n"
RELEASE_COMMITMENT_PREFIX = b"sluis-release-commitment-v1\n"
OBJECTION_COMMITMENT_PREFIX = b"sluis-objection-commitment-v1\n"
WITHDRAWAL_COMMITMENT_PREFIX = b"sluis-withdrawal-commitment-v1\n"
NONCE_BYTES = 32
NONCE = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 bytes in base64url."""


def commitment(prefix: bytes, members: Mapping[str, Any]) -> str:
    """What the event says of these members.

    Args:
        prefix: for what kind of document.
        members: of the document, with its `nonce`.

    Raises:
        ValueError: the nonce is missing, or not 32 bytes in base64url.
        WireError: the members have no canonical form.
    """
    given = members.get("nonce")
    if not isinstance(given, str) or not NONCE.fullmatch(given):
        raise ValueError("no nonce of 32 bytes")
    rest = {name: value for name, value in members.items() if name != "nonce"}
    return "sha-256:" + hashlib.sha256(prefix + from_base64url(given) + canonical_bytes(rest)).hexdigest()

"""Pseudonyms as they arrive and as they are kept: each is made into another one under a key of the service per domain.

So pseudonyms of two domains cannot be linked here either, and who holds what suppliers delivered, or the key holder's
keys, recognises nobody in what the service keeps; nor the other way round.
"""

from __future__ import annotations

import hmac

from sluis_client.wire import base64url
from sluis_client.wire.pseudonym import KEPT, Pseudonym

_DIGEST_BYTES = 16


def kept(text: str, key: bytes) -> str:
    """The pseudonym that is kept for one that was delivered: HMAC-SHA256 (RFC 2104) under the domain's key.

    One that is kept already stays as it is, so that the privacy officer can ask again for what was shown.

    Raises:
        ValueError: it is no pseudonym.
    """
    found = Pseudonym.read(text)
    if found is None:
        raise ValueError("not a pseudonym")
    if found.type.startswith(KEPT):
        return text
    digest = hmac.digest(key, text.encode(), "sha256")[:_DIGEST_BYTES]
    return str(Pseudonym(KEPT + found.type, found.domain, found.version, base64url(digest)))

"""Whether a DPoP proof (RFC 9449) is one for this request: who took a token on its way cannot use it.

The key is the client's registered one, always: a machine in between that holds back an assertion, and asks for a token
with it itself, has no key to have that bound to.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from service.adapters import jose_tokens
from service.adapters.identity import compact
from service.ports.identity import NotAuthenticated, ProofNotValid, Shown, TokenFault, UsedProof

PROOF_AGE: Final = timedelta(seconds=300)
"""How old `iat` may be: as long as an assertion holds, for the same clocks make both."""
SCHEME: Final = "dpop"
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_ESCAPED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")


def checked_proof(shown: Shown, *, token: str | None, key_id: str, now: datetime) -> UsedProof:
    """The proof, if all of this holds (RFC 9449 section 4.3).

    1. There is exactly one, and the token is shown as one that needs it.
    2. The key in it made it, and is the key of this client.
    3. It is for this method and address.
    4. It is for this token, when there is one.
    5. It was made within the last five minutes, and has a name of its own.

    That it was never used is for the caller to ask, last.

    Args:
        shown: the proof and the request that it came with.
        token: the access token beside it; None at the token endpoint.
        key_id: the thumbprint of the key that has to have made it.
        now: the present moment, with time zone.

    Raises:
        ProofNotValid: with the first fault found.
    """
    try:
        return _checked(shown, token, key_id, now)
    except NotAuthenticated as error:
        raise ProofNotValid(error.fault, error.claim) from error


def _checked(shown: Shown, token: str | None, key_id: str, now: datetime) -> UsedProof:
    if len(shown.proofs) != 1 or (token is not None and shown.scheme != SCHEME):  # 1
        raise NotAuthenticated(TokenFault.PROOF_MISSING)
    proof = jose_tokens.verify_proof(shown.proofs[0])  # 2
    if proof.key_id != key_id:
        raise NotAuthenticated(TokenFault.PROOF_KEY)
    if proof.text("htm") != shown.method:  # 3
        raise NotAuthenticated(TokenFault.PROOF_METHOD)
    if _normal(proof.text("htu")) != _normal(shown.url):
        raise NotAuthenticated(TokenFault.PROOF_ADDRESS)
    if token is not None and not hmac.compare_digest(proof.text("ath").encode(), _digest(token)):  # 4
        raise NotAuthenticated(TokenFault.PROOF_TOKEN)
    made = proof.moment("iat")  # 5
    if not -PROOF_AGE < made - now <= jose_tokens.LEEWAY:
        raise NotAuthenticated(TokenFault.PROOF_TIME)
    return UsedProof(key_id, proof.text("jti"), made + PROOF_AGE)


def _digest(token: str) -> bytes:
    """The claim `ath` of an access token."""
    return compact.encode(hashlib.sha256(token.encode("ascii")).digest()).encode()


def _normal(url: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and path, each in its one form (RFC 3986 section 6.2.2); query and fragment do not count.

    Raises:
        NotAuthenticated: PROOF_ADDRESS: it is no absolute address.
    """
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname
        port = parts.port or _DEFAULT_PORTS.get(scheme)
    except ValueError:
        raise NotAuthenticated(TokenFault.PROOF_ADDRESS) from None
    if not scheme or not host or parts.username is not None:
        raise NotAuthenticated(TokenFault.PROOF_ADDRESS)
    return scheme, host, port, _ESCAPED.sub(_escape, parts.path) or "/"


def _escape(found: re.Match[str]) -> str:
    """What need not be escaped is not, and the rest in capitals."""
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()

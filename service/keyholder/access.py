"""Who asks: a supplier with an access token of the service, made for this key holder and for nothing else.

A token that is bound to the supplier's key (DPoP, RFC 9449) comes with a proof. Proofs that were used are remembered in
this process: a copy that is shown again after a new start, within five minutes, is answered to whoever cannot take the
blinds off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from service.adapters.identity.key_choice import verification_key
from service.adapters.identity.machine import checked_access_token
from service.adapters.identity.proofs import checked_proof
from service.keyholder.refusals import Refusal
from service.keyholder.settings import PREFIX, KeyHolderSettings, KeyHolderSettingsError
from service.ports.identity import NotAuthenticated, Shown, UsedProof


class Access:
    """Takes tokens that the service signed for this address; its keys come from a file, so nothing is fetched."""

    def __init__(self, settings: KeyHolderSettings) -> None:
        """Read the service's keys.

        Raises:
            KeyHolderSettingsError: the file cannot be read, or holds no key that signs access tokens.
        """
        self._keys = _keys_in(settings.jwks_file)
        self._address = settings.address
        self._used: dict[tuple[str, str], datetime] = {}
        self._issuer = settings.issuer

    def supplier(self, header: str | None, proofs: Sequence[str], *, method: str, path: str, now: datetime) -> str:
        """The organisation that asks.

        Args:
            header: the header Authorization.
            proofs: each header DPoP.
            method: the HTTP method.
            path: the path below this key holder's address.
            now: the present moment.

        Raises:
            Refusal: `not-authenticated`.
        """
        kind, _, token = (header or "").partition(" ")
        shown = Shown(scheme=kind.lower(), proofs=proofs, method=method, url=self._address + path)
        try:
            verified, bound = checked_access_token(token, self._issuer, self._address, self._keys, now)
            if bound is not None:
                self._use(checked_proof(shown, token=token, key_id=bound, now=now), now)
            elif shown.scheme != "bearer":
                raise Refusal("not-authenticated")
        except NotAuthenticated:
            raise Refusal("not-authenticated") from None
        return verified.subject

    def _use(self, proof: UsedProof, now: datetime) -> None:
        self._used = {known: until for known, until in self._used.items() if until > now}
        name = (proof.maker, proof.jti)
        if name in self._used:
            raise Refusal("not-authenticated")
        self._used[name] = proof.until


def service_keys(content: bytes) -> Mapping[str, Mapping[str, object]]:
    """The keys of a JWKS that sign access tokens, by id; none when it is no JWKS."""
    try:
        document: Any = json.loads(content)
        return {str(key["kid"]): key for key in document["keys"] if isinstance(key, dict) and _signs_tokens(key)}
    except (ValueError, KeyError, TypeError):
        return {}


def _keys_in(path: Path) -> Mapping[str, Mapping[str, object]]:
    found = service_keys(path.read_bytes()) if path.is_file() else {}
    if not found:
        fault = f"{path}: geen sleutel van de dienst / no key of the service (/.well-known/jwks.json)"
        raise KeyHolderSettingsError((f"{PREFIX}SERVICE_KEYS: {fault}",))
    return found


def _signs_tokens(key: Mapping[str, object]) -> bool:
    try:
        verification_key(key, "ES256")
    except NotAuthenticated:
        return False
    return "kid" in key

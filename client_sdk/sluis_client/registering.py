"""Registering the public half of a key with the one-time code of an invitation.

1. Ask the service who it is (RFC 8414). Over https the issuer must be the address itself, so that a proof made for this
   service is of no use at another.
2. The key is on disk before the service hears of it, whether made now or by an attempt that was cut off.
3. Send code, public half and proof of possession. The code's digest is in the proof: it fits this code only.
4. Pin the key with which the service signs receipts, over the same verified connection.
5. Keep all of it; only now the new registration replaces an older one.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from sluis_client import wire
from sluis_client.answers import field
from sluis_client.errors import TrustError, UnexpectedAnswerError
from sluis_client.keys import SupplierKey
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.network import Network
from sluis_client.profile import Profile, Registration
from sluis_client.transport import Payload, Transport


def register(
    transport: Transport, profile: Profile, code: str, *, key: SupplierKey, network: Network, machine: Machine
) -> Registration:
    """The registration, kept in the profile.

    Raises:
        ServiceRefusedError: the code is wrong, used or expired.
        TrustError: the service is not who its address says.
        ConnectionFailedError: no answer; the same call goes on with the same key.
    """
    issuer = field(transport.call("GET", "/.well-known/oauth-authorization-server").object, "issuer", str)  # 1
    if transport.url.startswith("https:") and issuer.rstrip("/") != transport.url:
        raise TrustError(
            Text("De dienst noemt zich anders dan dit adres.", "The service calls itself other than this address."),
            Text("Gebruik het adres uit de uitnodiging.", "Use the address from the invitation."),
        )
    typed = "".join(code.split()).upper()  # as the service reads it
    digest = hashlib.sha256(typed.encode()).hexdigest()
    answer = transport.call(  # 3
        "POST",
        "/v1/registrations",
        payload=lambda: Payload.json(
            {
                "code": typed,
                "publicKey": key.jwk,
                "proof": key.proof(machine, audience=issuer, subject=digest),
            }
        ),
    ).object
    if field(answer, "keyId", str) != key.key_id or field(answer, "issuer", str) != issuer:
        raise UnexpectedAnswerError(
            Text("De dienst bevestigt een andere sleutel.", "The service confirms another key.")
        )
    registration = Registration(
        url=transport.url,
        issuer=issuer,
        organisation=field(answer, "organisationId", str),
        client_id=field(answer, "clientId", str),
        name=field(answer, "name", str),
        key_id=key.key_id,
        network=network,
    )
    profile.keep_registration(registration, fetch_service_keys(transport))  # 4, 5
    return registration


def fetch_service_keys(transport: Transport) -> dict[str, Any]:
    """The service's public keys, as a JWKS.

    Raises:
        UnexpectedAnswerError: it is none.
    """
    jwks = transport.call("GET", "/.well-known/jwks.json").object
    try:
        wire.KeySet.from_json(jwks)
    except wire.WireError:
        raise UnexpectedAnswerError(
            Text("De dienst publiceert geen bruikbare sleutels.", "The service publishes no usable keys.")
        ) from None
    return jwks


def pin_announced_key(transport: Transport, profile: Profile, key_id: str) -> None:
    """Adds a receipt key to the pinned ones, when the service publishes the key that was announced.

    Older pinned keys stay: old receipts remain verifiable.

    Raises:
        TrustError: the service publishes no receipt key with this thumbprint.
    """
    announced = [jwk for jwk in _keys(fetch_service_keys(transport)) if _thumbprint(jwk) == key_id]
    if wire.KeySet.from_json({"keys": announced}).ed25519(key_id) is None:
        raise TrustError(
            Text("De dienst publiceert deze sleutel niet.", "The service does not publish this key."),
            Text("Vergelijk de duimafdruk met de aankondiging.", "Compare the thumbprint with the announcement."),
        )
    kept = [jwk for jwk in _keys(profile.service_keys()) if _thumbprint(jwk) != key_id]
    profile.keep_service_keys({"keys": kept + announced})


def _keys(jwks: Mapping[str, Any]) -> list[Any]:
    return field(jwks, "keys", list)


def _thumbprint(jwk: Any) -> str | None:
    try:
        return wire.jwk_thumbprint(jwk)
    except (KeyError, AttributeError, wire.WireError):
        return None

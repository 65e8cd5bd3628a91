"""The next key of a supplier, registered with the present one; both hold until the old one is revoked.

1. Make a key, or take up the one of an attempt that was cut off; it is on disk before the service hears of it.
2. Register its public half, by the present key's token and a proof of possession of the new one.
3. Keep it in place of the old one. From here on everything is signed by it.

The old key still holds: what another machine signed with it is not lost. `revoke` ends that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluis_client.answers import field, moment, optional
from sluis_client.errors import UnexpectedAnswerError
from sluis_client.keys import SupplierKey
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.profile import Profile, Registration
from sluis_client.transport import Payload, TokenSource, Transport, segment

_PATH = "/v1/organisations/me/keys"


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A key of this organisation, as the service keeps it.

    Attributes:
        key_id: RFC 7638 thumbprint.
        registered_at: since when it holds.
        revoked_at: since when it does not any more.
        here: whether it is the one of this profile.
    """

    key_id: str
    registered_at: datetime
    revoked_at: datetime | None
    here: bool

    def to_json(self) -> dict[str, Any]:
        """As `--json` shows it."""
        revoked = None if self.revoked_at is None else self.revoked_at.isoformat()
        return {
            "keyId": self.key_id,
            "registeredAt": self.registered_at.isoformat(),
            "revokedAt": revoked,
            "here": self.here,
        }


def fetch_keys(transport: Transport, tokens: TokenSource, here: str) -> Sequence[RegisteredKey]:
    """All keys of the organisation, the oldest first."""
    answer = transport.call("GET", "/v1/organisations/me", tokens=tokens).object
    return [_read(one, here) for one in field(answer, "keys", list)]


def rotate(
    transport: Transport,
    tokens: TokenSource,
    profile: Profile,
    registration: Registration,
    *,
    passphrase: str | None,
    machine: Machine,
) -> Registration:
    """The registration with the new key, kept in the profile.

    Raises:
        ServiceRefusedError: too many keys hold already.
        ConnectionFailedError: no answer; the same call goes on with the same key.
    """
    key = profile.new_key(passphrase, in_keyring=profile.key_in_keyring)  # 1
    answer = transport.call(  # 2
        "POST", _PATH, tokens=tokens, payload=lambda: Payload.json(_request(key, registration, machine))
    ).object
    if field(answer, "keyId", str) != key.key_id:
        raise UnexpectedAnswerError(
            Text("De dienst bevestigt een andere sleutel.", "The service confirms another key.")
        )
    return profile.keep_key(registration, key.key_id)  # 3


def revoke(transport: Transport, tokens: TokenSource, key_id: str) -> RegisteredKey:
    """Ends a key of the organisation, and every token that it earned."""
    answer = transport.call("PUT", f"{_PATH}/{segment(key_id)}/revocation", tokens=tokens).object
    return _read(answer, "")


def _request(key: SupplierKey, registration: Registration, machine: Machine) -> dict[str, Any]:
    proof = key.proof(machine, audience=registration.issuer, subject=registration.organisation)
    return {"publicKey": key.jwk, "proof": proof}


def _read(document: dict[str, Any], here: str) -> RegisteredKey:
    key_id = field(document, "keyId", str)
    since, until = field(document, "registeredAt", str), optional(document, "revokedAt", str)
    return RegisteredKey(key_id, moment(since), None if until is None else moment(until), key_id == here)

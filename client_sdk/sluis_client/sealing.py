"""Sealing content to the service: what goes over the line is of use to nobody in between (RFC 9180).

Every delivery of this package is sealed; there is no switch to leave it out, for somebody in between could turn it.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self, TypeVar

from sluis_client import wire
from sluis_client.content import Content
from sluis_client.errors import ServiceRefusedError, TrustError, UnexpectedAnswerError
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.profile import Profile, Registration
from sluis_client.transport import Transport
from sluis_client.wire.sealing import (
    SEALING_KEYS_LIFE,
    SEALING_KEYS_PREFIX,
    PublishedSealingKey,
    SealedPlace,
    SignedSealingKeys,
    content_salt,
    seal,
)

Sent = TypeVar("Sent")
_BLOCK = 1 << 20
_NOT_ACTIVE = "sealing-key-not-active"


@dataclass(frozen=True, slots=True)
class SealedContent:
    """Content with what goes before it, so that its digest tells nobody what it is.

    Attributes:
        inner: the file or records.
        salt: 32 bytes, the same for the same content.
        digest: `sha-256:<hex>` of both.
        size: number of bytes of both.
    """

    inner: Content
    salt: bytes = field(repr=False)
    digest: str
    size: int

    @classmethod
    def of(cls, inner: Content, secret: bytes) -> Self:
        """The content, salted by a secret of the profile.

        Raises:
            FileError: the file changed or cannot be read any more.
        """
        salt = content_salt(secret, inner.digest)
        sha = hashlib.sha256(salt)
        for block in inner.parts(_BLOCK):
            sha.update(block)
        return cls(inner, salt, f"sha-256:{sha.hexdigest()}", inner.size + len(salt))

    @property
    def name(self) -> str:
        """The file's name."""
        return self.inner.name

    @property
    def format(self) -> wire.Format:
        """How it is written."""
        return self.inner.format

    @property
    def inline(self) -> bool:
        """Whether it goes along with the announcement."""
        return self.format is wire.Format.JSON

    def parts(self, part_size: int) -> Iterator[bytes]:
        """The bytes in parts; the last one only after the file proved to be what it was.

        Raises:
            FileError: as `FileContent.parts`.
        """
        held = bytearray(self.salt)
        for block in self.inner.parts(part_size):
            held += block
            while len(held) > part_size:  # never the last of them: that may not have been looked at yet
                yield bytes(held[:part_size])
                del held[:part_size]
        yield bytes(held)


class Sealer:
    """Seals to the key that the service names now, in a document signed by the key that was pinned when registering."""

    def __init__(self, transport: Transport, profile: Profile, registration: Registration, machine: Machine) -> None:
        self._transport = transport
        self._profile = profile
        self._registration = registration
        self._machine = machine
        self._key: PublishedSealingKey | None = None

    def require_key(self) -> None:
        """There is a key to seal to, before anything is sent.

        Raises:
            TrustError: the service's keys cannot be relied upon.
        """
        self._key = self._key or self._fetch()

    def send(self, content: bytes, manifest: wire.Manifest, part: int, send: Callable[[bytes, str], Sent]) -> Sent:
        """What `send(sealed, key id)` answers; when the key has just ended, once more to the new one.

        Raises:
            TrustError: the service's keys cannot be relied upon; nothing was sent.
        """
        try:
            return self._send(content, manifest, part, send)
        except ServiceRefusedError as refused:
            if refused.code != _NOT_ACTIVE:
                raise
        self._key = None
        return self._send(content, manifest, part, send)

    def _send(self, content: bytes, manifest: wire.Manifest, part: int, send: Callable[[bytes, str], Sent]) -> Sent:
        key = self._key = self._key or self._fetch()
        place = SealedPlace(manifest.digest(), manifest.supplier, key.key_id, part)
        return send(seal(content, place, key.public_jwk), key.key_id)

    def _fetch(self) -> PublishedSealingKey:
        answer = self._transport.call("GET", "/v1/sealing-keys").object
        try:
            signed = SignedSealingKeys.from_json(answer)
            pinned = wire.KeySet.from_json(self._profile.service_keys()).ed25519(signed.key_id)
        except wire.WireError:
            raise UnexpectedAnswerError(
                Text("De dienst publiceert geen bruikbare sleutels.", "The service publishes no usable keys.")
            ) from None
        document = signed.document
        try:
            if pinned is None or document.issuer != self._registration.issuer:
                raise _untrusted()
            wire.verify_ed25519(SEALING_KEYS_PREFIX, document.canonical(), signed.signature, pinned)
        except wire.SignatureError:
            raise _untrusted() from None
        if abs(self._machine.now() - document.issued_at) > SEALING_KEYS_LIFE:
            raise _untrusted()
        key = document.to_use()
        if key is None:
            raise UnexpectedAnswerError(
                Text("De dienst heeft nu geen sleutel om aan te verzegelen.", "The service has no key to seal to now.")
            )
        return key


def _untrusted() -> TrustError:
    return TrustError(
        Text(
            "De sleutels om aan te verzegelen zijn niet van nu en van deze dienst; er is niets verstuurd.",
            "The keys to seal to are not this service's of this moment; nothing was sent.",
        ),
        Text(
            "Zet de klok gelijk. Is een nieuwe sleutel van de dienst aangekondigd, geef dan `sluis-client trust`. "
            "Vraag anders uw netwerkbeheerder wat er tussen deze computer en de dienst zit.",
            "Set the clock right. If a new key of the service was announced, give `sluis-client trust`. Otherwise ask "
            "your network's administrator what is between this machine and the service.",
        ),
    )

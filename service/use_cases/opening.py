"""Opens what a supplier sealed to the service (docs/adr/0024-sealed-content.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

from service.domain.errors import Conflict, Invalid
from service.use_cases.call import Step
from sluis_client.wire import Manifest
from sluis_client.wire.sealing import SALT_BYTES, SealedPlace, SealError, SealingState, open_sealed


@dataclass(frozen=True, slots=True)
class Sealed:
    """What arrived sealed, and the key that the sender says it is sealed to."""

    key_id: str
    content: bytes = field(repr=False)


def require_as_announced(manifest: Manifest, sealed: bool) -> None:
    """What was signed for as sealed comes sealed, and nothing else does.

    Raises:
        Invalid: `sealing-not-as-announced`.
    """
    if manifest.sealed != sealed:
        raise Invalid("sealing-not-as-announced")


def opened(step: Step, manifest: Manifest, sealed: Sealed, part: int) -> bytes:
    """The bytes that the supplier of this manifest sealed for this place.

    Raises:
        Conflict: `sealing-key-not-active`: another key, or one that is expired or pending; ask for the keys again.
        Invalid: `sealed-content`: it does not open.
    """
    key = step.data.sealing_keys.find(sealed.key_id)
    state = key.state(step.now) if key else SealingState.EXPIRED
    if key is None or key.wrapped_key is None or state is not SealingState.ACTIVE:
        raise Conflict("sealing-key-not-active", {"state": state.value})
    place = SealedPlace(manifest.digest(), manifest.supplier, key.key_id, part)
    try:
        content = open_sealed(sealed.content, place, step.call.services.keys.unwrap(key.wrapped_key))
    except SealError:
        raise Invalid("sealed-content") from None
    step.uses_key("sealing-key", key.key_id)
    step.checked("sealed-content")
    return content


@dataclass(frozen=True, slots=True)
class Content:
    """The file or records of a delivery, and the bytes that came before them when it came sealed."""

    rows: bytes | BinaryIO = field(repr=False)
    salt: bytes = field(repr=False)


def without_salt(manifest: Manifest, content: bytes) -> Content:
    """The file or records in content whose digest was compared already.

    Raises:
        Invalid: `content-digest`: there is no room for what comes before them.
    """
    if not manifest.sealed:
        return Content(content, b"")
    if len(content) < SALT_BYTES:
        raise Invalid("content-digest")
    return Content(content[SALT_BYTES:], content[:SALT_BYTES])

"""The keys to seal content to, signed for who may not trust what lies between; anybody's to read, without an event."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain.sealing import SealingKey
from service.use_cases.call import Services
from sluis_client.wire.sealing import SEALING_KEYS_PREFIX, SealingKeys, SealingState, SignedSealingKeys


def read_sealing_keys(services: Services) -> SignedSealingKeys:
    """All keys as they are at this moment, the oldest first, under the key that signs receipts."""
    now = services.clock.now().replace(microsecond=0)
    document = SealingKeys(services.issuer, now, tuple(key.published(now) for key in list_sealing_keys(services)))
    made = services.signer.sign(SEALING_KEYS_PREFIX, document.canonical())
    return SignedSealingKeys(document, made.key_id, made.value)


def list_sealing_keys(services: Services) -> Sequence[SealingKey]:
    """All keys, the oldest first."""
    with services.database.look() as data:
        return data.sealing_keys.all()


def has_sealing_key(services: Services) -> bool:
    """Whether there is a key that is active."""
    now = services.clock.now()
    return any(key.state(now) is SealingState.ACTIVE for key in list_sealing_keys(services))

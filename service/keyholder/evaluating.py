"""An evaluation: what a supplier may ask, written down before it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.keyholder.keys import Keys
from service.keyholder.refusals import Refusal
from service.keyholder.store import Store
from service.ports.clock import Clock
from sluis_client.wire import oprf

MOST_ELEMENTS = 1_000
"""Of one call."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many pseudonyms of one domain a supplier may have made within so many days, up to now."""

    elements: int
    days: int


def evaluate(
    store: Store, keys: Keys, quota: Quota, clock: Clock, *, supplier: str, domain: str, elements: Sequence[bytes]
) -> dict[int, list[bytes]]:
    """Per key in force the answers, in the order of the elements.

    1. Every element is one: canonical, not the identity. All that are not are told at once, by their place.
    2. In one transaction: keys of the domain, room within the quota, and the evaluation written down. A call over the
       quota is written down as well, and answered by nothing.
    3. Multiply, when the log has it.

    Whoever asks could otherwise try all BSNs there are, and have a table of who is who.

    Raises:
        Refusal: `not-an-element`, with each faulty place; `domain-unknown`; `over-quota`; `key-unreadable`.
    """
    if wrong := tuple(place for place, one in enumerate(elements) if not _is_element(one)):  # 1
        with store.transact() as data:
            data.add_evaluation(clock.now(), supplier, domain, len(elements), "refused")
        raise Refusal("not-an-element", wrong)
    now = clock.now()
    with store.transact() as data:  # 2
        active = keys.active(data, domain)
        used = data.used(supplier, domain, now - timedelta(days=quota.days))
        within = used + len(elements) <= quota.elements
        data.add_evaluation(now, supplier, domain, len(elements), "evaluated" if within else "over-quota")
    if not within:
        raise Refusal("over-quota")
    return {one.version: [oprf.evaluate(one.key, element) for element in elements] for one in active}  # 3


def _is_element(element: bytes) -> bool:
    try:
        oprf.require_element(element)
    except oprf.OprfError:
        return False
    return True

"""How a supplier's own deliveries to a round stand, for those who show it."""

from __future__ import annotations

from service.domain.submission import OwnDelivery
from service.ports.unit_of_work import Page, UnitOfWork

_NEWEST = Page(limit=1)


def own_delivery(data: UnitOfWork, organisation: str, round_: str) -> OwnDelivery:
    """The delivery that counts, and the newest one when it does not (yet, or any more)."""
    newest = data.submissions.page(_NEWEST, organisation=organisation, round_=round_)
    return OwnDelivery.of(data.submissions.counting(organisation, round_), newest[0] if newest else None)

"""Figures are about what has been: a period that has not ended can only be planned or forecast (policy.md)."""

from __future__ import annotations

from service.domain.errors import Conflict, NotFound
from service.domain.request_facts import civil_day
from service.domain.round import Round
from service.use_cases.call import Step


def require_ended(step: Step, round_: Round) -> None:
    """The last day of the round's period lies behind us, by the civil day in Europe/Amsterdam.

    A bundle that does not know data set or period any more says nothing about it: what follows refuses that by itself.

    Raises:
        Conflict: `period-not-ended`, with the last day.
    """
    catalogue = step.call.services.catalogue
    try:
        data_set = catalogue.data_set(round_.data_set, round_.data_set_version)
    except NotFound:
        return
    days = catalogue.period_days(data_set, round_.period)
    if days is not None and days[1] >= civil_day(step.now):
        raise Conflict("period-not-ended", {"round": round_.id, "day": days[1].isoformat()})

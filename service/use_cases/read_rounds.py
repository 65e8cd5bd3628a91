"""Which rounds there are, and who delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.principal import Role
from service.domain.round import Round
from service.domain.submission import OwnDelivery, Submission
from service.ports.unit_of_work import Page
from service.use_cases.call import Call, Step
from service.use_cases.own_delivery import own_delivery
from service.use_cases.read_catalogue import known_data_sets

LIST = EventCode("round.list", Action.READ, "round", refusals_only=True)
READ = EventCode("round.read", Action.READ, "round", refusals_only=True)
DELIVERIES = EventCode("round.read-deliveries", Action.READ, "round")


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as its reader may see it.

    `own` is how the deliveries of a supplier that reads stand; None for everybody else. Who else is expected is shown
    to stewards and operators only: which suppliers deliver would help to take a table apart.
    """

    round: Round
    period_column: str
    allowed_periods: tuple[str, ...]
    own: OwnDelivery | None
    shows_expected: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """Of one expected supplier: the delivery that counts, or None when it is missing."""

    organisation: str
    submission: Submission | None


def list_rounds(call: Call, page: Page) -> Sequence[RoundView]:
    """The rounds; for a supplier those in which it is expected, for a consumer those that it has a purpose for.

    Raises:
        Denied: a stranger.
    """
    with call.look(LIST) as step:
        caller = step.caller()
        step.authorise(facts.may_list_rounds(caller))
        expected = call.principal.organisation if _is_supplier(call) else None
        known = known_data_sets(step, caller)
        return [_view(step, found) for found in step.data.rounds.page(page, expected=expected, data_sets=known)]


def read_round(call: Call, round_: str) -> RoundView:
    """One round.

    Raises:
        Denied: a supplier that is not expected in it, a consumer without a purpose for it; the answer is that of a
            round that does not exist.
        NotFound: no such round.
    """
    with call.look(READ) as step:
        found = step.known(step.data.rounds.get, round_)
        step.object_id = round_
        step.authorise(facts.may_read_round(step.caller(), found, step.catalogue))
        if found is None:
            raise NotFound("round")
        return _view(step, found)


def read_deliveries(call: Call, round_: str) -> Sequence[Delivery]:
    """Per expected supplier what counts now: who has not delivered yet is part of every figure's context.

    Raises:
        Denied: the caller is no steward.
        NotFound: no such round.
    """
    with call.transact(DELIVERIES) as step:
        found = step.known(step.data.rounds.get, round_)
        step.object_id = round_
        step.authorise(facts.may_read_deliveries(step.caller(), found))
        if found is None:
            raise NotFound("round")
        counting = step.data.submissions.counting
        return [Delivery(name, counting(name, round_)) for name in sorted(found.expected)]


def _is_supplier(call: Call) -> bool:
    return Role.SUPPLIER in call.principal.roles


def _view(step: Step, found: Round) -> RoundView:
    call = step.call
    catalogue = call.services.catalogue
    data_set = catalogue.data_set(found.data_set, found.data_set_version)
    own = call.principal.organisation if _is_supplier(call) else None
    return RoundView(
        found,
        data_set.period.name,
        catalogue.allowed_periods(data_set, found.period),
        own_delivery(step.data, own, found.id) if own else None,
        shows_expected=not call.principal.roles.isdisjoint({Role.STEWARD, Role.OPERATOR}),
    )

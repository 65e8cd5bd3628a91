"""A steward opens, closes, reopens or cancels a round."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.round import ROUND_LIFECYCLE, Round, RoundState
from service.use_cases.call import Call
from service.use_cases.ended_periods import require_ended

EVENT = EventCode("round.change", Action.UPDATE, "round", DECIDED | {Fact.SENSITIVITY})

_EVENTS = {
    (RoundState.DRAFT, RoundState.OPEN): "open",
    (RoundState.OPEN, RoundState.CLOSED): "close",
    (RoundState.CLOSED, RoundState.OPEN): "reopen",
    (RoundState.DRAFT, RoundState.CANCELLED): "cancel",
    (RoundState.OPEN, RoundState.CANCELLED): "cancel",
}
_NEED_REASON = {"reopen", "cancel"}


def change_round(call: Call, round_: str, target: RoundState, reason: str | None = None) -> Round:
    """Bring the round to `target`; asking for the state it has already changes nothing but is logged.

    Raises:
        Denied: the caller is no steward.
        NotFound: no such round.
        Invalid: `reason-needed`: reopening and cancelling say why.
        Conflict: `round-state`: the table has no such transition; `period-not-ended`: it is too early to open.
    """
    with call.transact(EVENT) as step:
        found = step.known(partial(step.data.rounds.get, lock=True), round_)
        step.object_id = round_
        step.authorise(facts.may_change_round_state(step.caller(), found))
        if found is None:
            raise NotFound("round")
        step.about(found.data_set)
        if found.state == target:
            return found
        event = _EVENTS.get((found.state, target))
        if event is None:
            raise Conflict("round-state", {"state": found.state.value, "event": target.value})
        if target is RoundState.OPEN:
            require_ended(step, found)
        if event in _NEED_REASON and not (reason and reason.strip()):
            raise Invalid("reason-needed", {"event": event})
        changed = replace(found, state=ROUND_LIFECYCLE.after(found.state, event), reason=reason)
        step.data.rounds.save(changed)
        return changed

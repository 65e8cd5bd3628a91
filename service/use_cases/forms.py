"""One delivery, several data sets: what the delivery of a form serves, and is withdrawn with (docs/adr/0028-forms.md).

The figures of a form go into other data sets, in the transaction that accepts it: as deliveries of their own, with
part, receipt, version and event like any other, that name the delivery of the form. Nothing else knows of forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import DELIVERING, Action, EventCode, Fact
from service.domain.errors import Conflict, Denied
from service.domain.organisation import ClientKey
from service.domain.round import Round, round_id
from service.domain.submission import Submission, SubmissionState
from service.use_cases.call import Step
from sluis_client.wire import Served

SERVE = EventCode(
    "submission.serve", Action.CREATE, "submission", DELIVERING | {Fact.CHECKS, Fact.KEYS, Fact.COMMITMENT}
)


@dataclass(frozen=True, slots=True)
class Serving:
    """A data set that the delivery of a form is about to serve: how, in which round, and what it replaces there.

    `step` is that of the delivery there, which stands in the step of the form's delivery once it is made.
    """

    served: Served
    round: Round
    replaces: Submission | None
    step: Step


def take_turns(step: Step, round_: str, supplier: str) -> None:
    """As `Rounds.take_turn`, for a delivery and for all that it could serve; in the order that everybody keeps."""
    step.data.rounds.take_turn(round_, supplier)
    found = step.known(step.data.rounds.get, round_)
    if found is not None:
        for other in sorted(round_id(served.data_set, found.period) for served in _serves(step, found)):
            step.data.rounds.take_turn(other, supplier)


def servings_of(step: Step, round_: Round, key: ClientKey, counting: Submission | None) -> tuple[Serving, ...]:
    """The data sets that a delivery to this round serves today; none when it is no form.

    1. Those to which its supplier consents, or that a law names, together with the form.
    2. The policy permits the supplier each of them as if it delivered there itself, and the round takes it.
    3. What counts there now came with the delivery that this one replaces, if anything does.
    4. Nothing that came with that one stays behind: it would tell figures that its supplier corrected.

    Args:
        step: of the delivery, which the policy permitted.
        round_: of the form.
        key: that the manifest was signed with.
        counting: the delivery of the form that counts now.

    Raises:
        Denied: with the reasons for the other data set.
        Conflict: `serves-nothing`, `served-round-missing`, `round-not-open`, `round-closed`,
            `served-already-delivered`, `serves-no-longer`.
    """
    supplier = step.call.principal.organisation or facts.NOBODY
    grounds = step.own_grounds(round_.data_set, round_.data_set_version, supplier)
    declared = _serves(step, round_)
    # 1
    agreed = [served for served in declared if grounds.agreed_with(served.data_set, supplier)]
    if declared and not agreed:
        raise Conflict("serves-nothing", {"dataSet": round_.data_set})
    servings = tuple(_serving(step, round_, served, key, counting) for served in agreed)
    # 4
    rounds = {one.round.id for one in servings}
    for left in came_with(step, counting):
        if left.round not in rounds:
            raise Conflict("serves-no-longer", {"dataSet": left.data_set, "submission": left.id})
    return servings


def came_with(step: Step, form: Submission | None) -> list[Submission]:
    """What counts now of what came with the delivery of a form."""
    came = () if form is None else step.data.submissions.served_by(form.id)
    return [found for found in came if found.state is SubmissionState.ACCEPTED]


def _serving(step: Step, form: Round, served: Served, key: ClientKey, counting: Submission | None) -> Serving:
    supplier = step.call.principal.organisation or facts.NOBODY
    name = round_id(served.data_set, form.period)
    there = step.known(step.data.rounds.get, name)
    if there is None:
        raise Conflict("served-round-missing", {"dataSet": served.data_set, "round": name})
    # 2
    made = step.beside(SERVE)
    claims = facts.ManifestClaims(supplier, served.data_set, served.version)
    grounds = made.own_grounds(there.data_set, there.data_set_version, supplier)
    caller = made.caller()
    try:
        made.authorise(facts.may_submit(caller, there, claims, key, grounds), names_object=False)
    except Denied:
        step.authorisation = made.authorisation
        raise
    made.about(there.data_set)
    there.require_open()
    # 3
    now = step.data.submissions.counting(supplier, there.id)
    if now is not None and (counting is None or now.served_by != counting.id):
        values = {"dataSet": there.data_set, "round": there.id, "submission": now.id}
        raise Conflict("served-already-delivered", values)
    return Serving(served, there, now, made)


def _serves(step: Step, round_: Round) -> Sequence[Served]:
    return step.call.services.catalogue.data_set(round_.data_set, round_.data_set_version).serves

"""A regional owner asks for an aggregate; the policy answers at once, and a denial is a stored result too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact, Outcome
from service.domain.catalogue import Catalogue
from service.domain.decision_text import decision_text
from service.domain.errors import Denied, Invalid
from service.domain.policy import Deny, Permit
from service.domain.principal import Role
from service.domain.reason import Reason
from service.domain.release_facts import Today
from service.domain.request import AggregateRequest, RequestSpec, RequestState
from service.domain.request_facts import receives
from service.domain.round import Round, round_id
from service.domain.submission import CountingPart
from service.use_cases.call import Call, Step

EVENT = EventCode("request.submit", Action.CREATE, "aggregate-request", PURPOSEFUL | {Fact.AGREEMENT})


def request_aggregate(call: Call, spec: RequestSpec) -> AggregateRequest:
    """Store the request with its decision, `permitted` or `denied`; a permitted one is prepared soon after.

    1. Gather the facts: purpose, definition, rounds, the caller's organisation and what it got before, and the
       agreements and consents of those whose deliveries count. What does not exist, or not for the caller, is a fact
       too.
    2. Decide (policy.md); keep the decision with its reasons or obligations. An organisation has a bounded number of
       open requests.
    3. Store request and event in one transaction, then wake the worker.

    Raises:
        Invalid: `request`: a dimension, period, measure or code is named twice.
        Denied: the caller may not ask anything at all: it is no regional owner, or of no organisation that is known;
            `too-many-open-requests`.
    """
    with call.transact(EVENT) as step:
        # 1
        caller = step.caller()
        catalogue = step.catalogue
        known = receives(caller.organisation, spec.purpose, catalogue)
        purpose = catalogue.purpose(spec.purpose) if known else None
        step.object_id = call.services.randomness.new_id()
        step.about(spec.data_set, spec.purpose, catalogue)
        step.name(permit=step.object_id)
        # 2
        covered = purpose is not None and purpose.scope(spec.data_set) is not None
        rounds = rounds_of(step, spec) if covered else ()
        spec = replace(spec, data_set_version=_version(step, spec, rounds))
        grounds = step.grounds(spec.data_set, spec.data_set_version, parts_in(step, rounds))
        given = step.data.requests.given(caller.principal.organisation or "", spec.data_set, spec.purpose)
        query = facts.may_request_aggregate(caller, spec, catalogue, rounds, grounds, given=given)
        decision = step.decide(query)
        if isinstance(decision, Deny):
            if caller.organisation is None or Role.REGIONAL_OWNER not in call.principal.roles:
                raise Denied(decision.reasons)
            step.conclude(Outcome.DENIED, tuple(reason.code for reason in decision.reasons))
        _require_no_doubles(spec)
        if isinstance(decision, Permit):
            _require_room(step, caller.principal.organisation or "")
        # 3
        request = AggregateRequest(
            id=step.object_id,
            requester=call.principal.id,
            organisation=call.principal.organisation or "",
            spec=spec,
            state=RequestState.DENIED if isinstance(decision, Deny) else RequestState.PERMITTED,
            created_at=step.now,
            decision=decision_text(decision, purpose),
            policy_hash=decision.policy_hash,
            purpose_version=purpose.version if purpose else 0,
        )
        step.data.requests.add(request)
    if request.state is RequestState.PERMITTED:
        call.services.jobs.wake()
    return request


def rounds_of(step: Step, spec: RequestSpec) -> Sequence[Round]:
    """The rounds that exist of those that the request names."""
    named = [step.known(step.data.rounds.get, round_id(spec.data_set, period)) for period in spec.periods]
    return [found for found in named if found is not None]


def parts_in(step: Step, rounds: Sequence[Round]) -> Sequence[CountingPart]:
    """What counts now in these rounds."""
    return step.data.submissions.counting_parts([found.id for found in rounds])


def rests_on(step: Step, request: AggregateRequest, catalogue: Catalogue, *, lock: bool = False) -> Today:
    """What a request rests on as things are now; with `lock` the agreements stay in force until the end.

    How often newer figures come was asked when the request was made. What was given since counts for later ones: of two
    that were open side by side both are answered, in whichever order, as they would be with the newest first.
    """
    spec, rounds = request.spec, rounds_of(step, request.spec)
    given = step.data.requests.given(request.organisation, spec.data_set, spec.purpose)
    return Today(
        catalogue=catalogue,
        rounds=rounds,
        recipient=step.known(step.data.organisations.get, request.organisation),
        grounds=step.grounds(spec.data_set, spec.data_set_version, parts_in(step, rounds), lock=lock),
        given=[one for one in given if one.at < request.created_at],
    )


def _version(step: Step, spec: RequestSpec, rounds: Sequence[Round]) -> int | None:
    """The definition that the rounds were opened with, the newest without rounds; rounds that differ are a reason."""
    if rounds:
        return rounds[0].data_set_version
    newest = step.known(step.call.services.catalogue.data_set, spec.data_set)
    return newest.version if newest is not None else None


def _require_no_doubles(spec: RequestSpec) -> None:
    named = {
        "dimensions": [asked.dimension for asked in spec.dimensions],
        "periods": spec.periods,
        "measures": spec.measures,
        **{f"dimensions: {asked.dimension}, only": asked.only for asked in spec.dimensions},
    }
    faults = [
        (f"{field}: {name}", "double") for field, names in named.items() for name, n in Counter(names).items() if n > 1
    ]
    if faults:
        raise Invalid("request", faults=tuple(faults))


def _require_room(step: Step, organisation: str) -> None:
    most = step.call.services.limits.open_requests
    if step.data.requests.count_open(organisation) >= most:
        raise Denied((Reason("too-many-open-requests", {"most": most}),))

"""A request for an aggregate, from the question to its release or refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.lifecycle import Lifecycle, Transition
from service.domain.objection import LeftOut


class RequestState(StrEnum):
    """Where a request stands."""

    DENIED = "denied"
    PERMITTED = "permitted"
    PREPARED = "prepared"
    UNSAFE = "unsafe"
    FAILED = "failed"
    APPROVED_ONCE = "approved-once"
    APPROVED = "approved"
    REJECTED = "rejected"
    RELEASED = "released"
    RETRACTED = "retracted"


OPEN_STATES = frozenset(
    {RequestState.PERMITTED, RequestState.PREPARED, RequestState.APPROVED_ONCE, RequestState.APPROVED}
)
"""Of requests that worker or stewards have still to do with; one that broke down is the operator's."""


class Unsafe(StrEnum):
    """Why no safe table could be made: the end of the request, but for `REVISION_PENDING`, which something can mend."""

    CANNOT_BE_PROTECTED = "cannot-be-protected"
    HISTORY_TOO_PRECISE = "history-too-precise"
    REVISION_PENDING = "revision-pending"
    REVISION_IMPOSSIBLE = "revision-impossible"
    ROUND_CANCELLED = "round-cancelled"
    TIED_MEASURES = "tied-measures"
    ATTACK_SUCCEEDED = "attack-succeeded"
    HISTORY_DIFFERS = "history-differs"
    CATALOGUE_CHANGED = "catalogue-changed"
    TABLE_TOO_LARGE = "table-too-large"
    BUDGET_SPENT = "budget-spent"


REQUEST_LIFECYCLE = Lifecycle(
    "request",
    RequestState.PERMITTED,
    (
        Transition(RequestState.PERMITTED, "prepare", RequestState.PREPARED),
        Transition(RequestState.PERMITTED, "find-unsafe", RequestState.UNSAFE),
        Transition(RequestState.PERMITTED, "wait", RequestState.PERMITTED),
        Transition(RequestState.PERMITTED, "fail", RequestState.FAILED),
        Transition(RequestState.PERMITTED, "reject", RequestState.REJECTED),
        Transition(RequestState.PERMITTED, "stop", RequestState.DENIED),
        Transition(RequestState.PERMITTED, "retract", RequestState.RETRACTED),
        Transition(RequestState.FAILED, "retry", RequestState.PERMITTED),
        Transition(RequestState.FAILED, "stop", RequestState.DENIED),
        Transition(RequestState.FAILED, "retract", RequestState.RETRACTED),
        Transition(RequestState.PREPARED, "approve", RequestState.APPROVED_ONCE),
        Transition(RequestState.PREPARED, "reject", RequestState.REJECTED),
        Transition(RequestState.PREPARED, "prepare-again", RequestState.PERMITTED),
        Transition(RequestState.PREPARED, "stop", RequestState.DENIED),
        Transition(RequestState.PREPARED, "retract", RequestState.RETRACTED),
        Transition(RequestState.APPROVED_ONCE, "approve", RequestState.APPROVED),
        Transition(RequestState.APPROVED_ONCE, "reject", RequestState.REJECTED),
        Transition(RequestState.APPROVED_ONCE, "prepare-again", RequestState.PERMITTED),
        Transition(RequestState.APPROVED_ONCE, "stop", RequestState.DENIED),
        Transition(RequestState.APPROVED_ONCE, "retract", RequestState.RETRACTED),
        Transition(RequestState.APPROVED, "seal", RequestState.APPROVED),
        Transition(RequestState.APPROVED, "release", RequestState.RELEASED),
        Transition(RequestState.APPROVED, "withdraw", RequestState.REJECTED),
        Transition(RequestState.APPROVED, "prepare-again", RequestState.PERMITTED),
        Transition(RequestState.APPROVED, "stop", RequestState.DENIED),
        Transition(RequestState.APPROVED, "fail", RequestState.FAILED),
        Transition(RequestState.APPROVED, "retract", RequestState.RETRACTED),
    ),
)


@dataclass(frozen=True, slots=True)
class RequestedDimension:
    """A dimension of the table at a level of one of its classifications; coarser levels come along.

    `only` cuts the table down to some codes of the classification, at the level or above it, and to what is below
    them: nothing else counts in any cell, and there is no total over them. Empty: all codes.
    """

    dimension: str
    classification: str
    level: str
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """What is asked: the table, and why nothing less would do.

    `data_set_version` is that of the rounds asked for, which the service fills in when it decides: what was delivered
    by one definition is counted and released by it. None: there is no such data set.
    """

    data_set: str
    purpose: str
    dimensions: tuple[RequestedDimension, ...]
    periods: tuple[str, ...]
    measures: tuple[str, ...]
    bottleneck: str
    necessity: str
    why_nothing_less: str
    data_set_version: int | None = None


@dataclass(frozen=True, slots=True)
class AggregateRequest:
    """A stored request with its decision; a denial is a result too.

    `decision` is the canonical JSON text of the policy decision; `evidence` names what was prepared.
    """

    id: str
    requester: str
    organisation: str
    spec: RequestSpec
    state: RequestState
    created_at: datetime
    decision: str
    policy_hash: str
    purpose_version: int
    release: str | None = None


class Verdict(StrEnum):
    """What a steward says of a prepared table."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Review:
    """One steward's verdict on one evidence; evidence made anew needs new reviews."""

    request: str
    evidence: str
    steward: str
    verdict: Verdict
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was prepared for the stewards.

    `inputs` lists the deliveries that counted, `history` the releases of the same facts that the attack took into
    account (both as sorted tuples of ids); `tables` is the JSON text of the protected tables with primary and secondary
    marks, `report` the JSON text of protection and attack. Nothing in it leaves the service but what a release takes
    from it. `left_out` are the persons whose records in the inputs did not count.
    """

    id: str
    request: str
    made_at: datetime
    inputs: tuple[str, ...]
    history: tuple[str, ...]
    safe: bool
    tables: str
    report: str
    left_out: LeftOut = ()

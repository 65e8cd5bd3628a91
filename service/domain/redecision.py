"""A request of the past decided once more: the same facts at the same moment, under two bundles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service.domain.organisation import Organisation
from service.domain.policy import Decision, Deny, Permit
from service.domain.reason import Reason
from service.domain.request import AggregateRequest
from service.domain.round import Round


class Change(StrEnum):
    """How two decisions on one request differ."""

    DENIED_NOW = "denied-now"
    PERMITTED_NOW = "permitted-now"
    OTHER_OBLIGATIONS = "other-obligations"
    OTHER_REASONS = "other-reasons"


class Assumed(StrEnum):
    """What a decision made again rests on that was not kept with the request, or not as it was then."""

    ROLE = "regional-owner"
    ORGANISATION_NOW = "organisation-as-it-is-now"
    AGREEMENTS_GOOD = "agreements-in-force"
    ROUNDS_NOW = "rounds-as-they-are-now"
    PURPOSES_NOW = "purposes-as-they-are-now"
    ORGANISATION_GOOD = "organisation-in-order"
    ROUNDS_CLOSED = "rounds-closed"
    BUNDLE_PURPOSES = "purposes-of-the-bundles-only"
    REQUEST_ONLY = "request-only"


FROM_SERVICE = (
    Assumed.ROLE,
    Assumed.ORGANISATION_NOW,
    Assumed.AGREEMENTS_GOOD,
    Assumed.ROUNDS_NOW,
    Assumed.PURPOSES_NOW,
    Assumed.REQUEST_ONLY,
)
FROM_FILE = (
    Assumed.ROLE,
    Assumed.ORGANISATION_GOOD,
    Assumed.AGREEMENTS_GOOD,
    Assumed.ROUNDS_CLOSED,
    Assumed.BUNDLE_PURPOSES,
    Assumed.REQUEST_ONLY,
)


@dataclass(frozen=True, slots=True)
class PastRequest:
    """A stored request with what it is decided from.

    `organisation` and `rounds` are as they stand now, for the service does not keep how they stood then; what is gone
    is missing here. `stopped` says that `request.decision` is that of a release that was denied: it took the place of
    the decision on the request. None: that cannot be told.
    """

    request: AggregateRequest
    organisation: Organisation | None
    rounds: tuple[Round, ...]
    stopped: bool | None


def change_between(old: Decision, new: Decision) -> Change | None:
    """What differs in what is said to the requester and held against the table; the bundle's hash always does."""
    if isinstance(old, Permit):
        if isinstance(new, Deny):
            return Change.DENIED_NOW
        return None if _terms(old) == _terms(new) else Change.OTHER_OBLIGATIONS
    if isinstance(new, Permit):
        return Change.PERMITTED_NOW
    return None if _said(old.reasons) == _said(new.reasons) else Change.OTHER_REASONS


def _terms(permit: Permit) -> set[tuple[str, str | int | float]]:
    return {(one.code, one.value) for one in permit.obligations}


def _said(reasons: tuple[Reason, ...]) -> set[tuple[str, frozenset[tuple[str, str | int | float]]]]:
    return {(reason.code, frozenset(reason.data.items())) for reason in reasons}

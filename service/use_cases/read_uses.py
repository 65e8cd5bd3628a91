"""A supplier sees what happened to its deliveries: into which releases they went, for what, who examined and read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact, Reading
from service.domain.decision_text import purpose_named
from service.domain.release import Release
from service.domain.submission import Submission
from service.ports.unit_of_work import Page
from service.use_cases import read_releases, read_requests
from service.use_cases.call import Call, Step

EVENT = EventCode("use.list", Action.READ, "use", DECIDED | {Fact.AGREEMENT})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One of the caller's deliveries, and the agreement that it was taken in under."""

    submission: Submission
    agreement: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """A release with the caller's own part in it.

    `examined` are the looks of stewards at the evidence of its request: what was made of the deliveries and not
    released, before anybody decided. Of those who read and examined the organisations are named and never the persons:
    whom to ask is an organisation, and a person's work is not the supplier's to watch. Of the other suppliers in it
    nothing is said, not even how many.
    """

    release: Release
    legal_basis: str | None
    deliveries: tuple[Delivery, ...]
    readings: Sequence[Reading]
    examined: Sequence[Reading]


def read_uses(call: Call, page: Page) -> Sequence[Use]:
    """Newest release first, withdrawn ones too.

    Raises:
        Denied: the caller is no supplier.
        Invalid: `cursor`.
    """
    with call.transact(EVENT) as step:
        caller = step.caller()
        step.authorise(facts.may_read_own_uses(caller))
        found = step.data.releases.made_of(call.principal.organisation or "", page)
        log = step.data.audit
        readings = log.readings([release.id for release, _ in found], read_releases.READ.code)
        examined = log.readings([release.request for release, _ in found], read_requests.EVIDENCE.code)
        agreements = {one.id: _agreement(step, one) for _, own in found for one in own}
        uses = []
        for release, own in found:
            purpose = purpose_named(release.terms)
            deliveries = tuple(Delivery(one, agreements[one.id]) for one in own)
            basis = purpose.legal_basis if purpose else None
            uses.append(Use(release, basis, deliveries, readings[release.id], examined[release.request]))
        return uses


def _agreement(step: Step, submission: Submission) -> str | None:
    """As the event of the delivery has it, which its receipt names; None when that event was erased."""
    event = json.loads(submission.receipt or "{}").get("receipt", {}).get("auditEventId")
    found = step.known(step.data.audit.get, event) if event else None
    return found.authorisation.agreement if found else None

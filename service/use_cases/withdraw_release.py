"""A steward withdraws a release: nobody reads it from then on, and what it told stays known to the attack check."""

from __future__ import annotations

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode
from service.domain.errors import Invalid, NotFound
from service.domain.release import ReleaseView
from service.use_cases.call import Call
from service.use_cases.read_releases import views

EVENT = EventCode("release.withdraw", Action.UPDATE, "release", PURPOSEFUL)


def withdraw_release(call: Call, release: str, reason: str) -> ReleaseView:
    """Mark the release withdrawn, with the reason.

    Raises:
        Denied: the caller is no steward.
        NotFound: no such release.
        Invalid: `reason-needed`.
        Conflict: `release-withdrawn`.
    """
    with call.transact(EVENT) as step:
        found = step.known(step.data.releases.get, release)
        step.object_id = release
        step.authorise(facts.may_withdraw_release(step.caller(), found))
        if found is None:
            raise NotFound("release")
        if not reason.strip():
            raise Invalid("reason-needed", {"event": "withdraw"})
        step.about(found.data_set, found.purpose)
        step.name(permit=found.request)
        step.data.releases.withdraw(release, step.now, reason)
        return views(step, [step.data.releases.get(release)])[0]

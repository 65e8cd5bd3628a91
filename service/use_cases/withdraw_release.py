"""A steward withdraws a release: nobody reads it from then on, and what it told stays known to the attack check.

One that was sealed and not published yet was never released: its request ends as rejected.
"""

from __future__ import annotations

from dataclasses import replace

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode
from service.domain.errors import Invalid, NotFound
from service.domain.release import Release, ReleaseView
from service.domain.request import REQUEST_LIFECYCLE, RequestState
from service.ports.unit_of_work import UnitOfWork
from service.use_cases.call import Call
from service.use_cases.read_releases import views
from service.use_cases.release_request import sealed_release

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
        step.under_release(found)
        request = step.data.requests.get(found.request, lock=True)  # before the release, as whoever publishes does
        sealed = request.state is RequestState.APPROVED and _is_sealed(step.data, found)
        step.data.releases.withdraw(release, step.now, reason)
        if sealed:
            step.data.requests.save(replace(request, state=REQUEST_LIFECYCLE.after(request.state, "withdraw")))
        return views(step, [step.data.releases.get(release)])[0]


def _is_sealed(data: UnitOfWork, release: Release) -> bool:
    """Whether it is what would be published next; one of evidence that was made anew since is not."""
    sealed = sealed_release(data, release.request)
    return sealed is not None and sealed.id == release.id

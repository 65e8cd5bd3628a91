"""Consumers list and read what was released to them; to anyone else it does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact
from service.domain.errors import NotFound, Unavailable
from service.domain.principal import Role
from service.domain.release import Release, ReleaseView, Revision
from service.domain.round import RoundState
from service.ports.unit_of_work import Page
from service.use_cases.call import Call, Step

LIST = EventCode("release.list", Action.READ, "release", refusals_only=True)
READ = EventCode("release.read", Action.READ, "release", PURPOSEFUL | {Fact.AGREEMENT})


def list_releases(call: Call, page: Page) -> Sequence[ReleaseView]:
    """Newest first: what was released to the caller's organisation or to everybody, or all of them for a steward.

    Each says whether it was revised, or will have to be since a supplier corrected its figures, delivered late or
    withdrew.

    Raises:
        Denied: a stranger.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_list_releases(step.caller()))
        return views(step, step.data.releases.page(page, recipient=_reader(call)))


def read_release(call: Call, release: str) -> ReleaseView:
    """One release, with how it stands; the reading is logged before anything is returned.

    Raises:
        Denied: withdrawn, or not released to the caller, or none: to a stranger the answer is the same.
        Unavailable: `release-not-in-log`: it waits for the checkpoint that covers its events.
    """
    with call.transact(READ) as step:
        found = step.known(step.data.releases.get, release)
        step.object_id = release
        step.authorise(facts.may_read_release(step.caller(), found))
        if found is None:
            raise NotFound("release")
        step.under_release(found)
        if step.data.requests.get(found.request).release != release:
            raise Unavailable("release-not-in-log")
        return replace(
            views(step, [found])[0],
            certificate=step.data.releases.certificate(release),
            log_successions=step.data.log.successions(),
        )


def views(step: Step, releases: Sequence[Release]) -> list[ReleaseView]:
    """How releases stand to what counts today, for the caller: a revision that it may not read is none to it.

    Whatever is delivered for a round that is open may be delivered once more, and nothing is made of it yet: it counts
    when the round is closed. Of a cancelled round nothing will be made. An objection is a change like any other here:
    were it none, a request that waits beside a release that says so would tell of it (docs/adr/0021).
    """
    revised = step.data.releases.revised([release.id for release in releases], recipient=_reader(step.call))
    rounds = sorted({name for release in releases for name in release.rounds})
    closed = [name for name in rounds if step.data.rounds.get(name).state is RoundState.CLOSED]
    counting = step.data.submissions.counting_parts(closed)
    against = step.data.objections.against([part.submission for part in counting])
    withdrawn = step.data.submissions.withdrawn({delivery for release in releases for delivery in release.inputs})
    found = []
    for release in releases:
        now = {part.submission for part in counting if part.round in release.rounds}
        left_out = {
            (delivery, objection.person.hex())
            for delivery, objection in against
            if objection.person is not None and objection.covers(release.data_set, release.purpose)
        }
        # what does not count any more was withdrawn, or superseded by something that does
        same = (
            now <= set(release.inputs)
            and withdrawn.isdisjoint(release.inputs)
            and {pair for pair in left_out if pair[0] in now} == {pair for pair in release.left_out if pair[0] in now}
        )
        pending = Revision.NONE if same else Revision.PENDING
        by = revised.get(release.id)
        found.append(ReleaseView(release, Revision.SUPERSEDED if by else pending, by))
    return found


def _reader(call: Call) -> str | None:
    """Whose releases are shown; None means all."""
    return None if Role.STEWARD in call.principal.roles else call.principal.organisation or ""

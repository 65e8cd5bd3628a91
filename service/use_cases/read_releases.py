"""Consumers list and read what was released to them; to anyone else it does not exist."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.principal import Role
from service.domain.release import Release
from service.ports.unit_of_work import Page
from service.use_cases.call import Call

LIST = EventCode("release.list", Action.READ, "release")
READ = EventCode("release.read", Action.READ, "release")


def list_releases(call: Call, page: Page) -> Sequence[Release]:
    """Newest first: what was released to the caller's organisation, or all of them for a steward.

    Raises:
        Denied: the caller is neither regional owner nor steward.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_list_releases(step.caller()))
        own = None if Role.STEWARD in call.principal.roles else call.principal.organisation or ""
        return step.data.releases.page(page, recipient=own)


def read_release(call: Call, release: str) -> Release:
    """One release; the reading is logged before anything is returned.

    Raises:
        Denied: withdrawn, or not released to the caller, or none: to a stranger the answer is the same.
    """
    with call.transact(READ) as step:
        found = step.known(step.data.releases.get, release)
        step.object_id = release
        step.authorise(facts.may_read_release(step.caller(), found))
        if found is None:
            raise NotFound("release")
        step.about(found.data_set, found.purpose)
        return found

"""The purposes: those of the bundle, those that people made and how they stand, and the record of processing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.domain import purpose_facts as facts
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.principal import Role
from service.domain.purpose import Purpose, PurposeVerdict, StatedPurpose
from service.use_cases.call import Call, Step

PURPOSES = EventCode("catalogue.read-purposes", Action.READ, "catalogue", refusals_only=True)
PURPOSE = EventCode("purpose.read", Action.READ, "purpose", refusals_only=True)
REGISTER = EventCode("register.read", Action.READ, "register")


@dataclass(frozen=True, slots=True)
class PurposeView:
    """A version of a purpose; one of the bundle has nothing stated, and its review is that of the code.

    `in_force` tells whether it is the version that decisions look at.
    """

    purpose: Purpose
    stated: StatedPurpose | None
    in_force: bool
    verdicts: Sequence[PurposeVerdict] = ()


@dataclass(frozen=True, slots=True)
class Register:
    """The record of processing (GDPR article 30): every purpose that decisions look at, under which bundle."""

    policy_hash: str
    purposes: Sequence[Purpose]


def list_purposes(call: Call) -> Sequence[PurposeView]:
    """The purposes: all of them, every version, for a steward or privacy officer.

    A regional owner sees those in force that name it as recipient, and what its own organisation proposed.

    Raises:
        Denied: another role.
    """
    with call.look(PURPOSES) as step:
        step.authorise(facts.may_read_purposes(step.caller()))
        views = _views(step)
        if not call.principal.roles.isdisjoint({Role.STEWARD, Role.PRIVACY_OFFICER}):
            return views
        own = call.principal.organisation
        return [
            view
            for view in views
            if (view.in_force and view.purpose.recipients.include(own, is_regional_owner=True))
            or (view.stated is not None and view.stated.organisation == own)
        ]


def read_purpose(call: Call, purpose: str, version: int | None = None) -> PurposeView:
    """One version of a purpose with the verdicts on it; the newest unless another is asked.

    Raises:
        Denied: another role; a purpose of others that does not name the caller's organisation.
        NotFound: no such purpose or version.
    """
    with call.look(PURPOSE) as step:
        step.object_id = purpose
        named = [v for v in _views(step) if v.purpose.id == purpose and version in {None, v.purpose.version}]
        found = named[-1] if named else None
        query = facts.may_do_to_purpose(
            step.caller(), "readPurpose", found.stated if found else None, found.purpose if found else None
        )
        step.authorise(query)
        if found is None:
            raise NotFound("purpose")
        return replace(found, verdicts=step.data.purposes.verdicts(purpose, found.purpose.version))


def read_register(call: Call) -> Register:
    """The record of processing as it stands now; that somebody took it is an event.

    Raises:
        Denied: neither steward, privacy officer nor auditor.
    """
    with call.transact(REGISTER) as step:
        step.authorise(facts.may_read_register(step.caller()))
        views = [view.purpose for view in _views(step) if view.in_force]
        return Register(call.services.policy.policy_hash, views)


def _views(step: Step) -> list[PurposeView]:
    """By id and version; what was stored by a version of the service that this one cannot read is left out."""
    documents, catalogue = step.call.services.purposes, step.catalogue
    newest = {found.id: found.version for found in sorted(catalogue.purposes, key=lambda found: found.version)}
    views = [PurposeView(one, None, newest[one.id] == one.version) for one in step.call.services.catalogue.purposes]
    in_force = {(found.id, found.version) for found in catalogue.purposes}
    for stated in step.data.purposes.all():
        try:
            described = documents.read(stated.document)
        except ValueError:
            continue
        shown = replace(described, status=stated.state.value, approvers=stated.approvers)
        views.append(PurposeView(shown, stated, (stated.id, stated.version) in in_force))
    return sorted(views, key=lambda view: (view.purpose.id, view.purpose.version))

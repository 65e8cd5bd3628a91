"""The agreements, assessments and consents that the use of figures rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.domain import purpose_facts as facts
from service.domain.agreement import RecordedAgreement
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.principal import Role
from service.domain.request_facts import civil_day
from service.use_cases.call import Call, Step

LIST = EventCode("agreement.list", Action.READ, "agreement", refusals_only=True)
READ = EventCode("agreement.read", Action.READ, "agreement", refusals_only=True)
_OVERSEERS = frozenset({Role.STEWARD, Role.PRIVACY_OFFICER, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class AgreementView:
    """An agreement as its reader may see it: a party sees of the parties itself only.

    `in_force` tells whether it holds today, for a party: for itself.
    """

    agreement: RecordedAgreement
    in_force: bool


def list_agreements(call: Call) -> Sequence[AgreementView]:
    """All of them for steward, privacy officer and auditor; for a supplier or regional owner its own.

    Raises:
        Denied: another role.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_list_agreements(step.caller()))
        own = None if _oversees(call) else call.principal.organisation or ""
        return [_view(step, found) for found in step.data.agreements.all(party=own)]


def read_agreement(call: Call, agreement: str) -> AgreementView:
    """One agreement.

    Raises:
        Denied: another role, or no party.
        NotFound: no such agreement.
    """
    with call.look(READ) as step:
        found = step.known(step.data.agreements.get, agreement)
        step.object_id = agreement
        step.authorise(facts.may_do_to_agreement(step.caller(), "readAgreement", found))
        if found is None:
            raise NotFound("agreement")
        return _view(step, found)


def _oversees(call: Call) -> bool:
    return not call.principal.roles.isdisjoint(_OVERSEERS)


def _view(step: Step, found: RecordedAgreement) -> AgreementView:
    shown = found
    if not _oversees(step.call):
        own = frozenset({step.call.principal.organisation or ""})
        shown = replace(found, parties=found.parties & own, left=found.left & own)
    return AgreementView(shown, found.holds_on(civil_day(step.now)) and bool(shown.parties - shown.left))

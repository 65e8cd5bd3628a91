"""A steward records an agreement, which holds once somebody else confirms it; or a supplier gives its consent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from service.domain import purpose_facts as facts
from service.domain.agreement import AgreementKind, AgreementState, RecordedAgreement, Terms
from service.domain.audit import Action, EventCode
from service.domain.errors import Invalid
from service.domain.request_facts import civil_day
from service.use_cases.call import Call, Step, unknown_names

RECORD = EventCode("agreement.record", Action.CREATE, "agreement")
CONSENT = EventCode("agreement.consent", Action.CREATE, "agreement")


def record_agreement(call: Call, terms: Terms) -> RecordedAgreement:
    """Store what is on paper elsewhere. Nothing rests on it until somebody else has confirmed it.

    Raises:
        Denied: no steward.
        Invalid: `agreement`: parties, data sets or purposes that do not exist; nobody, nothing, or an end before the
            start; with every fault.
    """
    with call.transact(RECORD) as step:
        step.authorise(facts.may_record_agreement(step.caller()), names_object=False)
        return _stored(step, terms, AgreementState.RECORDED)


def give_consent(
    call: Call,
    data_set: str,
    purposes: Iterable[str],
    valid_until: date | None,
    serves: Iterable[str] | None = None,
) -> RecordedAgreement:
    """A supplier lets its own figures be used, from today: it speaks for itself, so nobody has to confirm it.

    Args:
        call: by the supplier.
        data_set: what it is about.
        purposes: for which; none for every one.
        valid_until: the last day; None until it is withdrawn.
        serves: of a form, the data sets that a delivery may serve; None for all of them. It is one consent for all.

    Raises:
        Denied: no supplier.
        Invalid: `agreement`: the data set or a purpose does not exist, the data set does not serve what is named, or it
            ends before today.
    """
    with call.transact(CONSENT) as step:
        step.authorise(facts.may_give_consent(step.caller()), names_object=False)
        own, today = call.principal.organisation or "", civil_day(step.now)
        found = step.known(step.call.services.catalogue.data_set, data_set)
        can = frozenset(served.data_set for served in found.serves) if found is not None else frozenset()
        named = can if serves is None else frozenset(serves)
        if named - can:
            faults = tuple((f"serves: {name}", "not-served") for name in sorted(named - can))
            raise Invalid("agreement", faults=faults)
        terms = Terms(
            kind=AgreementKind.CONSENT,
            reference=f"consent of {own} on {today.isoformat()}",
            parties=frozenset({own}),
            data_sets=frozenset({data_set}) | named,
            purposes=frozenset(purposes),
            valid_from=today,
            valid_until=valid_until,
        )
        return _stored(step, terms, AgreementState.CONFIRMED)


def _require_known(step: Step, terms: Terms) -> None:
    faults = [
        (f"parties: {name}", "does-not-exist")
        for name in terms.parties
        if step.known(step.data.organisations.get, name) is None
    ]
    faults += unknown_names(step, terms.data_sets, terms.purposes)
    if terms.kind is not AgreementKind.CONSENT:  # of what is only proposed, a supplier does not learn
        proposed = {f"purposes: {name}" for name in terms.purposes if step.known(step.data.purposes.get, name)}
        faults = [fault for fault in faults if fault[0] not in proposed]
    if faults:
        raise Invalid("agreement", faults=tuple(sorted(faults)))


def _stored(step: Step, terms: Terms, state: AgreementState) -> RecordedAgreement:
    step.object_id = step.call.services.randomness.new_id()
    _require_known(step, terms)
    made = RecordedAgreement(
        **asdict(terms), id=step.object_id, state=state, recorder=step.call.principal.id, recorded_at=step.now
    )
    step.name(agreement=made.reference)
    step.data.agreements.add(made)
    return made

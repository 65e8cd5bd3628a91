"""A person objects: from that moment its records are left out of whatever is made (GDPR articles 18, 21 and 7(3))."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from service.domain import objection_facts as facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.audit_terms import person_digest
from service.domain.errors import Denied, Invalid, NotFound
from service.domain.objection import Objection
from service.domain.principal import Role
from service.domain.reason import Reason
from service.use_cases.call import Call, Step, unknown_names
from service.use_cases.counting import send_back
from service.use_cases.kept_pseudonyms import kept_for
from sluis_client.wire import OBJECTION_PREFIX, ObjectionReceipt, SignedObjectionReceipt, canonical_bytes, subject_of
from sluis_client.wire.pseudonym import Pseudonym

_ALWAYS = DECIDED | {Fact.KEYS, Fact.COMMITMENT}
LODGE = EventCode("objection.lodge", Action.CREATE, "objection", _ALWAYS)
WITHDRAW = EventCode("objection.withdraw", Action.UPDATE, "objection", _ALWAYS)


def lodge_objection(call: Call, pseudonym: str, data_sets: Sequence[str], purposes: Sequence[str]) -> Objection:
    """Leave the person out of every aggregate that is made from now on, of these data sets for these purposes.

    1. Authorise. A supplier speaks for persons that it delivered itself: it learns of nobody whether others did.
    2. The pseudonym has its form, and data sets and purposes exist; none named means all of them. From here on it is
       the one that is kept.
    3. No release over data sets with this person is made meanwhile.
    4. Store it. Lodging the same again gives the same objection. The answer is signed, and the event commits to it.
    5. What is under way with the person in it is prepared anew (`counting.send_back`).

    What was released stays. What is released next of the same facts has to hide the difference, or waits
    (docs/adr/0021-withdrawal-and-objection.md).

    Raises:
        Denied: neither supplier nor privacy officer; `person-not-yours`.
        Invalid: `objection`, naming every fault.
    """
    with call.transact(LODGE) as step:
        # 1
        step.object_id = call.services.randomness.new_id()
        step.authorise(facts.may_lodge_objection(step.caller()), names_object=False)
        # 2
        _require_sound(step, pseudonym, data_sets, purposes)
        sent, pseudonym = pseudonym, kept_for(call.services, pseudonym)
        _is_about(step, pseudonym)
        person, own = person_digest(pseudonym), call.principal.organisation or ""
        if Role.SUPPLIER in call.principal.roles and not step.data.objections.data_sets_of(person, organisation=own):
            raise Denied((Reason("person-not-yours"),))
        # 3
        concerned = _lock(step, person)
        # 4
        new = Objection(
            id=step.object_id,
            pseudonym=pseudonym,
            person=person,
            data_sets=tuple(sorted(set(data_sets))),
            purposes=tuple(sorted(set(purposes))),
            lodged_by=call.principal.id,
            organisation=own,
            lodged_at=step.now,
        )
        for known in step.data.objections.of(person):
            if (known.organisation, known.data_sets, known.purposes) == (own, new.data_sets, new.purposes):
                step.object_id = known.id
                step.conclude(step.outcome, ("repeated",))
                return _acknowledged(step, known, sent)
        step.data.objections.add(new)
        acknowledged = _acknowledged(step, new, sent)
        # 5
        for data_set in concerned:
            send_back(step, data_set)
    call.services.jobs.wake()
    return acknowledged


def withdraw_objection(call: Call, objection: str) -> Objection:
    """Let the person's records count again from now on, unless another objection is against it.

    Raises:
        Denied: a supplier's call for an objection that another lodged (or none); or another role.
        NotFound: no such objection.
    """
    with call.transact(WITHDRAW) as step:
        found = step.known(partial(step.data.objections.get, lock=True), objection)
        step.object_id = objection
        step.authorise(facts.may_withdraw_objection(step.caller(), found))
        if found is None:
            raise NotFound("objection")
        if found.withdrawn_at is not None:
            step.conclude(step.outcome, ("repeated",))
            return _acknowledged(step, found)
        if found.pseudonym is None or found.person is None:
            raise RuntimeError("an objection in force names its person")
        _is_about(step, found.pseudonym)
        concerned = _lock(step, found.person)
        withdrawn = replace(found, withdrawn_at=step.now, withdrawn_by=call.principal.id)
        step.data.objections.save(withdrawn)
        acknowledged = _acknowledged(step, withdrawn)
        for data_set in concerned:
            send_back(step, data_set)
    call.services.jobs.wake()
    return acknowledged


def _acknowledged(step: Step, found: Objection, sent: str | None = None) -> Objection:
    """With the signed acknowledgement of how it stands now; of whom it is about it holds a digest, of what was sent."""
    nonce = step.nonce()
    receipt = ObjectionReceipt(
        objection_id=found.id,
        organisation=found.organisation,
        subject=None if sent is None else subject_of(sent, nonce),
        data_sets=found.data_sets,
        purposes=found.purposes,
        lodged_at=found.lodged_at,
        withdrawn_at=found.withdrawn_at,
        stated_at=step.now,
        audit_event_id=step.event_id,
        issuer=step.call.services.issuer,
        nonce=nonce,
    )
    step.commitment = receipt.commitment()
    signature = step.sign(OBJECTION_PREFIX, receipt.canonical())
    signed = SignedObjectionReceipt(receipt, signature.key_id, signature.value)
    return replace(found, acknowledgement=canonical_bytes(signed.to_json()).decode())


def _is_about(step: Step, pseudonym: str) -> None:
    """The event names the person; in the log that is behind a salt, and goes with the event."""
    step.persons = (pseudonym,)
    step.pseudonym_domain = pseudonym.rpartition(".")[0]


def _lock(step: Step, person: bytes) -> list[str]:
    """The data sets with the person, in one order, so that nobody waits for somebody who waits for them."""
    concerned = sorted(step.data.objections.data_sets_of(person))
    for data_set in concerned:
        step.data.releases.lock_facts(data_set)
    return concerned


def _require_sound(step: Step, pseudonym: str, data_sets: Sequence[str], purposes: Sequence[str]) -> None:
    faults = [] if Pseudonym.read(pseudonym) else [("pseudonym", "no-pseudonym")]
    faults += unknown_names(step, data_sets, purposes)
    if faults:
        raise Invalid("objection", faults=tuple(faults))

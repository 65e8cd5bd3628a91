"""A regional owner or steward proposes a purpose, or a new version of one; nothing is permitted by it yet."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain import purpose_facts as facts
from service.domain.audit import Action, EventCode
from service.domain.errors import Conflict, Fault, Faulty, NotFound
from service.domain.purpose import PurposeState, StatedPurpose
from service.use_cases.call import Call, Step

EVENT = EventCode("purpose.propose", Action.CREATE, "purpose")


def propose_purpose(call: Call, document: Mapping[str, object]) -> StatedPurpose:
    """Store the document as the next version of its purpose.

    1. The caller may propose at all.
    2. The document holds every field that its basis and data sets ask for (policy.md).
    3. It is nobody else's purpose, none of the bundle, and the version after the last.

    Args:
        call: by a regional owner or steward.
        document: as a YAML file of `policies/purposes/` has it.

    Raises:
        Denied: another role.
        Faulty: `purpose`, with every fault.
        Conflict: `purpose-in-bundle`; `purpose-pending`: a version waits for its verdict; `purpose-of-another`.
    """
    with call.transact(EVENT) as step:
        # 1
        step.authorise(facts.may_propose_purpose(step.caller()), names_object=False)
        # 2
        read = call.services.purposes.check(document, step.catalogue)
        step.object_id = read.purpose.id
        # 3
        _require_next(step, read.purpose.id, read.purpose.version)
        stated = StatedPurpose(
            id=read.purpose.id,
            version=read.purpose.version,
            state=PurposeState.PROPOSED,
            document=read.text,
            digest=read.purpose.digest,
            proposer=call.principal.id,
            organisation=call.principal.organisation or "",
            proposed_at=step.now,
        )
        step.name(purpose=stated.id, described=read.purpose)
        step.data.purposes.add(stated)
        return stated


def _require_next(step: Step, purpose: str, version: int) -> None:
    if any(found.id == purpose for found in step.call.services.catalogue.purposes):
        raise Conflict("purpose-in-bundle")
    try:
        last = step.data.purposes.get(purpose, lock=True)
    except NotFound:
        expected = 1
    else:
        expected = last.version + 1
        if last.organisation != step.call.principal.organisation:
            raise Conflict("purpose-of-another")
    if version != expected:
        nl = f"de volgende versie is {expected}; zet 'version: {expected}'"
        en = f"the next version is {expected}; put 'version: {expected}'"
        raise Faulty("purpose", (Fault("version", "version-next", nl, en),))

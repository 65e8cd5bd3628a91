"""Classifications that people bring in: checked and proposed by one, judged by a steward who is somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from service.domain import region_facts as facts
from service.domain.audit import Action, EventCode, Outcome
from service.domain.errors import Conflict, Invalid, NotFound
from service.domain.region_list_text import region_list_text
from service.domain.request import Verdict
from service.domain.stated_classification import (
    CLASSIFICATION_LIFECYCLE,
    ClassificationState,
    RegionList,
    StatedClassification,
    faults_of,
)
from service.use_cases.call import Call
from sluis_client.wire import digest

PROPOSE = EventCode("classification.propose", Action.CREATE, "classification")
JUDGE = EventCode("classification.judge", Action.UPDATE, "classification")
LIST = EventCode("classification.list", Action.READ, "classification", refusals_only=True)


def propose_classification(call: Call, found: RegionList) -> StatedClassification:
    """Store a list of regions, or a cluster, as the next version of its id; nothing follows until a steward approves.

    Raises:
        Denied: neither steward nor regional owner.
        Invalid: `classification-list`, with every fault: unknown municipalities, doubles, missing ones, codes, names.
        Conflict: `classification-of-another`: the id is another organisation's, or one of the bundle.
    """
    with call.transact(PROPOSE) as step:
        step.authorise(facts.may_propose_classification(step.caller()), names_object=False)
        bundled = {tree.id for tree in call.services.catalogue.classifications}
        step.object_id = found.family
        if faults := faults_of(found, call.services.catalogue):
            raise Invalid("classification-list", faults=tuple(faults))
        versions = step.data.classifications.versions(found.family, lock=True)
        version = 1 + max((one.version for one in versions), default=0)
        own = call.principal.organisation or ""
        if found.family in bundled or any(one.organisation != own for one in versions):
            raise Conflict("classification-of-another")
        document = region_list_text(found)
        stated = StatedClassification(
            id=f"{found.family}-v{version}",
            family=found.family,
            version=version,
            state=ClassificationState.PROPOSED,
            document=document,
            digest=digest(document.encode()),
            proposer=call.principal.id,
            organisation=own,
            proposed_at=step.now,
        )
        step.object_id = stated.id
        step.data.classifications.add(stated)
        return stated


def judge_classification(call: Call, classification: str, verdict: Verdict) -> StatedClassification:
    """Approve a version or reject it. An approved one can be named by purposes from then on, and stays for ever.

    Raises:
        Denied: no steward, or whoever proposed it.
        NotFound: no such version.
        Conflict: `classification-state`: it was judged before.
    """
    with call.transact(JUDGE) as step:
        found = step.known(partial(step.data.classifications.get, lock=True), classification)
        step.object_id = classification
        step.authorise(facts.may_judge_classification(step.caller(), found))
        if found is None:
            raise NotFound("classification")
        state = CLASSIFICATION_LIFECYCLE.after(found.state, verdict.value)
        step.conclude(Outcome.SUCCESS, (verdict.value,))
        judged = replace(found, state=state, judge=call.principal.id, judged_at=step.now)
        step.data.classifications.save(judged)
        return judged


def list_stated_classifications(call: Call) -> Sequence[StatedClassification]:
    """All versions that people brought in, whatever became of them; by id and version.

    Raises:
        Denied: neither steward nor auditor.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_list_stated_classifications(step.caller()))
        return step.data.classifications.all()

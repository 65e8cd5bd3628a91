"""The questions to the policy about letting a table go; see `service.domain.facts`.

approveRequest       Purpose or UnknownPurpose; + dataSet, dataSetKnown, dataSetCovered, sensitivity, regionsAsked,
                     recipient, recipientIsRegionalOwner, recipientRegions, recipientStatus, recipientAgreementFrom?,
                     recipientAgreementUntil?, the facts of `request_facts.grounds_facts`, newerFrom?, purposeVersion
                     (asked under)
keepRequest          Purpose or UnknownPurpose; + regionsAsked, recipientRegions
release              the same as approveRequest; + requester, approvers, approvalCount, rejected, safe
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from service.domain.agreement import Grounds
from service.domain.caller import Caller
from service.domain.catalogue import Catalogue
from service.domain.frequency import Given, newer_from
from service.domain.organisation import Organisation
from service.domain.policy import Query, Value
from service.domain.request import AggregateRequest, Evidence, Review, Verdict
from service.domain.request_facts import (
    civil_day,
    epoch_day,
    grounds_facts,
    purpose_resource,
    recipient_facts,
    request_terms,
    subject_facts,
)
from service.domain.round import Round


@dataclass(frozen=True, slots=True)
class Today:
    """What a request rests on, as it is at this moment.

    `recipient` is the stored organisation of the request, `given` what that had received under the purpose, of the data
    set, when it asked.
    """

    catalogue: Catalogue
    rounds: Sequence[Round]
    recipient: Organisation | None
    grounds: Grounds
    given: Sequence[Given] = ()


def may_approve_request(caller: Caller, request: AggregateRequest, today: Today) -> Query:
    """A steward approves a table: only what could be released today, but for the approvals themselves."""
    resource = purpose_resource(request.spec.purpose, today.catalogue)
    return caller.question("approveRequest", resource, _still(caller, request, today))


def may_keep_request(caller: Caller, request: AggregateRequest, today: Today) -> Query:
    """A request that is under way goes on, now that its organisation stands for other regions."""
    still = _still(caller, request, today)
    context = {name: still[name] for name in ("regionsAsked", "recipientRegions")}
    return caller.question("keepRequest", purpose_resource(request.spec.purpose, today.catalogue), context)


def may_release(
    caller: Caller, request: AggregateRequest, evidence: Evidence, *, reviews: Sequence[Review], today: Today
) -> Query:
    """The table of `evidence` goes to the organisation of the request.

    Only reviews of this evidence count; purpose, grounds and frequency are looked at again as they are today.
    """
    own = [r for r in reviews if r.request == request.id and r.evidence == evidence.id]
    approvers = sorted({r.steward for r in own if r.verdict is Verdict.APPROVE})
    context: dict[str, Value] = {
        **_still(caller, request, today),
        "requester": request.requester,
        "approvers": tuple(approvers),
        "approvalCount": len(approvers),
        "rejected": any(r.verdict is Verdict.REJECT for r in own),
        "safe": evidence.safe and evidence.request == request.id,
    }
    query = caller.question("release", purpose_resource(request.spec.purpose, today.catalogue), context)
    return replace(query, terms=request_terms(request.spec, today.catalogue, today.rounds))


def _still(caller: Caller, request: AggregateRequest, today: Today) -> Mapping[str, Value]:
    newer = newer_from(request.spec, today.given, today.catalogue)
    return {
        **subject_facts(request.spec, today.catalogue),
        **recipient_facts(today.recipient, request.organisation, civil_day(caller.at)),
        **grounds_facts(today.grounds, request.spec, today.catalogue),
        "purposeVersion": request.purpose_version,
        **({"newerFrom": epoch_day(newer)} if newer is not None else {}),
    }

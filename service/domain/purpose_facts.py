"""The questions to the policy about purposes and agreements; see `service.domain.facts`.

readPurposes, proposePurpose, readRegister, listAgreements, recordAgreement, giveConsent
                     Service {}
readPurpose, reviewPurpose, approvePurpose, suspendPurpose, resumePurpose, withdrawPurpose
                     PurposeVersion {name, proposer, organisation, reviewers, suspendedBy, allRegionalOwners,
                     recipients}
readAgreement, confirmAgreement, withdrawAgreement, leaveAgreement
                     Agreement {name, recorder, parties}
"""

from __future__ import annotations

from service.domain.agreement import RecordedAgreement
from service.domain.caller import Caller
from service.domain.facts import NOBODY
from service.domain.policy import Query, Resource, Value
from service.domain.purpose import Purpose, StatedPurpose


def may_read_purposes(caller: Caller) -> Query:
    """The purposes; the use case shows a regional owner those that it may use."""
    return caller.of_service("readPurposes")


def may_propose_purpose(caller: Caller) -> Query:
    """A regional owner or steward proposes a purpose, or a new version of one."""
    return caller.of_service("proposePurpose")


def may_do_to_purpose(caller: Caller, action: str, stated: StatedPurpose | None, purpose: Purpose | None) -> Query:
    """A step in the life of one version of a purpose, or a look at it.

    Args:
        caller: who asks.
        action: readPurpose, reviewPurpose, approvePurpose, suspendPurpose, resumePurpose, withdrawPurpose.
        stated: the version that people made; None for one of the bundle, or when there is none.
        purpose: what it says; None when there is none.
    """
    reviewers = {stated.reviewer or "", *stated.approvers} - {""} if stated else set()
    attributes: dict[str, Value] = {
        "name": purpose.id if purpose else NOBODY,
        "proposer": stated.proposer if stated else "",
        "organisation": stated.organisation if stated else "",
        "reviewers": tuple(sorted(reviewers)),
        "suspendedBy": (stated.suspended_by or "") if stated else "",
        "allRegionalOwners": purpose is not None and purpose.recipients.all_regional_owners,
        "recipients": tuple(sorted(purpose.recipients.organisations)) if purpose else (),
    }
    return caller.question(action, Resource("PurposeVersion", purpose.id if purpose else NOBODY, attributes))


def may_read_register(caller: Caller) -> Query:
    """Steward, privacy officer and auditor read the record of processing (GDPR article 30)."""
    return caller.of_service("readRegister")


def may_list_agreements(caller: Caller) -> Query:
    """The agreements; the use case shows a supplier or regional owner its own."""
    return caller.of_service("listAgreements")


def may_record_agreement(caller: Caller) -> Query:
    """A steward records an agreement, assessment or consent."""
    return caller.of_service("recordAgreement")


def may_give_consent(caller: Caller) -> Query:
    """A supplier consents to the use of its own figures."""
    return caller.of_service("giveConsent")


def may_do_to_agreement(caller: Caller, action: str, agreement: RecordedAgreement | None) -> Query:
    """A step in the life of an agreement, or a look at it.

    Args:
        caller: who asks.
        action: readAgreement, confirmAgreement, withdrawAgreement, leaveAgreement.
        agreement: as it stands; None when there is none.
    """
    name = agreement.id if agreement else NOBODY
    attributes: dict[str, Value] = {
        "name": name,
        "recorder": agreement.recorder if agreement else "",
        "parties": tuple(sorted(agreement.parties)) if agreement else (),
    }
    return caller.question(action, Resource("Agreement", name, attributes))

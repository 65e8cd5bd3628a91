"""Worked questions to the policy: for each action one that is permitted, and one change with its exact reasons.

Read `CASES` as the rules in examples. Days are epoch days around `TODAY`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from service.domain.policy import Query, Resource, Value
from service.domain.principal import Anonymous, Operator, Person, Principal, Role, Supplier, Worker
from service.domain.request_facts import epoch_day

TODAY = epoch_day(date(2026, 11, 22))
ISSUER = "https://login.example"

SUPPLIER = Supplier("hospital-a", "hospital-a", "key-a")
OWNER = Person(ISSUER, "owner", frozenset({Role.REGIONAL_OWNER}), "board-a")
STEWARD = Person(ISSUER, "steward", frozenset({Role.STEWARD}), "ttp")
STEWARD_AND_OWNER = Person(ISSUER, "both", frozenset({Role.STEWARD, Role.REGIONAL_OWNER}), "board-b")
PRIVACY_OFFICER = Person(ISSUER, "fg", frozenset({Role.PRIVACY_OFFICER}), "ttp")
AUDITOR = Person(ISSUER, "auditor", frozenset({Role.AUDITOR}), "auditors")
OPERATOR = Operator("root")
WORKER = Worker("requests")
STRANGER = Anonymous()
PRINCIPALS: Mapping[str, Principal] = {
    "supplier": SUPPLIER,
    "regional-owner": OWNER,
    "steward": STEWARD,
    "privacy-officer": PRIVACY_OFFICER,
    "auditor": AUDITOR,
    "operator": OPERATOR,
    "worker": WORKER,
    "anonymous": STRANGER,
}

SERVICE = Resource("Service", "sluis")
ORGANISATION = Resource("Organisation", "hospital-a", {"name": "hospital-a", "status": "active"})
ROUND = Resource(
    "Round",
    "staffed-beds-2019",
    {"dataSet": "staffed-beds", "dataSetVersion": 1, "expected": ("hospital-a", "hospital-b")},
)
SUBMISSION = Resource("Submission", "s1", {"organisation": "hospital-a"})
OBJECTION = Resource("Objection", "o1", {"organisation": "hospital-a"})
REQUEST = Resource("AggregateRequest", "q1", {"organisation": "board-a", "requester": OWNER.id})
RELEASE = Resource(
    "Release",
    "r1",
    {"recipients": ("auditors", "board-a", "board-c", "hospital-a", "ttp"), "public": False, "withdrawn": False},
)
PURPOSE = Resource(
    "Purpose",
    "planning",
    {
        "version": 3,
        "status": "approved",
        "approverCount": 2,
        "validFrom": TODAY - 100,
        "validUntil": TODAY + 100,
        "reviewOn": TODAY + 50,
        "recipients": ("board-a",),
        "allRegionalOwners": False,
        "ownRegionOnly": False,
        "legalBasis": "6(1)(e)",
        "specialCategoryException": "",
        "uavgEvidence": True,
        "consentScope": False,
        "controllerCount": 1,
        "jointArrangement": "",
        "processorAgreement": "VO-1",
        "dpiaOutcome": "approved",
        "dpiaReviewOn": TODAY + 60,
        "minimumAgeMonths": 3,
    },
)
PURPOSE_VERSION = Resource(
    "PurposeVersion",
    "planning",
    {
        "name": "planning",
        "proposer": f"{ISSUER}#proposer",
        "organisation": "board-a",
        "reviewers": (f"{ISSUER}#one",),
        "suspendedBy": f"{ISSUER}#one",
        "allRegionalOwners": False,
        "recipients": ("board-c",),
    },
)
AGREEMENT = Resource(
    "Agreement",
    "a1",
    {"name": "a1", "recorder": f"{ISSUER}#recorder", "parties": ("board-a", "hospital-a", "hospital-b")},
)
UNKNOWN_PURPOSE = Resource("UnknownPurpose", "no-such-purpose")

RECIPIENT: Mapping[str, Value] = {
    "dataSet": "staffed-beds",
    "dataSetKnown": True,
    "dataSetCovered": True,
    "sensitivity": ("operational",),
    "regionsAsked": (),
    "recipient": "board-a",
    "recipientIsRegionalOwner": True,
    "recipientRegions": ("boards/a",),
    "recipientStatus": "active",
    "recipientAgreementFrom": TODAY - 10,
    "processorAgreementInForce": True,
    "jointArrangementInForce": True,
    "dpiaInForce": True,
    "suppliersWithoutAgreement": 0,
    "suppliersWithoutConsent": 0,
}
TABLE: Mapping[str, Value] = {
    **RECIPIENT,
    "dataSetVersion": "1",
    "dataSetMinimumAgeMonths": 1,
    "measures": ("occupied_bed_days",),
    "coveredMeasures": ("occupied_bed_days", "staffed_bed_days"),
    "dimensions": ("region",),
    "coveredDimensions": ("care_form", "region"),
    "classifications": ("region/boards",),
    "coveredClassifications": ("care_form/specialties", "region/boards"),
    "levels": ("region/boards/board",),
    "coveredLevels": ("care_form/specialties/group", "region/boards/board", "region/boards/planning"),
    "codes": (),
    "codesKnown": (),
    "periods": ("2019",),
    "periodsWithRound": ("2019",),
    "roundStates": ("closed",),
    "roundVersions": ("1",),
    "ageMonths": 80,
    "bottleneckLength": 20,
    "necessityLength": 20,
    "whyNothingLessLength": 20,
}
APPROVAL: Mapping[str, Value] = {**RECIPIENT, "purposeVersion": 3}
FOUR_EYES: Mapping[str, Value] = {
    **APPROVAL,
    "requester": OWNER.id,
    "approvers": (f"{ISSUER}#one", f"{ISSUER}#two"),
    "approvalCount": 2,
    "rejected": False,
    "safe": True,
}
KEY: Mapping[str, Value] = {"keyOrganisation": "hospital-a", "keyRevoked": False}
MANIFEST: Mapping[str, Value] = {
    "organisation": "hospital-a",
    "dataSet": "staffed-beds",
    "dataSetVersion": 1,
    **KEY,
    "agreementCovers": True,
    "consentMissing": False,
}

ACTIONS: Mapping[str, tuple[Resource, Mapping[str, Value]]] = {
    "registerKey": (ORGANISATION, {}),
    "issueToken": (ORGANISATION, KEY),
    "inviteOrganisation": (ORGANISATION, {}),
    "suspendOrganisation": (ORGANISATION, {}),
    "revokeKey": (ORGANISATION, {}),
    "changeOwnKeys": (ORGANISATION, {}),
    "readOwnOrganisation": (ORGANISATION, {}),
    "listOrganisations": (SERVICE, {}),
    "administer": (SERVICE, {}),
    "readMetadata": (SERVICE, {}),
    "readPublicFigures": (SERVICE, {}),
    "fetchPublicFigures": (SERVICE, {}),
    "readPurposes": (SERVICE, {}),
    "proposePurpose": (SERVICE, {}),
    "readPurpose": (PURPOSE_VERSION, {}),
    "reviewPurpose": (PURPOSE_VERSION, {}),
    "approvePurpose": (PURPOSE_VERSION, {}),
    "suspendPurpose": (PURPOSE_VERSION, {}),
    "resumePurpose": (PURPOSE_VERSION, {}),
    "withdrawPurpose": (PURPOSE_VERSION, {}),
    "readRegister": (SERVICE, {}),
    "listAgreements": (SERVICE, {}),
    "recordAgreement": (SERVICE, {}),
    "giveConsent": (SERVICE, {}),
    "readAgreement": (AGREEMENT, {}),
    "confirmAgreement": (AGREEMENT, {}),
    "withdrawAgreement": (AGREEMENT, {}),
    "leaveAgreement": (AGREEMENT, {}),
    "listRounds": (SERVICE, {}),
    "readDataSet": (SERVICE, {"purposeLets": True}),
    "readRound": (ROUND, {"purposeLets": True}),
    "createRound": (ROUND, {}),
    "changeRoundState": (ROUND, {}),
    "readDeliveries": (ROUND, {}),
    "submit": (ROUND, MANIFEST),
    "continueSubmission": (SUBMISSION, {}),
    "withdrawSubmission": (SUBMISSION, {}),
    "listSubmissions": (SERVICE, {}),
    "readSubmission": (SUBMISSION, {}),
    "lodgeObjection": (SERVICE, {}),
    "listObjections": (SERVICE, {}),
    "countObjections": (SERVICE, {}),
    "withdrawObjection": (OBJECTION, {}),
    "requestAggregate": (PURPOSE, TABLE),
    "listRequests": (SERVICE, {}),
    "readRequest": (REQUEST, {}),
    "retractRequest": (REQUEST, {}),
    "prepareRequest": (REQUEST, {}),
    "readEvidence": (REQUEST, {}),
    "reviewRequest": (REQUEST, {"reviewers": (f"{ISSUER}#one",)}),
    "approveRequest": (PURPOSE, APPROVAL),
    "release": (PURPOSE, FOUR_EYES),
    "listReleases": (SERVICE, {}),
    "readRelease": (RELEASE, {}),
    "withdrawRelease": (RELEASE, {}),
    "readAuditLog": (SERVICE, {}),
    "searchPersons": (SERVICE, {}),
    "readOwnUses": (SERVICE, {}),
    "readCalendar": (SERVICE, {}),
    "recordContact": (ORGANISATION, {}),
    "changeOwnContact": (ORGANISATION, {}),
    "remind": (SERVICE, {}),
    "runService": (SERVICE, {}),
}

#: Action by role; nobody else may.
ALLOWED: Mapping[str, str] = {
    "registerKey": "anonymous",
    "issueToken": "anonymous",
    "inviteOrganisation": "operator",
    "suspendOrganisation": "operator",
    "revokeKey": "operator",
    "changeOwnKeys": "supplier",
    "readOwnOrganisation": "supplier regional-owner steward privacy-officer auditor",
    "listOrganisations": "operator",
    "administer": "operator",
    "readMetadata": "supplier regional-owner steward privacy-officer auditor operator",
    "readPublicFigures": "supplier regional-owner steward privacy-officer auditor operator",
    "fetchPublicFigures": "operator",
    "readDataSet": "supplier regional-owner steward privacy-officer auditor operator",
    "readPurposes": "regional-owner steward privacy-officer",
    "readPurpose": "regional-owner steward privacy-officer",
    "proposePurpose": "regional-owner steward",
    "reviewPurpose": "privacy-officer",
    "approvePurpose": "steward",
    "suspendPurpose": "steward privacy-officer",
    "resumePurpose": "steward",
    "withdrawPurpose": "steward privacy-officer",
    "readRegister": "steward privacy-officer auditor",
    "listAgreements": "supplier regional-owner steward privacy-officer auditor",
    "readAgreement": "supplier regional-owner steward privacy-officer auditor",
    "recordAgreement": "steward",
    "giveConsent": "supplier",
    "confirmAgreement": "steward privacy-officer",
    "withdrawAgreement": "steward privacy-officer",
    "leaveAgreement": "supplier",
    "listRounds": "supplier regional-owner steward operator",
    "readRound": "supplier regional-owner steward operator",
    "createRound": "steward",
    "changeRoundState": "steward",
    "readDeliveries": "steward",
    "submit": "supplier",
    "continueSubmission": "supplier",
    "withdrawSubmission": "supplier",
    "listSubmissions": "supplier steward",
    "readSubmission": "supplier steward",
    "lodgeObjection": "supplier privacy-officer",
    "listObjections": "supplier privacy-officer",
    "countObjections": "steward privacy-officer",
    "withdrawObjection": "supplier privacy-officer",
    "requestAggregate": "regional-owner",
    "listRequests": "regional-owner steward",
    "readRequest": "regional-owner steward",
    "retractRequest": "regional-owner",
    "prepareRequest": "worker",
    "readEvidence": "steward",
    "reviewRequest": "steward",
    "approveRequest": "steward",
    "release": "worker",
    "listReleases": "supplier regional-owner steward privacy-officer auditor",
    "readRelease": "supplier regional-owner steward privacy-officer auditor",
    "withdrawRelease": "steward",
    "readAuditLog": "auditor",
    "searchPersons": "auditor",
    "readOwnUses": "supplier",
    "readCalendar": "supplier",
    "recordContact": "operator",
    "changeOwnContact": "supplier",
    "remind": "operator worker",
    "runService": "worker",
}


@dataclass(frozen=True)
class Case:
    """A question and the exact reasons for its denial; none means permitted."""

    name: str
    query: Query
    reasons: frozenset[str]


def standing_of(principal: Principal) -> dict[str, Value]:
    """An active organisation with an open-ended agreement, for those who have one."""
    if principal.organisation is None:
        return {"today": TODAY, "organisationStatus": "none"}
    return {"today": TODAY, "organisationStatus": "active", "agreementFrom": TODAY - 10}


def question(principal: Principal, action: str) -> Query:
    """The plain question, as it is when nothing is the matter."""
    resource, context = ACTIONS[action]
    return Query(principal, action, resource, {**standing_of(principal), **context})


def changed(query: Query, **changes: Value | None) -> Query:
    """The question with facts changed, of the resource where it has that fact, else of the context; None removes."""
    attributes, context = dict(query.resource.attributes), dict(query.context)
    for name, value in changes.items():
        facts = attributes if name in attributes else context
        facts.pop(name, None)
        if value is not None:
            facts[name] = value
    return replace(query, resource=replace(query.resource, attributes=attributes), context=context)


def _case(principal: Principal, action: str, reasons: str = "", **changes: Value | None) -> Case:
    name = f"{type(principal).__name__} {action} {' '.join(f'{k}={v}' for k, v in changes.items())}"
    return Case(name, changed(question(principal, action), **changes), frozenset(reasons.split()))


def _on(principal: Principal, action: str, resource: Resource, reasons: str = "", **changes: Value | None) -> Case:
    query = replace(question(principal, action), resource=resource)
    return Case(
        f"{type(principal).__name__} {action} {resource.type}", changed(query, **changes), frozenset(reasons.split())
    )


def _each(reasons: str = "", **changes: Value | None) -> list[Case]:
    """A change of the purpose or recipient, which counts at the request, each approval and again at the release."""
    return [
        _case(OWNER, "requestAggregate", reasons, **changes),
        _case(STEWARD, "approveRequest", reasons, **changes),
        _case(WORKER, "release", reasons, **changes),
    ]


OTHER_ORGANISATION = Resource("Organisation", "hospital-b", {"name": "hospital-b", "status": "active"})

CASES: tuple[Case, ...] = (
    # --- organisations and keys
    _case(STRANGER, "registerKey", "organisation-suspended", status="suspended"),
    _case(STRANGER, "registerKey", "organisation-unknown", status="unknown"),
    _case(STRANGER, "issueToken", "organisation-suspended", status="suspended"),
    _case(STRANGER, "issueToken", "organisation-unknown", status="unknown"),
    _case(STRANGER, "issueToken", "key-revoked", keyRevoked=True),
    _case(STRANGER, "issueToken", "key-of-another-organisation", keyOrganisation="hospital-b"),
    _case(STRANGER, "issueToken", "key-of-another-organisation", keyOrganisation=""),
    _on(OPERATOR, "suspendOrganisation", OTHER_ORGANISATION),
    _case(OPERATOR, "suspendOrganisation", status="suspended"),
    _case(OPERATOR, "revokeKey", status="suspended"),
    _case(OPERATOR, "inviteOrganisation", status="unknown"),
    *(
        _case(principal, action, reason, organisationStatus=status)
        for principal, action in ((SUPPLIER, "listRounds"), (OWNER, "readRelease"), (STEWARD, "withdrawRelease"))
        for status, reason in (
            ("suspended", "organisation-suspended"),
            ("unknown", "organisation-unknown"),
            ("none", "organisation-unknown"),
            ("", "organisation-unknown"),
        )
    ),
    _case(OPERATOR, "administer", "organisation-suspended", organisationStatus="suspended"),
    _case(AUDITOR, "readAuditLog", "organisation-unknown", organisationStatus="unknown"),
    Case(
        "a person whose provider named no organisation",
        changed(question(replace(STEWARD, organisation=None), "createRound"), organisationStatus="none"),
        frozenset({"organisation-unknown"}),
    ),
    # --- wrong role, with whatever else is the matter
    _case(AUDITOR, "readEvidence", "role-not-allowed"),
    _case(STEWARD, "requestAggregate", "role-not-allowed purpose-expired", validUntil=TODAY - 1),
    Case(
        "a person with the role of a machine",
        question(replace(OWNER, roles=frozenset({Role.SUPPLIER})), "listSubmissions"),
        frozenset({"role-not-allowed"}),
    ),
    Case(
        "a person with the role of the operator",
        question(replace(OWNER, roles=frozenset({Role.OPERATOR, Role.WORKER})), "administer"),
        frozenset({"role-not-allowed"}),
    ),
    Case(
        "a person with the role of the worker",
        question(replace(OWNER, roles=frozenset({Role.WORKER})), "prepareRequest"),
        frozenset({"role-not-allowed"}),
    ),
    Case(
        "a person without a role",
        question(replace(OWNER, roles=frozenset()), "readMetadata"),
        frozenset({"role-not-allowed"}),
    ),
    # --- rounds and submissions
    _case(SUPPLIER, "readRound", "not-expected", expected=("hospital-b",)),
    _case(OWNER, "readRound", expected=()),
    *(_case(OWNER, action, "not-yours", purposeLets=False) for action in ("readRound", "readDataSet")),
    *(_case(who, "readRound", purposeLets=False) for who in (SUPPLIER, STEWARD, OPERATOR)),
    *(_case(who, "readDataSet", purposeLets=False) for who in (SUPPLIER, STEWARD, AUDITOR, PRIVACY_OFFICER, OPERATOR)),
    *(
        Case(
            f"a regional owner that is {role} too",
            changed(
                question(replace(OWNER, roles=frozenset({Role.REGIONAL_OWNER, role})), "readDataSet"), purposeLets=False
            ),
            frozenset(),
        )
        for role in (Role.STEWARD, Role.PRIVACY_OFFICER, Role.AUDITOR)
    ),
    _case(SUPPLIER, "submit", "not-expected", expected=()),
    _case(SUPPLIER, "submit", "other-organisation", organisation="hospital-b"),
    _case(SUPPLIER, "submit", "key-of-another-organisation", keyOrganisation="hospital-b"),
    _case(SUPPLIER, "submit", "key-revoked", keyRevoked=True),
    Case(
        "a manifest about another data set",
        replace(question(SUPPLIER, "submit"), context={**question(SUPPLIER, "submit").context, "dataSet": "other"}),
        frozenset({"data-set-mismatch"}),
    ),
    Case(
        "a manifest about another version",
        replace(question(SUPPLIER, "submit"), context={**question(SUPPLIER, "submit").context, "dataSetVersion": 2}),
        frozenset({"data-set-version-mismatch"}),
    ),
    Case(
        "a person hands in",
        question(OWNER, "submit"),
        frozenset({"role-not-allowed", "not-expected", "other-organisation", "key-of-another-organisation"}),
    ),
    Case(
        "the operator hands in",
        question(OPERATOR, "submit"),
        frozenset(
            {
                "role-not-allowed",
                "not-expected",
                "other-organisation",
                "key-of-another-organisation",
                "agreement-not-in-force",
            }
        ),
    ),
    *(
        _case(SUPPLIER, action, reasons, agreementFrom=first, agreementUntil=last)
        for action in ("submit", "continueSubmission")
        for first, last, reasons in (
            (TODAY, None, ""),
            (TODAY + 1, None, "agreement-not-in-force"),
            (TODAY, TODAY, ""),
            (TODAY - 9, TODAY - 1, "agreement-not-in-force"),
            (None, None, "agreement-not-in-force"),
            (None, TODAY + 9, "agreement-not-in-force"),
        )
    ),
    _case(SUPPLIER, "continueSubmission", "not-yours", organisation="hospital-b"),
    # --- agreements
    _case(SUPPLIER, "submit", "data-set-not-in-agreement", agreementCovers=False),
    _case(SUPPLIER, "submit", "consent-missing", consentMissing=True),
    _case(STEWARD, "confirmAgreement", "own-record", recorder=STEWARD.id),
    _case(PRIVACY_OFFICER, "confirmAgreement", "own-record", recorder=PRIVACY_OFFICER.id),
    *(
        _case(principal, action, reasons, parties=("hospital-b",))
        for principal, action, reasons in (
            (SUPPLIER, "readAgreement", "not-yours"),
            (SUPPLIER, "leaveAgreement", "not-yours"),
            (OWNER, "readAgreement", "not-yours"),
            (STEWARD, "readAgreement", ""),
            (PRIVACY_OFFICER, "readAgreement", ""),
            (AUDITOR, "readAgreement", ""),
            (STEWARD, "withdrawAgreement", ""),
        )
    ),
    _case(OPERATOR, "continueSubmission", "role-not-allowed not-yours agreement-not-in-force"),
    _case(SUPPLIER, "withdrawSubmission", "not-yours", organisation="hospital-b"),
    _case(SUPPLIER, "withdrawSubmission", agreementUntil=TODAY - 1),
    _case(OPERATOR, "withdrawSubmission", "role-not-allowed not-yours"),
    _case(SUPPLIER, "withdrawObjection", "not-yours", organisation="hospital-b"),
    _case(PRIVACY_OFFICER, "withdrawObjection", organisation="hospital-b"),
    _case(SUPPLIER, "readSubmission", "not-yours", organisation="hospital-b"),
    _case(SUPPLIER, "readSubmission", "not-yours", organisation=""),
    _case(STEWARD, "readSubmission", organisation="hospital-b"),
    _case(OWNER, "readSubmission", "role-not-allowed", organisation="hospital-b"),
    _case(SUPPLIER, "readSubmission", agreementFrom=None),
    # --- the purpose, at the request and at the release
    *_each(""),
    _on(OWNER, "requestAggregate", UNKNOWN_PURPOSE, "purpose-unknown"),
    _on(STEWARD, "approveRequest", UNKNOWN_PURPOSE, "purpose-unknown"),
    _on(WORKER, "release", UNKNOWN_PURPOSE, "purpose-unknown"),
    _on(OWNER, "requestAggregate", UNKNOWN_PURPOSE, "purpose-unknown", dataSetCovered=False),
    _on(OWNER, "requestAggregate", UNKNOWN_PURPOSE, "purpose-unknown", sensitivity=("special-category",)),
    *_each("purpose-not-approved", status="draft"),
    *_each("purpose-not-approved", status="withdrawn"),
    *_each("purpose-approvers", approverCount=1),
    *_each("", validFrom=TODAY),
    *_each("purpose-not-yet-valid", validFrom=TODAY + 1),
    *_each("", validUntil=TODAY),
    *_each("purpose-expired", validUntil=TODAY - 1),
    *_each("", reviewOn=TODAY),
    *_each("purpose-review-overdue", reviewOn=TODAY - 1),
    *_each("purpose-without-legal-basis", legalBasis=""),
    *_each("purpose-without-exception", sensitivity=("personal", "special-category")),
    *_each("", sensitivity=("personal", "special-category"), specialCategoryException="9(2)(j)"),
    *_each("purpose-without-processor-agreement", processorAgreement=""),
    *_each("processor-agreement-not-in-force", processorAgreementInForce=False),
    *_each("purpose-without-processor-agreement", processorAgreement="", processorAgreementInForce=False),
    *_each("", jointArrangementInForce=False),
    *_each("joint-arrangement-not-in-force", jointArrangement="GR-1", jointArrangementInForce=False),
    *_each("dpia-not-in-force", dpiaInForce=False),
    *_each("", dpiaOutcome="none", dpiaReviewOn=None, dpiaInForce=False),
    *_each("suppliers-without-agreement", suppliersWithoutAgreement=1),
    *_each("suppliers-without-consent", suppliersWithoutConsent=1),
    *_each("purpose-without-uavg-evidence", specialCategoryException="9(2)(j)", uavgEvidence=False),
    *_each("", specialCategoryException="9(2)(a)", consentScope=True, uavgEvidence=False),
    *_each("purpose-without-consent-scope", specialCategoryException="9(2)(a)"),
    *_each("purpose-without-consent-scope", legalBasis="6(1)(a)"),
    *_each("", legalBasis="6(1)(a)", consentScope=True),
    *_each("purpose-without-joint-arrangement", controllerCount=2),
    *_each("", controllerCount=2, jointArrangement="GR-1"),
    *_each("purpose-without-dpia", dpiaOutcome="pending"),
    *_each("", dpiaOutcome="none", dpiaReviewOn=None),
    *_each(
        "purpose-without-dpia",
        dpiaOutcome="none",
        sensitivity=("special-category",),
        specialCategoryException="9(2)(j)",
    ),
    *_each("data-set-not-covered", dpiaOutcome="none", sensitivity=("special-category",), dataSetCovered=False),
    *_each("", dpiaReviewOn=TODAY),
    *_each("dpia-review-overdue", dpiaReviewOn=TODAY - 1),
    *_each("not-a-recipient", recipients=("board-b",)),
    *_each("not-a-recipient", recipients=(), allRegionalOwners=True, recipientIsRegionalOwner=False),
    *_each("", recipients=(), allRegionalOwners=True),
    *_each("", regionsAsked=("boards/b",)),
    *_each("own-region-only", ownRegionOnly=True),
    *_each("own-region-only", ownRegionOnly=True, recipientRegions=()),
    *_each("", ownRegionOnly=True, regionsAsked=("boards/a",)),
    *_each("", ownRegionOnly=True, regionsAsked=("boards/a",), recipientRegions=("boards/a", "boards/b")),
    *_each("own-region-only", ownRegionOnly=True, regionsAsked=("boards/b",)),
    *_each("own-region-only", ownRegionOnly=True, regionsAsked=("boards/a", "boards/b")),
    *_each("own-region-only", ownRegionOnly=True, regionsAsked=("boards/a",), recipientRegions=()),
    _on(OWNER, "requestAggregate", UNKNOWN_PURPOSE, "purpose-unknown", regionsAsked=("boards/b",)),
    _case(OWNER, "requestAggregate", codes=("region/boards/a",), codesKnown=("region/boards/a",)),
    _case(OWNER, "requestAggregate", "code-unknown", codes=("region/boards/a",)),
    _case(
        OWNER,
        "requestAggregate",
        "code-unknown",
        codes=("region/boards/a", "region/boards/z"),
        codesKnown=("region/boards/a",),
    ),
    *_each("", recipientIsRegionalOwner=False),
    *_each("recipient-without-agreement", recipientAgreementFrom=None),
    *_each("recipient-without-agreement", recipientAgreementFrom=TODAY + 1),
    *_each("", recipientAgreementFrom=TODAY, recipientAgreementUntil=TODAY),
    *_each("recipient-without-agreement", recipientAgreementUntil=TODAY - 1),
    *_each("recipient-without-agreement", recipientAgreementFrom=None, recipientAgreementUntil=TODAY + 9),
    *_each("data-set-not-covered", dataSetCovered=False),
    *_each("data-set-not-covered", dataSetCovered=False, sensitivity=("special-category",)),
    *_each("data-set-unknown", dataSetKnown=False, dataSetCovered=False),
    # --- the table and the rounds
    _case(OWNER, "requestAggregate", "nothing-asked", measures=()),
    _case(OWNER, "requestAggregate", "nothing-asked", periods=()),
    _case(OWNER, "requestAggregate", "measure-not-covered", measures=("occupied_bed_days", "tariff")),
    _case(OWNER, "requestAggregate", "data-set-not-covered", dataSetCovered=False, coveredMeasures=()),
    _case(OWNER, "requestAggregate", "dimension-not-covered", dimensions=("region", "age")),
    _case(OWNER, "requestAggregate", "data-set-not-covered", dataSetCovered=False, coveredDimensions=()),
    _case(OWNER, "requestAggregate", "classification-not-covered", classifications=("region/ggd",)),
    _case(OWNER, "requestAggregate", "level-too-fine", levels=("care_form/specialties/specialty",)),
    _case(OWNER, "requestAggregate", "", levels=("region/boards/planning",)),
    _case(OWNER, "requestAggregate", "", dimensions=(), classifications=(), levels=()),
    _case(OWNER, "requestAggregate", "round-unknown", periods=("2019", "2020")),
    _case(OWNER, "requestAggregate", "data-set-unknown", dataSetKnown=False, periodsWithRound=()),
    _case(OWNER, "requestAggregate", "round-not-closed", roundStates=("closed", "open")),
    _case(OWNER, "requestAggregate", "round-not-closed", roundStates=("cancelled",)),
    _case(OWNER, "requestAggregate", "round-versions-differ", roundVersions=("1", "2")),
    *(
        _case(OWNER, "requestAggregate", reasons, minimumAgeMonths=purpose, dataSetMinimumAgeMonths=own, ageMonths=age)
        for purpose, own, age, reasons in (
            (0, 0, 0, ""),
            (0, 0, -1, "data-too-young"),
            (4, 0, 4, ""),
            (4, 0, 3, "data-too-young"),
            (0, 4, 4, ""),
            (0, 4, 3, "data-too-young"),
        )
    ),
    *(
        _case(
            OWNER,
            "requestAggregate",
            reasons,
            sensitivity=("competition-sensitive",),
            minimumAgeMonths=0,
            dataSetMinimumAgeMonths=0,
            ageMonths=age,
        )
        for age, reasons in ((2, "data-too-young"), (3, ""))
    ),
    _case(OWNER, "requestAggregate", "", minimumAgeMonths=0, dataSetMinimumAgeMonths=0, ageMonths=2),
    _case(OWNER, "requestAggregate", "data-set-unknown", dataSetKnown=False, ageMonths=-1),
    _on(OWNER, "requestAggregate", UNKNOWN_PURPOSE, "purpose-unknown data-too-young", ageMonths=0),
    *_each("", newerFrom=TODAY),
    *_each("sooner-than-frequency", newerFrom=TODAY + 1),
    _case(OWNER, "requestAggregate", "bottleneck-missing", bottleneckLength=19),
    _case(OWNER, "requestAggregate", "necessity-missing", necessityLength=19),
    _case(OWNER, "requestAggregate", "why-nothing-less-missing", whyNothingLessLength=19),
    _case(
        OWNER,
        "requestAggregate",
        "purpose-expired measure-not-covered level-too-fine not-a-recipient bottleneck-missing",
        validUntil=TODAY - 1,
        measures=("tariff",),
        levels=("region/boards/hospital",),
        recipients=(),
        bottleneckLength=0,
    ),
    # --- purposes that people made
    _case(PRIVACY_OFFICER, "reviewPurpose", "own-proposal", proposer=PRIVACY_OFFICER.id),
    _case(STEWARD, "approvePurpose", "own-proposal", proposer=STEWARD.id),
    _case(STEWARD, "withdrawPurpose", proposer=STEWARD.id),
    _case(PRIVACY_OFFICER, "reviewPurpose", "purpose-reviewed-before", reviewers=(PRIVACY_OFFICER.id,)),
    _case(STEWARD, "approvePurpose", "purpose-reviewed-before", reviewers=(STEWARD.id, f"{ISSUER}#one")),
    _case(STEWARD, "suspendPurpose", reviewers=(STEWARD.id,)),
    _case(STEWARD, "resumePurpose", "own-suspension", suspendedBy=STEWARD.id),
    _case(STEWARD, "suspendPurpose", suspendedBy=STEWARD.id),
    _case(OWNER, "readPurpose", "not-yours", organisation="board-b"),
    _case(OWNER, "readPurpose", "not-yours", organisation=""),
    _case(OWNER, "readPurpose", organisation="board-b", recipients=("board-a",)),
    _case(OWNER, "readPurpose", organisation="board-b", allRegionalOwners=True),
    _case(OWNER, "readPurpose", recipients=()),
    _case(STEWARD, "readPurpose", organisation="board-b", recipients=()),
    _case(PRIVACY_OFFICER, "readPurpose", organisation="board-b", recipients=()),
    _case(OPERATOR, "readPurpose", "role-not-allowed not-yours"),
    _case(OPERATOR, "readPurpose", "role-not-allowed", allRegionalOwners=True),
    # --- requests, evidence, reviews
    _case(OWNER, "readRequest", "not-yours", organisation="board-b"),
    _case(OWNER, "readRequest", "not-yours", organisation=""),
    _case(STEWARD, "readRequest", organisation="board-b"),
    _case(STEWARD_AND_OWNER, "readRequest"),
    _case(OPERATOR, "readRequest", "role-not-allowed not-yours"),
    _case(OWNER, "retractRequest", "not-yours", organisation="board-b"),
    _case(OWNER, "retractRequest", requester=STEWARD.id),
    _case(STEWARD_AND_OWNER, "retractRequest", "not-yours"),
    _case(STEWARD_AND_OWNER, "retractRequest", organisation="board-b"),
    _case(OPERATOR, "retractRequest", "role-not-allowed not-yours"),
    _case(STEWARD, "readEvidence", "own-request", requester=STEWARD.id),
    _case(STEWARD, "reviewRequest", "own-request", requester=STEWARD.id),
    _case(STEWARD, "reviewRequest", "reviewed-before", reviewers=(STEWARD.id,)),
    _case(STEWARD, "reviewRequest", reviewers=()),
    _case(STEWARD, "readRequest", requester=STEWARD.id),
    # --- releases
    _case(STEWARD, "approveRequest", "recipient-not-active", recipientStatus="suspended"),
    _case(STEWARD, "approveRequest", "purpose-changed", purposeVersion=2),
    _case(WORKER, "release", "recipient-not-active", recipientStatus="suspended"),
    _case(WORKER, "release", "recipient-not-active", recipientStatus="unknown"),
    _case(WORKER, "release", "approved-by-requester", requester=f"{ISSUER}#one"),
    _case(WORKER, "release", "rejected", rejected=True),
    _case(WORKER, "release", "unsafe-table", safe=False),
    _case(WORKER, "release", "purpose-changed", purposeVersion=2),
    _case(WORKER, "release", "approvals-missing", approvalCount=1, approvers=(f"{ISSUER}#one",)),
    _case(WORKER, "release", "approvals-missing", approvalCount=0, approvers=()),
    _case(OWNER, "readRelease", "not-yours", recipients=("board-b",)),
    _case(OWNER, "readRelease", "release-withdrawn", withdrawn=True),
    _case(STEWARD, "readRelease", recipients=(), withdrawn=True),
    *(_case(who, "readRelease", recipients=(), public=True) for who in (SUPPLIER, OWNER, AUDITOR, PRIVACY_OFFICER)),
    _case(OWNER, "readRelease", "release-withdrawn", recipients=(), public=True, withdrawn=True),
    _case(AUDITOR, "readRelease", "not-yours", recipients=("board-a",)),
    _case(STEWARD_AND_OWNER, "readRelease", withdrawn=True),
    _case(OPERATOR, "readRelease", "role-not-allowed not-yours"),
    _case(STEWARD, "withdrawRelease", withdrawn=True),
)

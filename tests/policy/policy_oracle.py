"""The rules of `policies/authorisation/` once more, in plain Python, written from policy.md and not from the Cedar text.

`judge` gives the reasons for a denial; none means permitted. Questions that do not fit their shape, exactly, are not
understood: `policy-not-sure` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.domain.policy import Query
from service.domain.principal import Anonymous, Operator, Person, Role, Supplier, Worker

I64 = range(-(2**63), 2**63)

CALLER = {"today": int, "organisationStatus": str, "agreementFrom?": int, "agreementUntil?": int}
KEY = {"keyOrganisation": str, "keyRevoked": bool}
RECIPIENT = {
    "dataSet": str,
    "dataSetKnown": bool,
    "dataSetCovered": bool,
    "sensitivity": tuple,
    "regionsAsked": tuple,
    "recipient": str,
    "recipientIsRegionalOwner": bool,
    "recipientRegions": tuple,
    "recipientStatus": str,
    "recipientAgreementFrom?": int,
    "recipientAgreementUntil?": int,
    "processorAgreementInForce": bool,
    "jointArrangementInForce": bool,
    "dpiaInForce": bool,
    "suppliersWithoutAgreement": int,
    "suppliersWithoutConsent": int,
}
TABLE = {
    "dataSetVersion": str,
    "dataSetMinimumAgeMonths": int,
    "ageMonths": int,
    "newerFrom?": int,
    "bottleneckLength": int,
    "necessityLength": int,
    "whyNothingLessLength": int,
} | dict.fromkeys(
    (
        "measures",
        "coveredMeasures",
        "dimensions",
        "coveredDimensions",
        "classifications",
        "coveredClassifications",
        "levels",
        "coveredLevels",
        "codes",
        "codesKnown",
        "periods",
        "periodsWithRound",
        "roundStates",
        "roundVersions",
    ),
    tuple,
)
APPROVAL = {**RECIPIENT, "newerFrom?": int, "purposeVersion": int}
FOUR_EYES = {
    "requester": str,
    "approvers": tuple,
    "approvalCount": int,
    "rejected": bool,
    "safe": bool,
}
RESOURCES: Mapping[str, Mapping[str, type]] = {
    "Service": {},
    "Organisation": {"name": str, "status": str},
    "Round": {"dataSet": str, "dataSetVersion": int, "expected": tuple},
    "Submission": {"organisation": str},
    "Objection": {"organisation": str},
    "AggregateRequest": {"organisation": str, "requester": str},
    "Release": {"recipients": tuple, "public": bool, "withdrawn": bool},
    "PurposeVersion": {
        "name": str,
        "proposer": str,
        "organisation": str,
        "reviewers": tuple,
        "suspendedBy": str,
        "allRegionalOwners": bool,
        "recipients": tuple,
    },
    "Agreement": {"name": str, "recorder": str, "parties": tuple},
    "UnknownPurpose": {},
    "Purpose": {
        "version": int,
        "status": str,
        "approverCount": int,
        "validFrom": int,
        "validUntil": int,
        "reviewOn": int,
        "recipients": tuple,
        "allRegionalOwners": bool,
        "ownRegionOnly": bool,
        "legalBasis": str,
        "specialCategoryException": str,
        "uavgEvidence": bool,
        "consentScope": bool,
        "controllerCount": int,
        "jointArrangement": str,
        "processorAgreement": str,
        "dpiaOutcome": str,
        "dpiaReviewOn?": int,
        "minimumAgeMonths": int,
    },
}
PLAIN = "listOrganisations administer readMetadata readPurposes listRounds listSubmissions listRequests listReleases"
AGREEMENT_STEPS = "readAgreement confirmAgreement withdrawAgreement leaveAgreement"
PURPOSE_STEPS = "readPurpose reviewPurpose approvePurpose suspendPurpose resumePurpose withdrawPurpose"
SHAPES: Mapping[str, tuple[set[str], Mapping[str, type]]] = {
    **{
        action: ({"Service"}, {})
        for action in (
            *PLAIN.split(),
            "readAuditLog",
            "searchPersons",
            "readOwnUses",
            "readCalendar",
            "remind",
            "runService",
            "proposePurpose",
            "readRegister",
            "listAgreements",
            "recordAgreement",
            "giveConsent",
            "lodgeObjection",
            "listObjections",
            "countObjections",
            "readPublicFigures",
            "fetchPublicFigures",
        )
    },
    **{action: ({"PurposeVersion"}, {}) for action in PURPOSE_STEPS.split()},
    **{action: ({"Agreement"}, {}) for action in AGREEMENT_STEPS.split()},
    **{
        action: ({"Organisation"}, {})
        for action in (
            *("registerKey", "inviteOrganisation", "suspendOrganisation", "revokeKey"),
            *("changeOwnKeys", "readOwnOrganisation", "recordContact", "changeOwnContact"),
        )
    },
    "issueToken": ({"Organisation"}, KEY),
    "submit": (
        {"Round"},
        {
            "organisation": str,
            "dataSet": str,
            "dataSetVersion": int,
            **KEY,
            "agreementCovers": bool,
            "consentMissing": bool,
        },
    ),
    **{action: ({"Submission"}, {}) for action in ("continueSubmission", "withdrawSubmission", "readSubmission")},
    "withdrawObjection": ({"Objection"}, {}),
    "readRound": ({"Round"}, {"purposeLets": bool}),
    "readDataSet": ({"Service"}, {"purposeLets": bool}),
    **{action: ({"Round"}, {}) for action in ("createRound", "changeRoundState", "readDeliveries")},
    "requestAggregate": ({"Purpose", "UnknownPurpose"}, {**RECIPIENT, **TABLE}),
    **{
        action: ({"AggregateRequest"}, {})
        for action in ("readRequest", "retractRequest", "prepareRequest", "readEvidence")
    },
    "reviewRequest": ({"AggregateRequest"}, {"reviewers": tuple}),
    "approveRequest": ({"Purpose", "UnknownPurpose"}, APPROVAL),
    "release": ({"Purpose", "UnknownPurpose"}, {**APPROVAL, **FOUR_EYES}),
    **{action: ({"Release"}, {}) for action in ("readRelease", "withdrawRelease")},
}

EVERYONE_READS = {
    "readMetadata",
    "readDataSet",
    "readPublicFigures",
    "readOwnOrganisation",
    "listReleases",
    "readRelease",
}
SEES_ROUNDS = {"listRounds", "readRound"}
MAY: Mapping[tuple[type, Role], set[str]] = {
    (Anonymous, Role.ANONYMOUS): {"registerKey", "issueToken"},
    (Supplier, Role.SUPPLIER): EVERYONE_READS
    | SEES_ROUNDS
    | {"changeOwnKeys", "listAgreements", "readAgreement", "giveConsent", "leaveAgreement"}
    | {"lodgeObjection", "listObjections", "withdrawObjection", "readCalendar", "changeOwnContact"}
    | {"submit", "continueSubmission", "withdrawSubmission", "listSubmissions", "readSubmission", "readOwnUses"},
    (Person, Role.REGIONAL_OWNER): EVERYONE_READS
    | SEES_ROUNDS
    | {
        "readPurposes",
        "readPurpose",
        "proposePurpose",
        "requestAggregate",
        "retractRequest",
        "listRequests",
        "readRequest",
        "listAgreements",
        "readAgreement",
    },
    (Person, Role.STEWARD): EVERYONE_READS
    | SEES_ROUNDS
    | {"readPurposes", "readPurpose", "proposePurpose", "approvePurpose", "suspendPurpose", "resumePurpose"}
    | {"withdrawPurpose", "readRegister"}
    | {"createRound", "changeRoundState", "readDeliveries", "listSubmissions", "readSubmission"}
    | {"listRequests", "readRequest", "readEvidence", "reviewRequest", "approveRequest"}
    | {"withdrawRelease", "countObjections"}
    | {"listAgreements", "readAgreement", "recordAgreement", "confirmAgreement", "withdrawAgreement"},
    (Person, Role.PRIVACY_OFFICER): EVERYONE_READS
    | {"readPurposes", "readPurpose", "reviewPurpose", "suspendPurpose", "withdrawPurpose", "readRegister"}
    | {"lodgeObjection", "listObjections", "countObjections", "withdrawObjection"}
    | {"listAgreements", "readAgreement", "confirmAgreement", "withdrawAgreement"},
    (Person, Role.AUDITOR): EVERYONE_READS
    | {"readAuditLog", "searchPersons", "readRegister", "listAgreements", "readAgreement"},
    (Operator, Role.OPERATOR): SEES_ROUNDS
    | {
        "readMetadata",
        "readDataSet",
        "readPublicFigures",
        "fetchPublicFigures",
        "administer",
        "listOrganisations",
        "inviteOrganisation",
        "suspendOrganisation",
        "revokeKey",
        "recordContact",
        "remind",
    },
    (Worker, Role.WORKER): {"prepareRequest", "release", "remind", "runService"},
}


def judge(query: Query) -> frozenset[str]:
    """The reasons for a denial; empty when permitted."""
    if not _understood(query):
        return frozenset({"policy-not-sure"})
    reasons = {code for actions, code, broken in RULES if query.action in actions.split() and broken(_Facts(query))}
    reasons |= {code for code, broken in ALWAYS if broken(_Facts(query))}
    if not any(query.action in MAY.get((type(query.principal), role), ()) for role in query.principal.roles):
        reasons.add("role-not-allowed")
    return frozenset(reasons)


def _understood(query: Query) -> bool:
    if query.action not in SHAPES:
        return False
    types, context = SHAPES[query.action]
    return (
        query.resource.type in types
        and _fits(query.resource.attributes, RESOURCES[query.resource.type])
        and _fits(query.context, {**CALLER, **context})
    )


def _fits(facts: Mapping[str, Any], shape: Mapping[str, type]) -> bool:
    expected = {name.rstrip("?"): kind for name, kind in shape.items()}
    required = {name for name in shape if not name.endswith("?")}
    return required <= set(facts) <= set(expected) and all(_is(facts[name], expected[name]) for name in facts)


def _is(value: object, kind: type) -> bool:
    if kind is int:
        return type(value) is int and value in I64
    if kind is tuple:
        return type(value) is tuple and all(type(item) is str for item in value)
    return type(value) is kind


class _Facts:
    """All facts of a question by name; `own` tells whether a name is that of the caller's organisation."""

    def __init__(self, query: Query) -> None:
        self.principal = query.principal
        self.resource = query.resource.attributes
        self.context = query.context
        self.purpose = query.resource.attributes if query.resource.type == "Purpose" else None
        self.is_steward = Role.STEWARD in query.principal.roles
        self.is_privacy_officer = Role.PRIVACY_OFFICER in query.principal.roles
        self.is_auditor = Role.AUDITOR in query.principal.roles

    def __getitem__(self, name: str) -> Any:
        return self.context[name]

    def own(self, name: str) -> bool:
        return self.principal.organisation is not None and self.principal.organisation == name

    def in_force(self, prefix: str) -> bool:
        first, last = self.context.get(f"{prefix}From"), self.context.get(f"{prefix}Until")
        today = self["today"]
        return first is not None and first <= today and (last is None or today <= last)

    def outside(self, asked: str, covered: str) -> bool:
        return bool(set(self[asked]) - set(self[covered]))


def _of_purpose(broken: Callable[[_Facts, Mapping[str, Any]], bool]) -> Callable[[_Facts], bool]:
    return lambda facts: facts.purpose is not None and broken(facts, facts.purpose)


ALWAYS: tuple[tuple[str, Callable[[_Facts], bool]], ...] = (
    ("organisation-suspended", lambda f: f["organisationStatus"] == "suspended"),
    (
        "organisation-unknown",
        lambda f: isinstance(f.principal, Supplier | Person) and f["organisationStatus"] not in {"active", "suspended"},
    ),
)
RULES: tuple[tuple[str, str, Callable[[_Facts], bool]], ...] = (
    ("registerKey issueToken", "organisation-suspended", lambda f: f.resource["status"] == "suspended"),
    ("registerKey issueToken", "organisation-unknown", lambda f: f.resource["status"] not in {"active", "suspended"}),
    ("issueToken", "key-of-another-organisation", lambda f: f["keyOrganisation"] != f.resource["name"]),
    ("issueToken submit", "key-revoked", lambda f: f["keyRevoked"]),
    ("submit", "key-of-another-organisation", lambda f: not f.own(f["keyOrganisation"])),
    ("submit", "not-expected", lambda f: not any(f.own(name) for name in f.resource["expected"])),
    (
        "readRound",
        "not-expected",
        lambda f: isinstance(f.principal, Supplier) and not any(f.own(name) for name in f.resource["expected"]),
    ),
    (
        "readRound readDataSet",
        "not-yours",
        lambda f: (
            Role.REGIONAL_OWNER in f.principal.roles
            and not f["purposeLets"]
            and not f.principal.roles & {Role.STEWARD, Role.PRIVACY_OFFICER, Role.AUDITOR}
        ),
    ),
    ("submit", "other-organisation", lambda f: not f.own(f["organisation"])),
    ("submit", "data-set-mismatch", lambda f: f["dataSet"] != f.resource["dataSet"]),
    ("submit", "data-set-version-mismatch", lambda f: f["dataSetVersion"] != f.resource["dataSetVersion"]),
    ("submit continueSubmission", "agreement-not-in-force", lambda f: not f.in_force("agreement")),
    ("submit", "data-set-not-in-agreement", lambda f: not f["agreementCovers"]),
    ("submit", "consent-missing", lambda f: f["consentMissing"]),
    ("confirmAgreement", "own-record", lambda f: f.principal.id == f.resource["recorder"]),
    (
        "readAgreement leaveAgreement",
        "not-yours",
        lambda f: (
            not (f.is_steward or f.is_privacy_officer or f.is_auditor)
            and not any(f.own(name) for name in f.resource["parties"])
        ),
    ),
    (
        "requestAggregate approveRequest release",
        "processor-agreement-not-in-force",
        _of_purpose(lambda f, p: p["processorAgreement"] and not f["processorAgreementInForce"]),
    ),
    (
        "requestAggregate approveRequest release",
        "joint-arrangement-not-in-force",
        _of_purpose(lambda f, p: p["jointArrangement"] and not f["jointArrangementInForce"]),
    ),
    (
        "requestAggregate approveRequest release",
        "dpia-not-in-force",
        _of_purpose(lambda f, p: "dpiaReviewOn" in p and not f["dpiaInForce"]),
    ),
    (
        "requestAggregate approveRequest release",
        "suppliers-without-agreement",
        lambda f: f["suppliersWithoutAgreement"] > 0,
    ),
    (
        "requestAggregate approveRequest release",
        "suppliers-without-consent",
        lambda f: f["suppliersWithoutConsent"] > 0,
    ),
    (
        "continueSubmission withdrawSubmission retractRequest",
        "not-yours",
        lambda f: not f.own(f.resource["organisation"]),
    ),
    (
        "readSubmission withdrawObjection",
        "not-yours",
        lambda f: isinstance(f.principal, Supplier) and not f.own(f.resource["organisation"]),
    ),
    ("readRequest", "not-yours", lambda f: not (f.is_steward or f.own(f.resource["organisation"]))),
    (
        "readRelease",
        "not-yours",
        lambda f: not (f.is_steward or f.resource["public"] or any(f.own(name) for name in f.resource["recipients"])),
    ),
    ("readRelease", "release-withdrawn", lambda f: f.resource["withdrawn"] and not f.is_steward),
    ("reviewPurpose approvePurpose", "own-proposal", lambda f: f.principal.id == f.resource["proposer"]),
    (
        "reviewPurpose approvePurpose",
        "purpose-reviewed-before",
        lambda f: f.principal.id in f.resource["reviewers"],
    ),
    ("resumePurpose", "own-suspension", lambda f: f.principal.id == f.resource["suspendedBy"]),
    (
        "readPurpose",
        "not-yours",
        lambda f: (
            not (f.is_steward or f.is_privacy_officer or f.resource["allRegionalOwners"])
            and not any(f.own(name) for name in (f.resource["organisation"], *f.resource["recipients"]))
        ),
    ),
    ("readEvidence reviewRequest", "own-request", lambda f: f.principal.id == f.resource["requester"]),
    ("reviewRequest", "reviewed-before", lambda f: f.principal.id in f["reviewers"]),
    ("release", "approvals-missing", lambda f: f["approvalCount"] < 2),
    ("release", "approved-by-requester", lambda f: f["requester"] in f["approvers"]),
    ("release", "rejected", lambda f: f["rejected"]),
    ("release", "unsafe-table", lambda f: not f["safe"]),
    ("approveRequest release", "recipient-not-active", lambda f: f["recipientStatus"] != "active"),
    ("approveRequest release", "purpose-changed", _of_purpose(lambda f, p: f["purposeVersion"] != p["version"])),
    ("requestAggregate approveRequest release", "purpose-unknown", lambda f: f.purpose is None),
    (
        "requestAggregate approveRequest release",
        "purpose-not-approved",
        _of_purpose(lambda _, p: p["status"] != "approved"),
    ),
    ("requestAggregate approveRequest release", "purpose-approvers", _of_purpose(lambda _, p: p["approverCount"] < 2)),
    (
        "requestAggregate approveRequest release",
        "purpose-not-yet-valid",
        _of_purpose(lambda f, p: f["today"] < p["validFrom"]),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-expired",
        _of_purpose(lambda f, p: f["today"] > p["validUntil"]),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-review-overdue",
        _of_purpose(lambda f, p: f["today"] > p["reviewOn"]),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-without-legal-basis",
        _of_purpose(lambda _, p: not p["legalBasis"]),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-without-exception",
        _of_purpose(
            lambda f, p: (
                f["dataSetCovered"] and "special-category" in f["sensitivity"] and not p["specialCategoryException"]
            )
        ),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-without-processor-agreement",
        _of_purpose(lambda _, p: not p["processorAgreement"]),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-without-uavg-evidence",
        _of_purpose(lambda _, p: p["specialCategoryException"] == "9(2)(j)" and not p["uavgEvidence"]),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-without-consent-scope",
        _of_purpose(
            lambda _, p: (
                not p["consentScope"] and (p["legalBasis"] == "6(1)(a)" or p["specialCategoryException"] == "9(2)(a)")
            )
        ),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-without-joint-arrangement",
        _of_purpose(lambda _, p: p["controllerCount"] > 1 and not p["jointArrangement"]),
    ),
    (
        "requestAggregate approveRequest release",
        "purpose-without-dpia",
        _of_purpose(
            lambda f, p: (
                p["dpiaOutcome"] != "approved"
                and (p["dpiaOutcome"] != "none" or (f["dataSetCovered"] and "special-category" in f["sensitivity"]))
            )
        ),
    ),
    (
        "requestAggregate approveRequest release",
        "dpia-review-overdue",
        _of_purpose(lambda f, p: "dpiaReviewOn" in p and f["today"] > p["dpiaReviewOn"]),
    ),
    (
        "requestAggregate approveRequest release",
        "not-a-recipient",
        _of_purpose(
            lambda f, p: (
                f["recipient"] not in p["recipients"] and not (p["allRegionalOwners"] and f["recipientIsRegionalOwner"])
            )
        ),
    ),
    (
        "requestAggregate approveRequest release",
        "own-region-only",
        _of_purpose(
            lambda f, p: p["ownRegionOnly"] and (not f["regionsAsked"] or f.outside("regionsAsked", "recipientRegions"))
        ),
    ),
    (
        "requestAggregate approveRequest release",
        "recipient-without-agreement",
        lambda f: not f.in_force("recipientAgreement"),
    ),
    ("requestAggregate approveRequest release", "data-set-unknown", lambda f: not f["dataSetKnown"]),
    (
        "requestAggregate approveRequest release",
        "data-set-not-covered",
        _of_purpose(lambda f, _: f["dataSetKnown"] and not f["dataSetCovered"]),
    ),
    ("requestAggregate", "nothing-asked", lambda f: not f["measures"] or not f["periods"]),
    (
        "requestAggregate",
        "measure-not-covered",
        lambda f: f["dataSetCovered"] and f.outside("measures", "coveredMeasures"),
    ),
    (
        "requestAggregate",
        "dimension-not-covered",
        lambda f: f["dataSetCovered"] and f.outside("dimensions", "coveredDimensions"),
    ),
    (
        "requestAggregate",
        "classification-not-covered",
        lambda f: f.outside("classifications", "coveredClassifications"),
    ),
    ("requestAggregate", "level-too-fine", lambda f: f.outside("levels", "coveredLevels")),
    ("requestAggregate", "code-unknown", lambda f: f.outside("codes", "codesKnown")),
    ("requestAggregate", "round-unknown", lambda f: f["dataSetKnown"] and f.outside("periods", "periodsWithRound")),
    ("requestAggregate", "round-not-closed", lambda f: any(state != "closed" for state in f["roundStates"])),
    (
        "requestAggregate",
        "round-versions-differ",
        lambda f: any(version != f["dataSetVersion"] for version in f["roundVersions"]),
    ),
    (
        "requestAggregate",
        "data-too-young",
        lambda f: (
            f["dataSetKnown"]
            and f["ageMonths"]
            < max(
                f["dataSetMinimumAgeMonths"],
                f.purpose["minimumAgeMonths"] if f.purpose is not None else f["dataSetMinimumAgeMonths"],
                3 if "competition-sensitive" in f["sensitivity"] else f["dataSetMinimumAgeMonths"],
            )
        ),
    ),
    (
        "requestAggregate approveRequest release",
        "sooner-than-frequency",
        lambda f: "newerFrom" in f.context and f["today"] < f["newerFrom"],
    ),
    ("requestAggregate", "bottleneck-missing", lambda f: f["bottleneckLength"] < 20),
    ("requestAggregate", "necessity-missing", lambda f: f["necessityLength"] < 20),
    ("requestAggregate", "why-nothing-less-missing", lambda f: f["whyNothingLessLength"] < 20),
)

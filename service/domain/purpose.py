"""A purpose (doelbinding): for what, on which basis, by whom and how finely data may be used (policy.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from service.domain.classification import Label
from service.domain.lifecycle import Lifecycle, Transition
from service.domain.principal import Role

CONSENT = "6(1)(a)"
EXPLICIT_CONSENT = "9(2)(a)"
STATISTICS = "9(2)(j)"
"""The exception for statistics, which the Netherlands allow under the conditions of UAVG article 24."""


class PurposeState(StrEnum):
    """Where one version of a purpose stands."""

    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    APPROVED_ONCE = "approved-once"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


PURPOSE_LIFECYCLE = Lifecycle(
    "purpose",
    PurposeState.PROPOSED,
    (
        Transition(PurposeState.PROPOSED, "review", PurposeState.REVIEWED),
        Transition(PurposeState.PROPOSED, "reject", PurposeState.REJECTED),
        Transition(PurposeState.REVIEWED, "approve", PurposeState.APPROVED_ONCE),
        Transition(PurposeState.REVIEWED, "reject", PurposeState.REJECTED),
        Transition(PurposeState.APPROVED_ONCE, "approve", PurposeState.APPROVED),
        Transition(PurposeState.APPROVED_ONCE, "reject", PurposeState.REJECTED),
        Transition(PurposeState.APPROVED, "suspend", PurposeState.SUSPENDED),
        Transition(PurposeState.SUSPENDED, "resume", PurposeState.APPROVED),
        Transition(PurposeState.APPROVED, "supersede", PurposeState.SUPERSEDED),
        Transition(PurposeState.SUSPENDED, "supersede", PurposeState.SUPERSEDED),
        Transition(PurposeState.APPROVED, "withdraw", PurposeState.WITHDRAWN),
        Transition(PurposeState.SUSPENDED, "withdraw", PurposeState.WITHDRAWN),
    ),
)
DECIDED = frozenset({PurposeState.APPROVED, PurposeState.SUSPENDED, PurposeState.SUPERSEDED, PurposeState.WITHDRAWN})
"""States of what was approved once: decisions look at these, and only `approved` permits."""


class Reach(StrEnum):
    """How far the figures go. Under `own-region` every table is cut down to regions that whoever asks stands for."""

    OWN_REGION = "own-region"
    ALL_REGIONS = "all-regions"
    ONE_ORGANISATION = "one-organisation"
    NATIONAL_PARTY = "national-party"
    PUBLIC = "public"


class Frequency(StrEnum):
    """How often figures are made under a purpose."""

    ONCE = "once"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class PurposeScope:
    """Of one data set: the measures, and per dimension the finest level and the classifications allowed.

    A dimension that is not named may not be in the table.
    """

    data_set: str
    measures: frozenset[str]
    finest_levels: Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who may ask and read: organisations by id, or everyone with a role; `reach` says how far the figures go."""

    reach: Reach
    organisations: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()

    @property
    def all_regional_owners(self) -> bool:
        """Whether every regional owner is among them."""
        return Role.REGIONAL_OWNER in self.roles

    @property
    def public(self) -> bool:
        """Whether they may publish what they get."""
        return self.reach is Reach.PUBLIC

    @property
    def own_region_only(self) -> bool:
        """Whether each of them gets the figures of its own region, and no others."""
        return self.reach is Reach.OWN_REGION

    def include(self, organisation: str | None, *, is_regional_owner: bool) -> bool:
        """Whether the organisation is among the recipients."""
        return organisation in self.organisations or (self.all_regional_owners and is_regional_owner)


@dataclass(frozen=True, slots=True)
class Dpia:
    """The data protection impact assessment (GDPR article 35): where it is, how it ended, when it is reviewed."""

    reference: str
    outcome: str
    review_on: date


@dataclass(frozen=True, slots=True)
class FgAdvice:
    """What the data protection officer (functionaris gegevensbescherming) advised (GDPR article 35(2), 39(1)(c))."""

    given_on: date
    advice: Label


@dataclass(frozen=True, slots=True)
class UavgEvidence:
    """That statistics may use special categories without consent: the conditions of UAVG article 24, one by one."""

    statistics: Label
    public_interest: Label
    consent_impossible: Label
    safeguards: Label


@dataclass(frozen=True, slots=True)
class ProcessingRecord:
    """What the record of processing says beside the purpose itself (GDPR article 30(1)(c), (e), (g))."""

    reference: str
    data_subjects: Label
    personal_data: Label
    third_countries: Label
    security: Label


@dataclass(frozen=True, slots=True)
class Purpose:
    """One version of a purpose, with the fields that the law asks for; articles are of the GDPR (AVG).

    Attributes:
        digest: SHA-256 of the canonical document without status and approvers: what exactly was approved.
        changes: what differs from the version before.
        first_purpose: for what the figures were recorded in the first place (article 6(4)).
        minimum_age_months: how old the newest figures have to be.
        retention: months that `inputs`, `intermediates` and `outputs` are kept.
        dpv: terms of the W3C Data Privacy Vocabulary, as `dpv:...` and `eu-gdpr:...`.
    """

    id: str
    version: int
    status: str
    digest: str
    approvers: tuple[str, ...]
    changes: Label | None
    title: Label
    bottleneck: Label
    necessity: Label
    proportionality: Label
    why_nothing_less: Label
    controllers: tuple[str, ...]
    joint_arrangement: str | None
    processor_agreement: str
    legal_basis: str
    statute: str | None
    special_category_exception: str | None
    uavg_evidence: UavgEvidence | None
    first_purpose: Label
    compatibility: Label
    consent_scope: Label | None
    scopes: tuple[PurposeScope, ...]
    recipients: Recipients
    disclosure_profile: str | None
    minimum_age_months: int
    frequency: Frequency
    valid_from: date
    valid_until: date
    review_on: date
    retention: Mapping[str, int]
    dpia: Dpia | None
    fg_advice: FgAdvice | None
    record: ProcessingRecord
    dpv: tuple[str, ...]

    def holds(self, today: date) -> bool:
        """Whether it is approved, and valid today."""
        return self.status == "approved" and self.valid_from <= today <= self.valid_until

    def scope(self, data_set: str) -> PurposeScope | None:
        """What of `data_set` the purpose covers, if anything."""
        return next((s for s in self.scopes if s.data_set == data_set), None)

    @property
    def rests_on_consent(self) -> bool:
        """Whether persons consented: by article 6(1)(a), or explicitly by article 9(2)(a)."""
        return self.legal_basis == CONSENT or self.special_category_exception == EXPLICIT_CONSENT


@dataclass(frozen=True, slots=True)
class StatedPurpose:
    """One version of a purpose that people made: the document as it was proposed, and where it stands.

    Attributes:
        document: canonical JSON (RFC 8785) of the document; never changes.
        digest: of the document, as in `Purpose`.
        proposer: who proposed it, for `organisation`.
        reviewer: the privacy officer whose review was positive.
        approvers: who approved it, in order.
        suspended_by: who suspended it last, while it is suspended.
    """

    id: str
    version: int
    state: PurposeState
    document: str
    digest: str
    proposer: str
    organisation: str
    proposed_at: datetime
    reviewer: str | None = None
    approvers: tuple[str, ...] = ()
    suspended_by: str | None = None


@dataclass(frozen=True, slots=True)
class PurposeHead:
    """What decisions look at of a stated purpose that was approved once; its document is read when it is not known."""

    id: str
    version: int
    state: PurposeState
    digest: str
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PurposeVerdict:
    """What somebody did to a version of a purpose, and why; `step` is an event of `PURPOSE_LIFECYCLE`."""

    id: str
    purpose: str
    version: int
    person: str
    step: str
    reason: str
    at: datetime

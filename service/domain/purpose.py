"""A purpose (doelbinding): for what, on which basis, by whom and how finely data may be used (policy.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from service.domain.classification import Label


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
    """Who may ask and read: organisations by id, or every regional owner; `public`: they may publish what they get."""

    organisations: frozenset[str] = frozenset()
    all_regional_owners: bool = False
    public: bool = False

    def include(self, organisation: str | None, *, is_regional_owner: bool) -> bool:
        """Whether the organisation is among the recipients."""
        return organisation in self.organisations or (self.all_regional_owners and is_regional_owner)


@dataclass(frozen=True, slots=True)
class Purpose:
    """One version of a purpose, with the fields that the law asks for; articles are of the GDPR (AVG)."""

    id: str
    version: int
    status: str
    title: Label
    bottleneck: Label
    necessity: Label
    proportionality: Label
    why_nothing_less: Label
    controllers: tuple[str, ...]
    joint_arrangement: str | None
    processor_agreement: str
    legal_basis: str
    statute: str
    special_category_exception: str | None
    compatibility: Label
    scopes: tuple[PurposeScope, ...]
    recipients: Recipients
    disclosure_profile: str | None
    minimum_age_months: int
    valid_from: date
    valid_until: date
    review_on: date
    retention: Mapping[str, int]
    dpia_reference: str
    dpia_outcome: str
    record_of_processing: str
    approvers: tuple[str, ...]
    dpv: tuple[str, ...] = field(default_factory=tuple)

    def scope(self, data_set: str) -> PurposeScope | None:
        """What of `data_set` the purpose covers, if anything."""
        return next((s for s in self.scopes if s.data_set == data_set), None)

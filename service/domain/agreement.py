"""What use of figures rests on beside a purpose: agreements, assessments and consents, each recorded by four eyes.

A supplier delivers, and its figures are used, only while an agreement in force covers the data set; an assessment and
an arrangement that a purpose names have to be in force too; where a purpose asks for it, so has the supplier's consent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from service.domain.errors import Invalid
from service.domain.lifecycle import Lifecycle, Transition


class AgreementKind(StrEnum):
    """What it is, with its article of the GDPR."""

    PROCESSOR = "processor-agreement"
    """28(3)"""
    JOINT = "joint-arrangement"
    """26"""
    DPIA = "dpia"
    """35"""
    CONSENT = "supplier-consent"
    """Of a supplier to the use of its figures: competition law, and the waiting lists of the minimal data set."""


class AgreementState(StrEnum):
    """Where an agreement stands."""

    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


AGREEMENT_LIFECYCLE = Lifecycle(
    "agreement",
    AgreementState.RECORDED,
    (
        Transition(AgreementState.RECORDED, "confirm", AgreementState.CONFIRMED),
        Transition(AgreementState.RECORDED, "reject", AgreementState.REJECTED),
        Transition(AgreementState.CONFIRMED, "withdraw", AgreementState.WITHDRAWN),
    ),
)
PROCESSING = frozenset({AgreementKind.PROCESSOR, AgreementKind.JOINT})
"""Under either of these a supplier's figures may be processed."""


@dataclass(frozen=True, slots=True)
class RecordedAgreement:
    """One agreement, assessment or consent.

    Attributes:
        reference: of the document itself, as purposes name it; an addendum may have the same.
        parties: organisations by id.
        data_sets: what it is about; at least one.
        purposes: for which purposes; none stands for every one.
        valid_from: first day, in Europe/Amsterdam.
        valid_until: last day; None when it has no end.
    """

    id: str
    kind: AgreementKind
    reference: str
    parties: frozenset[str]
    data_sets: frozenset[str]
    purposes: frozenset[str]
    valid_from: date
    valid_until: date | None
    state: AgreementState
    recorder: str
    recorded_at: datetime
    confirmer: str | None = None
    withdrawn_at: datetime | None = None
    withdrawal_reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse an agreement of nobody, about nothing, or that ends before it starts; with every fault."""
        faults = [
            (name, "empty")
            for name, value in (
                ("reference", self.reference.strip()),
                ("parties", self.parties),
                ("dataSets", self.data_sets),
            )
            if not value
        ]
        if self.valid_until is not None and self.valid_until < self.valid_from:
            faults.append(("validUntil", "ends-before-start"))
        if faults:
            raise Invalid("agreement", faults=tuple(faults))

    def in_force(self, today: date) -> bool:
        """Whether it was confirmed, not withdrawn, and holds on this civil day in Europe/Amsterdam."""
        ended = self.valid_until is not None and today > self.valid_until
        return self.state is AgreementState.CONFIRMED and self.valid_from <= today and not ended

    def covers(self, data_set: str, purpose: str | None = None) -> bool:
        """Whether it is about this data set and, when one is named, this purpose."""
        return data_set in self.data_sets and (purpose is None or not self.purposes or purpose in self.purposes)


def parties_under(
    agreements: Iterable[RecordedAgreement], kinds: frozenset[AgreementKind], data_set: str, purpose: str | None
) -> frozenset[str]:
    """Everybody who is a party to an agreement of such a kind that covers this."""
    return frozenset(
        party for one in agreements if one.kind in kinds and one.covers(data_set, purpose) for party in one.parties
    )

"""What the use of figures rests on beside a purpose: agreements, assessments and consents.

A supplier delivers, and its figures are used, only while an agreement in force covers the data set; the arrangement,
agreement and assessment that a purpose names have to be in force too; where a data set asks for it, so has the consent
of every supplier whose figures are used.
"""

from __future__ import annotations

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
    """35: an assessment with a positive outcome; its last day is the day on which it is to be reviewed."""
    CONSENT = "supplier-consent"
    """Of a supplier to the use of its figures (waiting lists: the minimal data set, row 3)."""
    STATUTE = "statutory-basis"
    """6(1)(c), 6(3): a law that gives a basis where a consent would be asked otherwise."""


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
        Transition(AgreementState.CONFIRMED, "leave", AgreementState.CONFIRMED),
        Transition(AgreementState.CONFIRMED, "withdraw", AgreementState.WITHDRAWN),
    ),
)
PROCESSING = frozenset({AgreementKind.PROCESSOR, AgreementKind.JOINT})
"""Under either of these a supplier's figures may be processed."""
LEAVABLE = PROCESSING | {AgreementKind.CONSENT}
"""What a supplier ends for itself; an assessment is not its own, and a law holds whether it wants or not."""
CONSENTING = frozenset({AgreementKind.CONSENT, AgreementKind.STATUTE})
"""Either of these lets figures be used for which a consent is asked."""


@dataclass(frozen=True, slots=True)
class InForce:
    """An agreement that holds on some day, and who is under it then.

    Attributes:
        reference: of the document, as purposes name it.
        purposes: for which purposes; none stands for every one.
        parties: organisations by id, but for those that left.
        data_sets: all that it is about.
    """

    kind: AgreementKind
    reference: str
    purposes: frozenset[str]
    parties: frozenset[str]
    data_sets: frozenset[str] = frozenset()

    def covers(self, purpose: str | None) -> bool:
        """Whether it is about this purpose, or about every one; None asks about no purpose in particular."""
        return purpose is None or not self.purposes or purpose in self.purposes


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement, assessment or consent says.

    Attributes:
        reference: of the document itself, as purposes name it; an addendum may have the same.
        parties: organisations by id, those that left among them.
        data_sets: what it is about; at least one.
        purposes: for which purposes; none stands for every one.
        valid_from: first day, in Europe/Amsterdam.
        valid_until: last day; None when it has no end.
    """

    kind: AgreementKind
    reference: str
    parties: frozenset[str]
    data_sets: frozenset[str]
    purposes: frozenset[str]
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class RecordedAgreement(Terms):
    """What somebody recorded, and how it stands.

    Attributes:
        recorder: who recorded it; of a consent that a supplier gave itself, that supplier.
        confirmer: who confirmed or rejected it; None where nobody has to, since the only party spoke for itself.
        left: those of the parties for which it holds no longer.
    """

    id: str
    state: AgreementState
    recorder: str
    recorded_at: datetime
    confirmer: str | None = None
    withdrawn_at: datetime | None = None
    withdrawal_reason: str | None = None
    left: frozenset[str] = frozenset()

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

    def holds_on(self, day: date) -> bool:
        """Whether it was confirmed, not withdrawn, and holds on this civil day, first and last day counted."""
        ended = self.valid_until is not None and day > self.valid_until
        return self.state is AgreementState.CONFIRMED and self.valid_from <= day and not ended

    def as_on(self, day: date, data_set: str) -> InForce | None:
        """What of it is in force for a data set on a day; None when nothing is."""
        if not self.holds_on(day) or data_set not in self.data_sets:
            return None
        return InForce(self.kind, self.reference, self.purposes, self.parties - self.left, self.data_sets)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What there is today to use the figures of some suppliers on.

    Attributes:
        in_force: the agreements in force that cover the data set.
        asks_consent: whether the data set asks for the consent of its suppliers.
        suppliers: whose figures are delivered, or used.
        by_form: those of them whose figures came with a form; these are asked for their consent in any case.
    """

    in_force: tuple[InForce, ...]
    asks_consent: bool
    suppliers: frozenset[str]
    by_form: frozenset[str] = frozenset()

    def without_agreement(self, purpose: str | None = None) -> frozenset[str]:
        """Those under no agreement; for a purpose, under none that covers it."""
        return self.suppliers - self._under(PROCESSING, purpose)

    def without_consent(self, purpose: str | None = None) -> frozenset[str]:
        """Those whose consent is asked, and that give none; for a purpose, none that covers it."""
        asked = self.suppliers if self.asks_consent else self.by_form
        return asked - self._under(CONSENTING, purpose)

    def has(self, kind: AgreementKind, reference: str | None, purpose: str) -> bool:
        """Whether somebody is still under the document that a purpose names by this reference."""
        return any(
            one.kind is kind and one.reference == reference and one.covers(purpose) and bool(one.parties)
            for one in self.in_force
        )

    def agreed_with(self, other: str, supplier: str) -> bool:
        """Whether a supplier consents, or a law wants, that another data set gets its figures with these."""
        return any(
            one.kind in CONSENTING and supplier in one.parties and other in one.data_sets for one in self.in_force
        )

    def _under(self, kinds: frozenset[AgreementKind], purpose: str | None) -> frozenset[str]:
        return frozenset(
            party for one in self.in_force if one.kind in kinds and one.covers(purpose) for party in one.parties
        )

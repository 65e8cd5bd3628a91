"""Agreements, assessments and consents, as they are recorded and told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from service.api.schemas.base import (
    ABSENT,
    Answer,
    CivilDay,
    Day,
    Identifier,
    Input,
    Moment,
    NoDoubles,
    Word,
    plain,
)
from service.domain.agreement import AgreementKind, Terms
from service.domain.request import Verdict
from service.use_cases.read_agreements import AgreementView

_Names = Annotated[list[Identifier], Field(max_length=1_000), NoDoubles]
_Reason = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(plain)]


class AgreementInput(Input):
    """What is on paper."""

    kind: Literal["processor-agreement", "joint-arrangement", "dpia", "supplier-consent", "statutory-basis"]
    reference: Word
    parties: _Names
    data_sets: _Names
    purposes: _Names = Field(default_factory=list)
    valid_from: CivilDay
    valid_until: CivilDay | None = None

    def terms(self) -> Terms:
        """As the domain has it."""
        return Terms(
            kind=AgreementKind(self.kind),
            reference=self.reference,
            parties=frozenset(self.parties),
            data_sets=frozenset(self.data_sets),
            purposes=frozenset(self.purposes),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class ConsentInput(Input):
    """A supplier's consent to the use of its own figures, from today."""

    data_set: Identifier
    purposes: _Names = Field(default_factory=list)
    serves: Annotated[
        _Names | None, Field(description="Of a form: the data sets that a delivery may serve; all of them when absent")
    ] = None
    valid_until: CivilDay | None = None


class AgreementVerdictInput(Input):
    """A verdict on what somebody else recorded."""

    verdict: Literal["approve", "reject"]

    @property
    def said(self) -> Verdict:
        """The verdict."""
        return Verdict(self.verdict)


class AgreementEndInput(Input):
    """Why it ends."""

    reason: _Reason


class AgreementAnswer(Answer):
    """An agreement and how it stands; a party sees of the parties itself only."""

    id: str
    kind: str
    reference: str
    parties: list[str]
    left: list[str]
    data_sets: list[str]
    purposes: list[str]
    valid_from: Day
    valid_until: Day | None = ABSENT
    state: str
    in_force: bool
    recorded_at: Moment
    withdrawn_at: Moment | None = ABSENT
    withdrawal_reason: str | None = ABSENT

    @classmethod
    def of(cls, view: AgreementView) -> AgreementAnswer:
        """The agreement as its reader may see it."""
        found = view.agreement
        return cls(
            id=found.id,
            kind=found.kind.value,
            reference=found.reference,
            parties=sorted(found.parties),
            left=sorted(found.left),
            data_sets=sorted(found.data_sets),
            purposes=sorted(found.purposes),
            valid_from=found.valid_from,
            valid_until=found.valid_until,
            state=found.state.value,
            in_force=view.in_force,
            recorded_at=found.recorded_at,
            withdrawn_at=found.withdrawn_at,
            withdrawal_reason=found.withdrawal_reason,
        )

"""Collection rounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Identifier, Input, Moment, NoDoubles, Prose, UtcTime
from service.api.schemas.submissions import ConfirmationAnswer
from service.domain.catalogue import Catalogue
from service.domain.round import Round, RoundState
from service.domain.submission import OwnDelivery, Submission, SubmissionState
from service.use_cases.read_rounds import Delivery, RoundView

DeliveryState = Literal["missing", "accepted", "late"]
_MOST_EXPECTED = 5_000


class RoundInput(Input):
    """A round to plan."""

    data_set: Annotated[Identifier, Field(examples=["staffed-beds"])]
    period: Annotated[Identifier, Field(examples=["2019"])]
    expected: Annotated[
        list[Identifier],
        NoDoubles,
        Field(min_length=1, max_length=_MOST_EXPECTED, description="Ids of the organisations that are to deliver"),
    ]
    deadline: UtcTime
    data_set_version: Annotated[
        int | None, Field(ge=1, le=10**6, description="The definition to deliver by; the newest when left out")
    ] = None


class RoundStateInput(Input):
    """The state to bring a round to; reopening and cancelling say why."""

    state: Literal["open", "closed", "cancelled"]
    reason: Prose | None = None

    @property
    def target(self) -> RoundState:
        """The state."""
        return RoundState(self.state)


class AttemptAnswer(Answer):
    """The newest delivery, when it does not count: refused, not finished, given up, or withdrawn."""

    state: SubmissionState
    submission_id: str

    @classmethod
    def of(cls, attempt: Submission | None) -> AttemptAnswer | None:
        """None when there is none."""
        return None if attempt is None else cls(state=attempt.state, submission_id=attempt.id)


class MyDelivery(Answer):
    """How the supplier that asks stands in the round."""

    state: DeliveryState
    submission_id: str | None = ABSENT
    attempt: AttemptAnswer | None = ABSENT

    @classmethod
    def of(cls, own: OwnDelivery) -> MyDelivery:
        """What counts, and what does not."""
        counting = own.counting
        return cls(
            state=_state(counting),
            submission_id=None if counting is None else counting.id,
            attempt=AttemptAnswer.of(own.attempt),
        )


class RoundAnswer(Answer):
    """A collection round; `expected` is left out for suppliers, `myDelivery` for everybody else."""

    id: str
    data_set: str
    data_set_version: int
    period: str
    period_column: str
    allowed_periods: list[str]
    state: RoundState
    deadline: Moment
    reason: str | None = ABSENT
    expected: list[str] | None = ABSENT
    my_delivery: MyDelivery | None = ABSENT

    @classmethod
    def of(cls, view: RoundView) -> RoundAnswer:
        """The round as its reader may see it."""
        found = view.round
        return cls(
            id=found.id,
            data_set=found.data_set,
            data_set_version=found.data_set_version,
            period=found.period,
            period_column=view.period_column,
            allowed_periods=list(view.allowed_periods),
            state=found.state,
            deadline=found.deadline,
            reason=found.reason,
            expected=sorted(found.expected) if view.shows_expected else None,
            my_delivery=None if view.own is None else MyDelivery.of(view.own),
        )

    @classmethod
    def as_planned(cls, found: Round, catalogue: Catalogue) -> RoundAnswer:
        """The round as the steward who made or changed it sees it."""
        data_set = catalogue.data_set(found.data_set, found.data_set_version)
        periods = catalogue.allowed_periods(data_set, found.period)
        return cls.of(RoundView(found, data_set.period.name, periods, None, shows_expected=True))


class DeliveryAnswer(Answer):
    """What one expected supplier delivered."""

    organisation: str
    state: DeliveryState
    submission_id: str | None = ABSENT
    version: int | None = ABSENT
    rows: int | None = ABSENT
    confirmed: ConfirmationAnswer | None = ABSENT

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryAnswer:
        """The delivery that counts, if any."""
        found = delivery.submission
        return cls(
            organisation=delivery.organisation,
            state=_state(found),
            submission_id=found.id if found else None,
            version=found.version if found else None,
            rows=found.rows if found else None,
            confirmed=ConfirmationAnswer.of(found.manifest) if found else None,
        )


def _state(counting: Submission | None) -> DeliveryState:
    if counting is None:
        return "missing"
    return "late" if counting.late else "accepted"

"""The calendar of a supplier."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Day, Label, Moment
from service.api.schemas.rounds import AttemptAnswer
from service.domain.calendar import CalendarEntry, Standing


class CalendarAnswer(Answer):
    """One delivery that is asked for; without `round` it is foreseen, by how often the data set is asked for."""

    data_set: str
    title: Label
    period: str
    due: Annotated[Day, Field(description="The last day on which it is on time, in Europe/Amsterdam")]
    days_left: Annotated[int, Field(description="Days until then from today; below 0 afterwards")]
    standing: Standing
    round: str | None = ABSENT
    deadline: Moment | None = ABSENT
    submission_id: str | None = ABSENT
    attempt: AttemptAnswer | None = ABSENT

    @classmethod
    def of(cls, entry: CalendarEntry) -> CalendarAnswer:
        """As it is."""
        return cls(
            data_set=entry.data_set,
            title=Label.of(entry.title),
            period=entry.period,
            due=entry.due,
            days_left=entry.days_left,
            standing=entry.standing,
            round=entry.round,
            deadline=entry.deadline,
            submission_id=entry.submission,
            attempt=AttemptAnswer.of(entry.attempt),
        )

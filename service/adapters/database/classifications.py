"""Classifications that people brought in, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, select, update

from service.adapters.database.region_tables import classifications
from service.adapters.database.transaction import Transaction
from service.domain.errors import NotFound
from service.domain.stated_classification import ClassificationState, StatedClassification

_ALL = select(classifications).order_by(classifications.c.family, classifications.c.version)
_APPROVED = (
    select(classifications.c.id)
    .where(classifications.c.state == ClassificationState.APPROVED)
    .order_by(classifications.c.id)
)


class SqlClassifications:
    """Implements `service.ports.unit_of_work.Classifications`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, stated: StatedClassification) -> None:
        """Whoever adds one has called `versions` with `lock`."""
        self._transaction.write(insert(classifications).values(**asdict(stated)))

    def save(self, stated: StatedClassification) -> None:
        """NotFound when it was never added."""
        change = update(classifications).where(classifications.c.id == stated.id)
        standing = {"state": stated.state, "judge": stated.judge, "judged_at": stated.judged_at}
        if not self._transaction.write(change.values(**standing)):
            raise NotFound("classification")

    def get(self, classification: str, *, lock: bool = False) -> StatedClassification:
        """NotFound when there is none."""
        found = self._transaction.row(select(classifications).where(classifications.c.id == classification), lock=lock)
        if found is None:
            raise NotFound("classification")
        return StatedClassification(**found)

    def all(self) -> Sequence[StatedClassification]:
        """By family and version."""
        return [StatedClassification(**row) for row in self._transaction.rows(_ALL)]

    def versions(self, family: str, *, lock: bool = False) -> Sequence[StatedClassification]:
        """Of one family, the oldest first."""
        if lock:
            self._transaction.take_turn("classification", family)
        rows = self._transaction.rows(_ALL.where(classifications.c.family == family))
        return [StatedClassification(**row) for row in rows]

    def approved(self) -> Sequence[str]:
        """The ids; what they say never changes."""
        return [row["id"] for row in self._transaction.rows(_APPROVED)]

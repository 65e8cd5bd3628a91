"""Stated classifications in memory; the contract suite holds them to what the real ones do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fake_repositories import present
from fake_tables import FakeTransaction

from service.adapters.database import RowRefused
from service.domain.stated_classification import ClassificationState, StatedClassification


class FakeClassifications:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, stated: StatedClassification) -> None:
        tables = self._t.write(stated)
        self._t.require(tables.organisations, stated.organisation)
        if stated.id in tables.classifications:
            self._t.refuse(RowRefused("pk_classifications"))
        tables.classifications[stated.id] = stated

    def save(self, stated: StatedClassification) -> None:
        stored = present(self._t.write(stated).classifications, stated.id, "classification")
        if stored.state is not ClassificationState.PROPOSED or stated.judge == stored.proposer:
            self._t.refuse(RowRefused("trigger"))
        changed = replace(stored, state=stated.state, judge=stated.judge, judged_at=stated.judged_at)
        self._t.write().classifications[stated.id] = changed

    def get(self, classification: str, *, lock: bool = False) -> StatedClassification:
        opened = self._t.write(classification) if lock else self._t.read(classification)
        return present(opened.classifications, classification, "classification")

    def all(self) -> Sequence[StatedClassification]:
        return sorted(self._t.read().classifications.values(), key=lambda one: (one.family, one.version))

    def versions(self, family: str, *, lock: bool = False) -> Sequence[StatedClassification]:
        if lock:
            self._t.write(family)
        return [one for one in self.all() if one.family == family]

    def approved(self) -> Sequence[str]:
        return sorted(one.id for one in self.all() if one.state is ClassificationState.APPROVED)

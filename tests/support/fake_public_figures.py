"""Public figures in memory; the contract suite holds them to what the real ones do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fake_tables import FakeTransaction

from service.adapters.database import RowRefused
from service.domain.public_figures import PublicCopy


class FakePublicFigures:
    def __init__(self, transaction: FakeTransaction) -> None:
        self._t = transaction

    def add(self, copy: PublicCopy) -> None:
        tables = self._t.write(copy)
        if copy.id in tables.public_figures:
            self._t.refuse(RowRefused("trigger"))
        tables.public_figures[copy.id] = copy

    def newest(self, source: str, period: str) -> PublicCopy | None:
        found = [
            one
            for one in self._t.read(source, period).public_figures.values()
            if (one.source, one.period) == (source, period)
        ]
        return max(found, key=lambda one: (one.retrieved_at, one.id), default=None)

    def heads(self) -> Sequence[PublicCopy]:
        names = sorted({(one.source, one.period) for one in self._t.read().public_figures.values()})
        newest = (self.newest(*name) for name in names)
        return [replace(one, content="") for one in newest if one is not None]

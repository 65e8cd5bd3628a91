"""Who reads releases by its regions; changes of regions, and classifications that people brought in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from service.domain.region_change import RegionChange
from service.domain.stated_classification import StatedClassification


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose releases: an organisation, and the regions that it stands for at this moment."""

    organisation: str
    regions: frozenset[str] = frozenset()


class RegionChanges(Protocol):
    """Changes of the regions that organisations stand for; what one says is never changed."""

    def add(self, change: RegionChange) -> None: ...
    def save(self, change: RegionChange) -> None: ...  # NotFound; how it stands
    def get(self, change: str, *, lock: bool = False) -> RegionChange: ...  # NotFound
    def all(self) -> Sequence[RegionChange]: ...  # in the order of proposing
    def due(self, day: date) -> Sequence[RegionChange]: ...  # approved, begun by then, and not settled


class Classifications(Protocol):
    """Classifications that people brought in, version by version; what one says is never changed."""

    def add(self, stated: StatedClassification) -> None: ...
    def save(self, stated: StatedClassification) -> None: ...  # NotFound; how it stands
    def get(self, classification: str, *, lock: bool = False) -> StatedClassification: ...  # NotFound
    def all(self) -> Sequence[StatedClassification]: ...  # by family and version
    def versions(self, family: str, *, lock: bool = False) -> Sequence[StatedClassification]:
        """The oldest first; with `lock` no other transaction adds one until this one ends."""
        ...

    def approved(self) -> Sequence[str]: ...  # the ids, in order

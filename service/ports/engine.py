"""Aggregation: parts that count now, to contributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True, repr=False)
class SourcePart:
    """A part to read: where it is, the key that opens it, whose it is.

    `left_out` are persons whose rows do not count, by the first 32 hex digits of the SHA-256 of their pseudonym. Of a
    part that does not `count` only who is in it counts for something: its holding knows them.
    """

    path: Path
    data_key: bytes = field(repr=False)
    holding: str
    left_out: frozenset[str] = field(default=frozenset(), repr=False)
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What to sum: `measures` of the rows, by `dimensions`, each mapped from its atoms to requested codes.

    Of the measures in `once` one row of each person and `period` counts: the first by codes of the dimensions, then by
    holding; a row of nobody counts by itself. `pseudonym` names the column by which persons are known and rows are left
    out; parts of which nothing is left out need have none. With `left_out_only` it is the other way round: nothing
    counts but the rows that would be left out.
    """

    dimensions: tuple[str, ...]
    mapping: Mapping[str, Mapping[str, str]]
    measures: tuple[str, ...]
    person: str | None = None
    pseudonym: str | None = None
    left_out_only: bool = False
    once: frozenset[str] = frozenset()
    period: str | None = None


KNOWLEDGE = ("known", "there", "elsewhere")
"""What is told of a measure that counts persons once beside its sums, as columns `<measure>.<one of these>`."""


class AggregationEngine(Protocol):
    """One expression over parts: run by DuckDB on one machine."""

    def contributions(self, parts: Sequence[SourcePart], aggregation: Aggregation) -> pa.Table:
        """The sums per cell and contributor.

        Returns:
            One row per combination of the requested (finest) codes and contributor, ordered: a string column per
            dimension, `contributor` (the holding), an int64 column per measure, `rows` (int64), and `person` when
            asked (then one row per person too). An atom without a mapping is an error, never dropped.

            Each measure in `once` is followed by three columns more, for a person counts for one holding and others may
            have delivered it too. Of the persons that count in the cell, `known` is the sum of those whom the
            contributor delivered in any cell of the period, and `there` of those whom it delivered in this very cell.
            `elsewhere` is the sum of those whom it delivered in this cell, and who count in one where it did not. A
            combination of which only that can be said has a row too, with `rows` 0.
        """
        ...

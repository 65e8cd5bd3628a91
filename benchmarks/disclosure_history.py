"""One more table beside a history of two hundred, against solving that history anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from benchmarks.disclosure_tables import load
from service.disclosure import CannotBeProtected, Dimension, Facts, ReleasedTable, Rules, Table, attack, protect

TABLES = 200

EACH = 50
"""After so many tables it is seen what one more takes."""


@dataclass(frozen=True)
class Added:
    """What one more table takes beside a history; CPU seconds.

    Attributes:
        before: tables of the history that were released.
        last: whether no more follow.
        anew: for all of these, one by one.
        margin: for regions by care form, most of which follows from what was released.
        cells: for the finest cells of all regions, all of which is tied to what was withheld before.
        gate: for the last gate, which attacks all of the history from nothing.
    """

    before: int
    last: bool
    anew: float
    margin: float
    cells: float
    gate: float


def add_to_history() -> Iterator[Added]:
    """Release two hundred tables one by one; from time to time see what one more takes."""
    facts, small, rules = load("small", "count")
    region, form, age = small.dimensions
    released: list[ReleasedTable] = []
    anew = 0.0
    for number, table in enumerate(_history(region, form, age), 1):
        seconds, outcome = _one_more(facts, table, rules, released)
        anew += seconds
        released += outcome
        if number % EACH == 0:
            margin, _ = _one_more(facts, Table((region, form), name="margin"), rules, released)
            cells, _ = _one_more(facts, Table((region, form, age), name="cells"), rules, released)
            start = time.process_time()
            if not attack(facts, rules, released).clean:
                raise ValueError(f"the attack found something beside {len(released)} tables")
            yield Added(len(released), number == TABLES, anew, margin, cells, time.process_time() - start)


def _one_more(
    facts: Facts, table: Table, rules: Rules, released: list[ReleasedTable]
) -> tuple[float, list[ReleasedTable]]:
    """CPU seconds, and the table as it may go out; nothing when it may not."""
    start = time.process_time()
    try:
        outcome = [protect(facts, table, rules, released).released]
    except CannotBeProtected:
        outcome = []
    return time.process_time() - start, outcome


def _history(region: Dimension, form: Dimension, age: Dimension) -> list[Table]:
    """Two hundred tables of the same facts: some regions at a time, each by care form, by age or by both."""
    regions, forms, ages = (sorted(dim.finest) for dim in (region, form, age))
    found = []
    for first, kept in product(range(len(regions)), ("form", "age", "both")):
        where = {region.column: frozenset({*regions[first : first + 6], *regions[: max(0, first + 6 - len(regions))]})}
        dims = {"form": (region, form), "age": (region, age), "both": (form, age)}[kept]
        found.append(Table(dims, where=where, name=f"{kept} {first}"))
    for one, other in product(forms, ages):
        where = {form.column: frozenset({one}), age.column: frozenset({other})}
        found.append(Table((region,), where=where, name=f"{one} {other}"))
    for first, one in product(range(len(regions)), forms):
        where = {region.column: frozenset(regions[first : first + 4]), form.column: frozenset({one})}
        found.append(Table((region, age), where=where, name=f"{one} {first}"))
    for first, one in product(range(len(regions)), ages):
        where = {region.column: frozenset(regions[first : first + 4]), age.column: frozenset({one})}
        found.append(Table((region, form), where=where, name=f"{one} {first}"))
    return found[:TABLES]

"""One more table beside a history of two hundred, against solving that history anew."""

from __future__ import annotations

import sys
import time
from itertools import product

from benchmarks.disclosure_tables import load
from service.disclosure import CannotBeProtected, Dimension, Facts, ReleasedTable, Rules, Table, protect

TABLES = 200


def add_to_history() -> tuple[float, float, int]:
    """(CPU seconds for one more table, for all the tables before it one by one, how many those are)."""
    facts, small, rules = load("small", "count")
    region, form, age = small.dimensions
    released: list[ReleasedTable] = []
    start = time.process_time()
    for number, table in enumerate(_history(region, form, age)):
        if number % 50 == 49:
            spent = time.process_time() - start
            print(f"  history: {number + 1} of {TABLES} tables, {spent:.0f} CPU s", file=sys.stderr, flush=True)
        _add(facts, table, rules, released)
    before = len(released)
    anew = time.process_time() - start
    start = time.process_time()
    _add(facts, Table((region, form), name="one more"), rules, released)
    return time.process_time() - start, anew, before


def _add(facts: Facts, table: Table, rules: Rules, released: list[ReleasedTable]) -> None:
    try:
        released.append(protect(facts, table, rules, released).released)
    except CannotBeProtected:
        return


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
    return found[:TABLES]

"""The tables that disclosure control is measured on: three from `tests/data/tables`, and one made here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from service.disclosure import Dimension, Facts, Rules, Table
from service.disclosure.command.reading import read_facts
from service.disclosure.command.specification import read_specification

TABLES = Path(__file__).parents[1] / "tests" / "data" / "tables"

DATA = {"small": "small.csv", "medium": "medium.csv", "large": "large.parquet"}
HUGE = "huge"
RULES = {
    "count": Rules(minimum_count=10),
    "p_percent": Rules(p_percent=10),
    "dominance": Rules(minimum_contributors=3, dominance=((1, 75), (2, 90))),
}

REGIONS, PARTS, FORMS, MONTHS, AGES, INDICATIONS = 100, 12, 10, 12, 5, 3
"""Finest codes of the table made here; with parts of the country, quarters and totals, 507,144 cells."""


def load(name: str, rule: str) -> tuple[Facts, Table, Rules]:
    """Facts, table and rules by name."""
    if name == HUGE:
        return _huge(rule)
    specification = read_specification(TABLES / f"{name}_{rule}.yaml")
    facts, table, _ = read_facts(specification, TABLES / DATA[name])
    return facts, table, specification.rules


def _huge(rule: str) -> tuple[Facts, Table, Rules]:
    """About 300,000 rows, the same every time: few large suppliers and many small ones, busy and quiet regions."""
    rows = list(_rows(random.Random(20_251)))
    region, form, month, age, indication, supplier, count, value = zip(*rows, strict=True)
    facts = Facts.build(
        {"region": region, "form": form, "month": month, "age": age, "indication": indication},
        value=count if rule == "count" else value,
        contributor=supplier,
        whole_numbers=rule == "count",
    )
    regions = [("NL", ""), *((f"L{part:02}", "NL") for part in range(PARTS))]
    regions += [(f"R{number:03}", f"L{number * PARTS // REGIONS:02}") for number in range(REGIONS)]
    months = [("YEAR", ""), *((f"Q{quarter}", "YEAR") for quarter in range(4))]
    months += [(f"M{number:02}", f"Q{number // 3}") for number in range(MONTHS)]
    table = Table(
        (
            Dimension.tree("region", regions),
            Dimension.flat("form", [f"F{number}" for number in range(FORMS)]),
            Dimension.tree("month", months),
            Dimension.flat("age", [f"A{number}" for number in range(AGES)]),
            Dimension.flat("indication", [f"I{number}" for number in range(INDICATIONS)]),
        )
    )
    return facts, table, RULES[rule]


def _rows(source: random.Random) -> Iterator[tuple[str, str, str, str, str, str, int, int]]:
    """Per region and care form a few suppliers, each with clients in some months, ages and indications."""
    busy = [source.lognormvariate(0, 0.8) for _ in range(REGIONS)]
    for region, form in product(range(REGIONS), range(FORMS)):
        suppliers = source.sample(range(40), source.choice((1, 2, 2, 3, 4, 5)))
        for supplier in suppliers:
            size = busy[region] * source.lognormvariate(1.0, 1.0)
            present = min(0.9, 0.15 + 0.1 * size)
            for month, age, indication in product(range(MONTHS), range(AGES), range(INDICATIONS)):
                if source.random() > present:
                    continue
                count = 1 + int(source.expovariate(1 / size))
                value = int(count * source.lognormvariate(4.0, 0.5)) + 1
                name = f"S{supplier:02}-{region * PARTS // REGIONS:02}"
                yield f"R{region:03}", f"F{form}", f"M{month:02}", f"A{age}", f"I{indication}", name, count, value

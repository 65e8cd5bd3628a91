"""Persons whom several suppliers deliver count once, and each of these suppliers knows them.

The attacker here has its own rows and what was published, and nothing of the engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bundles import bundle_of
from scipy.optimize import linprog

from service.adapters.duckdb_engine import DuckDbEngine
from service.adapters.part_format import encrypt_part
from service.disclosure import Facts, Protected, Rules, protect
from service.domain.request import RequestedDimension, RequestSpec
from service.ports.engine import SourcePart
from service.use_cases.disclosure_tables import facts_of, finest, table_of

CATALOGUE = bundle_of().catalogue
DATA_SET = CATALOGUE.data_set("treatment-history", 2)
KEY = bytes(32)
FORMS = [code.code for code in CATALOGUE.classification("care-forms").codes][:6]
RULES = Rules(minimum_count=10, minimum_contributors=3, dominance=((1, 75), (2, 90)), p_percent=10)
BY_FORM = table_of(
    RequestSpec(
        DATA_SET.id,
        "any",
        (RequestedDimension("care_form", "care-forms", "care-form"),),
        ("2024",),
        ("clients",),
        bottleneck="-",
        necessity="-",
        why_nothing_less="-",
    ),
    CATALOGUE,
)

Rows = Mapping[str, Iterable[tuple[str, str]]]
"""Per supplier the persons that it delivers, and the care form of each."""


def facts_from(folder: Path, rows: Rows) -> Facts:
    """What the service makes of deliveries."""
    sources = []
    for supplier, found in rows.items():
        table = pa.Table.from_pylist(
            [
                {
                    "period": "2024",
                    "region": "GM0014",
                    "care_form": form,
                    "history": "none",
                    "clients": 1,
                    "person": who,
                }
                for who, form in found
            ]
        )
        content = encrypt_part(table, KEY)
        path = folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        sources.append(SourcePart(path, KEY, supplier))
    return facts_of(DuckDbEngine().contributions(sources, finest(DATA_SET, CATALOGUE)), DATA_SET, "clients")


def people(name: str, count: int, form: str) -> list[tuple[str, str]]:
    return [(f"{name}{number}", form) for number in range(count)]


def largest(outcome: Protected, form: str, own: Iterable[tuple[str, str]]) -> float:
    """The most that a cell can be for a supplier that takes its own clients to count where it delivered them."""
    published = {cell.codes[0]: cell.value for cell in outcome.cells if cell.value is not None}
    sums = [([code == one for one in FORMS], value) for code, value in published.items() if code in FORMS]
    if "TOTAL" in published:
        sums.append(([True] * len(FORMS), published["TOTAL"]))
    mine = [len({who for who, place in own if place == one}) for one in FORMS]
    found = linprog(
        -np.array([one == form for one in FORMS], dtype=float),
        A_eq=np.array([row for row, _ in sums], dtype=float) if sums else None,
        b_eq=[value for _, value in sums] if sums else None,
        bounds=[(least, None) for least in mine],
    )
    return np.inf if found.status == 3 else -float(found.fun)


@pytest.fixture
def hidden_pair() -> Rows:
    """All clients of the first care form are B's; half of them are credited to A, and half to AA, who have them too.

    Of those of the second nearly all are of two suppliers, so both cells are hidden, and their sum is not.
    """
    first, second, *others = FORMS
    shared = people("x", 20, first), people("y", 20, first)
    own = {name: [row for form in others for row in people(f"{name}-{form}-", 30, form)] for name in "EFGHI"}
    return {
        "A": shared[0],
        "AA": shared[1],
        "B": [*shared[0], *shared[1]],
        "C": people("z", 40, second),
        "D": people("v", 15, second),
        "DD": people("w", 5, second),
        **own,
    }


def test_a_supplier_that_knows_more_than_it_is_credited_with_finds_nothing(tmp_path: Path, hidden_pair: Rows) -> None:
    outcome = protect(facts_from(tmp_path, hidden_pair), BY_FORM, RULES)
    shown = {cell.codes[0]: cell.value for cell in outcome.cells}
    assert shown["TOTAL"] == 700
    assert shown[FORMS[0]] is shown[FORMS[1]] is None
    for supplier in hidden_pair:
        assert largest(outcome, FORMS[1], hidden_pair[supplier]) >= 62

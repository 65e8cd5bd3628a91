"""What the generated suppliers deliver: bags of things drawn one by one, so that every figure is a plausible count.

How many there are in the country is a round number of the right order, not an estimate of anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random

from demo.netherlands.suppliers import Row, Supplier, insurers, municipalities, neighbours, providers

_AT_HOME = 0.6
_IN_REGION = 0.85
"""Clients live in the municipality of the facility, elsewhere in its region, or anywhere in the country."""
_REASONS = {
    "full": 30,
    "too-complex": 22,
    "too-light": 6,
    "addiction": 9,
    "intellectual-disability": 7,
    "somatic": 4,
    "security": 5,
    "age": 3,
    "outside-region": 5,
    "outside-contract": 6,
    "other": 3,
}
_NEXT_PLACES = {
    "other-ggz": 14,
    "secured": 5,
    "protected-living": 26,
    "wlz-living": 24,
    "nursing-home": 6,
    "home-supported": 14,
    "home": 7,
    "other": 4,
}
_OUTCOMES = {"in-region": 38, "elsewhere": 27, "not-found": 14, "withdrawn": 8, "open": 13}
_FITTING = 0.55


@dataclass(frozen=True)
class Collected:
    """One round: what is asked, of whom, and what each of them delivers.

    Attributes:
        data_set: of the catalogue.
        period: of the round.
        measure: the measure that is counted and asked for.
        purpose: the purpose under which the region asks.
        suppliers: who is expected to deliver.
        rows: the rows of a supplier, for those that deliver.
    """

    data_set: str
    period: str
    measure: str
    purpose: str
    suppliers: Sequence[Supplier]
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def round(self) -> str:
        """The round's identifier."""
        return f"{self.data_set}-{self.period}".lower()

    @property
    def total(self) -> int:
        """What all of them delivered, added up here."""
        return sum(int(row[self.measure]) for rows in self.rows.values() for row in rows)


@cache
def collected() -> Sequence[Collected]:
    """The five rounds of the demonstration."""
    places = [one for one in providers() if one.has_places]
    return [
        _round(
            Collected("capacity", "2026-03", "available_places", "places-in-the-region", places),
            1_800,
            _place,
            _fitting,
        ),
        _round(
            Collected("rejections", "2026Q1", "rejected", "why-people-are-rejected", providers()), 24_000, _rejection
        ),
        _round(
            Collected("blocked-outflow", "2026-03", "waiting_for_place", "waiting-for-discharge", places),
            3_000,
            _waiting,
        ),
        _round(
            Collected("catchment-provider", "2024", "clients", "catchment-and-white-spots", places), 120_000, _client
        ),
        _round(
            Collected("care-mediation", "2026Q1", "mediated", "waiting-and-mediation", insurers()), 4_000, _mediated
        ),
    ]


Draw = Callable[[Random, Supplier], dict[str, str]]
Beside = Callable[[Random, int], Mapping[str, int]]


def _round(asked: Collected, how_many: int, draw: Draw, beside: Beside = lambda _chance, _count: {}) -> Collected:
    """The round with its rows: of `how_many` things each supplier that delivers draws its share."""
    chance = Random(asked.data_set)  # noqa: S311 - figures for a demonstration, the same at every run
    share = sum(one.size for one in asked.suppliers)
    rows: dict[str, Sequence[Row]] = {}
    for one in asked.suppliers:
        if one.delivers:
            count = max(1, round(how_many * one.size / share))
            found = Counter(tuple(draw(chance, one).items()) for _ in range(count))
            rows[one.id] = [{**dict(key), asked.measure: n, **beside(chance, n)} for key, n in sorted(found.items())]
    return replace(asked, rows=rows)


def _place(chance: Random, one: Supplier) -> dict[str, str]:
    return {"period": "2026-03", "region": one.municipality, "care_form": chance.choice(one.care_forms)}


def _fitting(chance: Random, available: int) -> Mapping[str, int]:
    return {"fitting_places": sum(chance.random() < _FITTING for _ in range(available))}


def _rejection(chance: Random, one: Supplier) -> dict[str, str]:
    return {
        "period": chance.choice(("2026-01", "2026-02", "2026-03")),
        "region": _residence(chance, one),
        "care_form": chance.choice(one.care_forms),
        "reason": _one_of(chance, _REASONS),
    }


def _waiting(chance: Random, one: Supplier) -> dict[str, str]:
    return {**_place(chance, one), "next_place": _one_of(chance, _NEXT_PLACES)}


def _client(chance: Random, one: Supplier) -> dict[str, str]:
    return {
        "period": "2024",
        "client_region": _residence(chance, one),
        "provider_region": one.municipality,
        "care_form": chance.choice(one.care_forms),
    }


def _mediated(chance: Random, one: Supplier) -> dict[str, str]:
    return {
        "period": "2026Q1",
        "region": chance.choice(sorted(municipalities())),
        "care_form": chance.choice(one.care_forms),
        "outcome": _one_of(chance, _OUTCOMES),
    }


def _residence(chance: Random, one: Supplier) -> str:
    where = chance.random()
    if where < _AT_HOME:
        return one.municipality
    return chance.choice(neighbours()[one.region] if where < _IN_REGION else sorted(municipalities()))


def _one_of(chance: Random, weights: Mapping[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def deliveries() -> Mapping[str, Mapping[str, Sequence[Row]]]:
    """Per supplier that delivers, its rows for each round."""
    found: dict[str, dict[str, Sequence[Row]]] = defaultdict(dict)
    for one in collected():
        for supplier, rows in one.rows.items():
            found[supplier][one.round] = rows
    return found

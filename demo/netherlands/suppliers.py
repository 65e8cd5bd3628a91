"""500 providers and 10 insurers that do not exist, with sizes skewed like those of real ones; the same at every run."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from demo.installation import Installation, Invited
from sluis_client import Client

Row = Mapping[str, str | int]
OWNER = "regiotafel-midden"
REGIONS = Path(__file__).parents[2] / "policies" / "classifications" / "nl-zorgkantoor.csv"
PROVIDERS = 500
DELIVERING = 220
"""The others miss the deadline: of 500 with a duty to deliver, 220 delivered everything in February 2021."""
_AT_ONCE = 6
_SEED = 20261128
_SKEW = 1.7
"""Of the logarithm of size: the largest tenth of the providers has about two thirds of the clients."""
_HOLDINGS = 12
_IN_HOLDINGS = 30
_CITIES = {
    "GM0363": 930,  # Amsterdam
    "GM0599": 670,  # Rotterdam
    "GM0518": 565,  # Den Haag
    "GM0344": 375,  # Utrecht
    "GM0772": 245,  # Eindhoven
    "GM0014": 240,  # Groningen
    "GM0855": 230,  # Tilburg
    "GM0034": 225,  # Almere
    "GM0758": 188,  # Breda
    "GM0268": 187,  # Nijmegen
}
_TOWN = 42
"""Thousands of inhabitants, about; the other municipalities count alike."""
_CARE_FORMS = ("1", "2", "3", "4", "5", "6")
_OUTREACH = ("2",)
_LARGEST = 20
_WITH_PLACES = 75
"""The largest offer every care form; the next have places too; the others visit people at home."""
_INSURERS = (0.26, 0.21, 0.2, 0.12, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01)
"""Market shares: four concerns insure most people."""


@dataclass(frozen=True)
class Supplier:
    """A provider or an insurer.

    Attributes:
        id: of the organisation.
        name: what it is called.
        holding: the holding that it belongs to; empty for most.
        region: code of the zorgkantoor region of its facilities; empty for an insurer, which has none.
        municipality: of its facilities; empty for an insurer.
        care_forms: what it offers.
        size: its share of everything that is counted; all of a kind add up to 1.
        delivers: whether it meets its deadlines.
    """

    id: str
    name: str
    holding: str
    region: str
    municipality: str
    care_forms: Sequence[str]
    size: float
    delivers: bool = True

    @property
    def has_places(self) -> bool:
        """Whether people stay there."""
        return set(self.care_forms) != set(_OUTREACH)


@cache
def providers() -> Sequence[Supplier]:
    """The providers, the largest first."""
    chance = Random(_SEED)  # noqa: S311 - figures for a demonstration, the same at every run
    sizes = sorted((chance.lognormvariate(0, _SKEW) for _ in range(PROVIDERS)), reverse=True)
    late = set(chance.sample(range(_IN_HOLDINGS, PROVIDERS), PROVIDERS - DELIVERING))
    towns = sorted(municipalities())
    inhabitants = [_CITIES.get(town, _TOWN) for town in towns]
    found = []
    for number, size in enumerate(sizes):
        town = chance.choices(towns, inhabitants)[0]
        forms = (
            _CARE_FORMS if number < _LARGEST else chance.sample(_CARE_FORMS, 3) if number < _WITH_PLACES else _OUTREACH
        )
        found.append(
            Supplier(
                id=f"provider-{number + 1:03}",
                name=f"Aanbieder {number + 1:03}",
                holding=f"concern-{number % _HOLDINGS + 1:02}" if number < _IN_HOLDINGS else "",
                region=municipalities()[town],
                municipality=town,
                care_forms=sorted(forms),
                size=size / sum(sizes),
                delivers=number not in late,
            )
        )
    return found


@cache
def insurers() -> Sequence[Supplier]:
    """The insurers, the largest first."""
    return [
        Supplier(f"insurer-{number:02}", f"Verzekeraar {number:02}", "", "", "", _CARE_FORMS, share)
        for number, share in enumerate(_INSURERS, start=1)
    ]


@cache
def municipalities() -> Mapping[str, str]:
    """Code of each municipality to that of its zorgkantoor region."""
    with REGIONS.open(newline="", encoding="utf-8") as lines:
        return {row["code"]: row["parent"] for row in csv.DictReader(lines) if row["level"] == "municipality"}


@cache
def neighbours() -> Mapping[str, Sequence[str]]:
    """Code of each zorgkantoor region to its municipalities."""
    found: dict[str, list[str]] = defaultdict(list)
    for municipality, region in municipalities().items():
        found[region].append(municipality)
    return found


def invited() -> Sequence[Invited]:
    """All of them, and the regional table that asks."""
    return [
        *(Invited(one.id, one.name, "supplier", holding=one.holding) for one in (*providers(), *insurers())),
        Invited(OWNER, "Regiotafel Midden", "regional-owner"),
    ]


def deliver_everything(place: Installation, deliveries: Mapping[str, Mapping[str, Sequence[Row]]]) -> int:
    """Every supplier registers its key and delivers, several at a time.

    Args:
        place: the service.
        deliveries: per supplier, the rows for each round.

    Returns:
        How many receipts the suppliers verified.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(lambda one: _deliver(place, *one), deliveries.items()))


def _deliver(place: Installation, supplier: str, rounds: Mapping[str, Sequence[Row]]) -> int:
    home = place.directory / "suppliers" / supplier
    home.parent.mkdir(exist_ok=True)
    with Client.for_service(place.url, home) as client:
        client.register(place.codes[supplier])
    with Client.from_profile(home) as client:
        for name, rows in rounds.items():
            client.submit_records(rows, name)
        return len([client.verify_receipt(receipt) for receipt in client.receipts()])

"""Tables with noise: what one says, what it costs, and that the same question is never answered twice differently.

The noise is paid for when it is drawn, not when it is released: stewards see a drawn table, and whoever could look at
several and release the one that pleases would have learned more than the one that was paid for. What was drawn is
kept. The same table over the same deliveries gets the same figures, whoever asks and however often, and costs nothing
more (docs/adr/0011-noise.md).

Noise that hides persons does not hide contributors. For the rules about contributors such a table counts as exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from service.disclosure import AttackReport, Facts, ReleasedTable, Rules, Table, attack
from service.disclosure.methods.noise import NoiseTerms, Noisy, add_noise, approximate_epsilon, without_noise
from service.domain.catalogue import Catalogue
from service.domain.method import Mechanism, Noise, Unit, method_text
from service.domain.noise_budget import Account, Charge, Drawing, accounts
from service.domain.release import Release
from service.domain.request import RequestSpec
from service.use_cases.call import Step
from service.use_cases.disclosure_tables import noise_of, table_of
from sluis_client.wire import canonical_bytes, digest

ESTIMATED = "E"
"""SDMX OBS_STATUS of a figure with noise: an estimate of the one without."""

CONFIDENCE = 0.95
DELTA = 1e-6
_LARGEST_DIGITS = 3


class BudgetSpent(Exception):
    """The noise that is asked for would give away more than was promised."""

    def __init__(self, overdrawn: Sequence[Account]) -> None:
        super().__init__("budget-spent")
        self.obstacles = tuple(_told(account) for account in overdrawn)


def hides_contributors(release: Release) -> bool:
    """Whether everything in a release has noise that hides each contributor: nothing exact follows from it."""
    return '"noise"' in release.content and hide_contributors(json.loads(release.content)["tables"])


def hide_contributors(tables: Sequence[Mapping[str, Any]]) -> bool:
    """The same of tables, of which there are some."""
    return bool(tables) and all(noise_of(table).get("unit") == Unit.CONTRIBUTOR for table in tables)


def noisy_shapes(
    releases: Iterable[tuple[Release, RequestSpec]], measure: str, catalogue: Catalogue
) -> tuple[Table, ...]:
    """The shapes of earlier tables of a measure whose noise hides persons only."""
    return tuple(
        replace(table_of(spec, catalogue), name=release.id)
        for release, spec in releases
        for table in json.loads(release.content)["tables"]
        if table["measure"] == measure and noise_of(table).get("unit") == Unit.PERSON
    )


def attack_without_noise(
    facts: Facts, rules: Rules, exact: Sequence[ReleasedTable], noisy: Sequence[Table]
) -> AttackReport:
    """The attack on contributors by someone who could take the noise off: as strict as if there were none."""
    of_contributors = replace(rules, minimum_count=None, zero_is_safe=True, group_disclosure=frozenset())
    return attack(facts, of_contributors, [*exact, *(without_noise(facts, table) for table in noisy)])


def draw(
    facts: Facts,
    table: Table,
    measure: str,
    noise: Noise,
    *,
    inputs: Sequence[str],
    rounds: Sequence[str],
    now: datetime,
) -> tuple[Drawing, dict[str, Any]]:
    """A table of one measure with fresh noise, and what the stewards read of it; nobody has seen or paid for it yet.

    Args:
        facts: the rows of the measure.
        table: the shape asked for.
        measure: its name.
        noise: the terms.
        inputs: the deliveries that it is made of.
        rounds: the rounds whose budget bears the loss.
        now: the moment.
    """
    terms = NoiseTerms(noise.mechanism.value, noise.loss, noise.cells, noise.largest)
    units = facts.contributor if noise.unit is Unit.CONTRIBUTOR else facts.person
    noisy = add_noise(facts, table, terms, units)
    written = _written(measure, noise, noisy, bounded=units is not None)
    charge = Charge(
        drawing=_name(table, measure, noise, inputs),
        data_set=table.name,
        rounds=tuple(sorted(rounds)),
        mechanism=noise.mechanism,
        loss=noise.loss,
        budget=noise.budget,
        drawn_at=now,
    )
    report = {
        "measure": measure,
        "cells": table.cells,
        "method": written["method"],
        "cut": {"units": noisy.cut.units, "value": noisy.cut.value},
    }
    return Drawing(charge, json.dumps(written, ensure_ascii=False, separators=(",", ":"))), report


def keep(step: Step, drawn: Sequence[Drawing]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Pay for what was drawn, in the transaction that stores it for the stewards.

    1. Nobody else spends on these facts meanwhile: the caller has called `lock_facts`.
    2. What was drawn before takes the place of what is drawn now, and is free.
    3. The rest is added up with all that was ever drawn over the same rounds.

    Returns:
        The tables as they are kept, and per round how its budget stands now.

    Raises:
        BudgetSpent: it would be too much; nothing is kept.
    """
    # 2
    kept = [step.data.drawings.find(drawing.charge.drawing) or drawing for drawing in drawn]
    new = [drawing for drawing in kept if any(drawing is fresh for fresh in drawn)]
    # 3
    before = step.data.drawings.charges(drawn[0].charge.data_set)
    standing = accounts(before, [drawing.charge for drawing in new])
    if overdrawn := [account for account in standing if account.overdrawn]:
        raise BudgetSpent(overdrawn)
    for drawing in new:
        step.data.drawings.add(drawing)
    budget = [
        {
            "round": account.round,
            "measure": account.measure,
            "spent": float(account.spent + account.asked),
            "budget": float(account.budget),
        }
        for account in standing
    ]
    return [json.loads(drawing.figures) for drawing in kept], budget


def _name(table: Table, measure: str, noise: Noise, inputs: Sequence[str]) -> str:
    """The digest of everything that the figures follow from, but for chance."""
    asked = {
        "dataSet": table.name,
        "measure": measure,
        "where": {column: sorted(codes) for column, codes in table.where.items()},
        "dimensions": [
            {"name": d.name, "column": d.column, "codes": list(d.codes), "members": [sorted(m) for m in d.members]}
            for d in table.dimensions
        ],
        "noise": method_text(replace(noise, budget=noise.loss)),
        "inputs": sorted(inputs),
    }
    return digest(canonical_bytes(asked))


def _written(measure: str, noise: Noise, noisy: Noisy, *, bounded: bool) -> dict[str, Any]:
    cells = [
        {
            "codes": list(codes),
            "value": value,
            "status": ESTIMATED,
            "standardDeviation": round(deviation, _LARGEST_DIGITS),
            "halfWidth": half_width,
        }
        for codes, value, deviation, half_width in zip(
            noisy.table.codes(),
            noisy.values.tolist(),
            noisy.standard_deviation.tolist(),
            noisy.half_width.tolist(),
            strict=True,
        )
    ]
    dimensions = [dimension.name for dimension in noisy.table.dimensions]
    return {"measure": measure, "method": _method(noise, noisy, bounded), "dimensions": dimensions, "cells": cells}


def _method(noise: Noise, noisy: Noisy, bounded: bool) -> dict[str, Any]:
    """What a reader needs to use the figures and to hold the service to its promise."""
    told: dict[str, Any] = {
        "mechanism": noise.mechanism.value,
        noise.mechanism.measure: float(noise.loss),
        "budget": float(noise.budget),
        "unit": noise.unit.value,
        "cells": noise.cells,
        "largest": noise.largest,
        "bounded": bounded,
        "scale": noisy.scale,
        "confidence": CONFIDENCE,
    }
    if noise.mechanism is Mechanism.DISCRETE_GAUSSIAN:
        epsilon = approximate_epsilon(noise.loss, DELTA)
        told["implies"] = {"epsilon": round(epsilon, _LARGEST_DIGITS), "delta": DELTA}
    nl, en = {
        Unit.PERSON: ("één persoon", "any one person"),
        Unit.CONTRIBUTOR: ("één aanbieder", "any one contributor"),
    }[noise.unit]
    told["nl"] = (
        f"Elk cijfer heeft ruis, zodat niet te zien is of {nl} meetelt. Het cijfer zonder ruis ligt met 95 % kans niet "
        "verder dan halfWidth van het getoonde. Totalen zijn de som van hun delen; een cijfer kan onder nul liggen."
    )
    told["en"] = (
        f"Every figure has noise, so that nobody can see whether {en} is counted. With a chance of 95 % the figure "
        "without noise lies within halfWidth of it. Totals are the sum of their parts, and a figure may be negative."
    )
    return {"noise": told}


def _told(account: Account) -> str:
    if account.other_measure:
        return f"{account.round}: eerdere ruis telt niet in {account.measure} · earlier noise does not count in it"
    spent, asked, budget = (f"{one.normalize():f}" for one in (account.spent, account.asked, account.budget))
    return f"{account.round}: {account.measure} {spent} + {asked} > {budget}"

"""What stewards read of a protected table: per suppressed cell why, what it cost, and what the attack found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.disclosure import (
    AttackReport,
    BelowMinimumCount,
    Dimension,
    Dominated,
    EstimatedTooClosely,
    HoldsWholeMargin,
    Protected,
    ShowsChange,
    TooFewContributors,
)
from service.disclosure.methods.losses import Loss, losses_of
from service.disclosure.methods.suppression import Rounding
from service.domain.catalogue import Catalogue
from service.domain.classification import TOTAL
from service.domain.request import RequestSpec

_RULES: Mapping[type, str] = {
    BelowMinimumCount: "minimum-count",
    TooFewContributors: "minimum-contributors",
    Dominated: "dominance",
    EstimatedTooClosely: "p-percent",
    HoldsWholeMargin: "group-disclosure",
    ShowsChange: "change",
}
"""What a steward reads of a suppressed cell: the rule, and not the figures that broke it."""


def written_table(measure: str, outcome: Protected) -> dict[str, Any]:
    """The table as a release takes it over, and for stewards only: `why` a cell is suppressed, whom it `protects`."""
    why = {explanation.codes: explanation for explanation in outcome.explanations}
    cells = []
    for cell in outcome.cells:
        written: dict[str, Any] = {"codes": list(cell.codes), "value": cell.value, "status": cell.status}
        if cell.codes in why:
            rules = dict.fromkeys(_RULES[type(reason)] for reason in why[cell.codes].reasons)
            written["why"] = list(rules) or ["secondary"]
            if why[cell.codes].protects:
                written["protects"] = [list(codes) for codes in why[cell.codes].protects]
        cells.append(written)
    method = {} if outcome.released.base is None else {"method": {"rounding": {"base": outcome.released.base}}}
    dimensions = [dimension.name for dimension in outcome.released.table.dimensions]
    return {"measure": measure, **method, "dimensions": dimensions, "cells": cells}


def reported_table(
    measure: str, outcome: Protected, last_gate: AttackReport, spec: RequestSpec, catalogue: Catalogue
) -> dict[str, Any]:
    """The figures on a protected table: what it lost at which level, and the last attack on it."""
    report = outcome.report
    return {
        "measure": measure,
        "cells": report.cells,
        "unsafe": report.unsafe,
        "suppressed": report.suppressed,
        "suppressedValue": report.suppressed_value,
        "finestValue": report.finest_value,
        "loss": _losses(outcome, spec, catalogue),
        **_rounded(report.rounding),
        "attack": {
            "examined": last_gate.examined,
            "attackers": last_gate.attackers,
            "programs": last_gate.programs,
            "exactDisclosures": last_gate.exact_disclosures,
            "intervalBreaches": last_gate.interval_breaches,
        },
    }


def _rounded(done: Rounding | None) -> dict[str, Any]:
    if done is None:
        return {}
    return {
        "rounding": {
            "base": done.base,
            "changed": done.changed,
            "largestChange": done.largest_change,
            "widened": done.widened,
            "withoutSuppression": done.without_suppression,
        }
    }


def _losses(outcome: Protected, spec: RequestSpec, catalogue: Catalogue) -> dict[str, Any]:
    """`before`: withheld by the rules alone; `after`: with what protects those cells."""
    trees = {asked.dimension: catalogue.classification(asked.classification).by_code for asked in spec.dimensions}

    def levels_of(dimension: Dimension) -> Sequence[str]:
        codes = trees[dimension.name]
        return [TOTAL if code == TOTAL else codes[code].level for code in dimension.codes]

    losses = losses_of(outcome, levels_of)
    return {
        "table": _shares(losses.table),
        "finest": _shares(losses.finest),
        "levels": [{"dimension": one.dimension, "level": one.level, **_shares(one.loss)} for one in losses.levels],
    }


def _shares(loss: Loss) -> dict[str, Any]:
    return {
        "cells": loss.cells,
        "shareOfCells": dict(zip(("before", "after"), loss.share_of_cells, strict=True)),
        "shareOfValue": dict(zip(("before", "after"), loss.share_of_value, strict=True)),
    }

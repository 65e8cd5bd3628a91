"""What a release says: the figures and, with every figure, what it is, of when, from whom and under which rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from service.domain.request import AggregateRequest, Evidence
from service.domain.round import Round
from service.use_cases.call import Step
from service.use_cases.disclosure_tables import described_dimension

_CELL = ("codes", "value", "status", "standardDeviation", "halfWidth")
"""What a release takes from a cell of the evidence: the rest is for stewards."""


def release_content(
    step: Step,
    request: AggregateRequest,
    evidence: Evidence,
    rounds: Sequence[Round],
    *,
    release: str,
    version: int,
    revises: Sequence[str] = (),
) -> dict[str, Any]:
    """The content as it is signed: nothing in it tells primary from secondary, or one supplier from another.

    Args:
        step: the open transaction.
        request: what was asked.
        evidence: what the stewards approved.
        rounds: the rounds that were asked for.
        release: the id of the release.
        version: 1 for the first release of this table, one more for each later one.
        revises: the earlier releases of this table that were made of deliveries which were corrected since.

    Returns:
        JSON members: who asked what for which purpose, definitions, coverage, the policy's hash, and per measure the
        cells with their codes, `value` (null when suppressed) and `status` (SDMX OBS_STATUS `A`, `Q`, or `E` for a
        figure with noise, whose `standardDeviation` and `halfWidth` say how far off it may be; the table's `method`
        says which noise, or the base that all values are rounded to).
    """
    catalogue = step.catalogue
    spec = request.spec
    data_set = catalogue.data_set(spec.data_set, spec.data_set_version)
    purpose = catalogue.purpose(spec.purpose)
    measures = {measure.name: measure for measure in data_set.measures}
    return {
        "releaseVersion": 1,
        "id": release,
        "version": version,
        "revises": list(revises),
        "issuer": step.call.services.issuer,
        "request": request.id,
        "releasedAt": step.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "dataSet": {
            "id": data_set.id,
            "version": data_set.version,
            "title": {"nl": data_set.title.nl, "en": data_set.title.en},
            "source": data_set.source,
        },
        "purpose": {
            "id": purpose.id,
            "version": purpose.version,
            "digest": purpose.digest,
            "title": {"nl": purpose.title.nl, "en": purpose.title.en},
            "legalBasis": purpose.legal_basis,
        },
        "policyHash": step.call.services.policy.policy_hash,
        "periods": list(spec.periods),
        "coverage": [_coverage(step, round_) for round_ in rounds],
        "dimensions": [described_dimension(asked, data_set, catalogue) for asked in spec.dimensions],
        "tables": [
            {
                "measure": table["measure"],
                "title": {"nl": measures[table["measure"]].title.nl, "en": measures[table["measure"]].title.en},
                "definition": {
                    "nl": measures[table["measure"]].definition.nl,
                    "en": measures[table["measure"]].definition.en,
                },
                "unit": measures[table["measure"]].unit,
                **({"method": table["method"]} if "method" in table else {}),
                "cells": [{name: cell[name] for name in _CELL if name in cell} for cell in table["cells"]],
            }
            for table in json.loads(evidence.tables)
        ],
    }


def _coverage(step: Step, round_: Round) -> dict[str, Any]:
    """How many of the expected suppliers are in the figures: numbers, for names would tell who is in a cell."""
    return {
        "round": round_.id,
        "period": round_.period,
        "expected": len(round_.expected),
        "delivered": len(step.data.submissions.counting_parts([round_.id])),
    }

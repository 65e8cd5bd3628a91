"""Contents of releases as the service signs them, made by hand, and what a second reading says of a box."""

from __future__ import annotations

from itertools import product
from typing import Any

TOTAL = "TOTAL"
Shown = tuple[int | None, str]
"""Value and OBS_STATUS."""


def figure(value: int | None) -> Shown:
    return value, "Q" if value is None else "A"


def a_dimension(name: str, classification: str, parents: dict[str, str]) -> dict[str, Any]:
    codes = [
        {"code": c, "label": {"nl": f"{c} nl", "en": f"{c} en"}, "parent": parent} for c, parent in parents.items()
    ]
    return {"dimension": name, "classification": classification, "codes": codes}


def a_content(
    data_set: str,
    dimensions: list[dict[str, Any]],
    tables: dict[str, dict[tuple[str, ...], Shown]],
    coverage: tuple[int, int] = (6, 6),
    **more: Any,
) -> dict[str, Any]:
    """`tables` holds the cells per measure, `coverage` how many suppliers delivered and how many were expected."""
    return {
        "id": "a-release",
        "version": 1,
        "dataSet": {"id": data_set, "title": {"nl": "Titel", "en": "Title"}},
        "coverage": [{"delivered": coverage[0], "expected": coverage[1]}],
        "dimensions": dimensions,
        "tables": [
            {
                "measure": measure,
                "title": {"nl": measure, "en": measure},
                "unit": "units",
                "cells": [{"codes": list(c), "value": v, "status": s} for c, (v, s) in cells.items()],
                **more,
            }
            for measure, cells in tables.items()
        ],
    }


REGIONS = {"R1": TOTAL, "R2": TOTAL, "M1": "R1"}
ROWS = {"4": TOTAL, "4-teams": "4", "4-acute": "4", "5": TOTAL, "5-all": "5"}
COLUMNS = {"1": TOTAL, "2": TOTAL, "3": TOTAL}
YEARS = {"2023": TOTAL, "2024": TOTAL, "2025": TOTAL}
PLACES = list(product([*REGIONS, TOTAL], [*ROWS, TOTAL], [*COLUMNS, TOTAL]))
"""Every box with its margins."""


def an_inventory(
    tables: dict[str, dict[tuple[str, str, str], Shown]], coverage: tuple[int, int] = (6, 6), **more: Any
) -> dict[str, Any]:
    """Cells by region, row and column, all of 2024; a box that is left out is published as nothing."""
    dimensions = [
        a_dimension("region", "nl-zorgkantoor", REGIONS),
        a_dimension("row", "working-model-rows", ROWS),
        a_dimension("column", "working-model-columns", COLUMNS),
        a_dimension("period", "calendar-years", YEARS),
    ]
    whole = {
        measure: {(*place, "2024"): cells.get(place, (0, "A")) for place in PLACES} for measure, cells in tables.items()
    }
    return a_content("crucial-inventory", dimensions, whole, coverage, **more)


ORIGINS = {"R1": TOTAL, "R2": TOTAL, "M1": "R1", "M2": "R1"}
DESTINATIONS = {"R1": TOTAL, "R2": TOTAL}


def flows(
    cells: dict[tuple[str, str], Shown],
    coverage: tuple[int, int] = (6, 6),
    elsewhere: str = "nl-zorgkantoor",
    **more: Any,
) -> dict[str, Any]:
    """Clients by origin and destination; what is left out is not in the release."""
    dimensions = [
        a_dimension("client_region", "nl-zorgkantoor", ORIGINS),
        a_dimension("provider_region", elsewhere, DESTINATIONS),
    ]
    return a_content("catchment-provider", dimensions, {"clients": dict(cells)}, coverage, **more)

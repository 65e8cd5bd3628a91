"""Tables of CBS as observations of municipalities.

A table has `Properties` (title, version, licence), code lists (`PeriodenCodes`, `MeasureCodes`, `MeasureGroups`) and
`Observations`: per figure the code of each dimension, `Measure`, `Value` and `ValueAttribute` (open data version 4).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from itertools import product
from typing import Final

from service.adapters.cbs.odata import OData, Row, unexpected
from service.domain.errors import Invalid
from service.domain.public_figures import (
    CANNOT_BE,
    Fetched,
    Observation,
    PublicKind,
    PublicMeasure,
    PublicSource,
    PublicTable,
)

_PREFIX: Final = "GM"
_MUNICIPALITY: Final = re.compile(r"GM[0-9]{4}")
_PLAIN: Final = re.compile(r"[A-Za-zÀ-ÿ0-9 ,.()/-]{1,120}")
_LONGEST_TEXT: Final = 1_000
_LARGEST: Final = Decimal(10) ** 12
_SMALLEST_EXPONENT: Final = -12
_DEEPEST: Final = 10

Codes = Mapping[str, tuple[str, ...]]


class CbsPublicFigures:
    """Implements `service.ports.public_figures.PublicFigures`."""

    def __init__(self, odata: OData) -> None:
        self._odata = odata

    def fetch(self, source: PublicSource, year: int) -> Fetched:
        """As the port says.

        1. The table is the one that we know, and has the year.
        2. Each measure is found by its title.
        3. Cell by cell, what is asked is what comes.
        4. The parts add up to what CBS says of the whole. Municipalities that were not there that year are left out.
        """
        table = source.table_of(year)
        # 1
        about = self._odata.one(table.table, "Properties")
        if _text(table, about, "Identifier").lower() != table.table.lower():
            raise unexpected(table.table, "Properties: Identifier")
        status = self._status(table, year)
        # 2
        measures = self._measures(source, table)
        # 3
        found: list[Observation] = []
        for cell in product(*(dimension.codes for dimension in source.dimensions)):
            codes = {d.column: d.codes[code] for d, code in zip(source.dimensions, cell, strict=True)}
            found += self._cell(table, year, measures, codes, cell)
        # 4
        if source.dimensions:
            totals = {dimension.column: (dimension.total,) for dimension in source.dimensions}
            _require_sums(table, found, self._cell(table, year, measures, totals, ()))
        there = {one.region for one in found if one.note != CANNOT_BE}
        if not there:
            raise unexpected(table.table, "Observations: -")
        return Fetched(
            table.table,
            _text(table, about, "Title").strip(),
            _text(table, about, "Version"),
            _text(table, about, "Modified"),
            status,
            _text(table, about, "License"),
            self._odata.address(table.table),
            tuple(one for one in found if one.region in there),
        )

    def _status(self, table: PublicTable, year: int) -> str:
        """What CBS says of the year: final, provisional.

        Raises:
            Invalid: `public-period`: the table does not have it.
        """
        periods = {
            _text(table, row, "Identifier"): row for row in self._odata.rows(table.table, f"{table.period}Codes")
        }
        if _period(year) not in periods:
            last = max((name[:4] for name in periods if name.endswith("JJ00")), default="-")
            raise Invalid("public-period", {"table": table.table, "period": str(year), "last": last})
        status = periods[_period(year)].get("Status")
        return status if isinstance(status, str) else ""

    def _measures(self, source: PublicSource, table: PublicTable) -> Mapping[str, PublicMeasure]:
        """Our measures by the code that the table has for each."""
        listed = list(self._odata.rows(table.table, "MeasureCodes"))
        groups: dict[str, Row] = {}
        if any(measure.source_group for measure in source.measures):
            groups = {_text(table, row, "Id"): row for row in self._odata.rows(table.table, "MeasureGroups")}
        made = {}
        for measure in source.measures:
            fitting = [
                _text(table, row, "Identifier")
                for row in listed
                if _text(table, row, "Title").strip() == measure.source_title
                and measure.source_group in {None, *_titles(groups, row.get("MeasureGroupId"))}
            ]
            if len(fitting) != 1 or fitting[0] in made or not fitting[0].replace("_", "").isalnum():
                raise unexpected(
                    table.table, f"MeasureCodes: {measure.source_title} ({len(fitting)}){_alike(measure, listed)}"
                )
            made[fitting[0]] = measure
        return made

    def _cell(
        self, table: PublicTable, year: int, measures: Mapping[str, PublicMeasure], codes: Codes, cell: tuple[str, ...]
    ) -> list[Observation]:
        """One observation for each municipality and measure, over all codes of the cell."""
        asked: Codes = {
            "Measure": tuple(measures),
            table.period: (_period(year),),
            **{column: (code,) for column, code in table.fixed.items()},
            **codes,
        }
        query = {
            "filter": " and ".join([*_terms(asked), f"startswith({table.region},'{_PREFIX}')"]),
            "select": ",".join([*asked, table.region, "Value", "ValueAttribute"]),
        }
        seen: set[tuple[str, ...]] = set()
        parts: dict[tuple[str, str], list[tuple[Decimal | None, str]]] = defaultdict(list)
        for row in self._odata.rows(table.table, "Observations", query):
            region = _text(table, row, table.region).strip()
            given = {column: _text(table, row, column).strip() for column in asked}
            key = (region, *given.values())
            if not _MUNICIPALITY.fullmatch(region) or any(given[column] not in asked[column] for column in asked):
                raise unexpected(table.table, "Observations: $filter")
            if key in seen:
                raise unexpected(table.table, f"Observations: {region}")
            seen.add(key)
            parts[region, given["Measure"]].append(_value(table, row, measures[given["Measure"]]))
        return [
            Observation(region, cell, measures[code].name, *_joined(found))
            for (region, code), found in sorted(parts.items())
        ]


def _period(year: int) -> str:
    """A year, as CBS writes one."""
    return f"{year}JJ00"


def _terms(asked: Codes) -> Iterator[str]:
    """What each column may be. Names and codes are letters and digits: the bundle and `_measures` see to that."""
    for column, codes in asked.items():
        listed = " or ".join(f"{column} eq '{code}'" for code in codes)
        yield f"({listed})" if len(codes) > 1 else listed


def _titles(groups: Mapping[str, Row], group: object) -> Iterator[str]:
    """The titles of a group and of those that it is in."""
    for _ in range(_DEEPEST):
        row = groups.get(group) if isinstance(group, str) else None
        if row is None:
            return
        yield str(row.get("Title")).strip()
        group = row.get("ParentId")


def _alike(measure: PublicMeasure, listed: Sequence[Row]) -> str:
    """The titles that the table has and that look like it, for whoever mends the file of the source."""
    titles = {title.strip() for row in listed if isinstance(title := row.get("Title"), str)}
    plain = sorted(title for title in titles if _PLAIN.fullmatch(title))
    found = get_close_matches(measure.source_title, plain, n=3, cutoff=0.5)
    return "; " + " / ".join(found) if found else ""


def _text(table: PublicTable, row: Row, name: str) -> str:
    found = row.get(name)
    if not isinstance(found, str) or not found.isprintable() or len(found) > _LONGEST_TEXT:
        raise unexpected(table.table, name)
    return found


def _value(table: PublicTable, row: Row, measure: PublicMeasure) -> tuple[Decimal | None, str]:
    """The figure, and CBS's word for its absence."""
    value, attribute = row.get("Value"), row.get("ValueAttribute")
    if not isinstance(attribute, str) or not attribute.isalnum() or len(attribute) > _LONGEST_TEXT:
        raise unexpected(table.table, "ValueAttribute")
    if value is None:
        return None, attribute
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise unexpected(table.table, "Value")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if abs(number) > _LARGEST or not isinstance(exponent, int) or exponent < _SMALLEST_EXPONENT:
        raise unexpected(table.table, "Value")
    if measure.kind is PublicKind.COUNT and (number < 0 or number != number.to_integral_value()):
        raise unexpected(table.table, "Value")
    return number, attribute


def _joined(found: Sequence[tuple[Decimal | None, str]]) -> tuple[Decimal | None, str | None]:
    """The sum of the codes that make one of ours: nothing when one is missing, what cannot be left out."""
    missing = [note for value, note in found if value is None and note != CANNOT_BE]
    values = [value for value, _ in found if value is not None]
    if missing:
        return None, missing[0]
    return (sum(values, Decimal(0)), None) if values else (None, CANNOT_BE)


def _require_sums(table: PublicTable, parts: Sequence[Observation], totals: Sequence[Observation]) -> None:
    """A code that we do not know of, or a row that got lost, shows here."""
    whole = {(one.region, one.measure): one.value for one in totals}
    sums: dict[tuple[str, str], list[Decimal | None]] = defaultdict(list)
    for one in parts:
        if one.note != CANNOT_BE:
            sums[one.region, one.measure].append(one.value)
    for key, values in sums.items():
        known = [value for value in values if value is not None]
        if len(known) == len(values) and sum(known, Decimal(0)) != whole.get(key):
            raise unexpected(table.table, f"Observations: {key[0]}, total")

"""Where public figures come from, by the bundle: public-sources/*.yaml, and the municipalities that ended."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.adapters.bundle.models import LabelModel, Name, Text
from service.adapters.bundle.reading import BundleFiles
from service.domain.catalogue import Catalogue
from service.domain.classification import Classification
from service.domain.public_figures import (
    BorderChange,
    PublicDimension,
    PublicKind,
    PublicMeasure,
    PublicSource,
    PublicTable,
)
from service.domain.public_regions import touched

FOLDER = "public-sources"
CHANGES = f"{FOLDER}/municipality-changes.csv"
_COLUMNS = ["old", "new", "on", "begins"]
_BEGINS = {"yes": True, "no": False}

Year = Annotated[int, Field(ge=1990, le=2200)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")]
"""A name in an address of the publisher: nothing in it can lead elsewhere, or end a text in a filter."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class TableModel(_Strict):
    """A table of the publisher."""

    table: Identifier
    first_year: Year
    last_year: Year
    borders: date | None = None
    region: Identifier
    period: Identifier
    fixed: dict[Identifier, Identifier] = {}

    @model_validator(mode="after")
    def _in_order(self) -> TableModel:
        if self.last_year < self.first_year:
            raise ValueError("'last_year' is before 'first_year'")
        return self


class MeasureModel(_Strict):
    """A figure of the table."""

    title: LabelModel
    unit: Text
    kind: PublicKind
    weight: Name | None = None
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    source_title: Text
    source_group: Text | None = None

    @model_validator(mode="after")
    def _weighted(self) -> MeasureModel:
        if (self.kind is PublicKind.MEAN) != (self.weight is not None):
            raise ValueError("a mean has a 'weight', and a count has none")
        return self


class DimensionModel(_Strict):
    """A column of the table beside area and year."""

    column: Identifier
    total: Identifier
    codes: Annotated[dict[str, Annotated[tuple[Identifier, ...], Field(min_length=1)]], Field(min_length=1)]


class PublicSourceModel(_Strict):
    """public-sources/*.yaml."""

    id: Name
    data_set: Name
    title: LabelModel
    note: LabelModel
    publisher: Text
    licence: Text
    municipalities: Name
    as_of: date
    tables: Annotated[tuple[TableModel, ...], Field(min_length=1)]
    measures: Annotated[dict[Name, MeasureModel], Field(min_length=1)]
    dimensions: dict[Name, DimensionModel] = {}

    def source(self) -> PublicSource:
        """The domain's value."""
        return PublicSource(
            self.id,
            self.data_set,
            self.title.label(),
            self.note.label(),
            self.publisher,
            self.licence,
            self.municipalities,
            self.as_of,
            tuple(PublicTable(**table.model_dump()) for table in self.tables),
            tuple(
                PublicMeasure(
                    name, m.title.label(), m.unit, m.kind, m.weight, m.source_title, m.source_group, m.decimals
                )
                for name, m in self.measures.items()
            ),
            tuple(PublicDimension(name, d.column, d.total, d.codes) for name, d in self.dimensions.items()),
        )


def border_changes(files: BundleFiles) -> tuple[BorderChange, ...]:
    """The municipalities that ended, in the order of the list; wrong rows are noted and left out."""
    if not files.names(FOLDER, ".yaml"):
        return ()
    text = files.text(CHANGES)
    if text is None:
        return ()
    lines = list(csv.reader(io.StringIO(text, newline="")))
    if not lines or lines[0] != _COLUMNS:
        files.fault(CHANGES, "row 1", "csv-columns", expected=",".join(_COLUMNS))
        return ()
    return tuple(_changes(files, lines[1:]))


def _changes(files: BundleFiles, lines: list[list[str]]) -> Iterator[BorderChange]:
    for number, line in enumerate(lines, start=2):
        if len(line) != len(_COLUMNS) or not all(line) or line[0] == line[1] or line[3] not in _BEGINS:
            files.fault(CHANGES, f"row {number}", "csv-row")
            continue
        try:
            yield BorderChange(line[0], line[1], date.fromisoformat(line[2]), _BEGINS[line[3]])
        except ValueError:
            files.fault(CHANGES, f"row {number}", "not-a-date", value=line[2][:40])


class PublicSourceChecks:
    """Holds each source against the catalogue: every name leads somewhere, and nothing is counted twice or left out."""

    def __init__(self, files: BundleFiles, catalogue: Catalogue) -> None:
        self._files = files
        self._catalogue = catalogue

    def run(self, sources: list[tuple[str, PublicSource]]) -> None:
        """Note every fault."""
        for file, source in sources:
            self._source(file, source)
        seen: dict[str, str] = {}
        for file, source in sources:
            if source.id in seen:
                self._files.fault(file, "id", "double", name=source.id, other=seen[source.id])
            seen.setdefault(source.id, file)

    def _source(self, file: str, source: PublicSource) -> None:
        self._data_set(file, source)
        counts = {m.name for m in source.measures if m.kind is PublicKind.COUNT}
        for measure in source.measures:
            if measure.weight is not None:
                self._known(file, f"measures.{measure.name}.weight", "measure", measure.weight, counts)
        for one, other in combinations(source.tables, 2):
            if one.first_year <= other.last_year and other.first_year <= one.last_year:
                self._files.fault(file, "tables", "double", name=other.table, other=one.table)
        for dimension in source.dimensions:
            listed = Counter(code for codes in dimension.codes.values() for code in codes)
            for code in sorted(code for code, count in listed.items() if count > 1 or code == dimension.total):
                self._files.fault(file, f"dimensions.{dimension.name}.codes", "double", name=code, other=file)
        trees = {c.atoms: c for c in self._catalogue.classifications}
        if self._known(file, "municipalities", "atoms", source.municipalities, set(trees)):
            self._borders(source, trees[source.municipalities])

    def _data_set(self, file: str, source: PublicSource) -> None:
        known = {data_set.id for data_set in self._catalogue.data_sets}
        if not self._known(file, "data_set", "data set", source.data_set, known):
            return
        columns = {d.name: d for d in self._catalogue.data_set(source.data_set).dimensions}
        trees = {c.id: c for c in self._catalogue.classifications}
        for dimension in source.dimensions:
            path = f"dimensions.{dimension.name}"
            if not self._known(file, path, "dimension", dimension.name, set(columns)):
                continue
            for tree in filter(None, map(trees.get, columns[dimension.name].classifications)):
                codes = {code.code for code in tree.at(tree.finest)}
                for code in sorted(codes ^ set(dimension.codes)):
                    self._files.fault(
                        file, f"{path}.codes", "unknown-name", name=code, kind=tree.id, known=", ".join(sorted(codes))
                    )

    def _borders(self, source: PublicSource, tree: Classification) -> None:
        """What ended leads to municipalities that are there."""
        atoms = {code.code for code in tree.at(tree.finest)}
        changes = self._catalogue.border_changes
        for change in changes:
            if change.on <= source.as_of:
                for code in sorted(touched(change.old, changes, date.min, source.as_of) - atoms):
                    known = str(len(atoms))
                    self._files.fault(CHANGES, change.old, "unknown-name", name=code, kind=tree.atoms, known=known)

    def _known(self, file: str, path: str, kind: str, name: str, known: set[str]) -> bool:
        if name in known:
            return True
        self._files.fault(file, path, "unknown-name", name=name, kind=kind, known=", ".join(sorted(known)) or "-")
        return False

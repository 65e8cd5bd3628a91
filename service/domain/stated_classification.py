"""Classifications of municipalities that people bring in: an official list, or a user's own cluster.

The policy bundle has the municipalities of a year (`atoms`, such as `nl-municipality-2025`); a list of people groups
these once more. Each version is a classification of its own, `iza-v2`, and never changes: what was released by one is
attacked by that one for ever.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from service.domain.catalogue import Catalogue, DataSet
from service.domain.classification import TOTAL, Classification, Code, Label
from service.domain.lifecycle import Lifecycle, Transition

ATOMS = "nl-municipality-"
"""What the municipalities of a year are called in the bundle, before the year."""

REST = "OVERIG"
"""The code of a cluster for all municipalities that it does not name."""

REGION_LEVEL, MUNICIPALITY_LEVEL = "region", "municipality"

_FAMILY = re.compile(r"[a-z][a-z0-9-]{0,39}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_REST_LABEL = Label("Overige gemeenten", "Other municipalities")

Fault = tuple[str, str]


class ClassificationState(StrEnum):
    """Where a version stands. An approved one stays: releases rest on it, and so does every later attack."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


CLASSIFICATION_LIFECYCLE = Lifecycle(
    "classification",
    ClassificationState.PROPOSED,
    (
        Transition(ClassificationState.PROPOSED, "approve", ClassificationState.APPROVED),
        Transition(ClassificationState.PROPOSED, "reject", ClassificationState.REJECTED),
    ),
)


@dataclass(frozen=True, slots=True)
class Membership:
    """A row of the list: a municipality, and the region that it is in."""

    municipality: str
    region: str
    name: str


@dataclass(frozen=True, slots=True)
class RegionList:
    """What was read: `family` is its id without the version, `year` that of the municipalities.

    An official list has every municipality of the year; with `cluster` it has some, and the others are one region
    together (`REST`).
    """

    family: str
    title: Label
    source: str
    year: int
    cluster: bool
    rows: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class StatedClassification:
    """A version that somebody brought in; `document` is the list as canonical JSON, and never changes."""

    id: str
    family: str
    version: int
    state: ClassificationState
    document: str
    digest: str
    proposer: str
    organisation: str
    proposed_at: datetime
    judge: str | None = None
    judged_at: datetime | None = None


def faults_of(found: RegionList, catalogue: Catalogue) -> list[Fault]:
    """Everything that is wrong with a list, each with its row (the header is row 1) and what is expected there."""
    faults: list[Fault] = []
    if not _FAMILY.fullmatch(found.family):
        faults.append((f"id: {found.family}", "list-id"))
    faults += [
        (field, "empty")
        for field, text in (("title.nl", found.title.nl), ("title.en", found.title.en), ("source", found.source))
        if not text.strip()
    ]
    known = municipalities(found.year, catalogue)
    if known is None:
        years = sorted(tree.atoms.removeprefix(ATOMS) for tree in _trees(catalogue))
        return [*faults, *((f"year: {year}", "known-year") for year in dict.fromkeys(years))]
    faults += _row_faults(found.rows, {code.code for code in known.at(known.finest)})
    named = {row.municipality for row in found.rows}
    if not found.cluster:
        missing = sorted(code.code for code in known.at(known.finest) if code.code not in named)
        faults += [(f"rows: {code}", "missing-municipality") for code in missing]
    elif not found.rows:
        faults.append(("rows", "empty"))
    return faults


def _row_faults(rows: Sequence[Membership], known: set[str]) -> Iterable[Fault]:
    times = Counter(row.municipality for row in rows)
    names: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        where = f"row {number}"
        if row.municipality not in known:
            yield f"{where}: {row.municipality}", "unknown-municipality"
        elif times[row.municipality] > 1:
            yield f"{where}: {row.municipality}", "double"
        if not _CODE.fullmatch(row.region) or row.region in {REST, TOTAL, *known}:
            yield f"{where}: {row.region}", "region-code"
        if not row.name.strip():
            yield f"{where}: {row.region}", "region-nameless"
        elif names.setdefault(row.region, row.name) != row.name:
            yield f"{where}: {row.region}", "region-two-names"


def municipalities(year: int, catalogue: Catalogue) -> Classification | None:
    """A classification of the bundle over the municipalities of a year; None when it has none."""
    return next((tree for tree in _trees(catalogue) if tree.atoms == f"{ATOMS}{year}"), None)


def _trees(catalogue: Catalogue) -> list[Classification]:
    return [tree for tree in catalogue.classifications if tree.atoms.startswith(ATOMS)]


def as_classification(id_: str, version: int, found: RegionList, catalogue: Catalogue) -> Classification | None:
    """The list as a classification; None when the bundle has no municipalities of its year any more."""
    known = municipalities(found.year, catalogue)
    if known is None:
        return None
    region_of = {row.municipality: row.region for row in found.rows}
    regions = {row.region: Label(row.name, row.name) for row in found.rows}
    atoms = tuple(known.at(known.finest))
    if any(atom.code not in region_of for atom in atoms):
        regions[REST] = _REST_LABEL
    codes = [Code(code, label, REGION_LEVEL, None) for code, label in sorted(regions.items())]
    codes += [
        Code(
            atom.code, atom.label, MUNICIPALITY_LEVEL, region_of.get(atom.code, REST), atom.valid_from, atom.valid_until
        )
        for atom in atoms
    ]
    return Classification(
        id=id_,
        version=f"{found.year}.{version}",
        title=found.title,
        atoms=known.atoms,
        levels=(REGION_LEVEL, MUNICIPALITY_LEVEL),
        codes=tuple(codes),
        source=found.source,
        regions=True,
    )


def widened(catalogue: Catalogue, stated: Sequence[Classification]) -> Catalogue:
    """The catalogue with more classifications, each in every dimension of data sets that has the same atoms."""
    taken = {tree.id for tree in catalogue.classifications}
    more = [tree for tree in stated if tree.id not in taken]
    trees = {tree.id: tree for tree in catalogue.classifications}

    def with_more(data_set: DataSet) -> DataSet:
        return replace(
            data_set,
            dimensions=tuple(
                replace(
                    dimension,
                    classifications=(
                        *dimension.classifications,
                        *(tree.id for tree in more if tree.atoms == trees[dimension.classifications[0]].atoms),
                    ),
                )
                for dimension in data_set.dimensions
            ),
        )

    return replace(
        catalogue,
        classifications=(*catalogue.classifications, *more),
        data_sets=tuple(map(with_more, catalogue.data_sets)),
    )

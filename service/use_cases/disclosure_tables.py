"""From what was asked to what disclosure control understands: the shape of a table, its facts, its rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import Any

import pyarrow as pa

from service.disclosure import Dimension, Facts, ReleasedTable, Rules, Shared, Table, protect
from service.disclosure.coarser.candidates import Protector
from service.disclosure.methods.rounding import protect_rounded
from service.domain.catalogue import Catalogue, DataSet, DisclosureProfile, Measure, MeasureKind
from service.domain.classification import TOTAL, Classification
from service.domain.method import Method, Rounding
from service.domain.obligations import effective_profile, stricter
from service.domain.purpose import Purpose
from service.domain.release import Release
from service.domain.request import RequestedDimension, RequestSpec
from service.ports.engine import KNOWLEDGE, Aggregation


def table_of(spec: RequestSpec, catalogue: Catalogue) -> Table:
    """The shape of the requested table: every code at the asked levels and above, over the periods asked for.

    What it is cut down to restricts the facts that count, as a period does: of all others it says nothing. That is no
    code left out of the list, which would tell that nothing is there.

    Raises:
        NotFound: it is cut down to a code that the classification does not have.
    """
    data_set = catalogue.data_set(spec.data_set, spec.data_set_version)
    periods = {code for period in spec.periods for code in catalogue.allowed_periods(data_set, period)}
    dimensions = tuple(dimension_of(asked, data_set, catalogue) for asked in spec.dimensions)
    where = {data_set.period.name: frozenset(periods)}
    for asked, dimension in zip(spec.dimensions, dimensions, strict=True):
        if asked.only:
            where[dimension.column] = where.get(dimension.column, dimension.finest) & dimension.finest
    return Table(dimensions, where, name=spec.data_set)


def rules_of(profile: DisclosureProfile, measure: Measure) -> Rules:
    """The primary rules for one measure; a magnitude without units has no number of persons to count."""
    return Rules(
        minimum_count=profile.minimum_count if measure.kind is MeasureKind.COUNT else None,
        minimum_contributors=profile.minimum_contributors,
        dominance=profile.dominance,
        p_percent=profile.p_percent,
        zero_is_safe=profile.zero_is_safe,
    )


def strictest(
    data_set: DataSet, purposes: Iterable[Purpose], catalogue: Catalogue, promised: Iterable[DisclosureProfile] = ()
) -> DisclosureProfile:
    """The rules for a table of a data set: the strictest of the purposes, with the name and method of the first.

    Beside the purpose of the request these are the purposes of the releases tied to it: a release under a looser
    purpose would otherwise undo what a stricter one promised of the same facts. `promised` are the rules of releases
    whose purpose is gone.
    """
    return reduce(stricter, [*(effective_profile(data_set, p, catalogue) for p in purposes), *promised])


def finest(data_set: DataSet, catalogue: Catalogue) -> Aggregation:
    """Every dimension at its finest codes: earlier releases may have been finer than what is asked now."""
    atoms = {
        dimension.name: catalogue.classification(dimension.classifications[0]) for dimension in data_set.dimensions
    }
    return Aggregation(
        dimensions=tuple(atoms),
        mapping={name: {code.code: code.code for code in tree.at(tree.finest)} for name, tree in atoms.items()},
        measures=tuple(measure.name for measure in data_set.measures),
        pseudonym=data_set.person.name if data_set.person else None,
        once=frozenset(measure.name for measure in data_set.measures if measure.once_per_person),
        period=data_set.period.name,
    )


def protector_of(method: Method, data_keys: Mapping[str, bytes]) -> Protector:
    """What makes a table safe by a method; noise is drawn elsewhere.

    Which way a figure is rounded hangs on the keys of the rounds too, so that nobody without them can repeat it.
    """
    if isinstance(method, Rounding):
        secret = b"".join(key for _, key in sorted(data_keys.items()))
        return partial(protect_rounded, base=method.base, secret=secret)
    return protect


def facts_of(contributions: pa.Table, data_set: DataSet, measure: str) -> Facts:
    """The rows for one measure: finest codes of every dimension, the value, and the holding that contributed it.

    Where persons count once, also what each holding knows of them.
    """
    found = next(m for m in data_set.measures if m.name == measure)
    facts = Facts.build(
        {dimension.name: contributions[dimension.name] for dimension in data_set.dimensions},
        value=contributions[measure].to_numpy(),
        contributor=contributions["contributor"],
        whole_numbers=found.kind is MeasureKind.COUNT,
    )
    if not found.once_per_person:
        return facts
    known, there, elsewhere = (contributions[f"{measure}.{what}"].to_numpy() for what in KNOWLEDGE)
    return replace(facts, shared=Shared(known, there, elsewhere, data_set.period.name))


def earlier_tables(
    releases: Iterable[tuple[Release, RequestSpec]], measure: str, catalogue: Catalogue
) -> list[ReleasedTable]:
    """What was published of one measure before, withdrawn or not; each table bears the id of its release.

    A table with noise is none of these: its figures bound nothing with certainty. A rounded one bounds them.

    Raises:
        service.disclosure.BadInput: a release holds cells that its request does not describe today.
    """
    found = []
    for release, spec in releases:
        for table in json.loads(release.content)["tables"]:
            if table["measure"] == measure and not noise_of(table):
                cells = {tuple(cell["codes"]): cell["value"] for cell in table["cells"]}
                shape = replace(table_of(spec, catalogue), name=release.id)
                found.append(ReleasedTable.from_cells(shape, cells, base_of(table)))
    return found


def base_of(table: Mapping[str, Any]) -> int | None:
    """What the values of a table are rounded to, as a release or its evidence says; None when they are exact."""
    base = table.get("method", {}).get("rounding", {}).get("base")
    return None if base is None else int(base)


def noise_of(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a table of a release says of its noise; nothing when its figures are exact."""
    found: Mapping[str, Any] = table.get("method", {}).get("noise", {})
    return found


def described_dimension(asked: RequestedDimension, data_set: DataSet, catalogue: Catalogue) -> Mapping[str, Any]:
    """The dimension as a release describes it: title, classification and the labels and parents of its codes."""
    dimension = next(d for d in data_set.dimensions if d.name == asked.dimension)
    classification = catalogue.classification(asked.classification)
    shown = _codes_shown(asked, classification)
    return {
        "dimension": asked.dimension,
        "title": {"nl": dimension.title.nl, "en": dimension.title.en},
        "classification": classification.id,
        "classificationVersion": classification.version,
        "level": asked.level,
        **({"only": list(asked.only)} if asked.only else {}),
        "source": classification.source,
        "codes": [
            {
                "code": code,
                "label": {"nl": classification.by_code[code].label.nl, "en": classification.by_code[code].label.en},
                "parent": classification.by_code[code].parent or TOTAL,
            }
            for code in shown
        ],
    }


def dimension_of(asked: RequestedDimension, data_set: DataSet, catalogue: Catalogue) -> Dimension:
    """A requested dimension: every code at the asked level and above, and the total where there is one.

    One that is cut down has the codes that it is cut down to, what is below them, and no total.
    """
    described = next(d for d in data_set.dimensions if d.name == asked.dimension)
    classification = catalogue.classification(asked.classification)
    members = _members(classification)
    shown = [code for code in _codes_shown(asked, classification) if members[code]]
    total = described.total and not asked.only
    children: dict[str, list[str]] = {}
    for code in shown:
        children.setdefault(classification.by_code[code].parent or TOTAL, []).append(code)
    codes = [TOTAL, *shown] if total else shown
    everything = frozenset().union(*(members[code] for code in shown))
    return Dimension(
        name=asked.dimension,
        column=asked.dimension,
        codes=tuple(codes),
        members=tuple(everything if code == TOTAL else members[code] for code in codes),
        sums=tuple((code, tuple(children[code])) for code in codes if code in children),
        whole=frozenset({TOTAL}) if total else frozenset(),
    )


def _codes_shown(asked: RequestedDimension, classification: Classification) -> Sequence[str]:
    chosen = classification.below(asked.only) if asked.only else classification.by_code.keys()
    return tuple(code for code in classification.parents_down_to(asked.level) if code in chosen)


def _members(classification: Classification) -> Mapping[str, frozenset[str]]:
    """Per code the atoms below it."""
    found: dict[str, set[str]] = {code.code: set() for code in classification.codes}
    for atom in classification.at(classification.finest):
        code: str | None = atom.code
        while code is not None:
            found[code].add(atom.code)
            code = classification.by_code[code].parent
    return {code: frozenset(atoms) for code, atoms in found.items()}

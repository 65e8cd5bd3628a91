"""What must hold of a form, a data set whose deliveries serve others: every figure fits where it goes, and goes to one.

Figures that went to two data sets would be released in tables that nobody attacks together. So each measure of a form
fills one cell of one data set, no check ties measures that go to different ones, and nothing is released of the form
(docs/adr/0028-forms.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from service.adapters.bundle.purpose_checks import PurposeFault
from service.adapters.bundle.purpose_faults import FaultText
from service.domain.catalogue import Catalogue, DataSet, Dimension, Measure
from service.domain.errors import NotFound
from sluis_client.wire import Filled, Served

SERVES_FAULTS: Mapping[str, FaultText] = {
    "serves-differs": FaultText(
        "'{name}' past niet in gegevensset {dataset}: {what_nl}",
        "'{name}' does not fit data set {dataset}: {what}",
        "maak beide gelijk; een cijfer gaat over zoals het is",
        "make both the same; a figure goes over as it is",
    ),
    "serves-missing": FaultText(
        "'{name}' van gegevensset {dataset} wordt niet gevuld",
        "'{name}' of data set {dataset} is not filled",
        "noem de kolom die het vult, of een vaste code",
        "name the column that fills it, or a code",
    ),
    "serves-twice": FaultText(
        "'{name}' gaat naar meer dan een cel",
        "'{name}' goes into more than one cell",
        "laat elk cijfer naar een cel van een gegevensset gaan: in twee tabellen verraden zij samen meer dan elk apart",
        "let each figure go into one cell of one data set: two tables of it tell more together than each alone",
    ),
    "serves-key": FaultText(
        "dimensie '{name}' bepaalt mee welke rij het is, en gaat niet mee naar gegevensset {dataset}",
        "dimension '{name}' is part of what names a row, and does not go over to data set {dataset}",
        "geef elke dimensie door: twee rijen zouden dezelfde worden",
        "pass every dimension on: two rows would become the same",
    ),
    "serves-tied": FaultText(
        "een controle bindt '{name}' aan '{other}', die naar een andere gegevensset gaat",
        "a check ties '{name}' to '{other}', which goes to another data set",
        "laat beide naar dezelfde gegevensset gaan, of laat de controle weg",
        "let both go to the same data set, or leave the check out",
    ),
    "serves-check": FaultText(
        "gegevensset {dataset} controleert '{name}' niet boven '{other}', en dit formulier doet dat niet",
        "data set {dataset} checks '{name}' not above '{other}', and this form does not",
        "neem de controle over",
        "take the check over",
    ),
    "serves-rule": FaultText(
        "dit formulier dient gegevensset {dataset}, en dan moet {what_nl}",
        "this form serves data set {dataset}, and then {what}",
        "pas het formulier aan",
        "change the form",
    ),
}


def serves_faults(catalogue: Catalogue, form: DataSet) -> Iterator[PurposeFault]:
    """Every fault of what a data set says that it serves; none when it serves nothing."""
    seen: set[str] = set()
    for number, served in enumerate(form.serves):
        path = f"serves.{number}"
        if served.data_set in seen:
            yield PurposeFault(f"{path}.data_set", "double", {"name": served.data_set, "other": "serves"})
        seen.add(served.data_set)
        try:
            target = catalogue.data_set(served.data_set, served.version)
        except NotFound:
            known = ", ".join(sorted(f"{d.id} {d.version}" for d in catalogue.data_sets if d.id != form.id))
            names = {"name": f"{served.data_set} {served.version}", "kind": "data set", "known": known}
            yield PurposeFault(f"{path}.data_set", "unknown-name", names)
            continue
        yield from _rules(path, form, target, served)
        for place, row in enumerate(served.rows):
            yield from _Row(catalogue, form, target, f"{path}.rows.{place}").faults(row)
    yield from _once(form)
    yield from _ties(form)


def _rules(path: str, form: DataSet, target: DataSet, served: Served) -> Iterator[PurposeFault]:
    """What the form and the data set have in common as a whole."""
    asked = {
        ("supplier_consent", "naar toestemming worden gevraagd", "consent is asked"): form.supplier_consent,
        ("round_level", "even vaak worden geleverd", "it is delivered as often"): form.round_level
        == target.round_level,
        ("delivered_by", "door dezelfde partijen worden geleverd", "the same parties deliver it"): set(
            form.delivered_by
        )
        <= set(target.delivered_by),
        ("sensitivity", "het zo gevoelig zijn", "it is as sensitive"): form.sensitivity >= target.sensitivity,
        ("retention_months", "het niet langer worden bewaard", "it is kept no longer"): form.retention_months
        <= target.retention_months,
        ("maximum_rows", "het daar passen", "it has room there"): form.maximum_rows * len(served.rows)
        <= target.maximum_rows,
        ("person", "geen van beide over personen gaan", "neither has records of persons"): form.person is None
        and target.person is None,
        ("serves", "die zelf geen formulier zijn", "that is no form itself"): not target.serves
        and target.id != form.id,
    }
    for (where, dutch, english), holds in asked.items():
        if not holds:
            values = {"dataset": target.id, "what_nl": dutch, "what": english}
            yield PurposeFault(path if where == "serves" else where, "serves-rule", values)


class _Row:
    """One row of the other data set, as it is filled from a row of the form."""

    def __init__(self, catalogue: Catalogue, form: DataSet, target: DataSet, path: str) -> None:
        self._form, self._target, self._path = form, target, path
        self._classifications = {found.id: found for found in catalogue.classifications}
        self._dimensions = {d.name: d for d in form.dimensions}
        self._measures = {m.name: m for m in form.measures}
        self._notes = {n.name: n for n in form.notes}

    def faults(self, row: tuple[Filled, ...]) -> Iterator[PurposeFault]:
        filled = {one.name: one for one in row}
        dimensions = {d.name: d for d in self._target.dimensions}
        measures = {m.name: m for m in self._target.measures}
        notes = {n.name: n for n in self._target.notes}
        for name in sorted({*dimensions, *measures} - filled.keys()):
            yield self._fault(name, "serves-missing", name=name)
        for name, one in filled.items():
            if name in dimensions:
                yield from self._dimension(dimensions[name], one)
            elif name in measures:
                yield from self._measure(measures[name], one)
            elif name not in notes:
                known = ", ".join([*dimensions, *measures, *notes])
                yield self._fault(name, "unknown-name", name=name, kind="column", known=known)
            elif one.column not in self._notes or self._notes[one.column].maximum_length > notes[name].maximum_length:
                yield self._differs(name, "geen toelichting van ten hoogste die lengte", "no note of that length")
        for name in sorted(self._dimensions.keys() - {one.column for one in row}):
            yield self._fault(name, "serves-key", name=name)
        passed = {one.name: one.column for one in row}
        own = {(check.left, check.right) for check in self._form.checks if check.severity == "fatal"}
        for check in self._target.checks:
            if check.severity == "fatal" and (passed.get(check.left), passed.get(check.right)) not in own:
                yield self._fault(check.left, "serves-check", name=check.left, other=check.right)

    def _dimension(self, target: Dimension, one: Filled) -> Iterator[PurposeFault]:
        if one.column is None:
            finest = self._classifications.get(target.classifications[0])
            if finest is None:
                return  # that is a fault of its own
            always = [c for c in finest.at(finest.finest) if c.valid_from is None and c.valid_until is None]
            codes = {code.code for code in always}  # one that ends would have every delivery after it fail
            if target.is_period or one.code not in codes:
                known = ", ".join(sorted(codes)[:20])
                yield self._fault(target.name, "unknown-name", name=str(one.code), kind="code", known=known)
            return
        source = self._dimensions.get(one.column)
        if source is None:
            yield self._fault(
                target.name, "unknown-name", name=one.column, kind="dimension", known=", ".join(self._dimensions)
            )
        elif (source.classifications[0], source.is_period) != (target.classifications[0], target.is_period):
            yield self._differs(target.name, "een andere indeling", "another classification")

    def _measure(self, target: Measure, one: Filled) -> Iterator[PurposeFault]:
        source = self._measures.get(one.column or "")
        if source is None:
            yield self._fault(
                target.name, "unknown-name", name=str(one.column), kind="measure", known=", ".join(self._measures)
            )
        elif (source.unit, source.kind, source.figure) != (target.unit, target.kind, target.figure):
            yield self._differs(target.name, "een andere eenheid of soort", "another unit or kind")
        elif source.minimum < target.minimum or source.maximum > target.maximum:
            yield self._differs(target.name, "ruimere grenzen", "wider bounds")

    def _differs(self, name: str, dutch: str, english: str) -> PurposeFault:
        return self._fault(name, "serves-differs", name=name, what_nl=dutch, what=english)

    def _fault(self, where: str, code: str, **data: str | int) -> PurposeFault:
        return PurposeFault(f"{self._path}.{where}", code, {"dataset": self._target.id, **data})


def _goes_to(form: DataSet) -> Iterator[tuple[str, str]]:
    """Each measure that goes somewhere, with the data set; as often as it goes there."""
    measures = {m.name for m in form.measures}
    for served in form.serves:
        for row in served.rows:
            yield from ((one.column, served.data_set) for one in row if one.column in measures)


def _once(form: DataSet) -> Iterator[PurposeFault]:
    goes = [name for name, _ in _goes_to(form)]
    for name in sorted({name for name in goes if goes.count(name) > 1}):
        yield PurposeFault(f"measures.{name}", "serves-twice", {"name": name})
    for number, served in enumerate(form.serves):
        codes = [{one.name: one.code for one in row if one.code is not None} for row in served.rows]
        if any(_may_meet(one, other) for one, other in combinations(codes, 2)):
            yield PurposeFault(f"serves.{number}.rows", "serves-twice", {"name": served.data_set})
    if form.serves:
        for name in sorted({m.name for m in form.measures} - set(goes)):
            yield PurposeFault(f"measures.{name}", "serves-missing", {"name": name, "dataset": "serves"})


def _may_meet(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two rows can become the same: no dimension has another code in each of them, whatever fills the rest."""
    return all(one[name] == other[name] for name in one.keys() & other.keys())


def _ties(form: DataSet) -> Iterator[PurposeFault]:
    goes = dict(_goes_to(form))
    for low, high in sorted(form.bounds):
        if form.serves and goes.get(low) != goes.get(high):
            yield PurposeFault(f"measures.{low}", "serves-tied", {"name": low, "other": high})

"""A form may only serve what its figures fit, each figure one cell of one data set; every fault is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from bundles import bundle_of

from service.adapters.bundle.purpose_checks import PurposeChecks
from service.adapters.bundle.serves_checks import SERVES_FAULTS, serves_faults
from service.domain.catalogue import Check, DataSet, MeasureKind, PersonColumn
from service.domain.classification import Label
from service.domain.purpose import PurposeScope
from sluis_client.wire import Filled, Served

CATALOGUE = bundle_of().catalogue
FORM = CATALOGUE.data_set("places-and-outflow")
CAPACITY, OUTFLOW = FORM.serves


def filled(served: Served, row: int, **changes: Filled | None) -> Served:
    """The same with some columns of one row filled otherwise, or not."""
    columns = {one.name: one for one in served.rows[row]} | changes
    rows = list(served.rows)
    rows[row] = tuple(one for one in columns.values() if one is not None)
    return replace(served, rows=tuple(rows))


def serving(*serves: Served) -> DataSet:
    return replace(FORM, serves=serves)


def measure(name: str, **changes: object) -> DataSet:
    return replace(FORM, measures=tuple(replace(m, **changes) if m.name == name else m for m in FORM.measures))


TIED = Check("tie", "waiting_home", "available_places", "warning", Label("meer", "more"))
PERSON = PersonColumn("person", Label("", ""), Label("", ""), "planning")
TWICE = Filled("fitting_places", column="available_places")

WRONG: dict[str, tuple[Callable[[], DataSet], set[tuple[str, str]]]] = {
    "another data set": (
        lambda: serving(replace(CAPACITY, data_set="capacities"), OUTFLOW),
        {("serves.0.data_set", "unknown-name")},
    ),
    "another version": (
        lambda: serving(replace(CAPACITY, version=7), OUTFLOW),
        {("serves.0.data_set", "unknown-name")},
    ),
    "twice the same": (
        lambda: serving(CAPACITY, OUTFLOW, CAPACITY),
        {("serves.2.data_set", "double"), ("measures.available_places", "serves-twice")},
    ),
    "one figure in two places": (
        lambda: serving(filled(CAPACITY, 0, fitting_places=TWICE), OUTFLOW),
        {("measures.available_places", "serves-twice"), ("measures.fitting_places", "serves-missing")},
    ),
    "two rows the same": (
        lambda: serving(CAPACITY, filled(OUTFLOW, 1, next_place=OUTFLOW.rows[0][-2])),
        {("serves.1.rows", "serves-twice")},
    ),
    "a figure that goes nowhere": (lambda: serving(CAPACITY), {("measures.waiting_home", "serves-missing")}),
    "a column that stays empty": (
        lambda: serving(filled(CAPACITY, 0, region=None), OUTFLOW),
        {("serves.0.rows.0.region", "serves-missing"), ("serves.0.rows.0.region", "serves-key")},
    ),
    "a column that is not there": (
        lambda: serving(filled(CAPACITY, 0, places=Filled("places", column="note")), OUTFLOW),
        {("serves.0.rows.0.places", "unknown-name")},
    ),
    "a code that is not there": (
        lambda: serving(CAPACITY, filled(OUTFLOW, 0, next_place=Filled("next_place", code="moon"))),
        {("serves.1.rows.0.next_place", "unknown-name")},
    ),
    "a period that is fixed": (
        lambda: serving(filled(CAPACITY, 0, period=Filled("period", code="2025-06")), OUTFLOW),
        {("serves.0.rows.0.period", "unknown-name"), ("serves.0.rows.0.period", "serves-key")},
    ),
    "another classification": (
        lambda: serving(filled(CAPACITY, 0, region=Filled("region", column="care_form")), OUTFLOW),
        {("serves.0.rows.0.region", "serves-differs"), ("serves.0.rows.0.region", "serves-key")},
    ),
    "a dimension that is a measure": (
        lambda: serving(filled(CAPACITY, 0, region=Filled("region", column="waiting_home")), OUTFLOW),
        {("serves.0.rows.0.region", "unknown-name")},
    ),
    "another unit": (
        lambda: measure("available_places", unit="beds"),
        {("serves.0.rows.0.available_places", "serves-differs")},
    ),
    "another kind": (
        lambda: measure("waiting_home", kind=MeasureKind.MAGNITUDE),
        {("serves.1.rows.6.waiting_for_place", "serves-differs")},
    ),
    "wider bounds": (
        lambda: measure("available_places", maximum=10**6),
        {("serves.0.rows.0.available_places", "serves-differs")},
    ),
    "a measure that is a note": (
        lambda: serving(filled(CAPACITY, 0, available_places=Filled("available_places", column="note")), OUTFLOW),
        {("serves.0.rows.0.available_places", "unknown-name")},
    ),
    "a longer note": (
        lambda: replace(FORM, notes=(replace(FORM.notes[0], maximum_length=900),)),
        {("serves.0.rows.0.note", "serves-differs")},
    ),
    "a check left out": (
        lambda: replace(FORM, checks=()),
        {("serves.0.rows.0.fitting_places", "serves-check")},
    ),
    "a check that ties two data sets": (
        lambda: replace(FORM, checks=(*FORM.checks, TIED)),
        {("measures.waiting_home", "serves-tied")},
    ),
    "no consent": (lambda: replace(FORM, supplier_consent=False), {("supplier_consent", "serves-rule")}),
    "another cadence": (lambda: replace(FORM, round_level="year"), {("round_level", "serves-rule")}),
    "other suppliers": (
        lambda: replace(FORM, delivered_by=(*FORM.delivered_by, *CATALOGUE.data_set("care-mediation").delivered_by)),
        {("delivered_by", "serves-rule")},
    ),
    "less sensitive": (
        lambda: replace(FORM, sensitivity=CATALOGUE.data_set("capacity").sensitivity),
        {("sensitivity", "serves-rule")},
    ),
    "kept longer": (lambda: replace(FORM, retention_months=60), {("retention_months", "serves-rule")}),
    "too many rows": (lambda: replace(FORM, maximum_rows=10**6), {("maximum_rows", "serves-rule")}),
    "records of persons": (lambda: replace(FORM, person=PERSON), {("person", "serves-rule")}),
    "itself": (
        lambda: serving(CAPACITY, OUTFLOW, replace(CAPACITY, data_set=FORM.id)),
        {("serves.2", "serves-rule")},
    ),
}


def test_the_form_of_the_bundle_has_no_fault() -> None:
    assert list(serves_faults(CATALOGUE, FORM)) == []
    assert all(list(serves_faults(CATALOGUE, found)) == [] for found in CATALOGUE.data_sets)


@pytest.mark.parametrize("name", WRONG)
def test_a_form_that_does_not_fit_is_refused(name: str) -> None:
    make, expected = WRONG[name]
    found = {(fault.path, fault.code) for fault in serves_faults(CATALOGUE, make())}
    assert expected <= found, found


def test_rows_that_could_meet_are_refused() -> None:
    """Each row has its own code, in another column: of somebody who goes home from home they would be the same."""
    to = next(d for d in CATALOGUE.data_set("blocked-outflow").dimensions if d.name == "next_place")
    target = CATALOGUE.data_set("blocked-outflow")
    target = replace(target, dimensions=(*target.dimensions, replace(to, name="from_place")))
    catalogue = replace(CATALOGUE, data_sets=(*(d for d in CATALOGUE.data_sets if d.id != target.id), target))

    def row(number: int, ends: str, starts: str) -> tuple[Filled, ...]:
        kept = (one for one in OUTFLOW.rows[number] if one.name != "next_place")
        return (*kept, Filled(ends, code="home"), Filled(starts, column="place"))

    def found(*rows: tuple[Filled, ...]) -> set[tuple[str, str]]:
        form = replace(FORM, dimensions=(*FORM.dimensions, replace(to, name="place")))
        faults = serves_faults(catalogue, replace(form, serves=(CAPACITY, replace(OUTFLOW, rows=rows))))
        return {(fault.path, fault.code) for fault in faults if fault.path.startswith("serves.1")}

    assert found(row(0, "next_place", "from_place")) == set()
    assert found(row(0, "next_place", "from_place"), row(1, "from_place", "next_place")) == {
        ("serves.1.rows", "serves-twice")
    }


@pytest.mark.parametrize("bound", ["valid_from", "valid_until"])
def test_a_code_that_does_not_always_hold_is_refused(bound: str) -> None:
    """Before or after its day no delivery of the form could be taken."""
    places = CATALOGUE.classification("next-places")
    codes = tuple(replace(c, **{bound: date(2026, 1, 1)}) if c.code == "home" else c for c in places.codes)
    others = (c for c in CATALOGUE.classifications if c.id != places.id)
    catalogue = replace(CATALOGUE, classifications=(*others, replace(places, codes=codes)))
    found = [(fault.path, fault.code) for fault in serves_faults(catalogue, FORM)]
    assert found == [("serves.1.rows.6.next_place", "unknown-name")]


def test_every_fault_is_tried_and_told() -> None:
    told = {fault.code: fault for make, _ in WRONG.values() for fault in serves_faults(CATALOGUE, make())}
    assert told.keys() >= SERVES_FAULTS.keys()
    for code, text in SERVES_FAULTS.items():
        for words in (text.nl, text.en, text.mend_nl, text.mend_en):
            assert words.format_map(told[code].data)


def test_nothing_is_released_of_a_form() -> None:
    purpose = next(p for p in CATALOGUE.purposes if p.scope("capacity") is not None)
    scope = purpose.scope("capacity")
    assert scope is not None
    wider: PurposeScope = replace(scope, data_set=FORM.id)
    found = PurposeChecks(CATALOGUE).of(replace(purpose, scopes=(*purpose.scopes, wider)))
    assert "released-form" in {fault.code for fault in found}

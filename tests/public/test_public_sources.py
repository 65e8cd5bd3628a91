"""The sources of the bundle: every fault is named, and nothing in them can be an address or a piece of a filter."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from service.adapters.bundle import BundleError, bundle_directory, load_bundle
from service.domain.public_figures import PublicKind

PEOPLE, SCORES = "public-sources/demography.yaml", "public-sources/ses-score.yaml"
CHANGES = "public-sources/municipality-changes.csv"


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(bundle: Path) -> None:
        text = (bundle / file).read_text()
        assert old in text
        (bundle / file).write_text(text.replace(old, new, 1))

    return change


def another(bundle: Path) -> None:
    shutil.copy(bundle / PEOPLE, bundle / "public-sources/copy.yaml")


TABLE = "  - table: 86092NED\n    first_year: 2018\n    last_year: 2023\n"
WRONG = {
    "a data set that is not there": (edit(PEOPLE, "data_set: demography", "data_set: people"), f"{PEOPLE}: data_set"),
    "atoms that are not there": (edit(PEOPLE, "nl-municipality-2025", "nl-2025"), f"{PEOPLE}: municipalities"),
    "a dimension that is not there": (edit(PEOPLE, "  sex:\n", "  gender:\n"), f"{PEOPLE}: dimensions.gender"),
    "a class that is left out": (edit(PEOPLE, "      women: [", "      w: ["), f"{PEOPLE}: dimensions.sex.codes"),
    "an age that counts twice": (edit(PEOPLE, '"10100"', '"10010"'), f"{PEOPLE}: dimensions.age_class.codes"),
    "the total as a class": (edit(PEOPLE, '["3000"]', '["T001038"]'), f"{PEOPLE}: dimensions.sex.codes"),
    "a weight that is no count": (
        edit(SCORES, "weight: households", "weight: average_score"),
        f"{SCORES}: measures.average_score.weight",
    ),
    "a mean without weight": (edit(SCORES, "    weight: households\n", ""), f"{SCORES}: measures.average_score"),
    "two tables for a year": (
        edit(SCORES, TABLE, TABLE + "    region: R\n    period: P\n" + TABLE),
        f"{SCORES}: tables",
    ),
    "years that run back": (edit(SCORES, "last_year: 2023", "last_year: 2017"), f"{SCORES}: tables.0"),
    "a table elsewhere": (edit(PEOPLE, "table: 03759ned", 'table: "../x"'), f"{PEOPLE}: tables.0.table"),
    "more filter in a code": (
        edit(PEOPLE, 'women: ["4000"]', "women: [\"4000' or '1' eq '1\"]"),
        f"{PEOPLE}: dimensions.sex.codes.women.0",
    ),
    "a column that is none": (edit(PEOPLE, "column: Geslacht", 'column: "a,b"'), f"{PEOPLE}: dimensions.sex.column"),
    "an unknown key": (edit(PEOPLE, "as_of:", "asof: 1\nas_of:"), f"{PEOPLE}: asof"),
    "the same source twice": (another, f"{PEOPLE}: id"),
    "no list": (lambda bundle: (bundle / CHANGES).unlink(), CHANGES),
    "other columns": (edit(CHANGES, "old,new,on,begins", "old,new,on"), f"{CHANGES}: row 1"),
    "a row that says neither": (
        edit(CHANGES, "GM0017,GM0014,2019-01-01,no", "GM0017,GM0014,2019-01-01,"),
        f"{CHANGES}: row 2",
    ),
    "a row to itself": (edit(CHANGES, "GM0017,GM0014", "GM0014,GM0014"), f"{CHANGES}: row 2"),
    "a day that is none": (edit(CHANGES, "2019-01-01", "2019-02-30"), f"{CHANGES}: row 2"),
    "a way that leads nowhere": (edit(CHANGES, "GM0017,GM0014", "GM0017,GM8888"), f"{CHANGES}: GM0017"),
}


def small(place: Path) -> Path:
    """A copy of the bundle with no more in it than public sources are held against."""
    bundle = shutil.copytree(bundle_directory(), place / "policies")
    shutil.rmtree(bundle / "purposes")
    for data_set in (bundle / "datasets").iterdir():
        if data_set.stem not in {"demography", "ses-score"}:
            data_set.unlink()
    return bundle


@pytest.mark.parametrize("wrong", WRONG)
def test_every_fault_is_named(tmp_path: Path, wrong: str) -> None:
    bundle = small(tmp_path)
    change, place = WRONG[wrong]
    change(bundle)
    with pytest.raises(BundleError) as refused:
        load_bundle(bundle)
    assert place in {fault.place for fault in refused.value.faults}
    assert all(fault.nl and fault.en for fault in refused.value.faults)


def test_a_bundle_without_public_sources_is_whole(tmp_path: Path) -> None:
    bundle = small(tmp_path)
    shutil.rmtree(bundle / "public-sources")
    assert load_bundle(bundle).catalogue.public_sources == ()


def test_what_the_bundle_says_of_cbs() -> None:
    catalogue = load_bundle(bundle_directory()).catalogue
    people, scores = (catalogue.public_source(name) for name in ("demography", "ses-score"))
    ages = dict(people.dimensions[0].codes)
    # CBS: 10010 is nought, then a hundred a year, from a hundred years on one by one, and 105 and older
    assert ages["18-26"] == tuple(str(10_000 + 100 * age) for age in range(18, 27))
    assert (ages["0-17"][0], ages["65+"][-3:]) == ("10010", ("19904", "19905", "22300"))
    assert sum(map(len, ages.values())) == 106
    assert [measure.kind for measure in scores.measures] == [PublicKind.COUNT, PublicKind.MEAN]
    assert people.table_of(2024).borders_in(2024) == date(2024, 1, 1)
    assert scores.table_of(2019).borders_in(2019) == date(2024, 1, 1)

"""From municipalities to regions: worked examples, the real list of reorganisations, and properties."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from bundles import bundle_of
from hypothesis import given
from hypothesis import strategies as st

from service.domain.classification import TOTAL, Classification, Code, Label
from service.domain.public_figures import BorderChange, Observation, PublicSource
from service.domain.public_regions import Missing, RegionFigure, Why, figures_of, municipalities_on, touched
from service.use_cases.public_content import content_of, observations_of

CATALOGUE = bundle_of().catalogue
PEOPLE, SCORES = CATALOGUE.public_source("demography"), CATALOGUE.public_source("ses-score")
CHANGES = CATALOGUE.border_changes
TREES = [tree for tree in CATALOGUE.classifications if tree.atoms == "nl-municipality-2025"]
ATOMS = {code.code for code in TREES[0].at("municipality")}


def tree(**regions: str) -> Classification:
    """Regions with their municipalities, named by one sign each."""
    label = Label("x", "x")
    codes = [Code(region, label, "region", None) for region in regions]
    codes += [Code(one, label, "municipality", region) for region, ones in regions.items() for one in ones]
    return Classification("r", "1", label, "m", ("region", "municipality"), tuple(codes), "-")


def people(**counts: int | str | None) -> list[Observation]:
    """Everybody a woman of 27 to 44; a text is the publisher's word for a figure that is not there."""
    cells = [(age, sex) for age in PEOPLE.dimensions[0].codes for sex in ("men", "women")]
    return [
        Observation(
            code,
            cell,
            "inhabitants",
            None if isinstance(count, str) else Decimal(count if cell == ("27-44", "women") else 0),
            count if isinstance(count, str) else None,
        )
        for code, count in counts.items()
        for cell in cells
        if count is not None
    ]


def scores(**figures: tuple[int | str, str | None]) -> list[Observation]:
    found = []
    for code, (households, score) in figures.items():
        for measure, value in (("households", households), ("average_score", score)):
            known = isinstance(value, int) or (isinstance(value, str) and value[:1] in "-0123456789")
            if value is not None:
                found.append(
                    Observation(code, (), measure, Decimal(value) if known else None, None if known else value)
                )
    return found


def regions(
    source: PublicSource,
    found: list[Observation],
    classification: Classification,
    changes: tuple[BorderChange, ...] = (),
    *,
    year: int = 2022,
    level: str = "region",
) -> dict[tuple[str, ...], RegionFigure]:
    made = figures_of(source, year, found, changes=changes, classification=classification, level=level)
    return {(one.region, *one.cell, one.measure): one for one in made.figures}


ALL = (TOTAL, TOTAL, "inhabitants")


def test_counts_are_added() -> None:
    found = regions(PEOPLE, people(a=700, b=200, c=5), tree(N="ab", S="c"))
    assert found["N", "27-44", "women", "inhabitants"].value == 900
    assert found["N", TOTAL, "women", "inhabitants"].value == found["N", *ALL].value == 900
    assert found["N", TOTAL, "men", "inhabitants"].value == 0
    assert found["S", *ALL] == RegionFigure("S", (TOTAL, TOTAL), "inhabitants", Decimal(5), Decimal(5), ())
    assert len(found) == 2 * 6 * 3


def test_a_score_is_weighted_with_households() -> None:
    found = regions(SCORES, scores(a=(3000, "0.200"), b=(1000, "-0.400"), c=(10, "1")), tree(N="ab", S="c"))
    assert found["N", "average_score"].value == Decimal("0.050")  # (3000 x 0.2 - 1000 x 0.4) / 4000, and not -0.1
    assert found["N", "households"].value == 4000


def test_a_municipality_without_figure_is_told_and_not_passed_over() -> None:
    found = regions(PEOPLE, people(a=700, b="Confidential"), tree(N="abc"))
    whole = found["N", *ALL]
    assert (whole.value, whole.known) == (None, 700)
    assert whole.missing == (Missing("b", Why.NO_FIGURE, "Confidential"), Missing("c", Why.NOT_IN_SOURCE))


def test_a_score_lacks_who_has_households_and_no_score() -> None:
    found = regions(
        SCORES, scores(a=(3000, "0.2"), b=(100, "Unknown"), c=("Unknown", "0.3"), d=(5, None)), tree(N="abcd")
    )
    score = found["N", "average_score"]
    assert (score.value, score.known) == (None, Decimal("0.200"))
    assert [(one.municipality, one.why, one.note) for one in score.missing] == [
        ("b", Why.NO_FIGURE, "Unknown"),
        ("c", Why.NO_FIGURE, "Unknown"),
        ("d", Why.NO_FIGURE, ""),
    ]


def test_who_has_no_households_is_not_missed_in_a_score() -> None:
    found = regions(SCORES, scores(a=(3000, "0.2"), b=(0, "Unknown")), tree(N="ab", S=""))
    assert found["N", "average_score"].value == Decimal("0.200")
    assert found["S", "average_score"].value is None


def test_what_cannot_be_is_nobody() -> None:
    """A municipality that is not there in a year is not missed in itself; its area is, unless it has a successor."""
    found = regions(PEOPLE, people(a=700, b="Impossible"), tree(N="ab"))
    assert found["N", *ALL].missing == (Missing("b", Why.NOT_IN_SOURCE),)
    cannot = [one for one in people(a=700) if one.cell != ("0-17", "men")]
    cannot.append(Observation("a", ("0-17", "men"), "inhabitants", None, "Impossible"))
    assert regions(PEOPLE, cannot, tree(N="a"))["N", *ALL].value == 700


def test_a_code_that_nobody_knows_is_told() -> None:
    made = figures_of(
        PEOPLE, 2022, people(a=1, z=5, y="Impossible"), changes=(), classification=tree(N="a"), level="region"
    )
    assert made.unknown == ("z",)
    assert made.figures[-1].value == 1


# --- municipalities that ended ---------------------------------------------------------------------------------------

JOINED = BorderChange("x", "a", date(2023, 1, 1), begins=False)
DIVIDED = (
    BorderChange("x", "a", date(2023, 1, 1), begins=False),
    BorderChange("x", "b", date(2023, 1, 1), begins=False),
)
LATER = BorderChange("b", "a", date(2026, 1, 1), begins=False)


def test_who_joined_another_counts_there() -> None:
    found = regions(PEOPLE, people(a=700, x=50, b=1), tree(N="a", S="b"), (JOINED,))
    assert found["N", *ALL].value == 750
    assert found["S", *ALL].value == 1
    municipality = regions(PEOPLE, people(a=700, x=50, b=1), tree(N="a", S="b"), (JOINED,), level="municipality")
    assert municipality["a", *ALL].value == 750


def test_who_took_in_another_has_to_be_there_itself() -> None:
    found = regions(PEOPLE, people(x=50, b=1), tree(N="a", S="b"), (JOINED,))
    assert found["N", *ALL].missing == (Missing("a", Why.NOT_IN_SOURCE),)
    assert found["N", *ALL].known == 50


def test_who_was_not_there_yet_is_not_counted() -> None:
    """Old and new beside each other would count the same people twice."""
    begun = (BorderChange("x", "a", date(2023, 1, 1), begins=True),)
    made = figures_of(PEOPLE, 2022, people(a=700, x=700), changes=begun, classification=tree(N="a"), level="region")
    assert (made.figures[-1].value, made.unknown) == (700, ("a",))


def test_who_was_divided_within_one_region_counts_there_and_in_no_municipality() -> None:
    found = people(a=700, b=200, x=50)
    assert regions(PEOPLE, found, tree(N="ab"), DIVIDED)["N", *ALL].value == 950
    apart = regions(PEOPLE, found, tree(N="ab"), DIVIDED, level="municipality")
    for code, known in (("a", 700), ("b", 200)):
        assert apart[code, *ALL].value is None
        assert apart[code, *ALL].known == known
        assert apart[code, *ALL].missing == (Missing("x", Why.DIVIDED),)


def test_who_was_divided_between_regions_counts_in_neither() -> None:
    found = regions(PEOPLE, people(a=700, b=200, x=50), tree(N="a", S="b", W="c"), DIVIDED)
    assert {found[region, *ALL].value for region in "NS"} == {None}
    assert found["W", *ALL].missing == (Missing("c", Why.NOT_IN_SOURCE),)


def test_a_later_merger_is_taken_back_where_regions_allow() -> None:
    """The figures of 2026 are of one municipality where the classification of 2025 has two."""
    found = regions(PEOPLE, people(a=900), tree(N="ab"), (LATER,), year=2026)
    assert found["N", *ALL].value == 900
    apart = regions(PEOPLE, people(a=900), tree(N="a", S="b"), (LATER,), year=2026)
    assert [apart[region, *ALL].missing for region in "NS"] == [(Missing("a", Why.DIVIDED),)] * 2
    day = date(2026, 1, 1)
    new = (BorderChange("a", "y", day, begins=True), BorderChange("b", "y", day, begins=True))
    assert regions(PEOPLE, people(y=900), tree(N="ab"), new, year=2026)["N", *ALL].value == 900


def test_one_after_another() -> None:
    chain = (
        BorderChange("x", "y", date(2019, 1, 1), begins=True),
        BorderChange("y", "a", date(2022, 1, 1), begins=False),
    )
    day = date(2018, 1, 1)
    assert touched("x", chain, day, date(2025, 1, 1)) == {"a"}
    assert touched("x", chain, day, date(2020, 1, 1)) == {"y"}
    assert touched("a", chain, date(2025, 1, 1), day) == {"a", "x"}


# --- the list of the bundle ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "number"),
    [
        # Municipalities of the Netherlands by CBS.
        (date(2018, 1, 1), 380),
        (date(2019, 1, 1), 355),
        (date(2020, 1, 1), 355),
        (date(2021, 1, 1), 352),
        (date(2022, 1, 1), 345),
        (date(2022, 3, 24), 344),
        (date(2023, 1, 1), 342),
        (date(2025, 1, 1), 342),
    ],
)
def test_the_list_has_as_many_municipalities_each_year_as_there_were(day: date, number: int) -> None:
    there = municipalities_on(day, ATOMS, CHANGES, PEOPLE.as_of)
    assert len(there) == number
    assert set().union(*(touched(code, CHANGES, day, PEOPLE.as_of) for code in there)) == ATOMS


def test_every_classification_takes_every_year_and_says_which_regions_it_cannot_give() -> None:
    """In 2018 Winsum and Haaren were there, which were divided; everything else is whole."""
    codes = municipalities_on(date(2018, 1, 1), ATOMS, CHANGES, PEOPLE.as_of)
    found = people(**dict.fromkeys(codes, 10))
    for classification in TREES:
        made = regions(PEOPLE, found, classification, CHANGES, year=2018, level=classification.levels[0])
        lacking = {m.municipality for one in made.values() for m in one.missing}
        assert lacking <= {"GM0053", "GM0788"}, classification.id
        if classification.id == "nl-province":
            assert lacking == set()
            assert sum(one.value for name, one in made.items() if name[1:] == ALL) == 10 * len(codes) == 3800


# --- properties ------------------------------------------------------------------------------------------------------

COUNTS = st.dictionaries(st.sampled_from("abcdefx"), st.one_of(st.integers(0, 10**6), st.just("Unknown")))


@given(COUNTS, st.permutations("abcdef"), st.integers(0, 6), st.sampled_from([(), (JOINED,), DIVIDED]))
def test_nothing_is_lost_and_nothing_counts_twice(
    counts: dict[str, int | str], order: list[str], at: int, changes: tuple[BorderChange, ...]
) -> None:
    """A region is whole or says what it lacks; all that is known is in one region or told as divided or unknown."""
    both = tree(N="".join(order[:at]), S="".join(order[at:]))
    made = figures_of(PEOPLE, 2022, people(**counts), changes=changes, classification=both, level="region")
    totals = [one for one in made.figures if one.cell == (TOTAL, TOTAL)]
    divided = {m.municipality for one in totals for m in one.missing if m.why is Why.DIVIDED}
    placed = {code: n for code, n in counts.items() if code not in divided and code not in made.unknown}
    assert sum(one.known or 0 for one in totals) == sum(n for n in placed.values() if isinstance(n, int))
    for one in totals:
        assert (one.value is None) == (bool(one.missing) or one.known is None)
    told = {m.municipality for one in totals for m in one.missing}
    assert {code for code, n in counts.items() if isinstance(n, str)} <= told | set(made.unknown)
    assert (set("abcdef") | {change.old for change in changes}) - set(counts) <= told
    assert made.unknown == (("x",) if "x" in counts and not changes else ())


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.tuples(st.integers(0, 10**5), st.integers(-900, 900)),
        min_size=1,
    )
)
def test_a_mean_is_what_exact_arithmetic_says(figures: dict[str, tuple[int, int]]) -> None:
    given_ = scores(**{code: (n, str(Decimal(score) / 1000)) for code, (n, score) in figures.items()})
    one = regions(SCORES, given_, tree(N="".join(figures)))["N", "average_score"]
    weight = sum(n for n, _ in figures.values())
    if not weight:
        assert one.value is None
        return
    exact = Fraction(sum(n * score for n, score in figures.values()), weight * 1000)
    assert abs(Fraction(one.value) - exact) <= Fraction(1, 2000)
    lowest, highest = (pick(s for n, s in figures.values() if n) for pick in (min, max))
    assert Decimal(lowest) / 1000 <= one.value <= Decimal(highest) / 1000


@given(COUNTS)
def test_the_same_figures_have_the_same_content(counts: dict[str, int | str]) -> None:
    found = people(**counts)
    content = content_of(found)
    assert content_of(found[::-1]) == content
    by_name: dict[tuple[object, ...], Observation] = defaultdict()
    for one in observations_of(content):
        by_name[one.region, one.cell] = one
    assert by_name == {(one.region, one.cell): one for one in found}

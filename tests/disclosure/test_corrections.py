"""A corrected release beside the one before: whoever holds both may learn nothing of who corrected."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_disclosure import NaiveRules, NaiveTable, Row
from naive_versions import NaiveVersion, leaks

from service.disclosure import BadInput, CannotBeProtected, Dimension, Facts, ReleasedTable, Rules, Table, protect
from service.disclosure.attack.joined import attack_versions
from service.disclosure.attack.versions import Version
from service.disclosure.methods.corrections import CorrectionWaits, protect_correction
from service.disclosure.question.rules import ShowsChange

REGIONS, FORMS, SUPPLIERS = ("north", "east", "south"), ("beds", "places"), "pqrstu"
SHAPE = Table((Dimension.flat("region", REGIONS), Dimension.flat("form", FORMS)))
NAIVE = NaiveTable(
    {
        "region": {"TOTAL": frozenset(REGIONS), **{code: frozenset({code}) for code in REGIONS}},
        "form": {"TOTAL": frozenset(FORMS), **{code: frozenset({code}) for code in FORMS}},
    }
)
RULES = Rules(minimum_count=10, minimum_contributors=3, dominance=((1, 75), (2, 90)), p_percent=10)
NAIVE_RULES = NaiveRules(10, 3, ((1, 75), (2, 90)), 10)
PROFILES = [(RULES, NAIVE_RULES), (Rules(minimum_count=10, zero_is_safe=False), NaiveRules(10, zero_is_safe=False))]

Figures = dict[tuple[str, str, str], int]
"""Region, form, supplier."""

FIGURES: Figures = {
    (region, form, supplier): 20 + 7 * i + 11 * j + 3 * k
    for i, region in enumerate(REGIONS)
    for j, form in enumerate(FORMS)
    for k, supplier in enumerate(SUPPLIERS)
}


def facts_of(figures: Figures) -> Facts:
    return Facts.build(
        {"region": [key[0] for key in figures], "form": [key[1] for key in figures]},
        value=list(figures.values()),
        contributor=[key[2] for key in figures],
    )


def changed(figures: Figures, by: Figures) -> Figures:
    """The figures with these differences."""
    return figures | {key: figures.get(key, 0) + difference for key, difference in by.items()}


def cells(released: ReleasedTable) -> dict[tuple[str, ...], int | None]:
    pairs = zip(released.published.tolist(), released.values.tolist(), strict=True)
    return {
        codes: value if shown else None for codes, (shown, value) in zip(released.table.codes(), pairs, strict=True)
    }


def naive(figures: Figures, released: ReleasedTable) -> NaiveVersion:
    rows = [Row({"region": region, "form": form}, value, who) for (region, form, who), value in figures.items()]
    return NaiveVersion(rows, cells(released))


def first(figures: Figures = FIGURES) -> ReleasedTable:
    return protect(facts_of(figures), SHAPE, RULES).released


def correct(by: Figures, figures: Figures = FIGURES) -> ReleasedTable:
    """The release of the corrected figures, after the first one; nobody learns too much from both."""
    after = changed(figures, by)
    before = Version(facts_of(figures), (first(figures),))
    released = protect_correction([before], facts_of(after), SHAPE, RULES).released
    assert leaks([naive(figures, before.tables[0]), naive(after, released)], NAIVE, NAIVE_RULES) == []
    return released


def test_the_first_release_shows_everything() -> None:
    assert all(value is not None for value in cells(first()).values())


def test_one_supplier_corrects_and_the_correction_waits() -> None:
    """332 bed days became 352, and everybody may know that only p handed in again: it had 20 more. It waits for two."""
    with pytest.raises(CorrectionWaits) as waits:
        correct({("north", "beds", "p"): 20})
    assert waits.value.more == 2
    assert "2 more needed" in str(waits.value)
    assert not {f" {supplier} " for supplier in SUPPLIERS} & {str(waits.value)}


def test_what_a_careless_second_release_gives_away() -> None:
    """Without an eye on the first table the second one shows the change, and our attackers see it."""
    after = changed(FIGURES, {("north", "beds", "p"): 20})
    second = protect(facts_of(after), SHAPE, RULES).released
    told = [naive(FIGURES, first()), naive(after, second)]
    found = leaks(told, NAIVE, NAIVE_RULES)
    assert ("change 0-1", ("TOTAL", "TOTAL"), None, 20, 20) in {
        (leak.what, leak.cell, leak.attacker, round(leak.lower), round(leak.upper)) for leak in found
    }
    versions = [Version(facts_of(FIGURES), (first(),)), Version(facts_of(after), (second,))]
    assert not attack_versions(versions, RULES).clean


def test_nobody_changed_and_the_release_is_the_same() -> None:
    assert cells(correct({})) == cells(first())


def test_enough_suppliers_corrected_in_one_place() -> None:
    """p, q and r changed alike: none of them shows in the difference, and all is published anew."""
    released = correct({("north", "beds", supplier): 20 for supplier in "pqr"})
    assert all(value is not None for value in cells(released).values())


def test_changes_that_cancel_are_as_large_as_they_are() -> None:
    """The total did not change, but three suppliers did; what counts is what each of them changed."""
    released = correct({("north", "beds", "p"): 20, ("north", "beds", "q"): -12, ("north", "beds", "r"): -8})
    assert cells(released) == cells(first())


def test_one_large_correction_is_not_hidden_by_two_small_ones() -> None:
    """Three changed, but p's change is nearly all of it (dominance): everybody could estimate it."""
    with pytest.raises(CorrectionWaits) as waits:
        correct({("north", "beds", "p"): 400, ("north", "beds", "q"): 11, ("north", "beds", "r"): 12})
    assert waits.value.more == 1


def test_a_correction_of_a_few_units_waits_however_many_corrected() -> None:
    """A change of fewer than ten is a small count."""
    with pytest.raises(CorrectionWaits):
        correct({("north", "beds", supplier): 2 for supplier in "pqrs"})


def test_changes_in_different_places_show_in_the_total_only() -> None:
    """No cell below the total has three changed suppliers, so all that changed is withheld, and the rest stays."""
    released = correct(
        {
            ("north", "beds", "p"): 20,
            ("north", "places", "q"): 17,
            ("south", "beds", "r"): -15,
            ("south", "places", "s"): 18,
            ("south", "places", "t"): 14,
        }
    )
    shown = cells(released)
    assert shown[("TOTAL", "TOTAL")] is not None
    assert shown[("north", "beds")] is None
    assert {shown[("east", form)] for form in FORMS} == {cells(first())[("east", form)] for form in FORMS}


def test_a_change_in_the_cells_alone_leaves_the_margin() -> None:
    """p booked beds as places: its own total is what it was, and so are all totals over the forms."""
    released = correct({("north", "beds", "p"): -20, ("north", "places", "p"): 20})
    assert cells(released)[("north", "TOTAL")] == cells(first())[("north", "TOTAL")]
    assert cells(released)[("TOTAL", "TOTAL")] == cells(first())[("TOTAL", "TOTAL")]
    assert cells(released)[("north", "beds")] is None


def test_a_suppressed_cell_is_not_opened_by_the_next_version() -> None:
    """q alone has places in the north; what hid that figure first hides it still, though others changed elsewhere."""
    lone = {key: value for key, value in FIGURES.items() if key[:2] != ("north", "places") or key[2] == "q"}
    hidden = {codes for codes, value in cells(first(lone)).items() if value is None}
    assert ("north", "places") in hidden
    released = correct({("south", "beds", supplier): 20 for supplier in "rst"}, lone)
    assert hidden <= {codes for codes, value in cells(released).items() if value is None}


def test_a_late_delivery_is_a_change() -> None:
    """u delivered after the release: it is alone in the difference."""
    without = {key: value for key, value in FIGURES.items() if key[2] != "u"}
    with pytest.raises(CorrectionWaits):
        correct({key: value for key, value in FIGURES.items() if key[2] == "u"}, without)


def test_suppliers_of_one_holding_are_one_contributor_to_the_change() -> None:
    """Two suppliers of one holding are one contributor to the change, as they are to the table."""
    names = dict(zip(SUPPLIERS, ("h", "h", "r", "s", "t", "u"), strict=True))

    def grouped(figures: Figures) -> Facts:
        return Facts.build(
            {"region": [key[0] for key in figures], "form": [key[1] for key in figures]},
            value=list(figures.values()),
            contributor=[key[2] for key in figures],
            holding=[names[key[2]] if names[key[2]] == "h" else "" for key in figures],
        )

    before = protect(grouped(FIGURES), SHAPE, RULES).released
    after = grouped(changed(FIGURES, {("north", "beds", supplier): 20 for supplier in "pqr"}))
    with pytest.raises(CorrectionWaits) as waits:
        protect_correction([Version(grouped(FIGURES), (before,))], after, SHAPE, RULES)
    assert waits.value.more == 1


def test_what_no_correction_can_mend_is_said_so() -> None:
    """An unsafe cell that is published already: no further change makes that good."""
    bad = {key: value for key, value in FIGURES.items() if key[:2] != ("north", "places") or key[2] == "q"}
    true = protect(facts_of(bad), SHAPE, Rules(minimum_count=10)).released
    assert true.published.all()
    with pytest.raises(CannotBeProtected):
        protect_correction([Version(facts_of(bad), (true,))], facts_of(bad), SHAPE, RULES)


@pytest.mark.parametrize("by", [5, 0, 40, -5])
def test_small_corrections_do_not_untie_two_classifications(by):
    """North (GGD) less west (care) is the municipality of a lone supplier, whatever four others correct elsewhere."""
    places = {"m1": "pqrs", "m2": "L", "m3": "pqrs", "m4": "pqrs"}
    care = [("NL", ""), ("west", "NL"), ("east", "NL"), *(("m" + k, "west" if k == "1" else "east") for k in "1234")]
    ggd = [("NL", ""), ("north", "NL"), ("south", "NL"), *(("m" + k, "north" if k < "3" else "south") for k in "1234")]

    def rows(difference: int) -> Facts:
        keys = [(place, who) for place, everyone in places.items() for who in everyone]
        moved = {"m1": difference, "m3": -difference if by == 0 else difference}
        value = [6000 if place == "m2" else 9000 + 100 * ord(who) + moved.get(place, 0) for place, who in keys]
        return Facts.build({"m": [key[0] for key in keys]}, value=value, contributor=[key[1] for key in keys])

    def regions(edges: list[tuple[str, str]], *shown: str) -> Table:
        whole = Dimension.tree("m", edges)
        kept = [place for place, code in enumerate(whole.codes) if code in shown]
        sums = tuple((code, parts) for code, parts in whole.sums if code == "NL")
        codes, members = tuple(whole.codes[k] for k in kept), tuple(whole.members[k] for k in kept)
        return Table((Dimension("m", "m", codes, members, sums, whole.whole),))

    old, new = rows(0), rows(by or 20)
    first = protect(old, regions(ggd, "NL", "north", "south"), RULES).released
    assert first.published.all()
    try:
        second = protect_correction([Version(old, (first,))], new, regions(care, "NL", "west", "east"), RULES).released
    except CorrectionWaits:
        return
    shown = dict(zip([codes[0] for codes in second.table.codes()], second.published.tolist(), strict=True))
    assert not shown["west"]
    assert not shown["east"]


def test_persons_are_not_compared() -> None:
    persons = Facts.build({"region": ["north"], "form": ["beds"]}, contributor=["p"], person=["x"])
    with pytest.raises(BadInput, match="distinct persons"):
        protect_correction([Version(persons, ())], persons, SHAPE, RULES)


def test_three_versions_are_one_system() -> None:
    """The third release is held against the first and the second."""
    one = first()
    second = changed(FIGURES, {("north", "beds", supplier): 20 for supplier in "pqr"})
    before = [Version(facts_of(FIGURES), (one,))]
    two = protect_correction(before, facts_of(second), SHAPE, RULES).released
    third = changed(second, {("north", "beds", "p"): -20})
    history = [*before, Version(facts_of(second), (two,))]
    with pytest.raises(CorrectionWaits):
        protect_correction(history, facts_of(third), SHAPE, RULES)
    third = changed(second, {("south", "places", supplier): 15 for supplier in "stu"})
    three = protect_correction(history, facts_of(third), SHAPE, RULES).released
    told = [naive(FIGURES, one), naive(second, two), naive(third, three)]
    assert leaks(told, NAIVE, NAIVE_RULES) == []


def test_the_steward_is_told_which_cells_the_change_hides() -> None:
    after = changed(FIGURES, {("north", "beds", "p"): -20, ("north", "places", "p"): 20})
    outcome = protect_correction([Version(facts_of(FIGURES), (first(),))], facts_of(after), SHAPE, RULES)
    why = {explanation.codes: explanation.reasons for explanation in outcome.explanations}
    assert why[("north", "beds")] == (ShowsChange(),)


QUIET = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
figure = st.one_of(st.just(0), st.integers(1, 12), st.integers(20, 90))
table_of_figures = st.dictionaries(
    st.tuples(st.sampled_from(REGIONS), st.sampled_from(FORMS), st.sampled_from(SUPPLIERS)), figure, min_size=8
)


@st.composite
def corrections(draw: st.DrawFn) -> tuple[Figures, Figures]:
    """Figures before and after: few or many suppliers changed, in few or many places, some to nothing."""
    before = draw(table_of_figures)
    places = draw(st.lists(st.sampled_from(sorted(FIGURES)), max_size=10, unique=True))
    if draw(st.booleans()):
        places = [place for place in places if place[:2] == places[0][:2]]
    after = before | {place: draw(figure) for place in places}
    return before, after


@pytest.mark.parametrize(("rules", "naive_rules"), PROFILES)
@QUIET
@given(drawn=corrections())
def test_no_attacker_learns_too_much_from_two_versions(
    rules: Rules, naive_rules: NaiveRules, drawn: tuple[Figures, Figures]
) -> None:
    before, after = drawn
    one = protect(facts_of(before), SHAPE, rules).released
    try:
        two = protect_correction([Version(facts_of(before), (one,))], facts_of(after), SHAPE, rules).released
    except (CorrectionWaits, CannotBeProtected):
        return
    assert leaks([naive(before, one), naive(after, two)], NAIVE, naive_rules) == []


@pytest.mark.parametrize(("rules", "naive_rules"), PROFILES)
@QUIET
@given(drawn=corrections())
def test_the_last_gate_sees_what_a_naive_attacker_sees(
    rules: Rules, naive_rules: NaiveRules, drawn: tuple[Figures, Figures]
) -> None:
    """On releases made without an eye on each other."""
    before, after = drawn
    one, two = (protect(facts_of(figures), SHAPE, rules).released for figures in (before, after))
    versions = [Version(facts_of(before), (one,)), Version(facts_of(after), (two,))]
    if attack_versions(versions, rules).clean:
        assert leaks([naive(before, one), naive(after, two)], NAIVE, naive_rules) == []

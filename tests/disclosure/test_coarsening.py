"""What is offered in place of a table that cannot be protected: safe, no finer than asked, and nothing finer is safe."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from many import quiet
from naive_disclosure import NaiveRules, NaiveTable, Row, attack_naively

from service.disclosure import CannotBeProtected, Dimension, Facts, ReleasedTable, Rules, Table, attack, protect
from service.disclosure.coarser.coarsening import Limits, Offer, Offers, Subject, find_gains, find_offers, ladders_of
from service.disclosure.coarser.ladders import ladder_of
from service.disclosure.coarser.obstruction import find_obstruction

COUNT = Rules(minimum_count=10)
ZORGKANTOOR = [
    ("NL", ""),
    ("Z1", "NL"),
    ("Z2", "NL"),
    *((code, "Z1") for code in "abc"),
    *((code, "Z2") for code in "def"),
]
GGD = [("NL", ""), ("G1", "NL"), ("G2", "NL"), *((code, "G1") for code in "ab"), *((code, "G2") for code in "cdef")]
BOTH = Dimension.classifications("region", [ZORGKANTOOR, GGD], column="municipality")
REGIONS = Dimension(
    "region", "municipality", ("NL", "Z1", "Z2"), (*BOTH.members[:2], BOTH.members[5]), (), frozenset({"NL"})
)
PATIENTS = [("a", "P", 6), ("b", "Q", 5), ("c", "Q", 9), ("d", "P", 60), ("e", "Q", 30), ("f", "R", 50)]
MONTHS = [f"2024-{month:02}" for month in range(1, 13)]


def facts_of(rows: list[tuple[str, ...]], *columns: str) -> Facts:
    """Rows of codes, then contributor and value."""
    return Facts.build(
        {column: [str(row[place]) for row in rows] for place, column in enumerate(columns)},
        value=[int(row[-1]) for row in rows],
        contributor=[str(row[-2]) for row in rows],
    )


def refusal(subject: Subject, table: Table) -> CannotBeProtected | None:
    try:
        protect(subject.facts, table, subject.rules, subject.released)
    except CannotBeProtected as error:
        return error
    return None


def offered(subject: Subject, table: Table, limits: Limits | None = None) -> Offers:
    refused = refusal(subject, table)
    assert refused is not None
    return find_offers([subject], table, {0: refused.obstacles}, limits=limits)


def a_municipality() -> tuple[Subject, Table]:
    """Zorgkantoor regions were released; municipalities in two classifications are asked for."""
    facts = facts_of(PATIENTS, "municipality")
    earlier = protect(facts, Table((REGIONS,), name="regions"), COUNT).released
    return Subject(facts, COUNT, (earlier,)), Table((BOTH,))


def test_a_municipality_in_two_classifications_is_offered_without_its_municipalities():
    """P knows 6 of Z1's 20, so whoever asks for municipalities puts c's 9 where P can bound it by 14 - 5.

    Both classifications can be had all the same: not a single figure about one municipality follows from them.
    """
    subject, table = a_municipality()
    best, *others = offered(subject, table).found
    assert best.table.dimensions[0].codes == ("NL", "Z1", "Z2", "G1", "G2")
    assert best.dutch == "region zonder het fijnste niveau (a, b, c, …: 6 codes)"
    assert best.english == "region without its finest level (a, b, c, …: 6 codes)"
    assert others == []
    assert best.figures[0].cells == 5


def test_months_are_offered_as_quarters():
    """Q has every month of care form x but January, so of the 48 that were released it knows R's 4 in January.

    A quarter holds 12 of each, which may be told.
    """
    rows = [(month, "x", "R" if month == MONTHS[0] else "Q", 4) for month in MONTHS]
    rows += [(month, "y", supplier, 30) for month in MONTHS for supplier in "PQR"]
    facts = facts_of(rows, "month", "form")
    months, forms = Dimension.flat("month", MONTHS), Dimension.flat("form", "xy")
    earlier = protect(facts, Table((forms,), name="forms"), COUNT).released
    best = offered(Subject(facts, COUNT, (earlier,)), Table((months, forms))).found[0]
    assert best.table.dimensions[0].codes == ("TOTAL", "2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4")
    assert (best.dutch, best.english) == (
        "month per kwartaal (4 in plaats van 12)",
        "month by quarter (4 instead of 12)",
    )
    assert best.figures[0].suppressed == 0


def test_care_forms_are_merged_smallest_first():
    """Q has all of the small care forms but v, and subtracts them from the 16 that were released of them together.

    With u alone v would make 8: too few to tell, and the same subtraction gives it.
    """
    forms = Dimension.flat("form", "uvwxyz")
    rows = [("u", "Q", 2), ("v", "R", 6), ("w", "Q", 8), *((form, one, 50) for form in "xyz" for one in "PQR")]
    facts = facts_of(rows, "form")
    small = Dimension("form", "form", ("small",), (frozenset("uvw"),), ())
    earlier = ReleasedTable.from_cells(Table((small,), name="small"), {("small",): 16})
    best = offered(Subject(facts, COUNT, (earlier,)), Table((forms,))).found[0]
    assert best.table.dimensions[0].codes == ("TOTAL", "x", "y", "z", "u+v+w")
    assert best.dutch == "van form de kleinste codes samen als 'u+v+w' (u, v, w)"
    assert best.figures[0].suppressed == 0


def test_nothing_helps_where_what_is_unsafe_was_released_already():
    subject, table = a_municipality()
    stricter = Rules(minimum_count=25)
    hopeless = Subject(subject.facts, stricter, subject.released)
    found = offered(hopeless, table)
    assert found == Offers((), 0, None)
    assert found.dutch == "geen veilige grovere tabel gevonden; 0 keer geprobeerd, volledig gezocht"


def test_the_search_ends_where_it_is_told_and_says_so():
    subject, table = a_municipality()
    stopped = offered(subject, table, Limits(tries=0))
    assert (stopped.found, stopped.stopped) == ((), "tries")
    assert stopped.english == "no safe coarser table found; 0 tries, stopped at the limit on tries"
    refused = refusal(subject, table)
    ticks = iter(range(0, 10_000, 40))
    late = find_offers(
        [subject], table, {0: refused.obstacles}, limits=Limits(seconds=30), clock=lambda: float(next(ticks))
    )
    assert (late.found, late.stopped) == ((), "seconds")


def test_an_offer_is_safe_for_every_measure():
    """What is safe for the one measure and not for the other is not offered."""
    subject, table = a_municipality()
    easy = Subject(facts_of([(code, one, 90) for code in "abcdef" for one in "PQR"], "municipality"), COUNT)
    refused = refusal(subject, table)
    found = find_offers([easy, subject], table, {1: refused.obstacles})
    assert [len(offer.figures) for offer in found.found] == [2]
    assert found.found[0].table.dimensions[0].codes == ("NL", "Z1", "Z2", "G1", "G2")


def test_the_release_that_stands_in_the_way_is_named():
    subject, table = a_municipality()
    harmless = protect(subject.facts, Table((Dimension.flat("municipality", "abcdef"),), {}), Rules(minimum_count=10))
    nothing = ReleasedTable.from_cells(harmless.released.table, {})
    among = Subject(subject.facts, COUNT, (nothing, nothing, *subject.released, nothing))
    found = find_obstruction(among, table)
    assert (found.releases, found.minimal) == ((2,), True)
    hurried = find_obstruction(among, table, Limits(tries=1))
    assert (hurried.minimal, 2 in hurried.releases) == (False, True)


def test_what_a_coarser_table_would_gain():
    """Without its care forms the small table loses nothing; what loses as much or more is not told."""
    rows = [(region, form, one, value) for region in "ab" for form, value in (("x", 2), ("y", 40)) for one in "PQR"]
    facts = facts_of(rows, "region", "form")
    table = Table((Dimension.flat("region", "ab"), Dimension.flat("form", "xy")))
    lost = protect(facts, table, COUNT).report
    found = find_gains([Subject(facts, COUNT)], table, lost.suppressed_value / lost.finest_value)
    assert {offer.dutch: offer.lost for offer in found.found} == {
        "van region alleen het totaal": 0.0,
        "van form alleen het totaal": 0.0,
    }
    assert find_gains([Subject(facts, COUNT)], table, 0.9, limits=Limits(tries=1)).stopped == "tries"
    assert find_gains([Subject(facts, COUNT)], table, 0.9, expected=61.0).tries == 0


# --- ladders

CODE_LISTS = [
    MONTHS,
    [f"M{month:02}" for month in range(1, 13)],
    ["2024Q1", "2024Q2", "2025Q1", "2025Q2"],
    ["2024-01-30", "2024-01-31", "2024-02-01"],
    ["0-17", "18-64", "65+"],
    [str(year) for year in range(2018, 2027)],
    list("abcde"),
    [f"c{number}" for number in range(20)],
    ["one"],
    [],
]


def test_every_rung_is_a_sum_of_what_was_asked():
    asked = [Dimension.flat("d", codes, total=total) for codes in CODE_LISTS for total in (True, False)]
    asked += [BOTH, REGIONS, Dimension.tree("d", ZORGKANTOOR), Dimension.tree("d", ZORGKANTOOR, total=False)]
    asked += [Dimension.classifications("d", [ZORGKANTOOR, GGD], total=False)]
    asked += [Dimension.tree("d", [("T", ""), ("N", "T"), ("a", "N"), ("b", "N"), ("c", "T")])]
    for dimension in asked:
        first, *others = ladder_of(dimension, {})
        assert (first.dimension, first.changed) == (dimension, False)
        for rung in others:
            assert rung.dutch
            assert rung.english
            if rung.dimension is None:
                assert not dimension.whole
                continue
            assert set(rung.dimension.members) != set(dimension.members)
            for members in rung.dimension.members:
                inside = [part for part in dimension.members if part <= members]
                assert frozenset().union(*inside) == members
            for code, parts in rung.dimension.sums:
                sets = dict(zip(rung.dimension.codes, rung.dimension.members, strict=True))
                assert frozenset().union(*(sets[part] for part in parts)) == sets[code]


@pytest.mark.parametrize(
    ("codes", "coarser"),
    [
        (MONTHS, {"2024-Q1 2024-Q2 2024-Q3 2024-Q4"}),
        ([f"M{month:02}" for month in range(1, 13)], {"Q1 Q2 Q3 Q4"}),
        (["2024Q1", "2024Q2", "2025Q1", "2025Q2"], {"2024 2025"}),
        (["2024-01-30", "2024-01-31", "2024-02-01"], {"2024-01 2024-02-01"}),
        (["0-17", "18-64", "65+"], {"0-17..18-64 65+"}),
        (["10", "9", "8", "7", "6"], {"6..7 8..9 10", "6..9 10"}),
        (list("abc"), {"c a+b"}),
        (list("abcdef"), {"c d e f a+b", "d e f a+b+c", "e f REST (4)", "f REST (5)"}),
        (["a", "b", "a+b", "z"], {"a+b z [a+b]", "z a+a+b+b"}),
        (["GM0363", "GM0518", "GM0599"], {"GM0599 GM0363+GM0518"}),
    ],
)
def test_flat_codes_are_put_together_by_what_they_are(codes, coarser):
    weight = {code: place for place, code in enumerate(codes)}
    ladder = ladder_of(Dimension.flat("d", codes, total=False), weight)
    assert {" ".join(rung.dimension.codes) for rung in ladder[1:] if rung.dimension} == coarser


def test_of_two_classifications_each_can_be_left_out():
    rungs = {" ".join(rung.dimension.codes) for rung in ladder_of(BOTH, {})[1:]}
    assert rungs == {
        "NL Z1 a b c Z2 d e f",
        "NL a b c d e f G1 G2",
        "NL a b c d e f",
        "NL Z1 Z2 G1 G2",
        "NL Z1 Z2",
        "NL G1 G2",
        "NL",
    } - {"NL a b c d e f"}


# --- whatever the figures

PROFILES = [
    COUNT,
    Rules(minimum_count=10, minimum_contributors=3),
    Rules(p_percent=10),
    Rules(dominance=((1, 75), (2, 90)), minimum_contributors=3),
]
TREE = [("T", ""), ("N", "T"), ("Z", "T"), ("a", "N"), ("b", "N"), ("c", "Z"), ("d", "Z")]
BY_REGION = Dimension(
    "region",
    "region",
    ("T", "N", "Z"),
    (frozenset("abcd"), frozenset("ab"), frozenset("cd")),
    (("T", ("N", "Z")),),
    frozenset("T"),
)
FORMS = Dimension.flat("form", "xyz")
QUIET = quiet(10)


@st.composite
def refused_tables(draw):
    """A table that `protect` refuses next to some earlier ones, and the rows."""
    rules = draw(st.sampled_from(PROFILES))
    values = st.sampled_from([0, 1, 3, 5, 9, 12, 20, 40])
    rows = [
        (code, form, draw(st.sampled_from("PQRS")), draw(values))
        for code in "abcd"
        for form in "xyz"
        for _ in range(draw(st.integers(1, 3)))
    ]
    facts = facts_of(rows, "region", "form")
    history: list[ReleasedTable] = []
    shapes = [(BY_REGION, FORMS), (BY_REGION,), (FORMS,), (BY_REGION, Dimension.flat("form", "xyz", total=False))]
    for number, dimensions in enumerate(draw(st.lists(st.sampled_from(shapes), min_size=1, max_size=2))):
        try:
            history.append(protect(facts, Table(dimensions, name=f"t{number}"), rules, history).released)
        except CannotBeProtected:
            continue
    subject = Subject(facts, rules, tuple(history))
    table = Table((Dimension.tree("region", TREE), FORMS))
    refused = refusal(subject, table)
    assume(refused is not None)
    return rows, subject, table, refused


def naive(table: Table, released: ReleasedTable) -> NaiveTable:
    cells = zip(table.codes(), released.values, released.published, strict=True)
    return NaiveTable(
        {one.column: dict(zip(one.codes, one.members, strict=True)) for one in table.dimensions},
        {codes: int(value) if told else None for codes, value, told in cells},
        dict(table.where),
    )


@QUIET
@given(refused_tables())
def test_every_offer_is_safe_next_to_what_was_released(drawn):
    rows, subject, table, refused = drawn
    rules = NaiveRules(
        subject.rules.minimum_count,
        subject.rules.minimum_contributors,
        subject.rules.dominance,
        subject.rules.p_percent,
    )
    told = [Row({"region": code, "form": form}, value, one) for code, form, one, value in rows]
    for offer in find_offers([subject], table, {0: refused.obstacles}).found:
        made = protect(subject.facts, offer.table, subject.rules, subject.released).released
        assert attack(subject.facts, subject.rules, [*subject.released, made]).clean
        tables = [naive(one.table, one) for one in (made, *subject.released)]
        columns = {"region": list("abcd"), "form": list("xyz")}
        assert attack_naively(told, columns, tables, rules, whole=True) == []
        for asked, got in zip(table.dimensions, offer.table.dimensions, strict=True):
            for members in got.members:
                assert frozenset().union(*(one for one in asked.members if one <= members)) == members


@QUIET
@given(refused_tables())
def test_nothing_finer_than_the_best_offer_is_safe(drawn):
    """Every choice of rungs is tried: what is safe is an offer, or no finer than one, and no offer is that of another."""
    _, subject, table, refused = drawn
    found = find_offers([subject], table, {0: refused.obstacles}, limits=Limits(tries=1000, seconds=1e9, offers=1000))
    for rungs in product(*ladders_of(table, subject.facts)):
        dimensions = tuple(rung.dimension for rung in rungs)
        if not _no_finer(dimensions, found.found):
            assert refusal(subject, Table(dimensions)) is not None
    for offer in found.found:
        assert not _no_finer(offer.table.dimensions, [other for other in found.found if other is not offer])


def _no_finer(dimensions: tuple[Dimension, ...], offers: Sequence[Offer]) -> bool:
    """Whether every code of every dimension is a sum of codes of one of the offers."""
    return any(
        all(
            frozenset().union(*(part for part in theirs.members if part <= members)) == members
            for mine, theirs in zip(dimensions, offer.table.dimensions, strict=True)
            for members in mine.members
        )
        for offer in offers
    )


@QUIET
@given(refused_tables())
def test_the_releases_in_the_way_are_a_smallest_set(drawn):
    _, subject, table, _ = drawn
    found = find_obstruction(subject, table)
    assert found.minimal

    def next_to(numbers):
        return refusal(Subject(subject.facts, subject.rules, tuple(subject.released[one] for one in numbers)), table)

    assert next_to(found.releases) is not None
    for left_out in found.releases:
        assert next_to([one for one in found.releases if one != left_out]) is None

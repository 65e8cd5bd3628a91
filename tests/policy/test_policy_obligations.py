"""The terms of a permit: always the strictest, never below the floor, and readable back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bundles import bundle_of
from hypothesis import given
from hypothesis import strategies as st

from service.domain.catalogue import DisclosureProfile, Sensitivity
from service.domain.method import (
    Mechanism,
    Method,
    Noise,
    Rounding,
    Suppression,
    Unit,
    method_of,
    method_text,
)
from service.domain.obligations import effective_profile, obligations, profile_of, stricter, tightens
from service.domain.policy import Obligation
from service.domain.purpose import Frequency
from service.domain.texts_obligations import OBLIGATIONS, obligation_text

CATALOGUE = bundle_of().catalogue
CAPACITY = CATALOGUE.data_set("staffed-beds")
PLANNING = CATALOGUE.purpose("regional-capacity-planning")

METHODS = st.one_of(
    st.just(Suppression()),
    st.builds(Rounding, st.integers(2, 50)),
    st.builds(
        lambda mechanism, loss, tables, *bounds: Noise(mechanism, loss, loss * tables, *bounds),
        st.sampled_from(Mechanism),
        st.decimals("0.001", "0.5", places=3),
        st.integers(1, 4),
        st.sampled_from(Unit),
        st.integers(1, 99),
        st.integers(1, 10**9),
    ),
)
PROFILES = st.builds(
    DisclosureProfile,
    st.just("x"),
    st.integers(1, 30),
    st.integers(1, 9),
    st.dictionaries(st.integers(1, 3), st.integers(1, 100), max_size=3).map(lambda d: tuple(sorted(d.items()))),
    st.none() | st.integers(1, 50),
    st.booleans(),
    METHODS,
)
CONTRIBUTIONS = st.lists(st.integers(1, 60), min_size=1, max_size=9)


def unsafe(profile: DisclosureProfile, contributions: list[int]) -> bool:
    """The primary rules of disclosure.md, word for word, for a count."""
    ordered, total = sorted(contributions, reverse=True), sum(contributions)
    return (
        total < profile.minimum_count
        or len(ordered) < profile.minimum_contributors
        or any(sum(ordered[:m]) * 100 > k * total for m, k in profile.dominance)
        or (profile.p_percent is not None and (total - sum(ordered[:2])) * 100 < profile.p_percent * ordered[0])
    )


@given(PROFILES, PROFILES, CONTRIBUTIONS)
def test_stricter_is_unsafe_when_either_is(one, other, contributions):
    both = stricter(one, other)
    assert unsafe(both, contributions) == (unsafe(one, contributions) or unsafe(other, contributions))
    assert tightens(both, one)
    assert tightens(both, other)


@given(PROFILES, PROFILES, CONTRIBUTIONS)
def test_what_tightens_lets_nothing_through_that_the_base_stops(profile, base, contributions):
    if tightens(profile, base) and unsafe(base, contributions):
        assert unsafe(profile, contributions)


@given(PROFILES)
def test_a_profile_tightens_itself(profile):
    assert tightens(profile, profile)


@pytest.mark.parametrize(
    "looser",
    [
        {"minimum_count": 9},
        {"minimum_contributors": 2},
        {"p_percent": 9},
        {"p_percent": None},
        {"dominance": ((1, 76), (2, 90))},
        {"dominance": ((1, 75), (2, 91))},
        {"dominance": ((1, 75),)},
        {"dominance": ()},
    ],
)
def test_looser_in_one_respect_is_looser(looser):
    base = CATALOGUE.profile("operational")
    assert not tightens(replace(base, **looser), base)
    assert tightens(base, replace(base, **looser))


def test_zeros():
    base = replace(CATALOGUE.profile("operational"), zero_is_safe=False)
    assert not tightens(CATALOGUE.profile("operational"), base)
    assert not stricter(CATALOGUE.profile("operational"), base).zero_is_safe


def test_five_contributors_and_a_quarter_for_competition_sensitive_figures():
    sensitive = replace(CAPACITY, sensitivity=frozenset({Sensitivity.COMPETITION}))
    profile = effective_profile(sensitive, PLANNING, CATALOGUE)
    assert (profile.minimum_contributors, dict(profile.dominance)) == (5, {1: 25, 2: 90})
    assert unsafe(profile, [25, 25, 25, 25])
    assert not unsafe(profile, [25, 20, 20, 20, 15])
    assert unsafe(profile, [26, 20, 20, 20, 14])


def test_never_below_the_floor():
    loose = DisclosureProfile("operational", 1, 1, (), None)
    profile = effective_profile(CAPACITY, PLANNING, replace(CATALOGUE, profiles=(loose,)))
    assert (profile.minimum_count, profile.minimum_contributors) == (10, 3)


def test_the_purpose_tightens():
    winter = CATALOGUE.purpose("winter-evaluation-2020")
    assert effective_profile(CAPACITY, winter, CATALOGUE).minimum_contributors == 5
    assert effective_profile(CAPACITY, winter, CATALOGUE).id == "competition"


@given(PROFILES)
def test_the_rules_are_read_back_from_the_terms(profile):
    named = replace(profile, id="operational")
    terms = obligations(CAPACITY, PLANNING, replace(CATALOGUE, profiles=(named,)))
    assert profile_of(terms) == effective_profile(CAPACITY, PLANNING, replace(CATALOGUE, profiles=(named,)))


@given(METHODS)
def test_a_method_is_read_back_from_its_text(method: Method):
    assert method_of(method_text(method)) == method


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rounding",
        "rounding:1",
        "noise:discrete-laplace:1.001:4:person:1:1",
        "noise:discrete-laplace:0:4:person:1:1",
        "noise:discrete-laplace:1:5:person:1:1",
        "noise:discrete-laplace:1:0.5:person:1:1",
        "noise:discrete-laplace:0.0005:4:person:1:1",
        "noise:discrete-gaussian:0.6:2:person:1:1",
        "noise:discrete-laplace:1:4:person:0:1",
        "noise:discrete-laplace:1:4:person:1:0",
        "noise:continuous:1:4:person:1:1",
    ],
)
def test_no_method(text):
    with pytest.raises(ValueError):
        method_of(text)


@pytest.mark.parametrize("missing", ["disclosure-profile", "minimum-count", "minimum-contributors", "zero-is-safe"])
def test_terms_without_a_rule_are_no_terms(missing):
    terms = obligations(CAPACITY, PLANNING, CATALOGUE)
    with pytest.raises(ValueError, match=missing):
        profile_of(term for term in terms if term.code != missing)
    with pytest.raises(ValueError, match="many"):
        profile_of([*(t for t in terms if t.code != "minimum-count"), Obligation("minimum-count", "many")])


def test_every_term_has_a_sentence_in_both_languages():
    """Of every purpose and data set in the bundle, and of every method and frequency that there is."""
    terms = {
        Obligation(term.code, term.value)
        for purpose in CATALOGUE.purposes
        for scope in purpose.scopes
        for term in obligations(CATALOGUE.data_set(scope.data_set), purpose, CATALOGUE)
    }
    terms |= {Obligation("frequency", frequency.value) for frequency in Frequency}
    terms |= {Obligation("method", "rounding:5"), Obligation("zero-is-safe", 0), Obligation("p-percent", 10)}
    for term in terms:
        assert term.code in OBLIGATIONS
        for text in obligation_text(term):
            assert "{" not in text
            assert text.endswith(".")
    assert {term.code for term in terms} == set(OBLIGATIONS)
    assert obligation_text(Obligation("dominance", "2:60"))[1] == (
        "A cell of which the 2 largest parties together have more than 60 % is not shown."
    )

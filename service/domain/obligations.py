"""What a permit obliges to: the strictest of floor, data set's profile, purpose and competition rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from service.domain.catalogue import Catalogue, DataSet, DisclosureProfile, Sensitivity
from service.domain.method import Suppression, method_of, method_text
from service.domain.policy import Obligation
from service.domain.purpose import Purpose

MINIMUM_COUNT_FLOOR = 10
MINIMUM_CONTRIBUTORS_FLOOR = 3
COMPETITION_MINIMUM_CONTRIBUTORS = 5
COMPETITION_LARGEST_SHARE = 25
COMPETITION_MINIMUM_AGE_MONTHS = 3
PROVIDER_LEVEL_MINIMUM_AGE_MONTHS = 12
"""The commitments of 2010 to the NMa: convention, not safe harbour."""


def stricter(one: DisclosureProfile, other: DisclosureProfile) -> DisclosureProfile:
    """The profile under which a cell is unsafe when it is unsafe under either; it keeps name and method of `one`."""
    return replace(
        one,
        minimum_count=max(one.minimum_count, other.minimum_count),
        minimum_contributors=max(one.minimum_contributors, other.minimum_contributors),
        dominance=_lowest_shares((*one.dominance, *other.dominance)),
        p_percent=max((p for p in (one.p_percent, other.p_percent) if p is not None), default=None),
        zero_is_safe=one.zero_is_safe and other.zero_is_safe,
    )


def tightens(profile: DisclosureProfile, base: DisclosureProfile) -> bool:
    """Whether `profile` is nowhere looser than `base`."""
    return (
        profile.minimum_count >= base.minimum_count
        and profile.minimum_contributors >= base.minimum_contributors
        and (profile.p_percent or 0) >= (base.p_percent or 0)
        and (base.zero_is_safe or not profile.zero_is_safe)
        and all(any(_implies(own, rule) for own in profile.dominance) for rule in base.dominance)
    )


def effective_profile(data_set: DataSet, purpose: Purpose, catalogue: Catalogue) -> DisclosureProfile:
    """The rules for a table of `data_set` under `purpose` (policy.md, disclosure.md).

    1. the profile of the data set; 2. tightened by the purpose's; 3. for competition-sensitive figures at least 5
    contributors, none above 25 % (convention, not safe harbour); 4. never below the floors.
    """
    profile = catalogue.profile(data_set.disclosure_profile)
    if purpose.disclosure_profile is not None:
        profile = stricter(catalogue.profile(purpose.disclosure_profile), profile)
    if Sensitivity.COMPETITION in data_set.sensitivity:
        profile = stricter(profile, _COMPETITION)
    floor = replace(_FLOOR, minimum_contributors=contributors_floor(data_set))
    return stricter(profile, floor)


def contributors_floor(data_set: DataSet) -> int:
    """The fewest contributors behind a figure: 3, or 1 when only public bodies deliver, which compete with nobody.

    The floor of 10 persons holds for them too.
    """
    return MINIMUM_CONTRIBUTORS_FLOOR if data_set.has_business else 1


def minimum_age(data_set: DataSet, purpose: Purpose) -> int:
    """Whole months since the newest period, at least: the strictest of data set, purpose and competition rules."""
    competition = COMPETITION_MINIMUM_AGE_MONTHS if Sensitivity.COMPETITION in data_set.sensitivity else 0
    return max(data_set.minimum_age_months, purpose.minimum_age_months, competition)


def obligations(data_set: DataSet, purpose: Purpose, catalogue: Catalogue) -> tuple[Obligation, ...]:
    """The terms of a permit; `profile_of` reads the disclosure rules back from them.

    Contributors are holdings: organisations of one concern count as one for every rule about contributors.
    """
    profile = effective_profile(data_set, purpose, catalogue)
    recipients = sorted(purpose.recipients.organisations)
    if purpose.recipients.all_regional_owners:
        recipients = ["all-regional-owners", *recipients]
    if purpose.recipients.public:
        recipients = ["public", *recipients]
    return (
        *_terms(profile),
        Obligation("contributors-are", "holdings"),
        Obligation("minimum-age-months", minimum_age(data_set, purpose)),
        Obligation("frequency", purpose.frequency.value),
        *(Obligation("recipient", recipient) for recipient in recipients),
        *(Obligation(f"retention-{what}-months", months) for what, months in sorted(purpose.retention.items())),
    )


def write_rules(profile: DisclosureProfile) -> list[dict[str, str | int | float]]:
    """The disclosure rules as JSON, as a permit has them; `read_rules` reads them back."""
    return [{"code": term.code, "value": term.value} for term in _terms(profile)]


def read_rules(written: Iterable[Mapping[str, str | int | float]]) -> DisclosureProfile:
    """The disclosure rules that `write_rules` wrote.

    Raises:
        ValueError: it did not write these.
    """
    return profile_of(Obligation(str(term["code"]), term["value"]) for term in written)


def profile_of(terms: Iterable[Obligation]) -> DisclosureProfile:
    """The disclosure rules that a permit's obligations hold.

    Raises:
        ValueError: a rule is missing or not of its form; a table without rules is not protected.
    """
    values: dict[str, list[str]] = {}
    for term in terms:
        values.setdefault(term.code, []).append(str(term.value))
    try:
        return DisclosureProfile(
            id=values["disclosure-profile"][0],
            minimum_count=int(values["minimum-count"][0]),
            minimum_contributors=int(values["minimum-contributors"][0]),
            dominance=tuple((int(m), int(k)) for m, _, k in (d.partition(":") for d in values.get("dominance", []))),
            p_percent=int(values["p-percent"][0]) if "p-percent" in values else None,
            zero_is_safe=values["zero-is-safe"][0] == "1",
            method=method_of(values.get("method", ["suppression"])[0]),
        )
    except KeyError as missing:
        raise ValueError(f"no obligation {missing}") from missing


def _terms(profile: DisclosureProfile) -> tuple[Obligation, ...]:
    return (
        Obligation("disclosure-profile", profile.id),
        Obligation("minimum-count", profile.minimum_count),
        Obligation("minimum-contributors", profile.minimum_contributors),
        *(Obligation("dominance", f"{m}:{k}") for m, k in profile.dominance),
        *([Obligation("p-percent", profile.p_percent)] if profile.p_percent is not None else []),
        Obligation("zero-is-safe", int(profile.zero_is_safe)),
        *([] if profile.method == Suppression() else [Obligation("method", method_text(profile.method))]),
    )


def _implies(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a cell that passes dominance `one` passes `other`: m contributors hold at most m/m' of what m' can."""
    (m, k), (other_m, other_k) = one, other
    return k * max(other_m, m) <= other_k * m


def _lowest_shares(dominance: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Per number of contributors the lowest share."""
    lowest: dict[int, int] = {}
    for m, k in dominance:
        lowest[m] = min(k, lowest.get(m, k))
    return tuple(sorted(lowest.items()))


_FLOOR = DisclosureProfile("floor", MINIMUM_COUNT_FLOOR, MINIMUM_CONTRIBUTORS_FLOOR, (), None)
_COMPETITION = DisclosureProfile(
    "competition", MINIMUM_COUNT_FLOOR, COMPETITION_MINIMUM_CONTRIBUTORS, ((1, COMPETITION_LARGEST_SHARE),), None
)

"""The last moment at which something is denied, and the first at which it is permitted: on the bundle that comes with us.

Every moment is an instant in UTC, worked out by hand from the calendar; engine and oracle have to agree on each.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from agreed import everything_agreed
from bundles import ruled
from policy_oracle import judge

from service.domain.caller import Caller
from service.domain.facts import may_read_release, may_request_aggregate
from service.domain.frequency import Given
from service.domain.organisation import Agreement, LaterRegions, Organisation, OrganisationKind
from service.domain.policy import Deny
from service.domain.principal import Person, Role
from service.domain.purpose import Frequency
from service.domain.release import Release
from service.domain.request import RequestedDimension, RequestSpec
from service.domain.round import Round, RoundState, round_id

BUNDLE, ENGINE = ruled()
SECOND = timedelta(seconds=1)
WORDS = "Nobody knows the sum over all providers, and people wait."
OWNER = Person("i", "owner", frozenset({Role.REGIONAL_OWNER}), "regio-noord")
WAITING = "waiting-and-mediation", "waiting-list", ("waiting",), "calendar-months"
CATCHMENT = "catchment-and-white-spots", "catchment-claims", ("clients",), "calendar-years"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def reasons(what, period, at, catalogue=BUNDLE.catalogue, until=None, *, given=()):
    purpose, data_set, measures, calendar = what
    version = catalogue.data_set(data_set).version
    level = catalogue.classification(calendar).finest
    spec = RequestSpec(
        data_set=data_set,
        purpose=purpose,
        dimensions=(RequestedDimension("period", calendar, level),),
        periods=(period,),
        measures=measures,
        bottleneck=WORDS,
        necessity=WORDS,
        why_nothing_less=WORDS,
        data_set_version=version,
    )
    own = Organisation(
        "regio-noord",
        "Regio Noord",
        frozenset({OrganisationKind.REGIONAL_OWNER}),
        "regio-noord",
        Agreement("VO-1", date(2020, 1, 1), until),
    )
    rounds = [Round(round_id(data_set, period), data_set, version, period, frozenset(), at, RoundState.CLOSED)]
    before = [Given(replace(spec, periods=(earlier,)), came) for earlier, came in given]
    query = may_request_aggregate(Caller(OWNER, own, at), spec, catalogue, rounds, everything_agreed(), given=before)
    decision = ENGINE.decide(query)
    found = {reason.code for reason in decision.reasons} if isinstance(decision, Deny) else set()
    assert found == judge(query)
    return found


def with_purpose(**changes):
    """The catalogue in which the purpose of the waiting list says something else."""
    return replace(
        BUNDLE.catalogue,
        purposes=tuple(replace(p, **changes) if p.id == WAITING[0] else p for p in BUNDLE.catalogue.purposes),
    )


@pytest.mark.parametrize(
    ("what", "months", "period", "first"),
    [
        (WAITING, 3, "2026-06", "2026-09-30T22:00:00"),  # midnight of 1 October, in summer time
        (WAITING, 3, "2026-07", "2026-10-31T23:00:00"),  # of 1 November, a week after summer time
        (WAITING, 3, "2026-11", "2027-02-28T23:00:00"),  # three months end in a short one
        (WAITING, 3, "2027-11", "2028-02-29T23:00:00"),  # and in a leap year
        (WAITING, 3, "2026-12", "2027-03-31T22:00:00"),  # three days into summer time
        (CATCHMENT, 12, "2026", "2027-12-31T23:00:00"),
        (CATCHMENT, 12, "2027", "2028-12-31T23:00:00"),  # a leap year is no day longer
    ],
)
def test_a_figure_is_old_enough_from_midnight_in_amsterdam(what, months, period, first):
    data_set = BUNDLE.catalogue.data_set(what[1])
    purpose = BUNDLE.catalogue.purpose(what[0])
    assert max(data_set.minimum_age_months, purpose.minimum_age_months) == months
    at = instant(first)
    assert reasons(what, period, at) == set()
    for earlier in (SECOND, timedelta(hours=12), timedelta(days=1)):
        assert reasons(what, period, at - earlier) == {"data-too-young"}


def test_three_months_hold_for_competition_whatever_data_set_and_purpose_say():
    loose = with_purpose(minimum_age_months=0)
    sets = tuple(replace(d, minimum_age_months=0) if d.id == WAITING[1] else d for d in loose.data_sets)
    at = instant("2026-09-30T22:00:00")
    assert reasons(WAITING, "2026-06", at, replace(loose, data_sets=sets)) == set()
    assert reasons(WAITING, "2026-06", at - SECOND, replace(loose, data_sets=sets)) == {"data-too-young"}


LAST_DAYS = [
    # the last day; its first instant and the first after it
    (date(2027, 1, 31), "2027-01-30T23:00:00", "2027-01-31T23:00:00"),
    (date(2027, 6, 30), "2027-06-29T22:00:00", "2027-06-30T22:00:00"),
    (date(2027, 3, 28), "2027-03-27T23:00:00", "2027-03-28T22:00:00"),  # 23 hours: summer time begins
    (date(2027, 10, 31), "2027-10-30T22:00:00", "2027-10-31T23:00:00"),  # 25 hours: it ends
]


@pytest.mark.parametrize(("day", "begins", "over"), LAST_DAYS)
@pytest.mark.parametrize("what", ["valid_until", "review_on", "dpia", "agreement"])
def test_the_last_day_is_whole_and_no_longer(what, day, begins, over):
    catalogue, until, reason = BUNDLE.catalogue, None, {"recipient-without-agreement"}
    if what == "agreement":
        until = day
    elif what == "dpia":
        dpia = BUNDLE.catalogue.purpose(WAITING[0]).dpia
        catalogue, reason = with_purpose(dpia=replace(dpia, review_on=day)), {"dpia-review-overdue"}
    else:
        reason = {"purpose-expired"} if what == "valid_until" else {"purpose-review-overdue"}
        catalogue = with_purpose(**{what: day})
    for at in (instant(begins), instant(over) - SECOND):
        assert reasons(WAITING, "2026-06", at, catalogue, until) == set()
    for at in (instant(over), instant(over) + timedelta(hours=2)):
        assert reasons(WAITING, "2026-06", at, catalogue, until) >= reason


@pytest.mark.parametrize(("day", "begins", "over"), LAST_DAYS)
def test_the_first_day_is_whole_and_no_earlier(day, begins, over):
    catalogue = with_purpose(valid_from=day)
    assert reasons(WAITING, "2026-06", instant(begins), catalogue) == set()
    assert reasons(WAITING, "2026-06", instant(over), catalogue) == set()
    assert reasons(WAITING, "2026-06", instant(begins) - SECOND, catalogue) == {"purpose-not-yet-valid"}


@pytest.mark.parametrize(
    ("frequency", "came", "first"),
    [
        (Frequency.MONTHLY, "2027-03-28T00:59:59", "2027-03-31T22:00:00"),  # in the last second of winter time
        (Frequency.MONTHLY, "2027-03-28T01:00:00", "2027-03-31T22:00:00"),  # in the first one of summer time
        (Frequency.MONTHLY, "2027-10-31T00:30:00", "2027-10-31T23:00:00"),  # half past two, the first time
        (Frequency.MONTHLY, "2027-10-31T01:30:00", "2027-10-31T23:00:00"),  # half past two, the second time
        (Frequency.MONTHLY, "2027-10-31T22:59:59", "2027-10-31T23:00:00"),  # the last second of October
        (Frequency.MONTHLY, "2027-10-31T23:00:00", "2027-11-30T23:00:00"),  # the first one of November
        (Frequency.QUARTERLY, "2027-09-30T21:59:59", "2027-09-30T22:00:00"),
        (Frequency.QUARTERLY, "2027-09-30T22:00:00", "2027-12-31T23:00:00"),
        (Frequency.YEARLY, "2027-12-31T22:59:59", "2027-12-31T23:00:00"),
        (Frequency.YEARLY, "2027-12-31T23:00:00", "2028-12-31T23:00:00"),
    ],
)
def test_newer_figures_come_from_midnight_in_amsterdam(frequency, came, first):
    """What came in one calendar period is followed by newer figures in the next, at the clock of the Netherlands."""
    catalogue = with_purpose(frequency=frequency, valid_until=date(2030, 1, 1), review_on=date(2030, 1, 1))
    dpia = replace(BUNDLE.catalogue.purpose(WAITING[0]).dpia, review_on=date(2030, 1, 1))
    purposes = tuple(replace(p, dpia=dpia) if p.id == WAITING[0] else p for p in catalogue.purposes)
    catalogue, given = replace(catalogue, purposes=purposes), [("2026-10", instant(came))]
    at = instant(first)
    assert reasons(WAITING, "2026-11", at, catalogue, given=given) == set()
    assert reasons(WAITING, "2026-11", at - SECOND, catalogue, given=given) == {"sooner-than-frequency"}
    assert reasons(WAITING, "2026-10", at - SECOND, catalogue, given=given) == set()


@pytest.mark.parametrize(("day", "begins", "over"), LAST_DAYS)
def test_other_regions_hold_from_midnight_in_amsterdam(day, begins, over):
    """A release of the region that is gone is read in the last second before its day, and not in the first of it."""
    stands = frozenset({"nl-ggd/VR10"})
    own = Organisation(
        "regio-noord",
        "Regio Noord",
        frozenset({OrganisationKind.REGIONAL_OWNER}),
        "regio-noord",
        Agreement("VO-1", date(2020, 1, 1)),
        stands,
        later_regions=(LaterRegions(day, instant("2026-12-01T12:00:00"), frozenset({"nl-ggd/VR11"})),),
    )
    release = Release(
        id="r",
        request="q",
        data_set="capacity",
        purpose="places-in-the-region",
        rounds=(),
        version=1,
        recipients=frozenset({"regio-noord"}),
        content="{}",
        content_digest="",
        key_id="",
        signature="",
        inputs=(),
        released_at=instant("2026-12-01T12:00:00"),
        regions=stands,
    )
    for at, expected in (
        (instant(begins) - SECOND, set()),
        (instant(begins), {"region-no-longer-yours"}),
        (instant(over), {"region-no-longer-yours"}),
    ):
        query = may_read_release(Caller(OWNER, own, at), release)
        decision = ENGINE.decide(query)
        found = {reason.code for reason in decision.reasons} if isinstance(decision, Deny) else set()
        assert found == judge(query) == expected

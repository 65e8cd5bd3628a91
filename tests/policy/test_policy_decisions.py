"""`decisions.csv`: who may ask what for which purpose, in a table that can be read without code.

Each row is one question on 28 November 2026: somebody with `role`, of an organisation with an agreement in force that is a
regional owner, asks for all measures of the data set over an old period, at the coarsest level that the purpose allows and
for its own region where the purpose says so, and gives good reasons; whatever the purpose rests on is in force. `expected` is `permit`, or every reason of the denial. `sensitivity` says why the figures need care.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import cedarpy
from agreed import everything_agreed
from bundles import ruled
from hypothesis import given
from hypothesis import strategies as st
from many import quiet
from policy_oracle import judge

from service.adapters.cedar import CedarEngine
from service.domain import facts
from service.domain.caller import Caller
from service.domain.catalogue import DataSet
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.policy import Deny, Permit, Query
from service.domain.principal import Person, Role
from service.domain.purpose import Reach
from service.domain.request import RequestedDimension, RequestSpec
from service.domain.request_facts import regions_asked
from service.domain.round import Round, RoundState

FILE = Path(__file__).with_name("decisions.csv")
COLUMNS = ("purpose", "data set", "sensitivity", "role", "expected")
BUNDLE, ENGINE = ruled()
CATALOGUE = BUNDLE.catalogue
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PEOPLE = (Role.REGIONAL_OWNER, Role.STEWARD, Role.PRIVACY_OFFICER, Role.AUDITOR)
PURPOSES = sorted({one.id for one in CATALOGUE.purposes})
DATA_SETS = sorted({one.id for one in CATALOGUE.data_sets})
WORDS = "Nobody knows the sum over all providers."


def old_period(data_set: DataSet) -> str:
    """The last one of 2024 that a round can be about."""
    calendar = CATALOGUE.classification(data_set.period.classifications[0])
    return max(code.code for code in calendar.at(data_set.round_level) if code.code.startswith("2024"))


def coarsest(dimension: str, grouping: str, *, own_region: bool) -> RequestedDimension:
    """At its coarsest level; for a purpose within the own region, cut down to one region."""
    classification = CATALOGUE.classification(grouping)
    level = classification.levels[0]
    one = (min(code.code for code in classification.at(level)),) if own_region and classification.regions else ()
    return RequestedDimension(dimension, grouping, level, one)


def question(purpose: str, name: str, role: str) -> Query:
    data_set, scope = CATALOGUE.data_set(name), CATALOGUE.purpose(purpose).scope(name)
    levels = scope.finest_levels if scope else {}
    asked = [(dimension, min(finest)[0]) for dimension, finest in sorted(levels.items())]
    own_region = CATALOGUE.purpose(purpose).recipients.reach is Reach.OWN_REGION
    spec = RequestSpec(
        data_set=name,
        purpose=purpose,
        dimensions=tuple(coarsest(dimension, grouping, own_region=own_region) for dimension, grouping in asked),
        periods=(old_period(data_set),),
        measures=tuple(sorted(scope.measures)) if scope else tuple(one.name for one in data_set.measures),
        bottleneck=WORDS,
        necessity=WORDS,
        why_nothing_less=WORDS,
        data_set_version=data_set.version,
    )
    kinds = frozenset({OrganisationKind.REGIONAL_OWNER})
    regions = frozenset(regions_asked(spec, CATALOGUE))
    own = Organisation("board", "board", kinds, "board", Agreement("VO-1", date(2026, 1, 1)), regions)
    round_ = Round("r", name, data_set.version, spec.periods[0], frozenset(), NOW - timedelta(1), RoundState.CLOSED)
    person = Person("i", "somebody", frozenset({Role(role)}), "board")
    return facts.may_request_aggregate(Caller(person, own, NOW), spec, CATALOGUE, [round_], everything_agreed())


def answer(query: Query) -> str:
    """Of the engine; the oracle has to agree."""
    decision = ENGINE.decide(query)
    found = {one.code for one in decision.reasons} if isinstance(decision, Deny) else set()
    assert found == judge(query)
    return " ".join(sorted(found)) or "permit"


def sensitivity(name: str) -> str:
    return " ".join(sorted(CATALOGUE.data_set(name).sensitivity))


def rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_row_is_decided_as_the_table_says() -> None:
    wrong = [
        f"{row['purpose']} / {row['data set']} / {row['role']}: {found}, and not {row['expected']}"
        for row in rows()
        if (found := answer(question(row["purpose"], row["data set"], row["role"]))) != row["expected"]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_table_is_whole_and_says_how_sensitive_each_data_set_is() -> None:
    """Every purpose with every data set for who may ask, and each role with every data set that a purpose covers."""
    covered = [(p, d) for p, d in product(PURPOSES, DATA_SETS) if CATALOGUE.purpose(p).scope(d) is not None]
    wanted = {(p, d, Role.REGIONAL_OWNER.value) for p, d in product(PURPOSES, DATA_SETS)}
    wanted |= {(p, d, role.value) for (p, d), role in product(covered, PEOPLE)}
    read = rows()
    assert tuple(read[0]) == COLUMNS
    named = [(row["purpose"], row["data set"], row["role"]) for row in read]
    assert len(named) == len(set(named))
    assert set(named) == wanted
    assert [row["sensitivity"] for row in read] == [sensitivity(row["data set"]) for row in read]


def test_only_regional_owners_are_permitted_and_only_what_the_purpose_covers() -> None:
    for row in rows():
        if row["expected"] == "permit":
            assert row["role"] == Role.REGIONAL_OWNER
            assert CATALOGUE.purpose(row["purpose"]).scope(row["data set"]) is not None
        elif row["role"] != Role.REGIONAL_OWNER:
            assert "role-not-allowed" in row["expected"].split()


# --- a prohibition more ----------------------------------------------------------------------------------------------

_RULES = [rule for _, text in BUNDLE.rules for rule in re.split(r"(?m)^(?=@id\()", text) if rule.startswith("@id(")]
_PERMITS = [rule for rule in _RULES if re.search(r"(?m)^permit\b", rule)]
_FORBIDS = [rule for rule in _RULES if rule not in _PERMITS]


def with_only(kept: set[str]) -> CedarEngine:
    """All permits, and the forbids that are given."""
    text = "\n".join((*_PERMITS, *sorted(kept)))
    return CedarEngine(replace(BUNDLE, rules=(("rules.cedar", text),)))


def test_the_rules_are_taken_apart_whole() -> None:
    parsed = cedarpy.PolicySet.from_str("\n".join(text for _, text in BUNDLE.rules)).to_pst().static_policies
    effects = Counter(one.effect for one in parsed.values())
    assert (len(_PERMITS), len(_FORBIDS)) == (effects["permit"], effects["forbid"])


@quiet(10)
@given(st.sets(st.sampled_from(_FORBIDS)), st.sampled_from(_FORBIDS), st.data())
def test_a_prohibition_more_never_permits_more(kept: set[str], more: str, data: st.DataObject) -> None:
    fewer, extended = with_only(kept), with_only({*kept, more})
    for row in data.draw(st.lists(st.sampled_from(rows()), min_size=5, max_size=5)):
        query = question(row["purpose"], row["data set"], row["role"])
        if isinstance(extended.decide(query), Permit):
            assert isinstance(fewer.decide(query), Permit)


def write() -> None:
    """Write the table anew, from the engine: read the difference as a lawyer would."""
    covered = {(p, d) for p, d in product(PURPOSES, DATA_SETS) if CATALOGUE.purpose(p).scope(d) is not None}
    with FILE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for p, d in product(PURPOSES, DATA_SETS):
            for role in PEOPLE if (p, d) in covered else PEOPLE[:1]:
                out.writerow((p, d, sensitivity(d), role.value, answer(question(p, d, role.value))))


if __name__ == "__main__":
    write()

"""The Cedar engine: worked questions, agreement with the oracle, and denial whenever it is not sure."""

from __future__ import annotations

from dataclasses import replace

import cedarpy
import policy_cases as worked
import pytest
from bundles import ruled
from hypothesis import given
from hypothesis import strategies as st
from many import quiet
from policy_oracle import MAY, RESOURCES, SHAPES, judge

from service.adapters.cedar import CedarEngine
from service.domain.policy import Deny, Obligation, Permit, Query, Resource
from service.domain.principal import Anonymous, Operator, Person, Role, Supplier, Worker
from service.domain.texts import REASONS, text_of_reason

BUNDLE, ENGINE = ruled()
# the worked questions are not made from a catalogue: the obligations that one gives are looked at elsewhere


class WithoutObligations(CedarEngine):
    def _obligations(self, query):
        return ()


RULES = WithoutObligations(BUNDLE)


def reasons(query: Query) -> frozenset[str]:
    decision = RULES.decide(query)
    return frozenset(r.code for r in decision.reasons) if isinstance(decision, Deny) else frozenset()


@pytest.mark.parametrize("case", worked.CASES, ids=lambda case: case.name)
def test_worked_question(case):
    assert reasons(case.query) == case.reasons
    assert judge(case.query) == case.reasons


def test_who_may_do_what():
    assert set(worked.ALLOWED) == set(worked.ACTIONS) == set(SHAPES)
    for action, roles in worked.ALLOWED.items():
        for role, principal in worked.PRINCIPALS.items():
            found = reasons(worked.question(principal, action))
            if role in roles.split():
                assert found == frozenset(), (role, action)
            else:
                assert "role-not-allowed" in found, (role, action)


def test_every_role_is_in_the_oracle():
    assert {role for _, role in MAY} == set(Role)


def test_every_reason_has_a_text_and_every_text_a_reason():
    parsed = cedarpy.PolicySet.from_str("\n".join(text for _, text in BUNDLE.rules)).to_pst().static_policies
    told = {policy.annotations["id"] for policy in parsed.values() if policy.effect == "forbid"}
    # no rule can know a one-time code, how many requests there are, or who is in a delivery
    said_by_use_cases = {"code-not-valid", "too-many-open-requests", "person-not-yours"}
    assert told | {"policy-not-sure", "role-not-allowed"} | said_by_use_cases == set(REASONS)


def test_a_denial_explains_itself_in_both_languages():
    for case in worked.CASES:
        decision = RULES.decide(case.query)
        if isinstance(decision, Deny):
            for reason in decision.reasons:
                text = text_of_reason(reason)
                shown = (text.rule, text.nl, text.en, text.mend["nl"], text.mend["en"])
                assert all(shown), reason
                assert not any("{" in part for part in shown)


def test_texts_name_only_facts_that_come_with_the_reason():
    seen = {}
    for case in worked.CASES:
        decision = RULES.decide(case.query)
        if isinstance(decision, Deny):
            seen.update({reason.code: reason for reason in decision.reasons})
    for code, reason in seen.items():
        text = REASONS[code]
        for part in (text.nl, text.en, text.mend_nl, text.mend_en):
            part.format_map(dict(reason.data))  # a KeyError is a fact that is missing


def test_decision_names_bundle_and_rules():
    decision = RULES.decide(worked.question(worked.STEWARD_AND_OWNER, "readMetadata"))
    assert decision == Permit(BUNDLE.policy_hash, ("regional-owner", "steward"))
    assert RULES.policy_hash == BUNDLE.policy_hash == BUNDLE.catalogue.policy_hash
    denied = RULES.decide(worked.question(worked.STRANGER, "readMetadata"))
    assert isinstance(denied, Deny)
    assert denied.policy_hash == BUNDLE.policy_hash


# --- not sure is no --------------------------------------------------------------------------------------------------

PLAIN = worked.question(worked.STEWARD, "readMetadata")
SUBMIT = worked.question(worked.SUPPLIER, "submit")


@pytest.mark.parametrize(
    "query",
    [
        replace(PLAIN, action="flyToTheMoon"),
        replace(PLAIN, action=""),
        replace(PLAIN, action='readMetadata", resource); permit(principal, action, resource); //'),
        replace(PLAIN, resource=Resource("Castle", "sluis")),
        replace(PLAIN, resource=Resource("Release", "r1", {"recipients": (), "withdrawn": False})),
        replace(PLAIN, resource=Resource("Service", "sluis", {"extra": True})),
        replace(PLAIN, context={}),
        replace(PLAIN, context={**PLAIN.context, "extra": 1}),
        replace(PLAIN, context={**PLAIN.context, "today": "20000"}),
        replace(PLAIN, context={**PLAIN.context, "today": True}),
        replace(PLAIN, context={**PLAIN.context, "today": 2**63}),
        replace(PLAIN, context={**PLAIN.context, "today": 1.5}),
        replace(PLAIN, context={**PLAIN.context, "today": None}),
        replace(
            PLAIN, context={**PLAIN.context, "organisationStatus": {"__entity": {"type": "Role", "id": "steward"}}}
        ),
        replace(SUBMIT, resource=replace(SUBMIT.resource, attributes={})),
        worked.changed(SUBMIT, expected=("hospital-a", 7)),
        worked.changed(SUBMIT, expected="hospital-a"),
        worked.changed(SUBMIT, keyRevoked=0),
        worked.changed(SUBMIT, organisation="\ud800"),
    ],
)
def test_a_question_that_does_not_fit_is_denied(query):
    assert reasons(query) == {"policy-not-sure"}


def test_a_principal_that_is_none_of_ours_is_denied():
    class Person:  # of the right name, and with nothing else
        id = "x"

    assert reasons(replace(PLAIN, principal=Person())) == {"policy-not-sure"}
    assert reasons(replace(PLAIN, principal=None)) == {"policy-not-sure"}


def test_a_permit_without_terms_denies():
    query = worked.question(worked.OWNER, "requestAggregate")  # made from no catalogue
    assert [r.code for r in ENGINE.decide(query).reasons] == ["policy-not-sure"]
    terms = (Obligation("minimum-count", 10),)
    assert ENGINE.decide(replace(query, terms=terms)).obligations == terms


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a\\b", 'Role::"steward"', "💧", "a\x00b", "' OR 1=1 --"])
def test_values_stay_values(name):
    supplier = Supplier(name, name, "key")
    query = replace(
        worked.question(supplier, "readSubmission"), resource=Resource("Submission", name, {"organisation": name})
    )
    assert reasons(query) == frozenset()
    assert reasons(worked.changed(query, organisation=f"{name} ")) == {"not-yours"}


# --- generated questions ---------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["", "board-a", "hospital-a", "hospital-b", "ttp"])
WORDS = {
    "organisationStatus": st.sampled_from(["active", "suspended", "unknown", "none", "x"]),
    "status": st.sampled_from(["active", "suspended", "approved", "draft", ""]),
    "recipientStatus": st.sampled_from(["active", "suspended", "unknown"]),
    "sensitivity": st.sets(st.sampled_from(["operational", "special-category", "competition-sensitive"])),
    "roundStates": st.sets(st.sampled_from(["closed", "open"])),
    "dpiaOutcome": st.sampled_from(["approved", "pending"]),
    "legalBasis": st.sampled_from(["", "6(1)(e)"]),
    "processorAgreement": st.sampled_from(["", "VO"]),
    "specialCategoryException": st.sampled_from(["", "9(2)(j)"]),
}
PEOPLE = st.sampled_from(["i#a", "i#b", "i#c"])
IDENTITIES = {"requester": PEOPLE, "reviewers": st.sets(PEOPLE), "approvers": st.sets(PEOPLE)}
NUMBERS = {
    name: st.sampled_from([0, 19, 20]) for name in ("bottleneckLength", "necessityLength", "whyNothingLessLength")
}
SMALL = st.integers(-1, 4)
PERSONS = st.builds(
    Person,
    st.just("i"),
    st.sampled_from("abc"),
    st.frozensets(st.sampled_from(list(Role)), max_size=3),
    st.none() | NAMES,
)
PRINCIPALS = st.one_of(
    PERSONS,
    PERSONS,
    st.builds(Supplier, st.just("hospital-a"), NAMES, st.just("key")),
    st.sampled_from([Operator("root"), Worker("requests"), Anonymous()]),
)


@st.composite
def facts_of(draw, shape):
    values = {}
    for name, kind in shape.items():
        if name.endswith("?") and draw(st.booleans()):
            continue
        plain = name.rstrip("?")
        values[plain] = draw(_value(plain, kind))
    return values


def _value(name, kind):
    known = {**WORDS, **IDENTITIES, **NUMBERS}.get(name)
    if known is not None:
        return known.map(lambda v: tuple(sorted(v)) if isinstance(v, set) else v)
    if kind is bool:
        return st.booleans()
    if kind is int:
        return SMALL
    if kind is tuple:
        return st.sets(NAMES, max_size=3).map(lambda v: tuple(sorted(v)))
    return NAMES


@st.composite
def free_questions(draw):
    action = draw(st.sampled_from(sorted(SHAPES)))
    types, context = SHAPES[action]
    kind = draw(st.sampled_from(sorted(types)))
    resource = Resource(kind, draw(NAMES), draw(facts_of(RESOURCES[kind])))
    caller = {"today": int, "organisationStatus": str, "agreementFrom?": int, "agreementUntil?": int}
    return Query(draw(PRINCIPALS), action, resource, draw(facts_of({**caller, **context})))


@st.composite
def near_questions(draw):
    """A worked question with a few facts exchanged for those of another: mostly permitted, or for few reasons."""
    query = draw(st.sampled_from(worked.CASES)).query
    other = draw(st.sampled_from([c.query for c in worked.CASES if c.query.action == query.action]))
    mixed = {n: draw(st.sampled_from([v, other.context.get(n, v)])) for n, v in query.context.items()}
    return replace(query, principal=draw(st.sampled_from([query.principal, other.principal])), context=mixed)


@quiet(600)
@given(free_questions())
def test_engine_and_oracle_agree(query):
    assert reasons(query) == judge(query)


@quiet(300)
@given(near_questions())
def test_engine_and_oracle_agree_near_the_boundaries(query):
    assert reasons(query) == judge(query)


@quiet(200)
@given(st.sampled_from(worked.CASES), st.data())
def test_a_fact_missing_or_of_another_kind_never_permits(case, data):
    facts = case.query.context
    name = data.draw(st.sampled_from(sorted(facts)))
    other = data.draw(st.sampled_from([None, "x", 7, True, ("a",)]))
    query = replace(
        case.query, context={k: v for k, v in facts.items() if k != name} | ({} if other is None else {name: other})
    )
    assert reasons(query) == judge(query)

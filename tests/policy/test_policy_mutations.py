"""Every clause of the Cedar rules matters: each is taken away or bent once, and a worked question must notice.

The mutants are made from the parsed rules, so a new rule is mutated without anyone thinking of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache

import cedarpy
import policy_cases as worked
import pytest
from bundles import bundle_of
from cedarpy import pst

from service.adapters import cedar
from service.adapters.cedar import CedarEngine
from service.domain.policy import Deny, Query

BUNDLE = bundle_of()
PARSED = cedarpy.PolicySet.from_str("\n".join(text for _, text in BUNDLE.rules)).to_pst()

OTHER_OPERATOR = {
    "eq": "not_eq",
    "not_eq": "eq",
    "less": "less_eq",
    "less_eq": "less",
    "greater": "greater_eq",
    "greater_eq": "greater",
    "and": "or",
    "or": "and",
}


SCHEMA = cedarpy.Schema.from_str(BUNDLE.schema)


_named = cache(cedar.actions_named)


class _Rules(cedar._RulesByAction):
    """The rules of an action: which actions a rule names is found once, for most rules are in most mutants."""

    def __init__(self, parsed: pst.PolicySet, mutant: pst.Template | None) -> None:
        same = (rule for rule in parsed.static_policies.values() if rule is not mutant)
        found = frozenset().union(*map(_named, same))
        self._parsed, self._known = parsed, {}
        self._actions = found if mutant is None else found | cedar.actions_named(mutant)


class _Engine(CedarEngine):
    """The service's engine on rules that were parsed already."""

    def __init__(self, parsed: pst.PolicySet, mutant: pst.Template | None) -> None:
        self._hash, self._schema, self._rules = BUNDLE.policy_hash, SCHEMA, _Rules(parsed, mutant)

    def _obligations(self, query):
        return ()


MATRIX = tuple(
    worked.question(principal, action) for principal in worked.PRINCIPALS.values() for action in worked.ALLOWED
)
QUESTIONS = MATRIX + tuple(case.query for case in worked.CASES)


def _answer(engine: CedarEngine, query: Query) -> tuple[str, ...]:
    decision = engine.decide(query)
    return tuple(r.code for r in decision.reasons) if isinstance(decision, Deny) else decision.policies


def _bent_expressions(node: object) -> Iterator[tuple[str, object]]:
    """Every expression that differs from `node` in one operator or one number."""
    if isinstance(node, pst.BinaryOp) and node.op in OTHER_OPERATOR:
        other = OTHER_OPERATOR[node.op]
        yield f"{node.op} for {other}", replace(node, op=other)
    if isinstance(node, pst.LongLit):
        yield f"{node.value} up", replace(node, value=node.value + 1)
        yield f"{node.value} down", replace(node, value=node.value - 1)
    if not is_dataclass(node):
        return
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                for name, bent in _bent_expressions(item):
                    yield name, replace(node, **{field.name: (*value[:index], bent, *value[index + 1 :])})
        else:
            for name, bent in _bent_expressions(value):
                yield name, replace(node, **{field.name: bent})


def _mutants(policy: pst.Template) -> Iterator[tuple[str, pst.Template | None]]:
    yield "removed", None
    for index, clause in enumerate(policy.clauses):
        rest = (policy.clauses[:index], policy.clauses[index + 1 :])
        negated = pst.Unless(clause.expr) if isinstance(clause, pst.When) else pst.When(clause.expr)
        yield f"clause {index} negated", replace(policy, clauses=(*rest[0], negated, *rest[1]))
        yield f"clause {index} removed", replace(policy, clauses=rest[0] + rest[1])
        for number, (name, bent) in enumerate(_bent_expressions(clause)):
            yield f"clause {index}.{number}: {name}", replace(policy, clauses=(*rest[0], bent, *rest[1]))
    if isinstance(policy.action, pst.ActionIn):
        for entity in policy.action.entities:
            fewer = tuple(e for e in policy.action.entities if e != entity)
            yield f"not for {entity.id}", replace(policy, action=pst.ActionIn(fewer))
    match policy.principal:
        case pst.ScopeIsIn(entity_type=kind, entity=role):
            yield "any role", replace(policy, principal=pst.ScopeIs(kind))
            yield "any type", replace(policy, principal=pst.ScopeIn(role))
        case pst.ScopeIs():
            yield "any type", replace(policy, principal=pst.ScopeAny())
    if not isinstance(policy.resource, pst.ScopeAny):
        yield "any resource", replace(policy, resource=pst.ScopeAny())


def _actions(policy: pst.Template) -> frozenset[str] | None:
    match policy.action:
        case pst.ActionEq(entity=entity):
            return frozenset({entity.id})
        case pst.ActionIn(entities=entities):
            return frozenset(entity.id for entity in entities)
    return None


def _engine(policies: dict[str, pst.Template], mutant: pst.Template | None = None) -> CedarEngine:
    return _Engine(pst.PolicySet(pst.FrozenMap(), pst.FrozenMap(policies), ()), mutant)


RIGHT = _engine(dict(PARSED.static_policies))


@cache
def _right(number: int) -> tuple[str, ...]:
    """What the rules as they are answer to a question."""
    return _answer(RIGHT, QUESTIONS[number])


@pytest.mark.parametrize("policy", PARSED.static_policies.values(), ids=lambda p: f"{p.id}-{p.annotations['id']}")
def test_every_bent_rule_is_noticed(policy):
    # only rules that can meet this one's actions need to be there: the engine itself looks at no others
    actions = _actions(policy)
    others = {
        name: other
        for name, other in PARSED.static_policies.items()
        if actions is None or _actions(other) is None or actions & _actions(other)
    }
    real = [(_right(n), query) for n, query in enumerate(QUESTIONS) if actions is None or query.action in actions]
    real.sort(key=lambda pair: policy.annotations["id"] not in pair[0])  # those that it decides notice soonest
    survivors = []
    for name, mutant in _mutants(policy):
        changed = {k: v for k, v in others.items() if k != policy.id} | ({policy.id: mutant} if mutant else {})
        bent = _engine(changed, mutant)
        if all(_answer(bent, query) == answer for answer, query in real):
            survivors.append(f"{policy.annotations['id']}: {name}")
    assert not survivors

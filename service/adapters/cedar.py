"""The policy engine: Cedar by way of cedarpy, with policies and schema parsed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cedarpy
from cedarpy import pst

from service.adapters.bundle import Bundle
from service.domain.explain import explain
from service.domain.policy import WITH_TERMS, Decision, Deny, Obligation, Permit, Query, Value
from service.domain.principal import Person, Principal

NOT_SURE = "policy-not-sure"
NO_PERMIT = "role-not-allowed"


class NotSure(Exception):
    """Cedar did not answer cleanly."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules that can apply to one action; the rest of the bundle cannot match it (their action scope says so)."""

    all: cedarpy.PolicySet
    permits: cedarpy.PolicySet


class _RulesByAction:
    """The rules of each action, put together when it is first asked for: a command asks for one, and need not wait."""

    def __init__(self, parsed: pst.PolicySet) -> None:
        self._parsed, self._actions = parsed, _actions(parsed)
        self._known: dict[str, _Rules] = {}

    def get(self, action: str) -> _Rules | None:
        """None when no rule names the action."""
        if action not in self._actions:
            return None
        found = self._known.get(action)
        if found is None:  # two threads at once make the same
            found = self._known[action] = _rules_for(self._parsed, action)
        return found


class CedarEngine:
    """Decides under one bundle.

    1. Principal, action and resource must fit the schema, with all attributes and no others; else the answer is
       `policy-not-sure`. Cedar itself would skip a rule that errs, a forbid too.
    2. Only Allow without any diagnostics permits; for a request it carries the obligations.
    3. Every forbid clause that holds gives its `@id` as a reason.
    4. When no permit clause holds, `role-not-allowed` is a reason too.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._hash = bundle.policy_hash
        self._schema = cedarpy.Schema.from_str(bundle.schema)
        parsed = cedarpy.PolicySet.from_str("\n".join(text for _, text in bundle.rules)).to_pst()
        self._rules = _RulesByAction(parsed)

    @property
    def policy_hash(self) -> str:
        """The content hash of the bundle."""
        return self._hash

    def decide(self, query: Query) -> Decision:
        """Permit, or Deny with all reasons; never raises for a query."""
        try:
            return self._decide(query)
        except Exception:  # noqa: BLE001 - whatever went wrong, an engine that is not sure denies
            return Deny(self._hash, (explain(NOT_SURE, query),))

    def _decide(self, query: Query) -> Decision:
        rules = self._rules.get(query.action)
        if rules is None:
            raise NotSure
        request, entities = cedar_question(query)
        # 1
        answer = cedarpy.is_authorized(request, rules.all, entities, self._schema)
        names = _names(answer)
        # 2
        if answer.decision is cedarpy.Decision.Allow:
            return Permit(self._hash, names, self._obligations(query))
        if answer.decision is not cedarpy.Decision.Deny:
            raise NotSure
        # 3, 4
        if not (names and _has_permit(request, entities, rules)):
            names = (NO_PERMIT, *names)
        return Deny(self._hash, tuple(explain(name, query) for name in names))

    def _obligations(self, query: Query) -> tuple[Obligation, ...]:
        if query.action not in WITH_TERMS:
            return ()
        if not query.terms:
            raise NotSure
        return query.terms


def _actions(parsed: pst.PolicySet) -> frozenset[str]:
    """Every action that a rule names; one that none names can have no permit."""
    return actions_named(*parsed.static_policies.values())


def actions_named(*policies: pst.Template) -> frozenset[str]:
    """Every action that one of these rules names, in its head or in a condition."""
    uids = pst.entity_uids(policies)
    return frozenset(uid.id for uid in uids if str(uid.type) == "Action")


def _rules_for(parsed: pst.PolicySet, action: str) -> _Rules:
    fitting = {name: policy for name, policy in parsed.static_policies.items() if _may_match(policy.action, action)}
    permits = {name: policy for name, policy in fitting.items() if policy.effect == "permit"}
    return _Rules(_handle(parsed, fitting), _handle(parsed, permits))


def _handle(parsed: pst.PolicySet, policies: Mapping[str, pst.Template]) -> cedarpy.PolicySet:
    kept = pst.FrozenMap(policies)
    return cedarpy.PolicySet.from_pst(pst.PolicySet(parsed.templates, kept, parsed.template_links))


def _may_match(scope: pst.ActionConstraint, action: str) -> bool:
    match scope:
        case pst.ActionEq(entity=entity):
            return bool(entity.id == action)
        case pst.ActionIn(entities=entities):
            return any(entity.id == action for entity in entities)
        case _:
            return True


def _has_permit(request: Mapping[str, Any], entities: list[dict[str, Any]], rules: _Rules) -> bool:
    """Whether a permit fits a question that was understood; a permit has no conditions, so roles are all it needs."""
    principal, _ = entities
    known = [{**principal, "attrs": {}}]
    answer = cedarpy.is_authorized({**request, "context": {}}, rules.permits, known)
    _names(answer)
    return answer.decision is cedarpy.Decision.Allow


def _names(answer: cedarpy.AuthzResult) -> tuple[str, ...]:
    """The ids of the rules that determined the answer, each once and in order."""
    diagnostics = answer.diagnostics
    if diagnostics.errors:
        raise NotSure
    named = diagnostics.id_annotations_by_reason
    return tuple(sorted({named[reason] for reason in diagnostics.reasons}))


def cedar_question(query: Query) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The query as Cedar's request and entities, in JSON form.

    Values stay values and are never part of a text that is parsed as policy.
    """
    kind = type(query.principal).__name__
    principal = {"type": kind, "id": query.principal.id}
    resource = {"type": query.resource.type, "id": query.resource.id}
    request = {
        "principal": principal,
        "action": {"type": "Action", "id": query.action},
        "resource": resource,
        "context": _values(query.context),
    }
    roles = sorted(query.principal.roles) if isinstance(query.principal, Person) else []
    parents = [{"type": "Role", "id": role.value} for role in roles]
    entities: list[dict[str, Any]] = [
        {"uid": principal, "attrs": _principal_values(query.principal), "parents": parents},
        {"uid": resource, "attrs": _values(query.resource.attributes), "parents": []},
    ]
    return request, entities


def _principal_values(principal: Principal) -> dict[str, Any]:
    values: dict[str, Any] = {"name": principal.id}
    if principal.organisation is not None:
        values["organisation"] = principal.organisation
    return values


def _values(values: Mapping[str, Value]) -> dict[str, Any]:
    """Sets as lists. A string is passed as one: a mapping here could name an entity (`__entity`)."""
    return {name: _value(value) for name, value in values.items()}


def _value(value: Value) -> str | int | bool | list[str]:
    match value:
        case tuple() if all(isinstance(item, str) for item in value):
            return list(value)
        case str() | bool() | int():
            return value
        case _:
            raise NotSure

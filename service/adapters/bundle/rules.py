"""Static checks of the Cedar files: they parse, fit the schema, and each reason that they give has a text."""

from __future__ import annotations

import cedarpy
from cedarpy import pst

from service.adapters.bundle.faults import BundleFault
from service.domain.texts import REASONS

Rules = tuple[tuple[str, str], ...]


def rule_faults(file: str, schema: str, rules: Rules) -> tuple[BundleFault, ...]:
    """What is wrong with the Cedar files: syntax, types against the schema, and reasons without a text."""
    try:
        parsed = cedarpy.Schema.from_str(schema)
    except ValueError as error:
        return (BundleFault(file, "", "cedar", {"detail": str(error)}),)
    faults: list[BundleFault] = []
    for name, text in rules:
        try:
            policies = cedarpy.PolicySet.from_str(text).to_pst().static_policies
        except ValueError as error:
            faults.append(BundleFault(name, "", "cedar", {"detail": str(error)}))
            continue
        for number, policy in enumerate(policies.values(), start=1):
            faults += _misstated(name, number, policy)
        for mistake in cedarpy.validate_policies(text, parsed).errors:
            rule = policies.get(mistake.policy_id)
            path = rule.annotations.get("id", "") if rule is not None else ""
            faults.append(BundleFault(name, path, "cedar", {"detail": mistake.error}))
    return tuple(faults)


def _misstated(file: str, number: int, policy: pst.Template) -> list[BundleFault]:
    name = policy.annotations.get("id")
    if not name:
        return [BundleFault(file, f"rule {number}", "no-rule-code")]
    if policy.effect == "permit" and policy.clauses:
        return [BundleFault(file, f"rule {number}", "conditional-permit", {"name": name})]
    if policy.effect == "forbid" and name not in REASONS:
        return [BundleFault(file, f"rule {number}", "unknown-rule-code", {"name": name})]
    return []

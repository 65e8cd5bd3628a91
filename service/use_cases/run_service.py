"""The service starts and stops, and says what differs from the last time: its rules, its program, its settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.call import Call

START = EventCode("service.start", Action.EXECUTE, "service", DECIDED | {Fact.QUERY, Fact.KEYS})
STOP = EventCode("service.stop", Action.EXECUTE, "service")
POLICY = EventCode("policy.change", Action.UPDATE, "policy-bundle", DECIDED | {Fact.QUERY})
CONFIGURATION = EventCode("configuration.change", Action.UPDATE, "configuration", DECIDED | {Fact.QUERY})

POLICY_HASH = "policyHash"
"""The member of a configuration that names the policy bundle."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the last start of this instance: the bundle before, if another, and names of other members."""

    policy_before: str | None = None
    changed: tuple[str, ...] = ()


def changes_since_last_start(call: Call, configuration: Mapping[str, str]) -> Changes:
    """Compare the configuration with the one of the last start; an instance that never started changed nothing.

    Args:
        call: by the service itself.
        configuration: by name the value, or its digest; without secrets.

    Raises:
        Denied: the caller is not the service itself.
    """
    with call.look(START) as step:
        step.object_id = call.services.instance
        step.authorise(facts.may_run_service(step.caller()))
        last, _ = step.data.audit.page(
            AuditFilter(code=START.code, object_id=call.services.instance, outcome="success"), Page(1)
        )
    if not last:
        return Changes()
    before: Mapping[str, str] = json.loads(last[0].query or "{}")
    differing = [name for name in sorted({*before, *configuration}) if before.get(name) != configuration.get(name)]
    policy = before.get(POLICY_HASH) if POLICY_HASH in differing else None
    return Changes(policy, tuple(name for name in differing if name != POLICY_HASH))


def record_policy_change(call: Call, before: str) -> None:
    """From here on other rules decide: the event names the bundle before and, as each event does, the one that holds.

    Raises:
        Denied: the caller is not the service itself.
    """
    with call.transact(POLICY) as step:
        step.object_id = call.services.policy.policy_hash
        step.query = json.dumps({"before": before, "after": step.object_id}, sort_keys=True)
        step.authorise(facts.may_run_service(step.caller()))


def record_configuration_change(call: Call, changed: tuple[str, ...]) -> None:
    """The program, its schema or its settings are others: the event names which.

    Raises:
        Denied: the caller is not the service itself.
    """
    with call.transact(CONFIGURATION) as step:
        step.object_id = call.services.instance
        step.query = json.dumps({"changed": list(changed)})
        step.authorise(facts.may_run_service(step.caller()))


def start_service(call: Call, configuration: Mapping[str, str], keys: tuple[str, ...]) -> None:
    """The service is about to take calls; without this event in the log it does not.

    Args:
        call: by the service itself.
        configuration: as for `changes_since_last_start`.
        keys: ids of the keys that it signs with.

    Raises:
        Denied: the caller is not the service itself.
    """
    with call.transact(START) as step:
        step.object_id = call.services.instance
        step.query = json.dumps(dict(configuration), sort_keys=True)
        step.uses_key("signing-key", *keys)
        step.authorise(facts.may_run_service(step.caller()))


def stop_service(call: Call) -> None:
    """The service took its last call. One that was killed leaves no such event before its next start.

    Raises:
        Denied: the caller is not the service itself.
    """
    with call.transact(STOP) as step:
        step.object_id = call.services.instance
        step.authorise(facts.may_run_service(step.caller()))

"""An auditor keeps searches of the log, to ask them again; which ones are kept is in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import parse_qsl

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact, SavedQuery
from service.domain.errors import Invalid
from service.use_cases.call import Call

SAVE = EventCode("audit.save-query", Action.CREATE, "audit-query", DECIDED | {Fact.QUERY})
LIST = EventCode("audit.list-queries", Action.READ, "audit-query")
REMOVE = EventCode("audit.remove-query", Action.DELETE, "audit-query")

MAY_BE_KEPT = frozenset(
    {"from", "to", "actor", "organisation", "code", "action", "outcome", "objectType", "objectId", "purpose", "reason"}
)
"""A search for one person is asked for a reason of that moment, and is not kept."""


def save_audit_query(call: Call, name: str, query: str) -> SavedQuery:
    """Keep a search under a name.

    Raises:
        Denied: the caller is no auditor.
        Invalid: `saved-query`, with every parameter that does not belong there.
        Conflict: `saved-query-exists`: the caller has one of that name.
    """
    with call.transact(SAVE) as step:
        step.object_id = call.services.randomness.new_id()
        step.authorise(facts.may_read_audit_log(step.caller()))
        given = Counter(key for key, _ in parse_qsl(query, keep_blank_values=True))
        faults = [(f"query: {key}", "not-kept") for key in sorted(given.keys() - MAY_BE_KEPT)]
        faults += [(f"query: {key}", "double") for key, times in sorted(given.items()) if times > 1]
        if faults:
            raise Invalid("saved-query", faults=tuple(faults))  # what was typed is not repeated in the log
        step.query = query
        saved = SavedQuery(step.object_id, call.principal.id, name, query, step.now)
        step.data.saved_queries.add(saved)
        return saved


def list_audit_queries(call: Call) -> Sequence[SavedQuery]:
    """The caller's own, by name.

    Raises:
        Denied: the caller is no auditor.
    """
    with call.transact(LIST) as step:
        step.authorise(facts.may_read_audit_log(step.caller()))
        return step.data.saved_queries.of(call.principal.id)


def remove_audit_query(call: Call, query: str) -> None:
    """Forget one.

    Raises:
        Denied: the caller is no auditor.
        NotFound: the caller has no such one.
    """
    with call.transact(REMOVE) as step:
        step.object_id = query
        step.authorise(facts.may_read_audit_log(step.caller()))
        step.data.saved_queries.remove(call.principal.id, query)

"""The worker makes what the stewards will look at: parts to cells, cells to a protected table, and an attack on it."""

from __future__ import annotations

import json
from dataclasses import replace

from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact, Outcome
from service.domain.errors import Conflict
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest, Evidence, Unsafe
from service.ports.parts import MissingPartError
from service.use_cases.call import Call, Step
from service.use_cases.counting import counting_now, left_out_of
from service.use_cases.noisy_tables import BudgetSpent, keep
from service.use_cases.protected_tables import Prepared, prepared_tables
from service.use_cases.request_basis import Basis, gather_basis, rounds_asked
from service.use_cases.tied_releases import history_of

EVENT = EventCode(
    "request.prepare", Action.EXECUTE, "aggregate-request", PURPOSEFUL | {Fact.BEHALF, Fact.CHECKS, Fact.KEYS}
)


def prepare_request(call: Call, request: str) -> AggregateRequest:
    """Prepare a permitted request; the outcome is stored with everything that it was based on.

    1. Gather what counts now and every earlier release that shares facts with it.
    2. Sum the parts to contributions per finest cell and holding (DuckDB over the encrypted parts).
    3. Protect each measure's table together with its history, under the purpose's rules (disclosure.md), or draw noise.
    4. The last gate: attack once more exactly what would be published, read back from its text.
    5. Store evidence and state in one transaction, with what the noise cost.

    A request whose round was reopened meanwhile waits until the round is closed again, and ends when it was cancelled.
    One that would show a correction by its difference from an earlier release waits until more was delivered. When what
    counts changed while the table was made, nothing is kept of it: the request is prepared anew.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it is not waiting any more; `evidence-outdated`: what counts changed meanwhile.
    """
    # 1
    with call.look(EVENT) as looking:
        basis = gather_basis(looking, request, call.services.keys)
    if isinstance(basis, AggregateRequest):
        return basis
    with call.between(EVENT, request):
        prepared = _made(call, basis)  # 2, 3, 4
    with call.transact(EVENT) as step:
        # 5
        step.data.releases.lock_facts(basis.request.spec.data_set)
        found = step.data.requests.get(request, lock=True)
        step.carry_on(found)
        step.authorise(facts.may_prepare_request(step.caller(), found))
        if counting_now(step.data, found.spec, rounds_asked(found.spec)) != basis.parts:
            raise _outdated()
        if prepared.drawings:
            prepared = _paid(step, prepared)
        step.checked("protection", "attack")
        step.uses_key("data-key", *basis.data_keys)
        state = REQUEST_LIFECYCLE.after(found.state, prepared.event)
        if not prepared.safe:
            step.conclude(Outcome.FAILED, (str(prepared.report["refused"]),))
        step.data.requests.add_evidence(
            Evidence(
                id=call.services.randomness.new_id(),
                request=request,
                made_at=step.now,
                inputs=tuple(sorted(part.submission for part in basis.parts)),
                history=history_of(prepared.tables, basis.releases),
                safe=prepared.safe,
                tables=json.dumps(prepared.tables, ensure_ascii=False, separators=(",", ":")),
                report=json.dumps(prepared.report, ensure_ascii=False, separators=(",", ":")),
                left_out=left_out_of(basis.parts),
            )
        )
        done = replace(found, state=state)
        step.data.requests.save(done)
        return done


def _made(call: Call, basis: Basis) -> Prepared:
    """Steps 2, 3 and 4. The rows of a delivery that is withdrawn meanwhile may be gone before they were read."""
    try:
        return prepared_tables(call.services, basis)
    except MissingPartError:
        with call.services.database.look() as data:
            if counting_now(data, basis.request.spec, rounds_asked(basis.request.spec)) != basis.parts:
                raise _outdated() from None
        raise


def _outdated() -> Conflict:
    return Conflict("evidence-outdated", {"evidence": "-"})


def _paid(step: Step, prepared: Prepared) -> Prepared:
    try:
        tables, budget = keep(step, prepared.drawings)
    except BudgetSpent as spent:
        report = {"refused": Unsafe.BUDGET_SPENT, "obstacles": list(spent.obstacles)}
        return Prepared(safe=False, tables=[], report={"policyHash": prepared.report["policyHash"], **report})
    return replace(prepared, tables=tables, report={**prepared.report, "budget": budget})

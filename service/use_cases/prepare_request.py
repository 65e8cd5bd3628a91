"""The worker makes what the stewards will look at: parts to cells, cells to a protected table, and an attack on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from service.disclosure import (
    AttackReport,
    BadInput,
    CannotBeProtected,
    CorrectionWaits,
    Protected,
    ReleasedTable,
    Table,
    Version,
)
from service.disclosure.coarsening import Figures, Subject
from service.disclosure.coarsening import Limits as CoarserLimits
from service.domain import facts
from service.domain.audit import PURPOSEFUL, Action, EventCode, Fact, Outcome
from service.domain.catalogue import Catalogue, DataSet
from service.domain.errors import NotFound
from service.domain.method import Method, Noise, Suppression, Unit
from service.domain.noise_budget import Drawing
from service.domain.obligations import effective_profile
from service.domain.purpose import Purpose
from service.domain.release import Release
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest, Evidence, RequestSpec, Unsafe
from service.domain.round import RoundState, round_id
from service.domain.submission import CountingPart
from service.ports.engine import SourcePart
from service.ports.parts import MissingPartError
from service.use_cases.call import Call, Services, Step
from service.use_cases.coarser_requests import Asked, gained_instead, offered_instead
from service.use_cases.corrections import (
    Earlier,
    Past,
    attack_beside,
    beside,
    earlier_versions,
    still_waits,
    versions_of,
    waits_for,
)
from service.use_cases.disclosure_tables import (
    base_of,
    earlier_tables,
    facts_of,
    finest,
    protector_of,
    rules_for,
    table_of,
)
from service.use_cases.evidence_report import reported_table, written_table
from service.use_cases.noisy_tables import (
    BudgetSpent,
    attack_without_noise,
    draw,
    hides_contributors,
    keep,
    noisy_shapes,
)

EVENT = EventCode(
    "request.prepare", Action.EXECUTE, "aggregate-request", PURPOSEFUL | {Fact.BEHALF, Fact.CHECKS, Fact.KEYS}
)


@dataclass(frozen=True, slots=True, repr=False)
class Basis:
    """What a table is made of and what it is attacked with.

    `parts` are those that count now in the rounds asked for, `connected` those of every round that some earlier
    release ties to them; `releases` are those earlier releases with what was asked then; `history` are all releases
    over the data set, whose change makes this outdated; `earlier` are the deliveries that some of them were made of and
    that do not count any more.
    """

    request: AggregateRequest
    parts: tuple[CountingPart, ...]
    connected: tuple[CountingPart, ...]
    releases: tuple[tuple[Release, RequestSpec], ...]
    history: tuple[str, ...]
    data_keys: dict[str, bytes]
    earlier: tuple[Earlier, ...] = ()

    @property
    def present(self) -> list[tuple[Release, RequestSpec]]:
        """The earlier releases that were made of what counts now."""
        outdated = {release.id for one in self.earlier for release, _ in one.releases}
        return [(release, spec) for release, spec in self.releases if release.id not in outdated]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The outcome: safe with tables, or not with what stands in the way; `drawings` are tables not yet paid for."""

    safe: bool
    tables: list[dict[str, Any]]
    report: dict[str, Any]
    drawings: tuple[Drawing, ...] = ()

    @property
    def event(self) -> str:
        """What happens to the request."""
        if self.safe:
            return "prepare"
        return "wait" if self.report["refused"] == Unsafe.REVISION_PENDING else "find-unsafe"


class _Refused(Exception):
    """`more` are members of the report beside the obstacles."""

    def __init__(
        self, code: Unsafe, obstacles: Sequence[str] = (), more: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        super().__init__(code)
        self.code, self.obstacles, self.more = code, tuple(obstacles), more


def prepare_request(call: Call, request: str) -> AggregateRequest:
    """Prepare a permitted request; the outcome is stored with everything that it was based on.

    1. Gather what counts now and every earlier release that shares facts with it.
    2. Sum the parts to contributions per finest cell and holding (DuckDB over the encrypted parts).
    3. Protect each measure's table together with its history, under the purpose's rules (disclosure.md), or draw noise.
    4. The last gate: attack once more exactly what would be published, read back from its text.
    5. Store evidence and state in one transaction, with what the noise cost.

    A request whose round was reopened meanwhile waits until the round is closed again. One that would show a correction
    by its difference from an earlier release waits until more was delivered.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it is not waiting any more.
    """
    # 1
    basis = _gather(call, request)
    if isinstance(basis, AggregateRequest):
        return basis
    with call.between(EVENT, request):
        prepared = _outcome(call.services, basis)  # 2, 3, 4
    with call.transact(EVENT) as step:
        # 5
        if prepared.drawings:
            step.data.releases.lock_facts(basis.request.spec.data_set)
            prepared = _paid(step, prepared)
        found = step.data.requests.get(request, lock=True)
        step.carry_on(found)
        step.authorise(facts.may_prepare_request(step.caller(), found))
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
                history=basis.history,
                safe=prepared.safe,
                tables=json.dumps(prepared.tables, ensure_ascii=False, separators=(",", ":")),
                report=json.dumps(prepared.report, ensure_ascii=False, separators=(",", ":")),
            )
        )
        done = replace(found, state=state)
        step.data.requests.save(done)
        return done


def _gather(call: Call, request: str) -> Basis | AggregateRequest:
    with call.look(EVENT) as step:
        step.object_id = request
        found = step.data.requests.get(request)
        step.carry_on(found)
        step.authorise(facts.may_prepare_request(step.caller(), found))
        REQUEST_LIFECYCLE.after(found.state, "prepare")
        rounds = [round_id(found.spec.data_set, period) for period in found.spec.periods]
        if any(step.data.rounds.get(name).state is not RoundState.CLOSED for name in rounds):
            return found
        if still_waits(step, found):
            return found
        every = step.data.releases.over(found.spec.data_set)
        tied, reached = _tied(step, [release for release in every if not hides_contributors(release)], rounds)
        wrapped = {name: step.data.rounds.wrapped_key(name) for name in sorted(reached)}
        connected = tuple(step.data.submissions.counting_parts(sorted(reached)))
        return Basis(
            request=found,
            parts=tuple(step.data.submissions.counting_parts(rounds)),
            connected=connected,
            releases=tied,
            earlier=earlier_versions(step, tied, connected),
            history=tuple(sorted(release.id for release in every)),
            data_keys={name: call.services.keys.unwrap(key) for name, key in wrapped.items()},
        )


def _tied(
    step: Step, every: Sequence[Release], rounds: Sequence[str]
) -> tuple[tuple[tuple[Release, RequestSpec], ...], frozenset[str]]:
    """The releases that share a round with these, directly or by way of another release, and all their rounds."""
    reached = set(rounds)
    tied: dict[str, Release] = {}
    while new := [r for r in every if r.id not in tied and reached & set(r.rounds)]:
        for release in new:
            tied[release.id] = release
            reached |= set(release.rounds)
    specs = [(release, step.data.requests.get(release.request).spec) for release in tied.values()]
    return tuple(specs), frozenset(reached)


def _paid(step: Step, prepared: Prepared) -> Prepared:
    try:
        tables, budget = keep(step, prepared.drawings)
    except BudgetSpent as spent:
        report = {"refused": Unsafe.BUDGET_SPENT, "obstacles": list(spent.obstacles)}
        return Prepared(safe=False, tables=[], report={"policyHash": prepared.report["policyHash"], **report})
    return replace(prepared, tables=tables, report={**prepared.report, "budget": budget})


def _outcome(services: Services, basis: Basis) -> Prepared:
    policy_hash = services.policy.policy_hash
    try:
        prepared = _prepared(services, basis)
    except _Refused as refused:
        told = {"refused": refused.code, "obstacles": list(refused.obstacles), **refused.more}
        if refused.code is Unsafe.REVISION_PENDING:
            told |= waits_for(basis.data_keys, basis.connected)
        prepared = Prepared(safe=False, tables=[], report=told)
    except NotFound as gone:
        # The bundle of today has no such data set, purpose or classification any more.
        report = {"refused": Unsafe.CATALOGUE_CHANGED, "obstacles": [gone.data["kind"]]}
        prepared = Prepared(safe=False, tables=[], report=report)
    return replace(prepared, report={"policyHash": policy_hash, **prepared.report})


def _prepared(services: Services, basis: Basis) -> Prepared:
    spec = basis.request.spec
    data_set = services.catalogue.data_set(spec.data_set)
    method = effective_profile(data_set, services.catalogue.purpose(spec.purpose), services.catalogue).method
    if isinstance(method, Noise) and method.unit is Unit.CONTRIBUTOR:
        # nothing exact hangs on what hides contributors
        basis = replace(basis, connected=basis.parts, releases=(), earlier=())
    else:
        _require_same_facts(basis, method, services.catalogue)
        _require_untied_measures(basis, data_set)
    shape = table_of(spec, services.catalogue)
    if shape.cells > services.limits.table_cells:
        raise _Refused(Unsafe.TABLE_TOO_LARGE, [f"{shape.cells} > {services.limits.table_cells}"])
    contributions = _contributions(services, basis, basis.connected)
    past = [_past(services, basis, one) for one in basis.earlier]
    names = dict.fromkeys([spec.purpose, *(release.purpose for release, _ in basis.releases)])
    purposes = [services.catalogue.purpose(name) for name in names]
    tables, reports = [], []
    try:
        versions = [versions_of(past, data_set, measure, services.catalogue) for measure in spec.measures]
        subjects = [
            beside(_subject(basis, contributions, measure, purposes, services.catalogue, method), before)
            for measure, before in zip(spec.measures, versions, strict=True)
        ]
        asked = Asked(spec, shape, tuple(subjects))
        if isinstance(method, Noise):
            return _with_noise(services, basis, asked, method)
        made = _protected(services, asked)
        for measure, subject, before, outcome in zip(spec.measures, subjects, versions, made, strict=True):
            table = written_table(measure, outcome)
            last_gate = _attacked_again(subject, before, shape, table)
            if noisy := noisy_shapes(basis.releases, measure, services.catalogue):
                _require_contributors_hidden(subject, [*subject.released, _read_back(table, shape)], noisy)
            tables.append(table)
            reports.append(reported_table(measure, outcome, last_gate, spec, services.catalogue))
    except BadInput as error:
        raise _Refused(Unsafe.HISTORY_DIFFERS, [str(fault) for fault in error.faults]) from error
    gains = gained_instead(
        asked,
        max(Figures.of(outcome).lost for outcome in made),
        max(sum(outcome.report.seconds.values()) for outcome in made),
        services.catalogue,
        CoarserLimits(services.limits.gain_tries, services.limits.coarser_seconds),
    )
    report = {"measures": reports, "releases": len(basis.releases), "versions": len(basis.earlier), **gains}
    return Prepared(safe=True, tables=tables, report=report)


def _subject(  # noqa: PLR0917 - what a subject is made of, each once
    basis: Basis,
    contributions: pa.Table,
    measure: str,
    purposes: Sequence[Purpose],
    catalogue: Catalogue,
    method: Method,
) -> Subject:
    """A measure with its rules and everything released before of what counts now."""
    data_set = catalogue.data_set(basis.request.spec.data_set)
    return Subject(
        facts_of(contributions, data_set, measure),
        rules_for(data_set, purposes, catalogue, measure),
        tuple(earlier_tables(basis.present, measure, catalogue)),
        protector_of(method, basis.data_keys),
    )


def _protected(services: Services, asked: Asked) -> list[Protected]:
    """Step 3, for each measure; when one cannot be protected, what can be asked instead is part of the refusal."""
    made = []
    for number, subject in enumerate(asked.subjects):
        try:
            made.append(subject.protect(asked.table))
        except CannotBeProtected as error:
            limits = CoarserLimits(services.limits.offer_tries, services.limits.coarser_seconds)
            instead = offered_instead(asked, number, error.obstacles, services.catalogue, limits)
            obstacles = [str(obstacle) for obstacle in error.obstacles]
            raise _Refused(Unsafe.CANNOT_BE_PROTECTED, obstacles, instead) from error
        except CorrectionWaits as error:
            obstacles = [str(obstacle) for obstacle in error.obstacles]
            raise _Refused(Unsafe.REVISION_PENDING, obstacles, {"moreSuppliers": error.more}) from error
    return made


def _attacked_again(
    subject: Subject, versions: Sequence[Version], shape: Table, table: Mapping[str, Any]
) -> AttackReport:
    """Step 4, on the table as it was written down."""
    try:
        found = attack_beside(subject, versions, [*subject.released, _read_back(table, shape)])
    except CannotBeProtected as error:
        raise _Refused(Unsafe.CANNOT_BE_PROTECTED, [str(obstacle) for obstacle in error.obstacles]) from error
    if not found.clean:
        cells = [", ".join(map("=".join, breach.codes)) for breach in found.breaches[:20]]
        raise _Refused(Unsafe.ATTACK_SUCCEEDED, cells)
    return found


def _read_back(table: Mapping[str, Any], shape: Table) -> ReleasedTable:
    cells = {tuple(cell["codes"]): cell["value"] for cell in json.loads(json.dumps(table["cells"]))}
    return ReleasedTable.from_cells(shape, cells, base_of(table))


def _with_noise(services: Services, basis: Basis, asked: Asked, noise: Noise) -> Prepared:
    """Steps 3 and 4 for noise: it hides what it hides by itself; contributors it does not hide are looked at apart."""
    spec, drawings, reports = asked.spec, [], []
    inputs = [part.submission for part in basis.parts]
    rounds = [round_id(spec.data_set, period) for period in spec.periods]
    for measure, subject in zip(spec.measures, asked.subjects, strict=True):
        if noise.unit is Unit.PERSON:
            noisy = noisy_shapes(basis.releases, measure, services.catalogue)
            _require_contributors_hidden(subject, subject.released, [*noisy, asked.table])
        now = services.clock.now()
        drawing, report = draw(subject.facts, asked.table, measure, noise, inputs=inputs, rounds=rounds, now=now)
        drawings.append(drawing)
        reports.append(report)
    report = {"measures": reports, "releases": len(basis.releases)}
    return Prepared(safe=True, tables=[], report=report, drawings=tuple(drawings))


def _require_contributors_hidden(subject: Subject, exact: Sequence[ReleasedTable], noisy: Sequence[Table]) -> None:
    """Noise that hides persons may not give a contributor away: it counts as none, beside all that is exact."""
    try:
        found = attack_without_noise(subject.facts, subject.rules, exact, noisy)
    except CannotBeProtected as error:
        raise _Refused(Unsafe.CANNOT_BE_PROTECTED, [str(obstacle) for obstacle in error.obstacles]) from error
    if not found.clean:
        cells = [", ".join(map("=".join, breach.codes)) for breach in found.breaches[:20]]
        raise _Refused(Unsafe.CANNOT_BE_PROTECTED, cells)


def _require_same_facts(basis: Basis, method: Method, catalogue: Catalogue) -> None:
    """What was released of deliveries that were corrected since can be looked at where cells are suppressed, only.

    With noise on either side nobody can say what the difference of the two shows: it waits.
    """
    outdated = [one for earlier in basis.earlier for one in earlier.releases]
    noisy = any(noisy_shapes(basis.releases, measure, catalogue) for measure in basis.request.spec.measures)
    if outdated and (noisy or not isinstance(method, Suppression)):
        raise _Refused(Unsafe.REVISION_PENDING, sorted(release.id for release, _ in outdated))


def _require_untied_measures(basis: Basis, data_set: DataSet) -> None:
    """A check such as "occupied is at most staffed" lets one measure bound the other: not both over the same facts."""
    published = {measure for _, spec in basis.releases for measure in spec.measures} | set(basis.request.spec.measures)
    tied = [f"{check.left} <= {check.right}" for check in data_set.checks if {check.left, check.right} <= published]
    if tied:
        raise _Refused(Unsafe.TIED_MEASURES, tied)


def _contributions(services: Services, basis: Basis, parts: Iterable[CountingPart]) -> pa.Table:
    """Step 2, for some deliveries."""
    sources = [
        SourcePart(services.parts.locate_part(part.part), basis.data_keys[part.round], part.holding) for part in parts
    ]
    data_set = services.catalogue.data_set(basis.request.spec.data_set)
    return services.engine.contributions(sources, finest(data_set, services.catalogue))


def _past(services: Services, basis: Basis, earlier: Earlier) -> Past:
    """Step 2, for deliveries as they once counted."""
    try:
        if earlier.complete:
            return Past(_contributions(services, basis, earlier.parts), earlier.releases)
    except MissingPartError as gone:
        raise _Refused(Unsafe.HISTORY_DIFFERS, [release.id for release, _ in earlier.releases]) from gone
    raise _Refused(Unsafe.HISTORY_DIFFERS, [release.id for release, _ in earlier.releases])

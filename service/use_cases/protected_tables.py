"""From contributions to what may be published: protection beside all that is known, and the last attack on it."""

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
from service.disclosure.coarser.coarsening import Figures, Subject
from service.disclosure.coarser.coarsening import Limits as CoarserLimits
from service.domain.catalogue import Catalogue, DisclosureProfile
from service.domain.errors import NotFound
from service.domain.method import Noise, Suppression, Unit
from service.domain.noise_budget import Drawing
from service.domain.obligations import write_rules
from service.domain.request import Unsafe
from service.domain.submission import CountingPart
from service.ports.parts import MissingPartError
from service.use_cases.call import Services
from service.use_cases.coarser_requests import Asked, gained_instead, in_the_way, offered_instead
from service.use_cases.contributions import contributions_of, sources_of
from service.use_cases.corrections import (
    Earlier,
    Past,
    attack_beside,
    beside,
    versions_of,
    waits_for,
    with_what_still_holds,
)
from service.use_cases.disclosure_tables import (
    base_of,
    earlier_tables,
    facts_of,
    finest,
    protector_of,
    rules_of,
    strictest,
    table_of,
)
from service.use_cases.evidence_report import reported_table, written_table
from service.use_cases.noisy_tables import attack_without_noise, draw, noisy_shapes
from service.use_cases.request_basis import Basis, rounds_asked


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

    @property
    def lasting(self) -> bool:
        """Whether an equal question has this answer too: chance has no part in it, and no part was lost on the way."""
        return not self.drawings and self.report.get("refused") != Unsafe.HISTORY_DIFFERS


class _Refused(Exception):
    """`more` are members of the report beside the obstacles."""

    def __init__(
        self, code: Unsafe, obstacles: Sequence[str] = (), more: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        super().__init__(code)
        self.code, self.obstacles, self.more = code, tuple(obstacles), more


def prepared_tables(services: Services, basis: Basis) -> Prepared:
    """Steps 2, 3 and 4 of `prepare_request`.

    An equal question that was answered lately, of the same deliveries beside the same releases under the same bundle,
    has that answer.
    """
    question = (basis.catalogue, services.policy.policy_hash, services.limits, basis.question)
    known = services.answered.find(question)
    if isinstance(known, Prepared):
        return known
    prepared = _outcome(services, basis)
    if prepared.lasting:
        services.answered.keep(question, prepared)
    return prepared


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
    named = basis.catalogue.profiles_named(basis.request.spec.data_set)
    return replace(prepared, report={"policyHash": policy_hash, "profiles": named, **prepared.report})


def _prepared(services: Services, basis: Basis) -> Prepared:
    if basis.cancelled:
        raise _Refused(Unsafe.ROUND_CANCELLED, basis.cancelled)
    spec, catalogue = basis.request.spec, basis.catalogue
    data_set, purpose = catalogue.data_set(spec.data_set, spec.data_set_version), catalogue.purpose(spec.purpose)
    profile = strictest(data_set, [purpose], catalogue)
    method = profile.method
    if isinstance(method, Noise) and method.unit is Unit.CONTRIBUTOR:
        # nothing exact hangs on what hides contributors
        basis = replace(basis, connected=basis.parts, releases=(), earlier=(), promised=())
    else:
        _require_comparable(basis, profile, catalogue)
        _require_untied_measures(basis, catalogue)
    shape = table_of(spec, catalogue)
    if shape.cells > services.limits.table_cells:
        raise _Refused(Unsafe.TABLE_TOO_LARGE, [f"{shape.cells} > {services.limits.table_cells}"])
    profile = _rules(basis, catalogue)
    _require_persons_hidden(services, basis, profile, shape)
    contributions = contributions_of(services, basis, basis.connected)
    past = [_past(services, basis, one) for one in basis.earlier]
    if past and any(measure.once_per_person for measure in data_set.measures):
        contributions = contributions_of(services, basis, basis.connected, basis.earlier)
    try:
        versions = [versions_of(past, data_set, measure, catalogue) for measure in spec.measures]
        subjects = [
            beside(_subject(basis, contributions, measure, profile, catalogue), before)
            for measure, before in zip(spec.measures, versions, strict=True)
        ]
        asked = Asked(spec, shape, tuple(subjects))
        if isinstance(method, Noise):
            prepared = _with_noise(services, basis, asked, method)
        else:
            prepared = _with_cells_withheld(services, basis, asked, versions)
    except BadInput as error:
        raise _Refused(Unsafe.HISTORY_DIFFERS, [str(fault) for fault in error.faults]) from error
    return replace(prepared, report={"rules": write_rules(profile), **prepared.report})


def _rules(basis: Basis, catalogue: Catalogue) -> DisclosureProfile:
    """The strictest of the request's purpose and of those of all releases tied to it.

    Of a purpose that is gone its releases say what they were made under. When one does not, nobody knows.
    """
    spec = basis.request.spec
    gone = dict(basis.promised)
    names = dict.fromkeys([spec.purpose, *(release.purpose for release, _ in basis.releases)])
    purposes = [catalogue.purpose(name) for name in names if name not in gone or name == spec.purpose]
    promised = [rules for _, rules in basis.promised if rules is not None]
    if len(promised) < len(basis.promised):
        raise NotFound("purpose")
    return strictest(catalogue.data_set(spec.data_set, spec.data_set_version), purposes, catalogue, promised)


def _subject(
    basis: Basis, contributions: pa.Table, measure: str, profile: DisclosureProfile, catalogue: Catalogue
) -> Subject:
    """A measure with its rules and everything released before of what counts now."""
    spec = basis.request.spec
    data_set = catalogue.data_set(spec.data_set, spec.data_set_version)
    return Subject(
        facts_of(contributions, data_set, measure),
        rules_of(profile, next(found for found in data_set.measures if found.name == measure)),
        tuple(earlier_tables(basis.present, measure, catalogue)),
        protector_of(profile.method, basis.data_keys),
    )


def _with_cells_withheld(
    services: Services, basis: Basis, asked: Asked, versions: Sequence[tuple[Version, ...]]
) -> Prepared:
    """Steps 3 and 4; a profile that rounds withholds cells too."""
    made = [_protected(services, asked, versions, number) for number in range(len(asked.subjects))]
    tables, reports = [], []
    for measure, subject, before, outcome in zip(asked.spec.measures, asked.subjects, versions, made, strict=True):
        table = written_table(measure, outcome)
        last_gate = _attacked_again(subject, before, asked.table, table)
        if noisy := noisy_shapes(basis.releases, measure, basis.catalogue):
            _require_contributors_hidden(subject, noisy, _read_back(table, asked.table))
        tables.append(table)
        reports.append(reported_table(measure, outcome, last_gate, asked.spec, basis.catalogue))
    gains = gained_instead(
        asked,
        max(Figures.of(outcome).lost for outcome in made),
        max(sum(outcome.report.seconds.values()) for outcome in made),
        basis.catalogue,
        CoarserLimits(services.limits.gain_tries, services.limits.coarser_seconds),
    )
    report = {"measures": reports, "releases": len(basis.releases), "versions": len(basis.earlier), **gains}
    return Prepared(safe=True, tables=tables, report=report)


def _protected(services: Services, asked: Asked, versions: Sequence[Sequence[Version]], number: int) -> Protected:
    """Step 3, for one measure; when it cannot be protected, what can be asked instead is part of the refusal."""
    try:
        return asked.subjects[number].protect(asked.table)
    except CannotBeProtected as error:
        limits = CoarserLimits(services.limits.offer_tries, services.limits.coarser_seconds)
        known = _with_what_still_holds(asked, versions)
        stands = in_the_way(known, number, limits)
        _require_history_safe(known.subjects[number], stands)
        offers = offered_instead(known, number, error.obstacles, services.catalogue, limits)
        obstacles = [str(obstacle) for obstacle in error.obstacles]
        raise _Refused(Unsafe.CANNOT_BE_PROTECTED, obstacles, {**stands, **offers}) from error
    except CorrectionWaits as error:
        obstacles = [str(obstacle) for obstacle in error.obstacles]
        raise _Refused(Unsafe.REVISION_PENDING, obstacles, {"moreSuppliers": error.more}) from error


def _with_what_still_holds(asked: Asked, versions: Sequence[Sequence[Version]]) -> Asked:
    pairs = zip(asked.subjects, versions, strict=True)
    try:
        subjects = tuple(with_what_still_holds(subject, before, asked.table) for subject, before in pairs)
    except CannotBeProtected:
        return asked  # too much to examine together: that is why it was refused
    return replace(asked, subjects=subjects)


def _require_history_safe(subject: Subject, stands: Mapping[str, Any]) -> None:
    """When what was released tells too much by the rules of today, no table at all can be made beside it."""
    try:
        found = attack_beside(subject, (), subject.released)
    except CannotBeProtected:
        return
    if not found.clean:
        raise _Refused(Unsafe.HISTORY_TOO_PRECISE, _cells(found), stands)


def _attacked_again(
    subject: Subject, versions: Sequence[Version], shape: Table, table: Mapping[str, Any]
) -> AttackReport:
    """Step 4, on the table as it was written down."""
    try:
        found = attack_beside(subject, versions, [*subject.released, _read_back(table, shape)])
    except CannotBeProtected as error:
        raise _Refused(Unsafe.CANNOT_BE_PROTECTED, [str(obstacle) for obstacle in error.obstacles]) from error
    if not found.clean:
        raise _Refused(Unsafe.ATTACK_SUCCEEDED, _cells(found))
    return found


def _read_back(table: Mapping[str, Any], shape: Table) -> ReleasedTable:
    cells = {tuple(cell["codes"]): cell["value"] for cell in json.loads(json.dumps(table["cells"]))}
    return ReleasedTable.from_cells(shape, cells, base_of(table))


def _cells(found: AttackReport) -> list[str]:
    """Some of the cells that somebody knows too closely, for the stewards."""
    return [", ".join(map("=".join, breach.codes)) for breach in found.breaches[:20]]


def _with_noise(services: Services, basis: Basis, asked: Asked, noise: Noise) -> Prepared:
    """Steps 3 and 4 for noise: it hides what it hides by itself; contributors it does not hide are looked at apart."""
    spec, drawings, reports = asked.spec, [], []
    inputs = [" ".join((part.submission, *part.left_out)) for part in basis.parts]
    for measure, subject in zip(spec.measures, asked.subjects, strict=True):
        if noise.unit is Unit.PERSON:
            noisy = noisy_shapes(basis.releases, measure, basis.catalogue)
            _require_contributors_hidden(subject, noisy, asked.table)
        now = services.clock.now()
        drawing, report = draw(
            subject.facts, asked.table, measure, noise, inputs=inputs, rounds=rounds_asked(spec), now=now
        )
        drawings.append(drawing)
        reports.append(report)
    report = {"measures": reports, "releases": len(basis.releases)}
    return Prepared(safe=True, tables=[], report=report, drawings=tuple(drawings))


def _require_contributors_hidden(subject: Subject, noisy: Sequence[Table], new: ReleasedTable | Table) -> None:
    """Noise that hides persons may not give a contributor away: it counts as none, beside all that is exact.

    Raises:
        _Refused: with the new table (a shape when it has noise itself) beside the earlier ones it would; or these do.
    """
    history = list(subject.released), list(noisy)
    exact, shapes = (history[0], [*noisy, new]) if isinstance(new, Table) else ([*subject.released, new], history[1])
    try:
        found = attack_without_noise(subject.facts, subject.rules, exact, shapes)
    except CannotBeProtected as error:
        raise _Refused(Unsafe.CANNOT_BE_PROTECTED, [str(obstacle) for obstacle in error.obstacles]) from error
    if found.clean:
        return
    before = attack_without_noise(subject.facts, subject.rules, *history)
    raise _Refused(Unsafe.CANNOT_BE_PROTECTED if before.clean else Unsafe.HISTORY_TOO_PRECISE, _cells(found))


def _require_comparable(basis: Basis, profile: DisclosureProfile, catalogue: Catalogue) -> None:
    """What was released of deliveries that were corrected since can be looked at where cells are suppressed, only.

    With noise on either side, or rounding of the new table, nobody can say what the difference of the two shows. No
    later delivery changes that: what was released stays what it was.
    """
    outdated = [one for earlier in basis.earlier for one in earlier.releases]
    noisy = any(noisy_shapes(basis.releases, measure, catalogue) for measure in basis.request.spec.measures)
    if outdated and (noisy or not isinstance(profile.method, Suppression)):
        raise _Refused(Unsafe.REVISION_IMPOSSIBLE, sorted(release.id for release, _ in outdated))


def _require_persons_hidden(services: Services, basis: Basis, profile: DisclosureProfile, shape: Table) -> None:
    """Those who left or came back since a release are as many persons as any figure has to be of.

    The change table alone does not see to that: one person may have many rows, and a magnitude tells no number. It is
    asked of all of them, of those in this table, and of those in it whom others than one holding delivered: whoever
    delivers can take its own away.
    """
    for earlier in basis.earlier:
        changed = _who_changed(earlier.parts, basis.connected)
        if not changed:
            continue
        inside = _persons_inside(services, basis, changed, shape)
        groups = [{person for part in changed for person in part.left_out}, {person for _, person in inside}]
        holdings = {holding for holding, _ in inside}
        groups += [{person for by, person in inside if by != holding} for holding in holdings]
        fewest = min(len(group) for group in groups if group)
        if fewest < profile.minimum_count:
            told = f"{fewest} < {profile.minimum_count}: personen · persons"
            raise _Refused(Unsafe.REVISION_PENDING, [told], {"morePersons": profile.minimum_count - fewest})


def _who_changed(then: Iterable[CountingPart], now: Iterable[CountingPart]) -> list[CountingPart]:
    """The parts that count in both, each with those who left or came back as the persons left out."""
    before = {part.submission: set(part.left_out) for part in then}
    both = [(part, before[part.submission] ^ set(part.left_out)) for part in now if part.submission in before]
    return [replace(part, left_out=tuple(sorted(persons))) for part, persons in both if persons]


def _persons_inside(
    services: Services, basis: Basis, changed: Sequence[CountingPart], shape: Table
) -> set[tuple[str, str]]:
    """Of those who changed, the holdings that delivered them and their pseudonyms, as far as they are in the table."""
    spec = basis.request.spec
    every = finest(basis.catalogue.data_set(spec.data_set, spec.data_set_version), basis.catalogue)
    within = tuple(shape.where)
    asked = replace(every, dimensions=within, measures=(), once=frozenset(), person=every.pseudonym, left_out_only=True)
    rows = services.engine.contributions(sources_of(services, basis, changed), asked).to_pylist()
    return {
        (row["contributor"], row[str(asked.person)])
        for row in rows
        if all(row[column] in shape.where[column] for column in within)
    }


def _require_untied_measures(basis: Basis, catalogue: Catalogue) -> None:
    """A check such as "occupied is at most staffed" lets one measure bound the other: not both over the same facts."""
    asked = basis.request.spec
    published = {measure for _, spec in basis.releases for measure in spec.measures} | set(asked.measures)
    bounds = sorted(catalogue.data_set(asked.data_set, asked.data_set_version).bounds)
    tied = [f"{low} <= {high}" for low, high in bounds if low in published and high in published]
    if tied:
        raise _Refused(Unsafe.TIED_MEASURES, tied)


def _past(services: Services, basis: Basis, earlier: Earlier) -> Past:
    """Step 2, for deliveries as they once counted."""
    try:
        if earlier.complete:
            known = (*basis.earlier, Earlier(basis.connected, ()))
            return Past(contributions_of(services, basis, earlier.parts, known), earlier.releases)
    except MissingPartError as gone:
        raise _Refused(Unsafe.HISTORY_DIFFERS, [release.id for release, _ in earlier.releases]) from gone
    raise _Refused(Unsafe.HISTORY_DIFFERS, [release.id for release, _ in earlier.releases])

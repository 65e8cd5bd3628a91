"""Figures that were corrected after a release: the versions that were released from, and what waits for more.

A release names the deliveries that it was made of. Those that were corrected since are superseded and keep their
parts, so that what was released from then can be added up again and compared with what counts now (docs/adr/0012).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pyarrow as pa

from service.disclosure import (
    AttackReport,
    Facts,
    Protected,
    ReleasedTable,
    Rules,
    Table,
    Version,
    attack,
    attack_versions,
    protect_correction,
)
from service.disclosure.attack.versions import Versions
from service.disclosure.coarser.coarsening import Subject
from service.domain.catalogue import Catalogue, DataSet
from service.domain.objection import of_delivery
from service.domain.request import AggregateRequest, RequestState, Unsafe
from service.domain.submission import CountingPart
from service.use_cases.call import Step
from service.use_cases.counting import counting_now, left_out_of
from service.use_cases.disclosure_tables import earlier_tables, facts_of
from service.use_cases.read_requests import refusal_of
from service.use_cases.tied_releases import Released
from sluis_client.wire import canonical_bytes, digest


@dataclass(frozen=True, slots=True, repr=False)
class Earlier:
    """Deliveries as they once counted, as far as they are stored, and what was released of them.

    `parts` have the persons left out who were left out then.
    """

    parts: tuple[CountingPart, ...]
    releases: tuple[Released, ...]

    @property
    def complete(self) -> bool:
        """Whether every delivery behind the releases is stored."""
        stored = {part.submission for part in self.parts}
        return all(stored.issuperset(release.inputs) for release, _ in self.releases)


@dataclass(frozen=True, slots=True)
class Past:
    """The same, added up."""

    contributions: pa.Table
    releases: tuple[Released, ...]


def earlier_versions(step: Step, tied: Iterable[Released], connected: Sequence[CountingPart]) -> tuple[Earlier, ...]:
    """The versions that were released from and that do not count any more, oldest first.

    A release says nothing of rounds that it does not cover; of these, what counts now is taken.

    Args:
        step: the open transaction.
        tied: every release that shares facts with what is asked.
        connected: the parts that count now in all their rounds.
    """
    found: dict[frozenset[_Counted], list[Released]] = {}
    for release, spec in sorted(tied, key=lambda one: (one[0].released_at, one[0].id)):
        inside = {_counted(part) for part in connected if part.round in release.rounds}
        then = {(delivery, of_delivery(release.left_out, delivery)) for delivery in release.inputs}
        if inside != then:
            rest = {_counted(part) for part in connected} - inside
            found.setdefault(frozenset(then | rest), []).append((release, spec))
    named = sorted({delivery for counted in found for delivery, _ in counted})
    parts = {part.submission: part for part in step.data.submissions.parts_of(named)}
    return tuple(
        Earlier(
            tuple(replace(parts[one], left_out=left_out) for one, left_out in sorted(counted) if one in parts),
            tuple(releases),
        )
        for counted, releases in found.items()
    )


_Counted = tuple[str, tuple[str, ...]]
"""A delivery, and who of it did not count."""


def _counted(part: CountingPart) -> _Counted:
    return part.submission, part.left_out


def versions_of(past: Iterable[Past], data_set: DataSet, measure: str, catalogue: Catalogue) -> tuple[Version, ...]:
    """The versions of which some table of this measure was released."""
    told = [(one, earlier_tables(one.releases, measure, catalogue)) for one in past]
    return tuple(
        Version(facts_of(one.contributions, data_set, measure), tuple(tables)) for one, tables in told if tables
    )


def beside(subject: Subject, versions: Sequence[Version]) -> Subject:
    """The subject, to be protected beside the earlier versions too."""
    return replace(subject, protector=partial(protect_correction, versions)) if versions else subject


def with_what_still_holds(subject: Subject, versions: Sequence[Version], table: Table) -> Subject:
    """The subject with what earlier versions published and no correction touched, as released of the figures of now.

    This is what makes a table unprotectable whatever changed (`protect_correction`); the subject protects as before.
    """
    if not versions:
        return subject
    released, last = subject.released, len(versions)
    every = Versions.of([*versions, Version(subject.facts, released)], [table])
    still = []
    for number in range(last):
        touched = every.changes[number, last].touched
        for place, earlier in every.tables[number]:
            still.append(replace(earlier, published=earlier.published & ~touched[every.lattice.nodes[place]]))

    def as_before(facts: Facts, table: Table, rules: Rules, _: Sequence[ReleasedTable]) -> Protected:
        return subject.protector(facts, table, rules, released)

    return replace(subject, released=(*released, *still), protector=as_before)


def attack_beside(subject: Subject, versions: Sequence[Version], released: Sequence[ReleasedTable]) -> AttackReport:
    """The attack on everything released of the subject, and of its earlier versions."""
    if not versions:
        return attack(subject.facts, subject.rules, released)
    return attack_versions([*versions, Version(subject.facts, tuple(released))], subject.rules)


def waits_for(rounds: Iterable[str], deliveries: Iterable[CountingPart]) -> Mapping[str, Any]:
    """What a waiting request was last held against, as a member of its report: of persons a digest, and no number."""
    parts = list(deliveries)
    counted = sorted(part.submission for part in parts)
    left_out = digest(canonical_bytes([list(pair) for pair in left_out_of(parts)]))
    return {"waitsFor": {"rounds": sorted(rounds), "deliveries": counted, "leftOut": left_out}}


def still_waits(step: Step, request: AggregateRequest) -> bool:
    """Whether the request waits for corrections, and no delivery came and no policy changed since it was looked at."""
    evidence = step.data.requests.evidence(request.id) if request.state is RequestState.PERMITTED else None
    if evidence is None or refusal_of(evidence) is not Unsafe.REVISION_PENDING:
        return False
    report = json.loads(evidence.report)
    rounds = report["waitsFor"]["rounds"]
    now = waits_for(rounds, counting_now(step.data, request.spec, rounds))
    return bool(now["waitsFor"] == report["waitsFor"] and report["policyHash"] == step.call.services.policy.policy_hash)

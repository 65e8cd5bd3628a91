"""The attack on all releases of all versions of the facts, as one system.

Whoever holds the releases of two versions subtracts them: a published cell of the new version minus the same cell of
the old one is the change of that cell, and only the suppliers whose figures changed contribute to it.

The attackers are given more than they are likely to know: which cells changed for no contributor, and who changed in
a cell that did. Let y_v be the figures of version v at every node of the common lattice. What is known about them is:

1. the hierarchies, M y_v = 0, and y_v >= 0, for every version;
2. what was published of each version;
3. y_v = y_w at every node where no contributor's figure differs, be it the finest or a total.

So all versions are one system, in which a node that did not change is one unknown. A cell that was suppressed in one
version and published in another, without change, is known in both by that alone. The change of a node is an unknown
of its own, z = y_w - y_v; where its change table breaks a primary rule, z has to stay as uncertain as that rule asks
of any cell: in the direction of the change, and in both when contributors changed in opposite directions. Every
unsafe node of every version and every unsafe change is then attacked over the one system, by an outsider and by every
contributor with its own figures in all versions; `service.disclosure.attack.audit` does that. What two releases both
publish, or what follows from them, fixes z: an unsafe change of such a cell is always a breach.

Nothing is left between more than two versions: the system holds all of them, and the changes between any two.

In this system a change that is safe says nothing of the figure: it could be any. But corrections are mostly small,
and an attacker who neglects them subtracts a new table from an old one as if both were of the same facts. So everything
must also be safe when what was published before is taken for figures of the last version (`attack_as_now`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.attack.audit import AttackReport, attack_nodes, attack_system
from service.disclosure.attack.system import System, equations
from service.disclosure.attack.versions import Version, Versions
from service.disclosure.question.lattice import Lattice
from service.disclosure.question.measures import Measures
from service.disclosure.question.rules import Assessment, Rules, assess

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FAR = 1000.0
"""How many times further than it has to be a change may be taken for, so that no bound on it hides anything."""


def attack_versions(versions: Sequence[Version], rules: Rules) -> AttackReport:
    """Attack everything that is or would be published about all versions of the facts together.

    The nodes of the report are unknowns of the joined system: `Joined.node_of` names their nodes in the lattice.

    Args:
        versions: oldest first, each with all of its tables.
        rules: which cells and which changes are unsafe, and how uncertain they must stay.

    Raises:
        BadInput: as `Versions.of`; or a published value differs from its version's facts.
        CannotBeProtected: the common refinement is too large to examine.
    """
    every = Versions.of(versions)
    report = join(every, rules).attack()
    return report if report.breaches else _both(report, attack_as_now(every, rules))


def attack_as_now(versions: Versions, rules: Rules) -> AttackReport:
    """The attack on the last version alone by someone who neglects what changed; nodes are those of the lattice."""
    measures = versions.measures[-1]
    assessment = assess(versions.lattice, measures, rules)
    unsafe = np.zeros(versions.lattice.size, dtype=np.bool_)
    unsafe[assessment.nodes] = True
    lattice, tables = versions.as_now(unsafe)
    return attack_nodes(lattice, measures, assessment, tables, intervals=False)


def _both(joined: AttackReport, as_now: AttackReport) -> AttackReport:
    """The report on the joined system, with what the second attack found, examined and took."""
    return replace(
        joined,
        examined=joined.examined + as_now.examined,
        programs=joined.programs + as_now.programs,
        breaches=as_now.breaches,
    )


@dataclass(frozen=True)
class Joined:
    """All versions as one system.

    An unknown stands for a node in one version, or in all those in which it is the same, or for an unsafe change.

    Attributes:
        system: equations and what is known.
        measures: per unknown.
        assessment: unsafe unknowns.
        node_of: per unknown, its node in the lattice.
    """

    system: System
    measures: Measures
    assessment: Assessment
    node_of: Ints

    def attack(self) -> AttackReport:
        """Play every attacker."""
        return attack_system(self.system, self.measures, self.assessment, intervals=False)


def join(versions: Versions, rules: Rules) -> Joined:
    """Write the system down.

    1. Number the unknowns: a node that is the same as in an earlier version keeps that version's number.
    2. The unsafe nodes of every version, and the unsafe changes between any two, each an unknown more.
    3. The equations of every version, without those that an earlier one has already; z = y_w - y_v.
    4. What is known of each version.
    """
    lattice = versions.lattice
    # 1
    unknown, fresh = _number(versions)
    count = sum(len(nodes) for nodes in fresh)
    # 2
    parts = [
        _moved(assess(lattice, measures, rules), unknown[version]) for version, measures in enumerate(versions.measures)
    ]
    rows = [_relations(lattice, unknown)]
    picked = [_picked(measures, nodes) for measures, nodes in zip(versions.measures, fresh, strict=True)]
    node_of = [*fresh]
    for (old, new), change in versions.changes.items():
        unsafe = change.unsafe(lattice, rules)
        before, after = unknown[old][unsafe.nodes], unknown[new][unsafe.nodes]
        own = np.arange(count, count + len(unsafe.nodes))
        count += len(own)
        parts.append(_moved(unsafe, own, places=np.arange(len(own))))
        rows.append(_differences(own, before, after, np.where(change.signed[unsafe.nodes] < 0, -1.0, 1.0)))
        both = versions.measures[old].value[unsafe.nodes] + versions.measures[new].value[unsafe.nodes]
        picked.append(_picked(change.measures, unsafe.nodes, _room(unsafe, both)))
        node_of.append(unsafe.nodes)
    # 3
    matrix = sp.vstack([sp.csr_matrix((m.data, m.indices, m.indptr), (m.shape[0], count)) for m in rows]).tocsr()
    # 4
    known = np.zeros(count, dtype=np.bool_)
    below, above = np.full((2, count), np.inf)
    for version in range(len(versions.measures)):
        known[unknown[version][versions.known(version)]] = True
        rounded = versions.doubt(version)
        if rounded is not None:
            np.minimum.at(below, unknown[version], rounded[0])
            np.minimum.at(above, unknown[version], rounded[1])
    vague = (below, above) if np.isfinite(below).any() else None
    nodes = np.concatenate(node_of)
    return Joined(
        System(matrix, known, lambda one: lattice.describe(int(nodes[one])), vague),
        _stacked(picked),
        _united(parts),
        nodes,
    )


def _number(versions: Versions) -> tuple[list[Ints], list[Ints]]:
    """Step 1: per version the unknown of each node, and the nodes that it numbered."""
    size = versions.lattice.size
    unknown: list[Ints] = []
    fresh: list[Ints] = []
    count = 0
    for version in range(len(versions.measures)):
        number = np.full(size, -1, dtype=np.int64)
        for earlier in range(version):
            same = ~versions.changes[earlier, version].touched
            number[same] = unknown[earlier][same]
        new = np.flatnonzero(number < 0)
        number[new] = np.arange(count, count + len(new))
        count += len(new)
        unknown.append(number)
        fresh.append(new)
    return unknown, fresh


def _relations(lattice: Lattice, unknown: Sequence[Ints]) -> sp.csr_matrix:
    """Step 3 for the hierarchies: the lattice's equations on every version's unknowns, each once."""
    one = equations(lattice)
    data, indices, lengths = [], [], []
    for version, number in enumerate(unknown):
        mine = number[one.indices]
        fresh = np.ones(one.shape[0], dtype=np.bool_)
        for earlier in unknown[:version]:
            differs = np.concatenate([[0], np.cumsum(mine != earlier[one.indices])])
            fresh &= differs[one.indptr[1:]] > differs[one.indptr[:-1]]
        times = np.diff(one.indptr)
        entries = np.repeat(fresh, times)
        data.append(one.data[entries])
        indices.append(mine[entries])
        lengths.append(times[fresh])
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    columns = 1 + max(int(number.max(initial=-1)) for number in unknown)
    return sp.csr_matrix((np.concatenate(data), np.concatenate(indices), indptr), shape=(len(indptr) - 1, columns))


def _differences(own: Ints, before: Ints, after: Ints, sign: Floats) -> sp.csr_matrix:
    """Step 3 for the changes: z - sign * (after - before) = 0."""
    columns = np.stack([own, after, before], axis=1).reshape(-1)
    values = np.stack([np.ones(len(own)), -sign, sign], axis=1).reshape(-1)
    return sp.csr_matrix((values, columns, np.arange(0, 3 * len(own) + 1, 3)), (len(own), int(own.max(initial=-1)) + 1))


def _room(unsafe: Assessment, both: Ints) -> Ints:
    """What stands for the value of a change, which may be negative: so much that no attacker gets to the end of it."""
    return np.asarray(np.ceil(FAR * (1.0 + unsafe.up + unsafe.down)) + 10 * both, dtype=np.int64)


@dataclass(frozen=True)
class _Picked:
    """Some nodes of some measures, with their own figures."""

    measures: Measures
    nodes: Ints
    value: Ints


def _picked(measures: Measures, nodes: Ints, value: Ints | None = None) -> _Picked:
    return _Picked(measures, nodes, measures.value[nodes] if value is None else value)


def _stacked(parts: Sequence[_Picked]) -> Measures:
    """The measures of all unknowns."""
    times = [(one.measures.start[one.nodes + 1] - one.measures.start[one.nodes]) for one in parts]
    entries = []
    for one, lengths in zip(parts, times, strict=True):
        offset = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        entries.append(np.repeat(one.measures.start[one.nodes], lengths) + offset)
    value = np.concatenate([one.value for one in parts])
    first = parts[0].measures
    return replace(
        first,
        value=value,
        count=value if first.count_is_value else None,
        reporting=np.concatenate([one.measures.reporting[one.nodes] for one in parts]),
        start=np.concatenate([[0], np.cumsum(np.concatenate(times))]).astype(np.int64),
        holder=np.concatenate([one.measures.holder[entry] for one, entry in zip(parts, entries, strict=True)]),
        own=np.concatenate([one.measures.own[entry] for one, entry in zip(parts, entries, strict=True)]),
        certain=np.concatenate([one.measures.certain[entry] for one, entry in zip(parts, entries, strict=True)]),
        alone=np.concatenate([one.measures.alone[entry] for one, entry in zip(parts, entries, strict=True)]),
        _kept={},
    )


def _moved(assessment: Assessment, to: Ints, places: Ints | None = None) -> Assessment:
    """The assessment on other numbers: to[node], or to[place]."""
    return replace(assessment, nodes=to[assessment.nodes if places is None else places])


def _united(parts: Sequence[Assessment]) -> Assessment:
    """One assessment: what is unsafe in several versions must be as uncertain as the strictest asks."""
    nodes, place = np.unique(np.concatenate([one.nodes for one in parts]), return_inverse=True)
    why = np.zeros(len(nodes), dtype=np.int64)
    np.bitwise_or.at(why, place, np.concatenate([one.why for one in parts]))
    up, down, insider = np.zeros((3, len(nodes)))
    np.maximum.at(up, place, np.concatenate([one.up for one in parts]))
    np.maximum.at(down, place, np.concatenate([one.down for one in parts]))
    np.maximum.at(insider, place, np.concatenate([one.down_insider for one in parts]))
    return Assessment(nodes, why, up, down, insider, parts[0].whole)

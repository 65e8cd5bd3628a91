"""What each node holds: its value, its persons or units, its contributors and their largest contributions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from service.disclosure.question.facts import Facts
from service.disclosure.question.lattice import Lattice

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measures:
    """Figures per node of a lattice (arrays of its size), all in units of the facts.

    Who attacks is called a contributor here, and what it knows to be in a node its own figure. Where persons are shared
    (`Facts.shared`) these overlap: everybody who delivered a person has it among its own, so that they add up to more
    than X. And there a contributor may attack in two ways, under two numbers (`known_figures`).

    Attributes:
        value: X.
        count: N, or None when the facts count nothing.
        count_is_value: N is X itself.
        reporting: C: the least number of contributors that together could hold all of the value; of an empty node
            those that handed in a row of zero.
        start: own figures of node i, of these contributors, stand at start[i] : start[i + 1] of what follows, largest
            first.
        holder: the contributor, as a number; empty when the facts name no contributors.
        own: what that contributor knows to be there.
        certain: whether it takes that for all there is, if nobody else reported anything.
        alone: whether it knows the node by that.
        contributor_of: per number, the contributor in the facts; the first numbers are those of the facts.
        contributors: how many of the numbers are those of the facts.
        whole_numbers: values are counts.
        unit: one, in units of the facts.
    """

    value: Ints
    count: Ints | None
    count_is_value: bool
    reporting: Ints
    start: Ints
    holder: Ints
    own: Ints
    certain: Flags
    alone: Flags
    contributor_of: Ints
    contributors: int
    whole_numbers: bool
    unit: int
    _kept: dict[str, tuple[Ints, ...]] = field(default_factory=dict, repr=False)

    @property
    def holders(self) -> int:
        """The number of attackers among contributors."""
        return len(self.contributor_of)

    @property
    def node(self) -> Ints:
        """The node of each own figure."""
        return np.repeat(np.arange(len(self.value)), np.diff(self.start))

    def figures_of(self, holder: int) -> tuple[Ints, Ints, Flags]:
        """(nodes, own figures, whether that is all there is) of one contributor."""
        if "figures" not in self._kept:
            order = np.argsort(self.holder, kind="stable")
            bounds = np.searchsorted(self.holder[order], np.arange(self.holders + 1))
            self._kept["figures"] = order, self.node[order], bounds
        order, node, bounds = self._kept["figures"]
        inside = slice(int(bounds[holder]), int(bounds[holder + 1]))
        return node[inside], self.own[order[inside]], self.alone[order[inside]]

    def knowing(self, node: int, *, down: bool = False) -> Ints:
        """To whom a node that is not empty is no secret: who holds all of it.

        Who knows all that is in it, but not that this is all, is in no doubt downwards only.
        """
        entries = slice(int(self.start[node]), int(self.start[node + 1]))
        told = self.alone[entries]
        return self.holder[entries][told | (self.own[entries] >= self.value[node]) if down else told]

    def contributions(self, node: int) -> Ints:
        """What the rules take for the contributions x1 >= x2 >= ... to a node."""
        start, own = self._contributions()
        return own[start[node] : start[node + 1]]

    def largest(self, rank: int) -> Ints:
        """The rank-th largest contribution per node (1 is the largest), 0 where there are fewer."""
        start, own = self._contributions()
        places = start[:-1] + (rank - 1)
        there = places < start[1:]
        result = np.zeros(len(self.value), dtype=np.int64)
        result[there] = own[places[there]]
        return result

    def _contributions(self) -> tuple[Ints, ...]:
        """(start, own) of each contributor once."""
        if self.holders == self.contributors:
            return self.start, self.own
        if "contributions" not in self._kept:
            once = self.holder < self.contributors
            self._kept["contributions"] = _starts(self.node[once], len(self.value)), self.own[once]
        return self._kept["contributions"]

    def without_idle(self) -> Measures:
        """Without the zeros beside a value: who holds nothing of it hides nobody, and is not hidden.

        So a contributor is alone in a node when it holds all of its value, whoever else handed in a zero there or
        delivered the same persons; in an empty node when nobody else handed in anything.
        """
        node = self.node
        counts = (self.own > 0) | (self.value[node] == 0)
        node = node[counts]
        found = replace(
            self,
            start=_starts(node, len(self.value)),
            holder=self.holder[counts],
            own=self.own[counts],
            certain=self.certain[counts],
            alone=self.alone[counts] | (self.certain[counts] & (self.value[node] > 0)),
            _kept={},
        )
        return replace(found, reporting=found.fewest(), _kept={})

    def fewest(self) -> Ints:
        """The least number of contributors whose figures are all of the value together, as far as they could be.

        Where nobody is shared that is everybody with a figure. In a change they may come to less than the change.
        """
        start, own = self._contributions()
        times = np.diff(start)
        if not self.contributors:
            return times
        node = np.repeat(np.arange(len(times)), times)
        so_far = np.cumsum(own)
        before = so_far - own - np.concatenate([[0], so_far])[start[:-1]][node]
        lacking = np.bincount(node[(before < self.value[node]) | (self.value[node] == 0)], minlength=len(times))
        enough = np.bincount(node, own, len(times)) >= self.value
        return np.where(enough, lacking, np.minimum(1, self.value)).astype(np.int64)


def measure(facts: Facts, lattice: Lattice) -> Measures:
    """Add up the facts over every node; equal to a naive loop over rows and nodes, at column speed.

    Holdings are summed at every node, margins too: a contributor's own figure in a total is its own total.
    """
    return measure_reports(facts, lattice).without_idle()


def measure_reports(facts: Facts, lattice: Lattice, in_doubt: Ints | None = None) -> Measures:
    """`measure` with every zero that was handed in as a figure of its own, also beside a value.

    Where persons are shared, a contributor's own figure is everybody whom it delivered in any cell and who counts in
    this node. That may be more than it really knows, and then there is more that it has to be kept from knowing. So who
    has persons that count where it did not deliver them has a second number, under which it knows

    * of those whom it delivered in the cell where they count, that they count there;
    * of the others that they count somewhere: in the nodes that leave nothing of their period out.

    Args:
        facts: the rows.
        lattice: the nodes.
        in_doubt: the contributors with two numbers; those that these facts ask for when absent.
    """
    inside = np.ones(facts.rows, dtype=np.bool_)
    classes = []
    for axis in lattice.axes:
        along = axis.class_of[facts.columns[axis.column].index]
        inside &= along >= 0
        classes.append(along)
    classes = [along[inside] for along in classes]
    nobody = np.zeros(facts.rows, dtype=np.int64)
    holder = nobody if facts.contributor is None else facts.contributor.index
    holders = 0 if facts.contributor is None else len(facts.contributor.codes)

    def climb(who: Ints, everyone: int, what: Ints) -> tuple[Ints, Ints, Ints]:
        return _climb(lattice, classes, who[inside], max(everyone, 1), what[inside])

    def added_up(what: Ints) -> Ints:
        return _per_node(*climb(nobody, 1, what)[::2], lattice.size)

    shared, contributor_of = facts.shared, np.arange(holders)
    node, who, own = climb(holder, holders, facts.value if shared is None else shared.known)
    total = _per_node(node, own, lattice.size) if shared is None else added_up(facts.value)
    count: Ints | None = total if facts.whole_numbers else None
    if facts.person is not None:
        at, _, _ = climb(facts.person.index, len(facts.person.codes), np.ones_like(facts.value))
        count = np.bincount(at, minlength=lattice.size).astype(np.int64)
    elif facts.units is not None:
        count = added_up(facts.units)
    if facts.contributor is None:
        node, who, own = np.zeros((3, 0), dtype=np.int64)
    reporting = np.bincount(node, minlength=lattice.size).astype(np.int64)
    certain = own == total[node]
    if shared is not None:
        twice = shared.in_doubt(holder) if in_doubt is None else in_doubt
        number = np.full(holders, -1, dtype=np.int64)
        number[twice] = np.arange(holders, holders + len(twice))
        there, elsewhere = (climb(holder, holders, what)[2] for what in (shared.there, shared.elsewhere))
        sure = np.where(_everything(lattice, shared.within)[node], own, there)
        also = number[who] >= 0
        certain = np.concatenate([certain, ((there == total[node]) & (elsewhere == 0))[also]])
        own, node = np.concatenate([own, sure[also]]), np.concatenate([node, node[also]])
        who, contributor_of = np.concatenate([who, number[who[also]]]), np.concatenate([contributor_of, twice])
    order = np.lexsort((who, ~certain, -own, node))
    node, certain = node[order], certain[order]
    return Measures(
        value=total,
        count=count,
        count_is_value=facts.whole_numbers and facts.person is None and facts.units is None,
        reporting=reporting,
        start=_starts(node, lattice.size),
        holder=who[order],
        own=own[order],
        certain=certain,
        alone=certain & (reporting[node] == 1),
        contributor_of=contributor_of,
        contributors=holders,
        whole_numbers=facts.whole_numbers,
        unit=10**facts.decimals,
    )


def shown_empty(lattice: Lattice, measures: Measures) -> Flags:
    """Nodes that some table tells to be empty by its shape alone, whatever it publishes.

    A table lists every code that occurs: a flat list comes from the data, and a code that is not in a hierarchy is a
    fault in them. So a code that other tables know and this one leaves out has no rows. A table that leaves out what
    does occur tells nothing.
    """
    shown = np.zeros(lattice.size, dtype=np.bool_)
    for scopes in lattice.scopes:
        for place, scope in enumerate(scopes):
            if not len(scope.left_out):
                continue
            inside: Flags = np.ones((), dtype=np.bool_)
            for other, axis in enumerate(lattice.axes):
                classes = scope.left_out if other == place else scopes[other].counted
                within = [len(members) > 0 and bool(np.isin(members, classes).all()) for members in axis.members]
                inside = np.logical_and.outer(inside, np.array(within, dtype=np.bool_))
            inside = inside.reshape(-1)
            figures = (measures.value, measures.reporting, *(() if measures.count is None else (measures.count,)))
            if not any(figure[inside].any() for figure in figures):
                shown |= inside
    return shown


def _everything(lattice: Lattice, within: str) -> Flags:
    """Nodes that leave nothing out but along one column."""
    inside: Flags = np.ones((), dtype=np.bool_)
    for axis in lattice.axes:
        whole = np.array([len(members) == axis.classes for members in axis.members], dtype=np.bool_)
        inside = np.logical_and.outer(
            inside, np.ones_like(whole) if axis.column == within else whole & bool((axis.class_of >= 0).all())
        )
    return inside.reshape(-1)


def _starts(node: Ints, size: int) -> Ints:
    """Where the entries of each node begin among entries by ascending node, and where the last of them end."""
    return np.searchsorted(node, np.arange(size + 1)).astype(np.int64)


def _per_node(node: Ints, what: Ints, size: int) -> Ints:
    """Exact sums of entries by ascending node."""
    ends = np.concatenate([[0], np.cumsum(what)])[_starts(node, size)]
    return np.diff(ends)


def _climb(lattice: Lattice, classes: list[Ints], who: Ints, everyone: int, value: Ints) -> tuple[Ints, Ints, Ints]:
    """Sum `value` per (node, who) over all nodes: one axis at a time, adding up equal keys in between."""
    key = np.zeros(len(value), dtype=np.int64)
    for along, axis in zip(classes, lattice.axes, strict=True):
        key = key * axis.classes + along
    key, value = _add_up(key * everyone + who, value)
    done = 1
    for place in range(len(lattice.axes) - 1, -1, -1):
        axis = lattice.axes[place]
        holding: list[list[int]] = [[] for _ in range(axis.classes)]
        for number, members in enumerate(axis.members):
            for member in members.tolist():
                holding[member].append(number)
        width = np.array([len(numbers) for numbers in holding], dtype=np.int64)
        flat = np.array([number for numbers in holding for number in numbers], dtype=np.int64)
        first = np.concatenate([[0], np.cumsum(width)[:-1]]) if len(width) else width
        low_size = done * everyone
        low, rest = key % low_size, key // low_size
        along, high = rest % axis.classes, rest // axis.classes
        times = width[along]
        offset = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        code = flat[np.repeat(first[along], times) + offset]
        key = (np.repeat(high, times) * len(axis) + code) * low_size + np.repeat(low, times)
        key, value = _add_up(key, np.repeat(value, times))
        done *= len(axis)
    return key // everyone, key % everyone, value


def _add_up(key: Ints, value: Ints) -> tuple[Ints, Ints]:
    """Equal keys added up, keys ascending."""
    if not len(key):
        return key, value
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    return key[first], np.add.reduceat(value[order], first)

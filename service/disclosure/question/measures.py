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

    Attributes:
        value: X.
        count: N, or None when the facts count nothing.
        count_is_value: N is X itself.
        reporting: contributors that hold some of the value; of an empty node those that handed in a row of zero.
        start: own figures of node i, of these contributors, stand at start[i] : start[i + 1] of `holder` and `own`,
            largest first.
        holder: the contributor, as a number; empty when the facts name no contributors.
        own: what that contributor handed in.
        holders: the number of contributors.
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
    holders: int
    whole_numbers: bool
    unit: int
    _by_holder: list[tuple[Ints, Ints, Ints]] = field(default_factory=list, repr=False)

    def figures_of(self, holder: int) -> tuple[Ints, Ints]:
        """(nodes, own figures) of one contributor."""
        if not self._by_holder:
            order = np.argsort(self.holder, kind="stable")
            node = np.repeat(np.arange(len(self.value)), np.diff(self.start))
            bounds = np.searchsorted(self.holder[order], np.arange(self.holders + 1))
            self._by_holder.append((node[order], self.own[order], bounds))
        node, own, bounds = self._by_holder[0]
        inside = slice(int(bounds[holder]), int(bounds[holder + 1]))
        return node[inside], own[inside]

    def largest(self, rank: int) -> Ints:
        """The rank-th largest contribution per node (1 is the largest), 0 where there are fewer."""
        places = self.start[:-1] + (rank - 1)
        there = places < self.start[1:]
        result = np.zeros(len(self.value), dtype=np.int64)
        result[there] = self.own[places[there]]
        return result

    def without_idle(self) -> Measures:
        """Without the zeros beside a value: who holds nothing of it hides nobody, and is not hidden.

        So a contributor is alone in a node (`reporting` is 1) when it holds all of its value, whoever else handed in a
        zero there; in an empty node when nobody else did.
        """
        node = np.repeat(np.arange(len(self.value)), np.diff(self.start))
        counts = (self.own > 0) | (self.value[node] == 0)
        if counts.all():
            return self
        reporting = np.bincount(node[counts], minlength=len(self.value)).astype(np.int64)
        start = np.concatenate([[0], np.cumsum(reporting)]).astype(np.int64)
        holder, own = self.holder[counts], self.own[counts]
        return replace(self, reporting=reporting, start=start, holder=holder, own=own, _by_holder=[])


def measure(facts: Facts, lattice: Lattice) -> Measures:
    """Add up the facts over every node; equal to a naive loop over rows and nodes, at column speed.

    Holdings are summed at every node, margins too: a contributor's own figure in a total is its own total.
    """
    return measure_reports(facts, lattice).without_idle()


def measure_reports(facts: Facts, lattice: Lattice) -> Measures:
    """`measure` with every zero that was handed in as a figure of its own, also beside a value."""
    inside = np.ones(facts.rows, dtype=np.bool_)
    classes = []
    for axis in lattice.axes:
        along = axis.class_of[facts.columns[axis.column].index]
        inside &= along >= 0
        classes.append(along)
    classes = [along[inside] for along in classes]
    value = facts.value[inside]
    nobody = facts.contributor is None
    holder = np.zeros(len(value), dtype=np.int64) if facts.contributor is None else facts.contributor.index[inside]
    holders = 0 if facts.contributor is None else len(facts.contributor.codes)
    node, who, own = _climb(lattice, classes, holder, max(holders, 1), value)
    order = np.lexsort((who, -own, node))
    node, who, own = node[order], who[order], own[order]
    start = np.searchsorted(node, np.arange(lattice.size + 1))
    totals = np.concatenate([[0], np.cumsum(own)])
    total = totals[start[1:]] - totals[start[:-1]]
    count: Ints | None = None
    if facts.person is not None:
        person = facts.person.index[inside]
        where, _, _ = _climb(lattice, classes, person, max(len(facts.person.codes), 1), np.ones_like(value))
        count = np.bincount(where, minlength=lattice.size).astype(np.int64)
    elif facts.units is not None:
        at, _, units = _climb(lattice, classes, np.zeros_like(holder), 1, facts.units[inside])
        count = np.zeros(lattice.size, dtype=np.int64)
        count[at] = units
    elif facts.whole_numbers:
        count = total
    return Measures(
        value=total,
        count=count,
        count_is_value=facts.whole_numbers and facts.person is None and facts.units is None,
        reporting=np.zeros(lattice.size, dtype=np.int64) if nobody else np.diff(start),
        start=np.zeros(lattice.size + 1, dtype=np.int64) if nobody else start.astype(np.int64),
        holder=np.zeros(0, dtype=np.int64) if nobody else who,
        own=np.zeros(0, dtype=np.int64) if nobody else own,
        holders=holders,
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

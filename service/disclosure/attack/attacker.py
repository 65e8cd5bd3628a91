"""The attackers: an outsider and every contributor, against everything that is public."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.attack.component import NOBODY, PATIENCE, TOLERANCE, Component, Patience, Room
from service.disclosure.attack.docket import DOWN, SLACK, UP, WHOLE, Deviations, Docket, Question, seen_through
from service.disclosure.attack.findings import AttackReport, Breach, Interval
from service.disclosure.attack.system import System, components, eliminate
from service.disclosure.question.claims import Certificate
from service.disclosure.question.measures import Measures
from service.disclosure.question.rules import Assessment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

EXACT = 5_000
"""Unknowns of a component up to which the interval of every unsafe cell is worked out when asked for."""

CROWDED = 3_000
"""Unknowns of a component from which on an answer is looked for nearby first."""

TIGHTEST = 20
"""Cells whose intervals are told one by one."""

CLAIMED = 4_000_000
"""Nodes in claims that are verified together; bounds the memory."""

SHARPENED = 60
"""Linear programs that may be spent on the exact intervals of the tightest cells."""


class Attacker:
    """Everybody who attacks, on deviations from the true figures: equations @ d = 0 and d >= -x.

    The numbers are the steps of `attack`.
    """

    def __init__(self, system: System, measures: Measures, assessment: Assessment) -> None:
        """Take what is public; steps 3 and 4."""
        self._describe, self._measures, self._assessment = system.describe, measures, assessment
        self._value = measures.value[assessment.nodes].astype(np.float64)
        self._room = _room(system, measures, assessment)
        unlimited = np.where(self._room.up < self._room.cap, self._room.up, np.inf)
        seen = seen_through(system.equations, measures, assessment.nodes)
        self._docket = Docket(assessment, measures, seen, self._room.down, unlimited)
        self._matrix, self._unknown = eliminate(system.equations, ~system.known)
        self._exact = ~self._unknown[assessment.nodes]
        self._breaches: list[Breach] = []
        self._programs = 0
        self._patience = Patience(PATIENCE)

    def verify(self, claims: Sequence[Certificate]) -> None:
        """Step 5: count the claimed deviations that are possible, by sparse multiplications."""
        ends = np.cumsum([len(support) for support, _ in claims], dtype=np.int64)
        parts = np.searchsorted(ends, np.arange(0, int(ends[-1]), CLAIMED)) if claims else NOBODY
        for first, last in pairwise([*parts.tolist(), len(claims)]):
            self._verify(claims[first:last])

    def _verify(self, claims: Sequence[Certificate]) -> None:
        if not claims:
            return
        nodes = np.concatenate([support for support, _ in claims])
        values = np.concatenate([deviation for _, deviation in claims])
        owner = np.repeat(np.arange(len(claims)), [len(support) for support, _ in claims])
        claimed = sp.csc_matrix((values, (nodes, owner)), shape=(self._matrix.shape[1], len(claims)))
        wrong = _largest(self._matrix @ claimed) > self._forgiven(claimed)
        wrong[owner[~self._unknown[nodes]]] = True
        true, number = ~wrong[owner], np.cumsum(~wrong) - 1
        self._docket.settle(Deviations(nodes[true], values[true], number[owner[true]], int(np.sum(~wrong))))

    def _forgiven(self, claimed: sp.csc_matrix) -> Floats:
        """Per claim how far it may miss the equations: little beside what it says of any unsafe node, and no whole."""
        unsafe = sp.diags((self._docket.place >= 0).astype(np.float64)) @ abs(claimed)
        unsafe.eliminate_zeros()
        unsafe.data = 1.0 / unsafe.data
        with np.errstate(divide="ignore"):
            least = 1.0 / _largest(unsafe)
        forgiven: Floats = np.minimum(SLACK * _largest(claimed), TOLERANCE * least)
        return np.minimum(forgiven, WHOLE) if self._assessment.whole else forgiven

    def run(self, *, intervals: bool) -> None:
        """Attack every component that has unsafe nodes, then report whatever nothing speaks for.

        Args:
            intervals: work out the exact interval of every unsafe node, not of the tightest only.
        """
        every = []
        for matrix, nodes in components(self._matrix, np.flatnonzero(self._unknown)):
            if (self._docket.place[nodes] >= 0).any():
                component = Component(matrix, nodes, self._measures, self._room.at(nodes), self._patience)
                every.append(component)
                columns = self._columns(component)
                if intervals and len(nodes) <= EXACT:
                    self._measure(component, sorted(columns))
                for direction in (UP, DOWN):
                    for column in columns:
                        self._answer(component, column, direction)
        for question in list(self._docket.questions()):
            self._report(question, None if question.level else int(question.attackers[0]), 0.0, exact=True)
        if not intervals:
            self._sharpen(every)
        self._programs += sum(component.solves for component in every)

    def report(self) -> AttackReport:
        """What came of it."""
        tightest = np.argsort(self._width(), kind="stable")[:TIGHTEST]
        return AttackReport(
            examined=len(self._assessment.nodes),
            attackers=1 + self._measures.holders,
            programs=self._programs,
            breaches=tuple(self._breaches),
            nodes=self._assessment.nodes,
            lower=self._docket.lower,
            upper=self._docket.upper,
            needed_lower=self._value - self._assessment.down,
            needed_upper=self._value + self._assessment.up,
            exact=self._exact,
            tightest=tuple(self._interval(unsafe) for unsafe in tightest.tolist()),
        )

    def _columns(self, component: Component) -> list[int]:
        """The unsafe columns, small values first: what answers for them serves others."""
        columns = np.flatnonzero(self._docket.place[component.nodes] >= 0)
        order = np.argsort(self._measures.value[component.nodes[columns]], kind="stable")
        return [int(column) for column in columns[order]]

    # --- step 6 and 7: the verdict ------------------------------------------------------------------------------------

    def _answer(self, component: Component, column: int, direction: int) -> None:
        """Answer what is open about one node in one direction, or report it."""
        unsafe = int(self._docket.place[component.nodes[column]])
        if self._docket.question(direction, unsafe) is None:
            return
        if len(component.nodes) > CROWDED:
            near, place = component.around(column)
            self._show(near, place, direction)
            self._programs += near.solves
        self._show(component, column, direction)
        question = self._docket.question(direction, unsafe)
        if question is not None and question.level:
            self._outsider(component, column, question)
        question = self._docket.question(direction, unsafe)
        if question is not None and len(question.attackers):
            self._insiders(component, column, direction, question.attackers)

    def _show(self, component: Component, column: int, direction: int) -> None:
        """Look for one deviation that answers everything, or else one for the outsider."""
        unsafe = int(self._docket.place[component.nodes[column]])
        question = self._docket.question(direction, unsafe)
        if question is not None and len(question.attackers):
            level = max(question.level, question.insider_level)
            empty = self._measures.value[component.nodes[column]] == 0
            self._try(component, column, question, level, question.attackers if empty else None)
            question = self._docket.question(direction, unsafe)
        if question is not None and question.level:
            self._try(component, column, question, question.level, NOBODY)

    def _try(
        self, component: Component, column: int, question: Question, level: float, attackers: Ints | None
    ) -> Floats | None:
        """The shortest deviation that reaches a level, for these contributors together; it answers what it answers.

        Counts are answered by the docket alone, which sees whether it is whole.
        """
        found = component.short(column, question.direction, level, attackers)
        if found is None:
            return None
        self._docket.settle(Deviations.single(component.nodes, found))
        if not self._assessment.whole:
            self._docket.strike(question, question.attackers if attackers is None else attackers, outsider=True)
        return found

    def _outsider(self, component: Component, column: int, question: Question) -> None:
        """Step 6 for what no short deviation answers: how far does it go, and is there one in whole numbers?"""
        self._far(component, column, question.direction)
        reach = self._reach(question)
        if reach < question.level * (1 - TOLERANCE):
            self._measure(component, [column])
            width = self._docket.upper[question.unsafe] - self._docket.lower[question.unsafe]
            self._report(question, None, reach, exact=bool(width < self._unit(question)))
        elif self._assessment.whole:
            near = component.short(column, question.direction, question.level)
            whole = component.whole(
                column, question.direction, question.level, np.zeros(len(component.nodes)) if near is None else near
            )
            if whole is None:
                self._measure(component, [column])
                self._report(question, None, 0.0, exact=self._single(component, column, NOBODY))
            else:
                self._docket.settle(Deviations.single(component.nodes, whole))
        self._docket.strike(question, outsider=True)

    def _insiders(self, component: Component, column: int, direction: int, attackers: Ints) -> None:
        """Step 7 for some contributors: together when that is possible, else half by half."""
        question, attackers = self._left(component, column, direction, attackers)
        if question is None:
            return
        near = self._try(component, column, question, question.insider_level, attackers)
        if near is not None:
            question, attackers = self._left(component, column, direction, attackers)
            if question is None:
                return
            whole = component.whole(column, direction, question.insider_level, near, attackers, nearby=True)
            if whole is not None:
                self._docket.settle(Deviations.single(component.nodes, whole))
                self._docket.strike(question, attackers)
                return
        if len(attackers) > 1:
            for half in np.array_split(attackers, 2):
                self._insiders(component, column, direction, half)
            return
        reach = abs(float(component.extreme(column, direction, question.insider_level, attackers)[column]))
        if reach < question.insider_level * (1 - TOLERANCE):
            back = abs(float(component.extreme(column, 1 - direction, question.insider_level, attackers)[column]))
            self._report(question, int(attackers[0]), reach, exact=reach + back < self._unit(question))
        elif self._assessment.whole:
            start = np.zeros(len(component.nodes)) if near is None else near
            whole = component.whole(column, direction, question.insider_level, start, attackers)
            if whole is None:
                exact = self._single(component, column, attackers)
                self._report(question, int(attackers[0]), 0.0, exact=exact)
            else:
                self._docket.settle(Deviations.single(component.nodes, whole))
        self._docket.strike(question, attackers)

    def _left(self, component: Component, column: int, direction: int, attackers: Ints) -> tuple[Question | None, Ints]:
        """What is still open about a node for some of these contributors, and for whom of them."""
        question = self._docket.question(direction, int(self._docket.place[component.nodes[column]]))
        left = NOBODY if question is None else attackers[np.isin(attackers, question.attackers)]
        return (question, left) if len(left) else (None, left)

    @staticmethod
    def _single(component: Component, column: int, attackers: Ints) -> bool:
        """Whether a count has no other whole value than the true one."""
        nothing = np.zeros(len(component.nodes))
        return all(component.whole(column, way, 1.0, nothing, attackers) is None for way in (UP, DOWN))

    def _unit(self, question: Question) -> float:
        """The width below which an interval holds one value."""
        unit = 1.0 if self._assessment.whole else 1e-9 * max(1.0, float(self._value[question.unsafe]))
        return unit * (1 - TOLERANCE)

    def _report(self, question: Question, attacker: int | None, reached: float, *, exact: bool) -> None:
        node = int(self._assessment.nodes[question.unsafe])
        needed = question.level if attacker is None else question.insider_level
        who = None if attacker is None else int(self._measures.contributor_of[attacker])
        found = Breach(self._describe(node), node, question.direction, who, exact, needed, reached)
        self._breaches.append(found)

    # --- step 6: intervals --------------------------------------------------------------------------------------------

    def _measure(self, component: Component, columns: Sequence[int]) -> None:
        """The exact intervals of some nodes for an outsider."""
        for direction in (UP, DOWN):
            for column in columns:
                self._far(component, column, direction)
        unsafe = self._docket.place[component.nodes[columns]]
        self._exact[unsafe] = True
        for direction in () if self._assessment.whole else (UP, DOWN):
            for one in unsafe.tolist():
                question = self._docket.question(direction, one)
                if question is not None and self._reach(question) >= question.level * (1 - TOLERANCE):
                    self._docket.strike(question, outsider=True)

    def _far(self, component: Component, column: int, direction: int) -> None:
        """See how far one node goes, unless it was seen to go as far as the equations let it."""
        unsafe = self._docket.place[component.nodes]
        limit = float(component.implied[direction == UP][column])
        value, at = self._value[unsafe[column]], unsafe[column]
        seen = self._docket.upper[at] - value if direction == UP else value - self._docket.lower[at]
        if self._exact[at] or seen >= limit - TOLERANCE * max(1.0, limit):
            return
        found = component.extreme(column, direction, float(self._docket.levels[:, at].max()))
        mine = unsafe >= 0
        places, reached = unsafe[mine], self._measures.value[component.nodes[mine]] + found[mine]
        self._docket.upper[places] = np.maximum(self._docket.upper[places], reached)
        self._docket.lower[places] = np.minimum(self._docket.lower[places], reached)

    def _reach(self, question: Question) -> float:
        """How far from the truth a node was seen to be possible for an outsider."""
        at, value = question.unsafe, self._value[question.unsafe]
        return float(self._docket.upper[at] - value if question.direction == UP else value - self._docket.lower[at])

    def _width(self) -> Floats:
        """Per unsafe node how wide its interval is for what it needs, as far as seen."""
        needed = np.maximum(self._assessment.up + self._assessment.down, TOLERANCE)
        width: Floats = (self._docket.upper - self._docket.lower) / needed
        return width

    def _sharpen(self, every: Sequence[Component]) -> None:
        """Make the intervals of the tightest cells exact, as far as that takes a few linear programs."""
        where = {
            int(self._docket.place[component.nodes[column]]): (component, column)
            for component in every
            if len(component.nodes) <= EXACT
            for column in self._columns(component)
        }
        before = sum(component.solves for component in every)
        while sum(component.solves for component in every) < before + SHARPENED:
            tightest = np.argsort(self._width(), kind="stable")[:TIGHTEST].tolist()
            blurred = [unsafe for unsafe in tightest if not self._exact[unsafe] and unsafe in where]
            if not blurred:
                return
            component, column = where[blurred[0]]
            self._measure(component, [column])

    def _interval(self, unsafe: int) -> Interval:
        return Interval(
            self._describe(int(self._assessment.nodes[unsafe])),
            float(self._docket.lower[unsafe]),
            float(self._docket.upper[unsafe]),
            float(self._value[unsafe] - self._assessment.down[unsafe]),
            float(self._value[unsafe] + self._assessment.up[unsafe]),
            bool(self._exact[unsafe]),
        )


def _room(system: System, measures: Measures, assessment: Assessment) -> Room:
    """How far each node can be from the truth, as far as everybody knows."""
    value = measures.value.astype(np.float64)
    reach = max(float(np.max(levels, initial=1.0)) for levels in (assessment.up, assessment.down))
    cap = 1e3 * reach + float(value.max(initial=0.0))
    if system.doubt is None:
        return Room(value, np.full(len(value), cap), cap)
    below, above = system.doubt
    return Room(np.minimum(value, below), np.minimum(above, cap), cap)


def _largest(columns: sp.spmatrix) -> Floats:
    """The largest absolute entry of each column."""
    rows, count = columns.shape
    return abs(columns).max(axis=0).toarray().reshape(-1) if rows else np.zeros(count)

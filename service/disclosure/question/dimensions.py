"""Dimensions: a code list with one or more hierarchies over the same finest codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from service.disclosure.faults import BadInput, Fault

TOTAL = "TOTAL"

Edge = tuple[str, str]


@dataclass(frozen=True)
class Dimension:
    """One dimension of a table.

    Build one with `Dimension.flat`, `Dimension.tree` or `Dimension.classifications`.

    Attributes:
        name: the dimension's name, and its column in the output.
        column: the column of the facts that holds its finest codes; two tables with the same column speak
            of the same thing.
        codes: every code that the table publishes, in order of publication.
        members: per code, the finest codes that it adds up.
        sums: the additive relations, as (code, the codes that add up to it).
        whole: codes that stand for everything in the table, such as a total.
    """

    name: str
    column: str
    codes: tuple[str, ...]
    members: tuple[frozenset[str], ...]
    sums: tuple[tuple[str, tuple[str, ...]], ...]
    whole: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        repeated = sorted(code for code, times in Counter(self.codes).items() if times > 1)
        faults = [
            Fault(f"{self.name}", f"code {code!r} komt twee keer voor", f"code {code!r} appears twice")
            for code in repeated
        ]
        if len(self.members) != len(self.codes):
            faults.append(Fault(self.name, "leden en codes verschillen", "members and codes differ in length"))
        if faults:
            raise BadInput(faults)

    @property
    def finest(self) -> frozenset[str]:
        """The finest codes that the dimension knows."""
        return frozenset().union(*self.members) if self.members else frozenset()

    @classmethod
    def flat(cls, name: str, codes: Iterable[str], *, total: bool = True, column: str | None = None) -> Dimension:
        """A plain code list, with the code `TOTAL` on top unless `total` is false.

        Raises:
            BadInput: a code appears twice, or is `TOTAL` while the dimension has a total.
        """
        finest = tuple(codes)
        if not total:
            return cls(name, column or name, finest, tuple(frozenset({code}) for code in finest), ())
        return cls(
            name,
            column or name,
            (TOTAL, *finest),
            (frozenset(finest), *(frozenset({code}) for code in finest)),
            ((TOTAL, finest),) if finest else (),
            frozenset({TOTAL}),
        )

    @classmethod
    def tree(cls, name: str, edges: Sequence[Edge], *, total: bool = True, column: str | None = None) -> Dimension:
        """A hierarchy of (code, parent) pairs, ragged or not; a root has the empty string as its parent.

        A single root is the total, and is left out when `total` is false. Several roots stay as they are.

        Raises:
            BadInput: an empty or repeated code, an unknown parent, a cycle.
        """
        return cls.classifications(name, [edges], total=total, column=column)

    @classmethod
    def classifications(
        cls, name: str, trees: Sequence[Sequence[Edge]], *, total: bool = True, column: str | None = None
    ) -> Dimension:
        """Several hierarchies over the same finest codes, such as two kinds of region over municipalities.

        A code that stands in several trees must add up the same finest codes in each.

        Raises:
            BadInput: a fault in a tree, trees over different finest codes, or a code with two meanings.
        """
        faults: list[Fault] = []
        members: dict[str, frozenset[str]] = {}
        sums: list[tuple[str, tuple[str, ...]]] = []
        whole: set[str] = set()
        finest: frozenset[str] | None = None
        for number, edges in enumerate(trees):
            where = name if len(trees) == 1 else f"{name}[{number}]"
            found = _tree_faults(where, edges)
            faults.extend(found)
            if found:
                continue
            below, tree_sums, roots = _grow(edges)
            leaves = frozenset().union(*below.values()) if below else frozenset()
            if finest is not None and leaves != finest:
                strange = ", ".join(sorted(leaves ^ finest)[:5])
                faults.append(
                    Fault(
                        where,
                        f"de hiërarchieën hebben niet dezelfde fijnste codes: {strange}",
                        f"the hierarchies do not share their finest codes: {strange}",
                    )
                )
            finest = leaves
            for code, leaf_set in below.items():
                if members.setdefault(code, leaf_set) != leaf_set:
                    faults.append(
                        Fault(
                            where,
                            f"code {code!r} betekent in twee hiërarchieën iets anders",
                            f"code {code!r} means different things in two hierarchies",
                        )
                    )
            sums.extend(tree_sums)
            if len(roots) == 1:
                whole.update(roots)
        if faults:
            raise BadInput(faults)
        if not total:
            members = {code: leaf_set for code, leaf_set in members.items() if code not in whole}
            sums = [(code, parts) for code, parts in sums if code not in whole]
            whole = set()
        return cls(
            name, column or name, tuple(members), tuple(members.values()), tuple(dict.fromkeys(sums)), frozenset(whole)
        )

    def within(self, allowed: Collection[str]) -> Dimension:
        """The same dimension over some of its finest codes; codes that keep none of them disappear."""
        kept = {
            code: leaf_set & frozenset(allowed)
            for code, leaf_set in zip(self.codes, self.members, strict=True)
            if leaf_set & frozenset(allowed)
        }
        sums = tuple((code, tuple(part for part in parts if part in kept)) for code, parts in self.sums if code in kept)
        return Dimension(self.name, self.column, tuple(kept), tuple(kept.values()), sums, self.whole & frozenset(kept))


def _tree_faults(where: str, edges: Sequence[Edge]) -> list[Fault]:
    """Everything wrong with one list of (code, parent) pairs; rows count from 2, below a header."""
    faults = []
    parents: dict[str, str] = {}
    rows: dict[str, int] = {}
    for row, (code, parent) in enumerate(edges, start=2):
        place = f"{where}, row {row}"
        if not code:
            faults.append(Fault(f"{place}, column code", "de code is leeg", "the code is empty"))
        elif code in parents:
            faults.append(
                Fault(
                    f"{place}, column code",
                    f"code {code!r} staat ook op rij {rows[code]}",
                    f"code {code!r} is on row {rows[code]} too",
                )
            )
        else:
            parents[code], rows[code] = parent, row
    for code, parent in parents.items():
        if parent and parent not in parents:
            faults.append(
                Fault(
                    f"{where}, row {rows[code]}, column parent",
                    f"ouder {parent!r} is zelf geen code",
                    f"parent {parent!r} is not a code itself",
                )
            )
    for code, parent in parents.items():
        seen = {code}
        above = parent
        while above in parents and above not in seen:
            seen.add(above)
            above = parents[above]
        if above == code:
            faults.append(
                Fault(
                    f"{where}, row {rows[code]}, column parent",
                    f"code {code!r} is zijn eigen voorouder",
                    f"code {code!r} is its own ancestor",
                )
            )
    return faults


def _grow(
    edges: Sequence[Edge],
) -> tuple[dict[str, frozenset[str]], list[tuple[str, tuple[str, ...]]], list[str]]:
    """Finest codes per code (parents first), the sums, and the roots of a tree without faults."""
    children: dict[str, list[str]] = {code: [] for code, _ in edges}
    for code, parent in edges:
        if parent:
            children[parent].append(code)
    roots = [code for code, parent in edges if not parent]
    order: list[str] = []
    stack = list(reversed(roots))
    while stack:
        code = stack.pop()
        order.append(code)
        stack.extend(reversed(children[code]))
    below: dict[str, frozenset[str]] = {}
    for code in reversed(order):
        parts = children[code]
        below[code] = frozenset().union(*(below[part] for part in parts)) if parts else frozenset({code})
    sums = [(code, tuple(children[code])) for code in order if children[code]]
    return {code: below[code] for code in order}, sums, roots

"""Ladders: the ways in which a dimension of a table can be coarser, from as asked to left out.

A rung publishes sums of codes of the dimension as it was asked, and nothing else: so no rung is finer.

* A hierarchy loses its finest levels, one after the other; of several classifications each can be cut by itself.
* A flat period becomes quarters or years, other ordered codes (ages, years) are taken together with their neighbours.
* Of any other flat dimension the smallest codes become one rest group.
* At the end only the total stays; where there is none the dimension is left out, and the table adds up over it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from service.disclosure.question.dimensions import Dimension

Classes = Mapping[str, Sequence[str]]

MOST_CODES_IN_WORDS = 3
MOST_REST_GROUPS = 12
"""Rest groups tried of one dimension; of a longer code list the group doubles with every rung."""

MOST_RUNGS = 40
"""Rungs of one dimension: two classifications of six levels each would have 49."""

_DAY = re.compile(r"(?P<year>[12]\d{3})-?(?P<month>0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])")
_MONTH = re.compile(r"(?P<year>[12]\d{3})[-M]?(?P<month>0[1-9]|1[0-2])")
_MONTH_OF_ANY_YEAR = re.compile(r"(?P<year>)M(?P<month>0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(?P<year>[12]\d{3})-?[QK](?P<quarter>[1-4])")
_RANGE = re.compile(r"(?P<first>\d{1,4})(?:-\d{1,4}|\+)?")


@dataclass(frozen=True)
class Rung:
    """One way to publish a dimension.

    Attributes:
        dimension: the dimension; None when it is left out.
        dutch: what is different from the dimension as asked; empty for as asked.
        english: the same in English.
        rest: whether codes that have nothing to do with each other are put together.
    """

    dimension: Dimension | None
    dutch: str = ""
    english: str = ""
    rest: bool = False

    @property
    def changed(self) -> bool:
        """Whether this is something else than what was asked."""
        return bool(self.dutch)


def ladder_of(dimension: Dimension, weight: Mapping[str, int]) -> tuple[Rung, ...]:
    """All rungs of a dimension: as asked first, then strictly coarser ones in no order.

    Args:
        dimension: as asked.
        weight: value per finest code; the codes with the least are the first to be put together.
    """
    rungs = [Rung(dimension), left_out(dimension)]
    trees = _trees(dimension)
    if len(trees) == 1 and max(trees[0].values(), default=0) <= 1:
        rungs += _merged(dimension, sorted(trees[0]), weight)
    rungs += _cut(dimension, trees)
    found: dict[frozenset[frozenset[str]] | None, Rung] = {}
    for rung in rungs:
        found.setdefault(None if rung.dimension is None else frozenset(rung.dimension.members), rung)
    return tuple(found.values())[:MOST_RUNGS]


def left_out(dimension: Dimension) -> Rung:
    """The last rung: only the total, or nothing where there is no total."""
    name = dimension.name
    if not dimension.whole:
        return Rung(None, f"zonder {name}, alles opgeteld", f"without {name}, all added up")
    return Rung(_only(dimension, dimension.whole), f"van {name} alleen het totaal", f"of {name} nothing but the total")


def information(rung: Rung, weight: Mapping[str, int]) -> float:
    """What a rung tells: the Shannon entropy, in bits, of where the value is.

    Taking small codes together costs little, large ones much. Where there is nothing to weigh, the number of codes
    decides; it decides between equals too.
    """
    if rung.dimension is None:
        return 0.0
    inside: dict[str, list[int]] = {}
    for place, members in enumerate(rung.dimension.members):
        for code in members:
            inside.setdefault(code, []).append(place)
    groups: dict[tuple[int, ...], int] = {}
    for code, places in sorted(inside.items()):
        groups[tuple(places)] = groups.get(tuple(places), 0) + weight.get(code, 0)
    total = sum(groups.values())
    shares = [value / total for value in groups.values() if value]
    return -sum(share * math.log2(share) for share in shares) + 1e-6 * math.log2(max(len(groups), 1))


def no_finer(rung: Rung, other: Rung) -> bool:
    """Whether every code of a rung is a sum of codes of another one, so that it tells nothing that the other hides."""
    if rung.dimension is None:
        return True
    if other.dimension is None:
        return False
    parts: dict[str, list[frozenset[str]]] = {}
    for members in sorted(other.dimension.members, key=len):
        for code in members:
            parts.setdefault(code, []).append(members)
    return all(
        any(part <= members for part in parts.get(code, ())) for members in rung.dimension.members for code in members
    )


def _trees(dimension: Dimension) -> list[dict[str, int]]:
    """Per classification the depth of its codes; the total is above them all and in none of them."""
    parts: dict[str, list[str]] = {}
    for code, below in dimension.sums:
        parts.setdefault(code, []).extend(below)
    if dimension.whole:
        starts = [list(below) for code, below in dimension.sums if code in dimension.whole]
    else:
        starts = _grouped_roots(dimension, parts)
    trees = []
    for start in starts:
        depth: dict[str, int] = {}
        level, number = [code for code in start if code not in dimension.whole], 1
        while level:
            depth |= dict.fromkeys(level, number)
            level = [part for code in level for part in dict.fromkeys(parts.get(code, ())) if part != code]
            number += 1
        trees.append(depth)
    return trees or [dict.fromkeys((code for code in dimension.codes if code not in dimension.whole), 1)]


def _grouped_roots(dimension: Dimension, parts: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The codes that are part of no other, per classification: those of one cover everything once."""
    below = {part for several in parts.values() for part in several}
    everything = dimension.finest
    groups: list[list[str]] = []
    covered: frozenset[str] = everything
    for code, members in zip(dimension.codes, dimension.members, strict=True):
        if code in below:
            continue
        if covered == everything:
            groups.append([])
            covered = frozenset()
        groups[-1].append(code)
        covered |= members
    return groups


def _cut(dimension: Dimension, trees: Sequence[Mapping[str, int]]) -> list[Rung]:
    """Each classification cut at each depth; a finest code stays as long as one classification reaches it."""
    found = []
    depths = [max(tree.values(), default=0) for tree in trees]
    finest = set(dimension.codes) - {code for code, parts in dimension.sums if parts}
    for cuts in product(*(range(depth, -1, -1) for depth in depths)):
        kept = set(dimension.whole)
        for tree, cut in zip(trees, cuts, strict=True):
            kept |= {code for code, depth in tree.items() if depth <= cut}
        if kept == dimension.whole or len(kept) == len(dimension.codes):
            continue
        gone = [code for code in dimension.codes if code not in kept]
        levels = depths[0] - cuts[0] if len(trees) == 1 else int(set(gone) == finest)
        found.append(Rung(_only(dimension, kept), *_cut_words(dimension.name, gone, levels)))
    return found


def _cut_words(name: str, gone: Sequence[str], levels: int) -> tuple[str, str]:
    codes, count = _listed(gone), len(gone)
    if levels == 1:
        return (
            f"{name} zonder het fijnste niveau ({codes}: {count} codes)",
            f"{name} without its finest level ({codes}: {count} codes)",
        )
    if levels > 1:
        return (
            f"{name} zonder de {levels} fijnste niveaus ({codes}: {count} codes)",
            f"{name} without its {levels} finest levels ({codes}: {count} codes)",
        )
    return f"{name} zonder {codes} ({count} codes)", f"{name} without {codes} ({count} codes)"


def _only(dimension: Dimension, kept: Iterable[str]) -> Dimension:
    """The dimension with some of its codes."""
    stay = frozenset(kept)
    pairs = [(code, members) for code, members in zip(dimension.codes, dimension.members, strict=True) if code in stay]
    return Dimension(
        dimension.name,
        dimension.column,
        tuple(code for code, _ in pairs),
        tuple(members for _, members in pairs),
        tuple((code, parts) for code, parts in dimension.sums if code in stay and stay.issuperset(parts)),
        dimension.whole & stay,
    )


def _merged(dimension: Dimension, codes: Sequence[str], weight: Mapping[str, int]) -> list[Rung]:
    """A flat dimension with codes put together."""
    name, found = dimension.name, []
    for unit, (dutch, english) in _UNITS.items():
        classes = _by_unit(codes, unit)
        if 1 < len(classes) < len(codes):
            words = (
                f"{name} per {dutch} ({len(classes)} in plaats van {len(codes)})",
                f"{name} by {english} ({len(classes)} instead of {len(codes)})",
            )
            found.append(Rung(_with_classes(dimension, classes), *words))
    if found or any(_by_unit(codes, unit) for unit in _UNITS):
        return found
    starts = {code: int(match["first"]) for code in codes if (match := _RANGE.fullmatch(code))}
    if len(starts) == len(codes):
        return _neighbours(dimension, sorted(codes, key=lambda code: (starts[code], code)))
    return _rest_groups(dimension, codes, weight)


def _neighbours(dimension: Dimension, ordered: Sequence[str]) -> list[Rung]:
    """Ordered codes, per 2, 4, 8 neighbours."""
    found, width = [], 2
    while width < len(ordered):
        groups = [ordered[start : start + width] for start in range(0, len(ordered), width)]
        classes = {group[0] if len(group) == 1 else f"{group[0]}..{group[-1]}": group for group in groups}
        words = (
            f"{dimension.name} per {width} naast elkaar ({len(groups)} in plaats van {len(ordered)})",
            f"{dimension.name} by {width} neighbours ({len(groups)} instead of {len(ordered)})",
        )
        found.append(Rung(_with_classes(dimension, classes), *words))
        width *= 2
    return found


def _rest_groups(dimension: Dimension, codes: Sequence[str], weight: Mapping[str, int]) -> list[Rung]:
    """The smallest codes as one group: ever more of them."""
    smallest = sorted(codes, key=lambda code: (weight.get(code, 0), code))
    sizes: Iterable[int] = range(2, len(codes))
    if len(codes) > MOST_REST_GROUPS + 2:
        sizes = [2**power for power in range(1, MOST_REST_GROUPS) if 2**power < len(codes)]
    found = []
    for size in sizes:
        group = sorted(smallest[:size])
        code = "+".join(group) if size <= MOST_CODES_IN_WORDS else f"REST ({size})"
        while code in dimension.codes:
            code = f"[{code}]"
        classes: dict[str, Sequence[str]] = {one: [one] for one in codes if one not in group}
        listed = _listed(group)
        words = (
            f"van {dimension.name} de kleinste codes samen als {code!r} ({listed})",
            f"of {dimension.name} the smallest codes together as {code!r} ({listed})",
        )
        found.append(Rung(_with_classes(dimension, classes | {code: group}), *words, rest=True))
    return found


def _with_classes(dimension: Dimension, classes: Classes) -> Dimension:
    """A flat dimension whose codes are classes of its codes."""
    members = dict(zip(dimension.codes, dimension.members, strict=True))
    whole = [code for code in dimension.codes if code in dimension.whole]
    codes = (*whole, *classes)
    merged = (frozenset().union(*(members[code] for code in group)) for group in classes.values())
    return Dimension(
        dimension.name,
        dimension.column,
        codes,
        (*(members[code] for code in whole), *merged),
        tuple((code, tuple(classes)) for code in whole),
        dimension.whole,
    )


def _by_unit(codes: Sequence[str], unit: str) -> dict[str, list[str]]:
    """Period codes by a longer unit, in order; empty when they are no periods or know no such unit."""
    classes: dict[str, list[str]] = {}
    for code in sorted(codes):
        longer = _longer(code, unit)
        if longer is None:
            return {}
        classes.setdefault(longer, []).append(code)
    return {name if len(group) > 1 else group[0]: group for name, group in classes.items()}


def _longer(code: str, unit: str) -> str | None:
    """The month, quarter or year that holds a period."""
    month = _DAY.fullmatch(code) or _MONTH.fullmatch(code) or _MONTH_OF_ANY_YEAR.fullmatch(code)
    quarter = _QUARTER.fullmatch(code)
    found = month or quarter
    if found is None or (unit == "month" and not _DAY.fullmatch(code)):
        return None
    year = found["year"]
    if unit == "year":
        return year or None
    if unit == "month":
        return f"{year}-{found['month']}"
    number = quarter["quarter"] if quarter else str((int(found["month"]) + 2) // 3)
    return f"{year}-Q{number}" if year else f"Q{number}"


def _listed(codes: Sequence[str]) -> str:
    """The first codes, for people."""
    shown = ", ".join(codes[:MOST_CODES_IN_WORDS])
    return shown if len(codes) <= MOST_CODES_IN_WORDS else f"{shown}, …"


_UNITS: Mapping[str, tuple[str, str]] = {
    "month": ("maand", "month"),
    "quarter": ("kwartaal", "quarter"),
    "year": ("jaar", "year"),
}

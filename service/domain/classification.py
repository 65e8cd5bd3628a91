"""Classifications: code lists with a hierarchy and validity, such as municipalities in zorgkantoor regions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from service.domain.errors import Invalid, NotFound

TOTAL = "TOTAL"


@dataclass(frozen=True, slots=True)
class Label:
    """A text for people, in Dutch and English."""

    nl: str
    en: str


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a classification; a code of the top level has the total as parent (None)."""

    code: str
    label: Label
    level: str
    parent: str | None
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class Classification:
    """A tree of codes; `levels` run from coarse to fine and the codes of the last level are the atoms.

    Two groupings of the same atoms (zorgkantoor and GGD regions over municipalities) are two classifications with
    the same `atoms` name. With `regions` its codes are regions, which organisations can stand for.
    """

    id: str
    version: str
    title: Label
    atoms: str
    levels: tuple[str, ...]
    codes: tuple[Code, ...]
    source: str
    regions: bool = False

    def __post_init__(self) -> None:
        """Refuse doubles, unknown parents or levels, and a child that is not one level or more below its parent."""
        faults: list[tuple[str, str]] = []
        seen: dict[str, Code] = {}
        for code in self.codes:
            if code.code in seen:
                faults.append((code.code, "double"))
            if code.code == TOTAL:
                faults.append((code.code, "reserved"))
            if code.level not in self.levels:
                faults.append((code.code, "unknown-level"))
            seen[code.code] = code
        for code in self.codes:
            parent = seen.get(code.parent) if code.parent is not None else None
            if code.parent is not None and parent is None:
                faults.append((code.code, "unknown-parent"))
            elif parent is not None and self._depth(parent.level) >= self._depth(code.level):
                faults.append((code.code, "parent-not-coarser"))
        if faults:
            raise Invalid("classification", {"classification": self.id}, tuple(faults))

    def _depth(self, level: str) -> int:
        return self.levels.index(level) if level in self.levels else -1

    @cached_property
    def by_code(self) -> Mapping[str, Code]:
        """The codes by their code."""
        return {code.code: code for code in self.codes}

    @property
    def finest(self) -> str:
        """The level at which suppliers deliver."""
        return self.levels[-1]

    def at(self, level: str) -> Iterator[Code]:
        """The codes of one level, in the order of the list."""
        return (code for code in self.codes if code.level == level)

    def ancestor(self, code: str, level: str) -> str:
        """The code at `level` that holds `code`; the code itself at its own level, TOTAL above the top.

        A ragged tree has no code at some levels: then the next finer one on the path stands in.
        """
        current = self.by_code[code]
        while current.parent is not None and self._depth(self.by_code[current.parent].level) >= self._depth(level):
            current = self.by_code[current.parent]
        return current.code

    def named(self, code: str) -> str:
        """How a code is named among those of all classifications: `nl-zorgkantoor/ZK03`."""
        return f"{self.id}/{code}"

    def below(self, codes: Iterable[str]) -> frozenset[str]:
        """These codes and all codes below them.

        Raises:
            NotFound: one of them is no code of the list.
        """
        chosen = set(codes)
        if not chosen <= self.by_code.keys():
            raise NotFound("code")
        return frozenset(code.code for code in self.codes if chosen.intersection(self._path(code.code)))

    def _path(self, code: str) -> Iterator[str]:
        above: str | None = code
        while above is not None:
            yield above
            above = self.by_code[above].parent

    def parents_down_to(self, level: str) -> Mapping[str, str]:
        """Code to parent for all codes at `level` and above, TOTAL as the root: the hierarchy of a table."""
        depth = self._depth(level)
        return {c.code: c.parent or TOTAL for c in self.codes if self._depth(c.level) <= depth}

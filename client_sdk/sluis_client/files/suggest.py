"""What a supplier's own names and codes may be of ours: what is sure enough to be taken over at a word, and guesses.

Sure is only what the supplier said for an earlier version of the data set, and what is called exactly as the
definition's own title or label, in Dutch or English. A likeness of letters is shown and never taken over.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from difflib import get_close_matches

from sluis_client import wire
from sluis_client.files.convert import Made
from sluis_client.files.mapping import Mapping, folded
from sluis_client.wire.faults import showable

_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A name or code of the supplier that the data set does not know.

    Attributes:
        column: our column, for a code; None for the name of a column.
        theirs: what stands in the file.
        rows: in how many rows; None for a column.
        ours: what it may be; None when nothing is alike.
        sure: whether it may be taken over at a word.
    """

    column: str | None
    theirs: str
    rows: int | None
    ours: str | None
    sure: bool

    def to_json(self) -> dict[str, object]:
        """The form of `--json`; a code that may identify a person is not repeated."""
        return {
            "column": self.column,
            "theirs": showable(self.theirs),
            "rows": self.rows,
            "ours": self.ours,
            "sure": self.sure,
        }


def suggestions(definition: wire.Definition, made: Made, earlier: Mapping | None) -> list[Suggestion]:
    """Everything that is not known, all at once: columns first, then codes by column and frequency."""
    free = [column for column in definition.columns if column.name not in made.columns]
    titles = _called((column.name, (column.title,)) for column in free)
    found = []
    for theirs in made.unknown_columns:
        said = None if earlier is None else earlier.column(theirs)
        found.append(_suggested(None, theirs, None, titles, said if said in definition.names else None))
    for name, seen in made.unknown.items():
        column = definition.column(name)
        labels = _called((code.code, (code.label,)) for code in column.codes)
        before = {} if earlier is None else earlier.codes_of(name)
        for theirs, rows in seen.most_common():
            said = before.get(folded(theirs))
            found.append(_suggested(name, theirs, rows, labels, said if said in column.by_code else None))
    return found


def _called(named: Iterable[tuple[str, Iterable[wire.Label]]]) -> dict[str, set[str]]:
    """Ours by everything that they are called, folded."""
    called: dict[str, set[str]] = {}
    for ours, labels in named:
        called.setdefault(folded(ours), set()).add(ours)
        for label in labels:
            for text in (label.nl, label.en):
                called.setdefault(folded(text), set()).add(ours)
    return called


def _suggested(
    column: str | None, theirs: str, rows: int | None, called: MappingOf[str, set[str]], said: str | None
) -> Suggestion:
    if said:
        return Suggestion(column, theirs, rows, said, sure=True)
    exact = called.get(folded(theirs), set())
    if len(exact) == 1:
        return Suggestion(column, theirs, rows, next(iter(exact)), sure=True)
    near = get_close_matches(folded(theirs), called, n=1, cutoff=_ALIKE)
    ours = called[near[0]] if near else set()
    return Suggestion(column, theirs, rows, next(iter(ours)) if len(ours) == 1 else None, sure=False)

"""How numbers are written: 1.234,5 or 1,234.5. What could be both is asked, never guessed.

A number says which one it is when a mark can only be one thing: `12,5` (no three digits behind it), `0,125` (no group
starts with a zero), `1234,567` (too many digits before), `1.234,5` (both marks), `1.234.567` (twice the same mark).
`1.234` alone says nothing: it is 1234 or one and a bit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from sluis_client.errors import AmbiguousFileError
from sluis_client.files.dialect import NOTATIONS, Notation
from sluis_client.language import Text
from sluis_client.wire.faults import showable

_SPACES = " \u00a0\u202f\u2009'’"
_MARKED = re.compile(r"[+-]?[0-9]*[.,][0-9.,]*")
_NUMERAL = {
    notation: re.compile(
        rf"(?P<sign>[+-]?)(?P<whole>[0-9]+|[0-9]{{1,3}}(?:(?:{re.escape(group)}[0-9]{{3}})+|(?:[{_SPACES}][0-9]{{3}})+))"
        rf"(?:{re.escape(mark)}(?P<fraction>[0-9]+))?"
    )
    for notation, mark, group in (("comma", ",", "."), ("point", ".", ","))
}
_NOT_A_DIGIT = re.compile(r"[^0-9]")
_DECIMALS = 6
_SAYINGS = 4  # comma, point, and either by each mark


def says(text: str) -> Notation | Literal["either"] | None:
    """Which notation a number shows; None when it shows nothing, or is no number."""
    bare = text.strip().lstrip("+-")
    if "," not in bare and "." not in bare:
        return None
    fits = [notation for notation in NOTATIONS if _NUMERAL[notation].fullmatch(bare)]
    if len(fits) == 1:
        return fits[0]
    if not fits:
        return None
    whole = re.split("[.,]", bare, maxsplit=1)[0]
    if whole.startswith("0"):  # no group of thousands starts with a zero
        return "comma" if "," in bare else "point"
    return "either"


def plain(text: str, notation: Notation, *, whole: bool) -> str | None:
    """The number as the wire writes it; None when it is none in this notation.

    Args:
        text: as it stands in the file.
        notation: how the file writes numbers.
        whole: whether the column holds whole numbers, so that decimals that are zeros are left out.
    """
    form = _NUMERAL[notation].fullmatch(text.strip())
    if form is None or (says(text) not in {None, "either", notation}):
        return None
    digits = _NOT_A_DIGIT.sub("", form["whole"])
    fraction = form["fraction"] or ""
    if (whole and not fraction.strip("0")) or len(fraction) > _DECIMALS:
        fraction = fraction.rstrip("0")
    sign = "-" if form["sign"] == "-" else ""
    return f"{sign}{digits}.{fraction}" if fraction else f"{sign}{digits}"


def shown(figure: Decimal) -> str:
    """A figure for people, without an exponent and without zeros behind the point."""
    return f"{figure.normalize():f}"


@dataclass
class Evidence:
    """What the numbers of a file say about their notation, with the first example of each."""

    seen: dict[str, tuple[str, str]] = field(default_factory=dict)

    def look_at(self, text: str, place: str) -> None:
        """Take one text of a number column into account."""
        if _MARKED.search(text):
            said = says(text)
            if said is not None:
                name = f"{said} {'comma' if ',' in text else 'point'}" if said == "either" else said
                self.seen.setdefault(name, (showable(text.strip()) or "…", place))

    def wants(self, text: str) -> bool:
        """Whether a text could say something that is not known yet."""
        return len(self.seen) < _SAYINGS and ("," in text or "." in text)

    def decide(self, *, point_unless_shown: bool) -> Notation:
        """The one notation that all numbers can have been written in.

        Args:
            point_unless_shown: the file is separated by commas, so that a bare point in it is a decimal point.

        Raises:
            AmbiguousFileError: both are used, or a number could be read in either.
        """
        comma, point = self.seen.get("comma"), self.seen.get("point")
        either = self.seen.get("either comma")
        if either is None and not point_unless_shown:
            either = self.seen.get("either point")
        if comma is not None and point is not None:
            raise _question(
                Text(
                    f"Getallen zijn op twee manieren geschreven: {comma[0]} ({comma[1]}) en {point[0]} ({point[1]}).",
                    f"Numbers are written in two ways: {comma[0]} ({comma[1]}) and {point[0]} ({point[1]}).",
                )
            )
        if comma is not None:
            return "comma"
        if point is None and either is not None:
            text, place = either
            thousands, decimal = text.replace(",", "").replace(".", ""), text.replace(".", ",")
            raise _question(
                Text(
                    f"Is {text} ({place}) {thousands} of {decimal}? Geen getal in het bestand maakt dat duidelijk.",
                    f"Is {text} ({place}) {thousands} or {text.replace(',', '.')}? No number in the file tells.",
                )
            )
        return "point"


def _question(text: Text) -> AmbiguousFileError:
    return AmbiguousFileError(text, "decimal", NOTATIONS)

"""What a supplier may say about how a file is to be read; whatever is left out is found out, or asked."""

from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from sluis_client.errors import SetupError
from sluis_client.language import Text

Notation = Literal["comma", "point"]
"""What stands before the decimals of a number."""

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1252": "cp1252",
    "cp850": "cp850",
}
NOTATIONS: tuple[Notation, ...] = ("comma", "point")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read a file.

    Attributes:
        delimiter: comma, semicolon, tab or pipe.
        encoding: one of `ENCODINGS`.
        decimal: comma or point: what stands before the decimals.
        sheet: the sheet of a workbook.

    Raises:
        SetupError: one of them is none of these; all are named.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        """Refuse what nobody could mean."""
        wrong = [
            (name, value, choices)
            for name, value, choices in (
                ("delimiter", self.delimiter, tuple(DELIMITERS)),
                ("encoding", self.encoding, tuple(ENCODINGS)),
                ("decimal", self.decimal, NOTATIONS),
            )
            if value is not None and value not in choices
        ]
        if wrong:
            raise SetupError(
                Text(
                    " ".join(f"{name} kan niet {value} zijn." for name, value, _ in wrong),
                    " ".join(f"{name} cannot be {value}." for name, value, _ in wrong),
                ),
                Text(
                    " ".join(f"Kies voor {name}: {', '.join(choices)}." for name, _, choices in wrong),
                    " ".join(f"Choose for {name}: {', '.join(choices)}." for name, _, choices in wrong),
                ),
            )

    def over(self, other: Self) -> Self:
        """This, and for what it leaves out the other."""
        return type(self)(**{f.name: _first(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)})

    def to_json(self) -> dict[str, Any]:
        """What is said; nothing for what is not."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}


def _first(one: str | None, other: str | None) -> str | None:
    return other if one is None else one

"""How a supplier's own names and codes are those of a data set: one readable file for each version of a data set.

    maps/staffed-beds@1.toml in the profile:

    [reading]
    decimal = "comma"

    [columns]
    "Kwartaal" = "period"
    "Opmerking" = ""          # left out: it never leaves this machine

    [codes.region]
    "Ayrshire" = "S08000015"

Names and codes are compared without regard to case and to spaces around or doubled. Only what stands in the file is
replaced; a new version of the data set starts with an empty one, and what the earlier said is a suggestion.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from sluis_client import storage
from sluis_client.errors import SetupError
from sluis_client.files.dialect import Dialect
from sluis_client.language import Text
from sluis_client.profile import Profile

_MEMBERS = frozenset({"data_set", "version", "reading", "columns", "codes"})


@dataclass(frozen=True)
class Mapping:
    """What one supplier calls what.

    Attributes:
        data_set: data set id.
        version: the version of its definition.
        dialect: how its files are read.
        columns: the supplier's name of a column -> ours; empty for one that is left out.
        codes: our column -> the supplier's code -> ours.
    """

    data_set: str
    version: int
    dialect: Dialect = field(default_factory=Dialect)
    columns: MappingOf[str, str] = field(default_factory=dict)
    codes: MappingOf[str, MappingOf[str, str]] = field(default_factory=dict)

    @property
    def renames(self) -> bool:
        """Whether any name or code is replaced."""
        return bool(self.columns) or any(self.codes.values())

    def column(self, name: str) -> str | None:
        """Our column for the supplier's; empty when it is left out, None when nothing is said."""
        wanted = folded(name)
        return next((ours for theirs, ours in self.columns.items() if folded(theirs) == wanted), None)

    def codes_of(self, column: str) -> dict[str, str]:
        """Our code by the supplier's, folded."""
        return {folded(theirs): ours for theirs, ours in self.codes.get(column, {}).items()}

    def with_column(self, theirs: str, ours: str) -> Self:
        """Also this column."""
        return replace(self, columns={**self.columns, theirs: ours})

    def with_code(self, column: str, theirs: str, ours: str) -> Self:
        """Also this code."""
        return replace(self, codes={**self.codes, column: {**self.codes.get(column, {}), theirs: ours}})

    def to_toml(self) -> str:
        """The file, to be read and changed by people."""
        lines = [
            "# Zo heten kolommen en codes van deze gegevensset bij u; een lege naam laat een kolom weg.",
            "# (What columns and codes of this data set are called with you; an empty name leaves a column out.)",
            f"data_set = {_quoted(self.data_set)}",
            f"version = {self.version}",
        ]
        tables: dict[str, MappingOf[str, str]] = {"reading": self.dialect.to_json(), "columns": self.columns}
        tables |= {f"codes.{_quoted(column)}": codes for column, codes in self.codes.items()}
        for name, table in tables.items():
            if table:
                lines += ["", f"[{name}]", *(f"{_quoted(key)} = {_quoted(value)}" for key, value in table.items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str, path: Path) -> Self:
        """The file that was written, or changed by hand.

        Raises:
            SetupError: it is no such file; it says where.
        """
        try:
            told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as failed:
            raise _unreadable(path, str(failed)) from None
        reading, columns, codes = (told.get(name, {}) for name in ("reading", "columns", "codes"))
        if not all(isinstance(table, dict) for table in (reading, columns, codes)):
            raise _unreadable(path, "reading, columns, codes")
        wrong = sorted(told.keys() - _MEMBERS)
        wrong += sorted(reading.keys() - Dialect.__dataclass_fields__.keys())
        wrong += [name for table in (reading, columns) for name, value in table.items() if not isinstance(value, str)]
        wrong += [name for name, table in codes.items() if not _texts(table)]
        if wrong or not isinstance(told.get("data_set"), str) or not isinstance(told.get("version"), int):
            raise _unreadable(path, ", ".join(wrong) or "data_set, version")
        return cls(told["data_set"], told["version"], Dialect(**reading), columns, codes)


class Maps:
    """The mappings of one profile."""

    def __init__(self, profile: Profile) -> None:
        self._folder = profile.home / "maps"

    def path(self, data_set: str, version: int) -> Path:
        """Where a mapping is, or would be."""
        return self._folder / f"{storage.safe_name(data_set)}@{version}.toml"

    def get(self, data_set: str, version: int) -> Mapping:
        """The mapping for a version; an empty one when nothing was said.

        Raises:
            SetupError: the file is not readable as one, or about another data set.
        """
        path = self.path(data_set, version)
        if not path.exists():
            return Mapping(data_set, version)
        try:
            found = Mapping.from_toml(storage.read_private(path).decode(), path)
        except UnicodeDecodeError:
            raise _unreadable(path, "UTF-8") from None
        if (found.data_set, found.version) != (data_set, version):
            raise _unreadable(path, "data_set, version")
        return found

    def earlier(self, data_set: str, version: int) -> Mapping | None:
        """The mapping for the newest earlier version that has one."""
        for older in range(version - 1, 0, -1):
            if self.path(data_set, older).exists():
                return self.get(data_set, older)
        return None

    def keep(self, mapping: Mapping) -> Path:
        """The mapping is on disk, durably; where it is."""
        storage.make_private_directory(self._folder)
        path = self.path(mapping.data_set, mapping.version)
        storage.write_private(path, mapping.to_toml().encode())
        return path


def folded(text: str) -> str:
    """A name or code as it is compared."""
    return " ".join(text.split()).casefold()


def _quoted(text: str) -> str:
    """A basic string of TOML, which takes what JSON escapes, and DEL escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(table: Any) -> bool:
    return isinstance(table, dict) and all(isinstance(value, str) for value in table.values())


def _unreadable(path: Path, what: str) -> SetupError:
    return SetupError(
        Text(f"De vertaaltabel {path.name} klopt niet: {what}.", f"The mapping {path.name} is not right: {what}."),
        Text(
            f"Herstel {path}, of verwijder het bestand en begin opnieuw met `sluis-client map`.",
            f"Mend {path}, or remove the file and start again with `sluis-client map`.",
        ),
    )

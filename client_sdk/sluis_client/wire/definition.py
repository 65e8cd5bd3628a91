"""The definition of a data set, as the service publishes it and both sides check against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sluis_client.wire.about import About
from sluis_client.wire.code import Code
from sluis_client.wire.faults import Severity
from sluis_client.wire.manifest import IDENTIFIER
from sluis_client.wire.period import dates_of_period
from sluis_client.wire.pseudonym import DOMAIN
from sluis_client.wire.serves import Served
from sluis_client.wire.strict import Fields, Label, string

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")
CHECK_CODE = re.compile(r"(?!F[0-9]{3}$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DECIMAL_PLACES = 6
DECIMAL_DIGITS = 18
DECIMAL = pa.decimal128(DECIMAL_DIGITS, DECIMAL_PLACES)

MAX_TEXT = 1_000
"""The most characters of any text; a column may allow less."""

_COLUMN = frozenset(
    {
        *("name", "title", "kind", "required", "codes", "minimum", "maximum", "unit", "pattern"),
        *("maxLength", "description", "domain"),
    }
)
_MAX_ROWS = 10**8
_MAX_VERSION = 10**6
_LOOSE = re.compile(r"[\s_.-]+")


class Kind(StrEnum):
    """What a column holds.

    `code`: one of the column's codes, exactly. `integer`: int64. `decimal`: at most twelve digits before and six after
    the point, kept exactly. `text`: free text without identifiers. `pseudonym`:
    `type.domain.version.digest`, or two of them with a space between while a key is being replaced.
    """

    CODE = "code"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    PSEUDONYM = "pseudonym"

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self in {Kind.INTEGER, Kind.DECIMAL}


@dataclass(frozen=True)
class Column:
    """One column; every column of the definition is present in every delivery, `required` forbids empty values.

    Attributes:
        minimum: the least value of a number column, inclusive.
        maximum: the greatest, inclusive.
        pattern: RE2 expression that a text or pseudonym must match as a whole.
        max_length: the most characters of a text.
        description: what a value is, in full: the definition of a figure, or what a text is for.
        domain: what pseudonyms are for; those of another domain are refused.
    """

    name: str
    title: Label
    kind: Kind
    required: bool = True
    codes: tuple[Code, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    unit: str | None = None
    pattern: str | None = None
    max_length: int | None = None
    description: Label | None = None
    domain: str | None = None

    @classmethod
    def from_json(cls, value: Any) -> Column:
        """Read a column.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, _COLUMN)
        name = fields.text("name", NAME)
        title = fields.nested("title", Label.from_json)
        kind = fields.choice("kind", [str(k) for k in Kind])
        required = fields.boolean("required")
        codes = fields.each("codes", Code.from_json) if "codes" in fields else ()
        minimum = fields.number("minimum") if "minimum" in fields else None
        maximum = fields.number("maximum") if "maximum" in fields else None
        unit = fields.text("unit") if "unit" in fields else None
        pattern = fields.text("pattern") if "pattern" in fields else None
        longest = fields.integer("maxLength", 1, MAX_TEXT) if "maxLength" in fields else None
        description = fields.nested("description", Label.from_json) if "description" in fields else None
        domain = fields.text("domain", DOMAIN) if "domain" in fields else None
        _check_column(fields, kind, codes, (minimum, maximum), pattern)
        if longest is not None and kind != Kind.TEXT:
            fields.refuse("maxLength", "hoort alleen bij tekst", "belongs to text only")
        if domain is not None and kind != Kind.PSEUDONYM:
            fields.refuse("domain", "hoort alleen bij een pseudoniem", "belongs to a pseudonym only")
        fields.finish()
        bounds = (minimum, maximum, unit, pattern, longest)
        return cls(name, title, Kind(kind), required, codes, *bounds, description, domain)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire; absent members are left out."""
        members: dict[str, Any] = {
            "name": self.name,
            "title": self.title.to_json(),
            "kind": str(self.kind),
            "required": self.required,
        }
        if self.codes:
            members["codes"] = [code.to_json() for code in self.codes]
        for name in ("minimum", "maximum", "unit", "pattern", "domain"):
            if getattr(self, name) is not None:
                members[name] = getattr(self, name)
        if self.max_length is not None:
            members["maxLength"] = self.max_length
        if self.description is not None:
            members["description"] = self.description.to_json()
        return members

    @cached_property
    def by_code(self) -> Mapping[str, Code]:
        """The codes by their code."""
        return {code.code: code for code in self.codes}

    @property
    def has_validity(self) -> bool:
        """Whether any code is limited in time."""
        return any(c.valid_from or c.valid_to for c in self.codes)

    @property
    def arrow_type(self) -> pa.DataType:
        """The type in the checked table.

        Decimals are exact (decimal128(18, 6)): sums are then the same in any order and on any engine, and no figure
        changes between what a supplier signed and what is counted.
        """
        if self.kind is Kind.INTEGER:
            return pa.int64()
        if self.kind is Kind.DECIMAL:
            return DECIMAL
        return pa.dictionary(pa.int32(), pa.string()) if self.kind is Kind.CODE else pa.string()

    @property
    def shows_values(self) -> bool:
        """Whether a fault may show a value: never one of a text or pseudonym."""
        return self.kind in {Kind.CODE, Kind.INTEGER, Kind.DECIMAL}


def _check_column(
    fields: Fields,
    kind: str,
    codes: tuple[Code, ...],
    bounds: tuple[int | float | None, int | float | None],
    pattern: str | None,
) -> None:
    if (kind == Kind.CODE) != bool(codes):
        fields.refuse("codes", "horen bij soort code, en alleen daar", "belong to kind code, and only there")
    if len({c.code for c in codes}) != len(codes):
        fields.refuse("codes", "bevat een code dubbel", "has a code twice")
    minimum, maximum = bounds
    if (minimum is not None or maximum is not None) and kind not in {Kind.INTEGER, Kind.DECIMAL}:
        fields.refuse("minimum", "hoort alleen bij een getal", "belongs to a number only")
    if minimum is not None and maximum is not None and maximum < minimum:
        fields.refuse("maximum", "ligt onder minimum", "lies below minimum")
    if pattern is not None:
        if kind not in {Kind.TEXT, Kind.PSEUDONYM}:
            fields.refuse("pattern", "hoort alleen bij tekst of pseudoniem", "belongs to text or pseudonym only")
        try:
            pc.match_substring_regex(pa.array([""]), pattern)
        except pa.ArrowInvalid:
            fields.refuse("pattern", "is geen RE2-patroon", "is no RE2 pattern")


@dataclass(frozen=True, slots=True)
class Check:
    """A rule over one row. `not-above`: the left column may not exceed the right one."""

    code: str
    severity: Severity
    left: str
    right: str
    message: Label
    kind: str = "not-above"

    @classmethod
    def from_json(cls, value: Any) -> Check:
        """Read a check.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, {"code", "kind", "severity", "left", "right", "message"})
        code = fields.text("code", CHECK_CODE)
        kind = fields.choice("kind", {"not-above"})
        severity = fields.choice("severity", [str(s) for s in Severity])
        left, right = fields.text("left"), fields.text("right")
        message = fields.nested("message", Label.from_json)
        fields.finish()
        return cls(code, Severity(severity), left, right, message, kind)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {
            "code": self.code,
            "kind": self.kind,
            "severity": str(self.severity),
            "left": self.left,
            "right": self.right,
            "message": self.message.to_json(),
        }


@dataclass(frozen=True)
class Definition:
    """One version of a data set's definition.

    Attributes:
        key: the columns that together name a row; two rows with one key are a fault. Empty: no two rows alike.
        period_column: the code column that says which period a row is about; a round limits it.
        about: why it is collected, of whom and how often, and what may be done with it.
        serves: the other data sets that a delivery serves, as far as its supplier consents.

    Raises:
        WireError: a check, the key or the period column names a column that is not there or of the wrong kind.
    """

    id: str
    version: int
    title: Label
    description: Label
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    checks: tuple[Check, ...]
    max_rows: int
    period_column: str | None = None
    about: About | None = None
    serves: tuple[Served, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that lead nowhere, whether the definition was read or made."""
        _check_definition(self)

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @classmethod
    def from_json(cls, value: Any) -> Definition:
        """Read a definition.

        Raises:
            WireError: an unknown, missing or malformed field; all are named.
        """
        fields = Fields(
            value,
            {
                *("id", "version", "title", "description", "columns", "key", "checks", "maxRows", "periodColumn"),
                *("about", "serves"),
            },
        )
        members: dict[str, Any] = {
            "id": fields.text("id", IDENTIFIER),
            "version": fields.integer("version", 1, _MAX_VERSION),
            "title": fields.nested("title", Label.from_json),
            "description": fields.nested("description", Label.from_json),
            "columns": fields.each("columns", Column.from_json),
            "key": fields.each("key", string),
            "checks": fields.each("checks", Check.from_json),
            "max_rows": fields.integer("maxRows", 1, _MAX_ROWS),
            "period_column": fields.text("periodColumn") if "periodColumn" in fields else None,
            "about": fields.nested("about", About.from_json) if "about" in fields else None,
            "serves": fields.each("serves", Served.from_json) if "serves" in fields else (),
        }
        fields.finish()
        return cls(**members)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        members: dict[str, Any] = {
            "id": self.id,
            "version": self.version,
            "title": self.title.to_json(),
            "description": self.description.to_json(),
            "columns": [column.to_json() for column in self.columns],
            "key": list(self.key),
            "checks": [check.to_json() for check in self.checks],
            "maxRows": self.max_rows,
        }
        if self.period_column is not None:
            members["periodColumn"] = self.period_column
        if self.about is not None:
            members["about"] = self.about.to_json()
        if self.serves:
            members["serves"] = [served.to_json() for served in self.serves]
        return members

    @cached_property
    def _loose(self) -> Mapping[str, str]:
        return {_loosely(name): name for name in self.names}

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def nearest(self, name: str) -> str | None:
        """The column of that name, or of one that differs in case, spaces, hyphens or underscores only."""
        return name if name in self._by_name else self._loose.get(_loosely(name))

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: there is none.
        """
        return self._by_name[name]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of a checked table."""
        return pa.schema([(column.name, column.arrow_type) for column in self.columns])


def _loosely(name: str) -> str:
    return _LOOSE.sub("", name).casefold()


def _check_definition(definition: Definition) -> None:
    fields = Fields({}, ())
    columns = {c.name: c for c in definition.columns}
    if not columns:
        fields.refuse("columns", "is leeg", "is empty")
    if len(columns) != len(definition.columns) or len({_loosely(n) for n in columns}) != len(columns):
        fields.refuse("columns", "bevat een naam dubbel", "has a name twice")
    for name in definition.key:
        if name not in columns or not columns[name].required or columns[name].kind.is_number:
            fields.refuse("key", "noemt geen verplichte kolom zonder getallen", "names no required non-number column")
    if len(set(definition.key)) != len(definition.key):
        fields.refuse("key", "bevat een kolom dubbel", "has a column twice")
    for check in definition.checks:
        for name in (check.left, check.right):
            if name not in columns or not columns[name].kind.is_number:
                fields.refuse("checks", "noemt geen getalkolom", "names no number column")
    taken = {filled.column for served in definition.serves for row in served.rows for filled in row}
    if taken - {None, *columns}:
        fields.refuse("serves", "noemt een kolom die er niet is", "names a column that is not there")
    _check_periods(definition, columns, fields)
    fields.finish()


def _check_periods(definition: Definition, columns: Mapping[str, Column], fields: Fields) -> None:
    name = definition.period_column
    if name is not None and (name not in columns or columns[name].kind is not Kind.CODE):
        fields.refuse("periodColumn", "noemt geen codekolom", "names no code column")
        return
    if not any(column.has_validity for column in definition.columns):
        return
    periods = columns[name].codes if name is not None else ()
    if not periods or any(dates_of_period(p.code) is None for p in periods):
        fields.refuse(
            "periodColumn",
            "moet perioden als 2019, 2019Q1 of 2019-01 bevatten als codes een geldigheid hebben",
            "must hold periods like 2019, 2019Q1 or 2019-01 when codes have a validity",
        )

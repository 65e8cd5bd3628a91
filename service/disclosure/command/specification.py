"""The table specification of `sluis protect`: a small YAML file, read strictly."""

from __future__ import annotations

import csv
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from service.disclosure.faults import BadInput, Fault
from service.disclosure.question.dimensions import TOTAL, Dimension, Edge
from service.disclosure.question.rules import MINIMUM_COUNT_FLOOR, Percentage, Rules

KEYS = (
    "dimensions",
    "value",
    "kind",
    "contributor",
    "holding",
    "person",
    "units",
    "rules",
    "method",
)
DIMENSION_KEYS = ("column", "hierarchy", "total")
RULE_KEYS = (
    "minimum_count",
    "minimum_contributors",
    "dominance",
    "p_percent",
    "zero_is_safe",
    "group_disclosure",
)
RESERVED = ("value", "status")

SMALLEST_BASE, LARGEST_BASE = 2, 10**9
"""Of rounding, in units of the value; rounding to one changes nothing."""

LARGEST_NUMBER = 10**9
"""Of persons or contributors that a rule may ask for."""

SMALLEST_PERCENT = 0.001
"""Less is no rule that anybody means, and asks for intervals that no table can give."""


@dataclass(frozen=True)
class DimensionSpecification:
    """One dimension as asked for; `trees` is None for a flat one."""

    name: str
    column: str
    trees: tuple[tuple[Edge, ...], ...] | None
    total: bool

    def build(self, seen: Iterable[str]) -> Dimension:
        """The dimension; a flat one takes its codes from the data."""
        if self.trees is None:
            codes = sorted(code for code in set(seen) if code and not (self.total and code == TOTAL))
            return Dimension.flat(self.name, codes, total=self.total, column=self.column)
        return Dimension.classifications(self.name, self.trees, total=self.total, column=self.column)


@dataclass(frozen=True)
class Specification:
    """A table specification without faults.

    Attributes:
        path: where it came from.
        dimensions: in order.
        value: column to add up; None counts rows.
        count: whether the value counts things.
        contributor: column, or None.
        holding: column, or None.
        person: column, or None.
        units: column, or None.
        rules: the profile.
        rounding: what to round to, in units of the value; None for suppression.
        warnings: what the reader should know.
    """

    path: Path
    dimensions: tuple[DimensionSpecification, ...]
    value: str | None
    count: bool
    contributor: str | None
    holding: str | None
    person: str | None
    units: str | None
    rules: Rules
    rounding: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def measure(self) -> tuple[str | None, bool]:
        """What is added up; tables with the same measure of the same data are linked."""
        return self.value, self.count


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses a key that is written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubles = sorted({str(key) for key in keys if keys.count(key) > 1})
        if doubles:
            raise yaml.constructor.ConstructorError(
                None, None, f"key written twice: {', '.join(doubles)}", node.start_mark
            )
        return super().construct_mapping(node, deep)


class _Reader:
    """Collects faults while it takes a document apart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.warnings: list[str] = []

    def fault(self, key: str, dutch: str, english: str) -> None:
        self.faults.append(Fault(f"{self.path.name}, {key}" if key else self.path.name, dutch, english))

    def mapping(self, key: str, value: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fault(key, "hier hoort een blok sleutels", "needs a mapping")
            return {}
        for name in value:
            if name not in allowed:
                place = f"{key}.{name}" if key else str(name)
                self.fault(place, f"onbekend; kies uit {', '.join(allowed)}", f"unknown; choose {', '.join(allowed)}")
        return {name: given for name, given in value.items() if name in allowed}

    def text(self, key: str, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, str) and value:
            return value
        self.fault(key, "hier hoort een naam", "needs a name")
        return None

    def flag(self, key: str, value: Any, default: bool) -> bool:
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        self.fault(key, "true of false", "true or false")
        return default

    def whole(self, key: str, value: Any) -> int | None:
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_NUMBER:
            return value
        self.fault(
            key,
            f"hier hoort een geheel getal van 1 tot {LARGEST_NUMBER}",
            f"needs a whole number from 1 to {LARGEST_NUMBER}",
        )
        return None

    def percent(self, key: str, value: Any, most: int) -> Percentage | None:
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and SMALLEST_PERCENT <= value <= most:
            return value if isinstance(value, int) else Decimal(repr(value))
        self.fault(
            key,
            f"hier hoort een percentage van {SMALLEST_PERCENT} tot {most}",
            f"needs a percentage from {SMALLEST_PERCENT} to {most}",
        )
        return None


def read_specification(path: Path) -> Specification:
    """Read a table specification and the hierarchies that it names.

    Raises:
        BadInput: every fault, with its key path, or file, row and column.
    """
    reader = _Reader(path)
    top = reader.mapping("", _document(path), KEYS)
    dimensions = _dimensions(reader, top.get("dimensions"))
    kind = top.get("kind", "count")
    if kind not in ("count", "magnitude"):
        reader.fault("kind", "count of magnitude", "count or magnitude")
    names = {key: reader.text(key, top.get(key)) for key in ("value", "contributor", "holding", "person", "units")}
    _check_roles(reader, names, kind, "value" in top)
    rounding = _rounding(reader, top.get("method", "suppression"))
    counted = kind == "count" or bool(names["units"] or names["person"])
    rules = _rules(reader, top.get("rules"), counted=counted)
    if rules.needs_contributors and not names["contributor"]:
        reader.fault(
            "contributor",
            "de regels tellen bijdragers: noem de kolom",
            "the rules look at contributors: name the column",
        )
    for column in sorted(rules.group_disclosure - {dimension.column for dimension in dimensions}):
        reader.fault("rules.group_disclosure", f"{column!r} is geen dimensie", f"{column!r} is no dimension")
    if reader.faults:
        raise BadInput(reader.faults)
    return Specification(
        path,
        dimensions,
        count=kind == "count",
        rules=rules,
        rounding=rounding,
        warnings=tuple(reader.warnings),
        **names,
    )


def _document(path: Path) -> Any:
    """The YAML document in a file."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise BadInput([Fault(str(path), "bestand bestaat niet", "no such file")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput([Fault(str(path), "niet te lezen", f"cannot be read: {type(error).__name__}")]) from error
    except RecursionError:
        raise BadInput([Fault(path.name, "te diep genest", "nested too deeply")]) from None
    except yaml.YAMLError as error:
        raise BadInput([Fault(path.name, "geen geldige YAML", f"not valid YAML: {error}")]) from error


def _check_roles(reader: _Reader, names: dict[str, str | None], kind: Any, named_value: bool) -> None:
    """Columns that need or exclude each other."""
    if kind == "magnitude" and not named_value:
        reader.fault("value", "een grootheid heeft een kolom nodig", "a magnitude needs a column")
    if names["holding"] and not names["contributor"]:
        reader.fault("holding", "een concern hoort bij een `contributor`", "a holding needs a `contributor`")
    if names["units"] and kind == "count":
        reader.fault("units", "alleen bij kind: magnitude", "only with kind: magnitude")
    if names["units"] and names["person"]:
        reader.fault("units", "kies `units` of `person`", "choose `units` or `person`")


def _dimensions(reader: _Reader, given: Any) -> tuple[DimensionSpecification, ...]:
    if not isinstance(given, dict) or not given:
        reader.fault("dimensions", "noem ten minste één dimensie", "name at least one dimension")
        return ()
    found = []
    for name, content in given.items():
        key = f"dimensions.{name}"
        if not isinstance(name, str) or not name or name in RESERVED:
            reader.fault(key, "geen bruikbare naam voor een dimensie", "no usable name for a dimension")
            continue
        block = reader.mapping(key, {} if content is None else content, DIMENSION_KEYS)
        column = reader.text(f"{key}.column", block.get("column", name))
        total = reader.flag(f"{key}.total", block.get("total"), default=True)
        trees = _trees(reader, key, block.get("hierarchy"))
        if column:
            found.append(DimensionSpecification(name, column, trees, total))
            if trees is not None:
                try:
                    found[-1].build(())
                except BadInput as error:
                    reader.faults.extend(
                        Fault(f"{reader.path.name}, {key}.hierarchy: {fault.where}", fault.dutch, fault.english)
                        for fault in error.faults
                    )
    columns = [dimension.column for dimension in found]
    for column in sorted({column for column in columns if columns.count(column) > 1}):
        reader.fault("dimensions", f"kolom {column!r} staat er twee keer", f"column {column!r} is used twice")
    return tuple(found)


def _trees(reader: _Reader, key: str, given: Any) -> tuple[tuple[Edge, ...], ...] | None:
    """The hierarchies of a dimension: one file, or a list of files for several classifications."""
    if given is None:
        return None
    names = given if isinstance(given, list) else [given]
    trees = []
    for place, name in enumerate(names):
        where = f"{key}.hierarchy" if not isinstance(given, list) else f"{key}.hierarchy[{place}]"
        text = reader.text(where, name)
        if text is not None:
            edges = _edges(reader, where, reader.path.parent / text)
            if edges is not None:
                trees.append(edges)
    if not names:
        reader.fault(f"{key}.hierarchy", "noem ten minste één bestand", "name at least one file")
    return tuple(trees)


def _edges(reader: _Reader, key: str, path: Path) -> tuple[Edge, ...] | None:
    """(code, parent) pairs of one hierarchy file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except FileNotFoundError:
        reader.fault(key, f"bestand {path.name} bestaat niet", f"no such file: {path.name}")
        return None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reader.fault(key, f"{path.name} is niet te lezen", f"{path.name} cannot be read: {error}")
        return None
    if not rows or [name.strip() for name in rows[0]] != ["code", "parent"]:
        reader.fault(key, f"{path.name}: de kop is code,parent", f"{path.name}: the header is code,parent")
        return None
    edges = []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != 2:  # noqa: PLR2004 - code and parent
            reader.fault(
                f"{path.name}, row {number}", f"{len(row)} velden in plaats van 2", f"{len(row)} fields, not 2"
            )
            continue
        edges.append((row[0], row[1]))
    if not edges:
        reader.fault(key, f"{path.name} heeft geen codes", f"{path.name} has no codes")
    return tuple(edges)


def _rounding(reader: _Reader, given: Any) -> int | None:
    """The base of `method: {rounding: base}`; None for suppression."""
    if given == "suppression":
        return None
    if not isinstance(given, dict) or set(given) != {"rounding"}:
        reader.fault("method", "kies suppression of {rounding: 5}", "choose suppression or {rounding: 5}")
        return None
    base = given["rounding"]
    if isinstance(base, int) and not isinstance(base, bool) and SMALLEST_BASE <= base <= LARGEST_BASE:
        return base
    reader.fault(
        "method.rounding",
        f"hier hoort een geheel getal van {SMALLEST_BASE} tot {LARGEST_BASE}",
        f"needs a whole number from {SMALLEST_BASE} to {LARGEST_BASE}",
    )
    return None


def _rules(reader: _Reader, given: Any, *, counted: bool) -> Rules:
    if given is None:
        reader.fault("rules", "noem ten minste één regel", "name at least one rule")
        return Rules()
    before = len(reader.faults)
    block = reader.mapping("rules", given, RULE_KEYS)
    count = reader.whole("rules.minimum_count", block.get("minimum_count"))
    if count is not None and count < MINIMUM_COUNT_FLOOR:
        reader.warnings.append(
            f"rules.minimum_count: {count} is onder de ondergrens; {MINIMUM_COUNT_FLOOR} toegepast · "
            f"{count} is below the floor; {MINIMUM_COUNT_FLOOR} applied"
        )
        count = MINIMUM_COUNT_FLOOR
    if count is not None and not counted:
        reader.warnings.append(
            "rules.minimum_count: niet van toepassing op een grootheid zonder units of person · "
            "does not apply to a magnitude without units or person"
        )
        count = None
    contributors = reader.whole("rules.minimum_contributors", block.get("minimum_contributors"))
    percent = reader.percent("rules.p_percent", block.get("p_percent"), 1000)
    safe = reader.flag("rules.zero_is_safe", block.get("zero_is_safe"), default=True)
    dominance = _dominance(reader, block.get("dominance"))
    sensitive = block.get("group_disclosure") or []
    if not isinstance(sensitive, list) or not all(isinstance(name, str) for name in sensitive):
        reader.fault("rules.group_disclosure", "hier hoort een lijst kolommen", "needs a list of columns")
        sensitive = []
    if len(reader.faults) > before:
        return Rules()
    rules = Rules(count, contributors, dominance, percent, safe, frozenset(sensitive))
    if rules.empty:
        reader.fault("rules", "geen enkele regel is van toepassing", "no rule applies")
    return rules


def _dominance(reader: _Reader, given: Any) -> tuple[tuple[int, Percentage], ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        reader.fault("rules.dominance", "hier hoort een lijst van [m, k]", "needs a list of [m, k]")
        return ()
    found = []
    for place, pair in enumerate(given):
        key = f"rules.dominance[{place}]"
        if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - m and k
            reader.fault(key, "hier hoort [m, k]", "needs [m, k]")
            continue
        many, percent = reader.whole(f"{key}[0]", pair[0]), reader.percent(f"{key}[1]", pair[1], 100)
        if percent == 100:  # noqa: PLR2004 - nothing holds more than all
            reader.fault(f"{key}[1]", "minder dan 100", "less than 100")
        elif many is not None and percent is not None:
            found.append((many, percent))
    return tuple(found)

"""Reading the files of a bundle: strict YAML, strict CSV, and the content hash over all of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import rfc8785
import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from service.adapters.bundle.faults import BundleFault
from service.adapters.bundle.models import UNNAMED
from service.adapters.bundle.wrong_values import wrong_value

CODE_COLUMNS = ("code", "label_nl", "label_en", "level", "parent", "valid_from", "valid_until")

Model = TypeVar("Model", bound=BaseModel)


class _DuplicateKey(yaml.YAMLError):
    """A mapping names a key twice."""

    def __init__(self, key: str, line: int) -> None:
        super().__init__(key)
        self.key = key
        self.line = line


class _StrictLoader(yaml.CSafeLoader):
    """Safe YAML in which every key stands once; PyYAML lets the last one win without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise _DuplicateKey(str(key), key_node.start_mark.line + 1)
            seen.add(key)
        return super().construct_mapping(node, deep)


_DEEPEST = 40


def _require_shallow(text: str) -> None:
    """Refuse what nests deeper than any file of a bundle: libyaml would build it until the stack ends.

    Raises:
        RecursionError: it does.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise RecursionError


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One row of a code list, with its number (the header is row 1)."""

    row: int
    code: str
    label_nl: str
    label_en: str
    level: str
    parent: str | None
    valid_from: date | None
    valid_until: date | None


class BundleFiles:
    """The files below a bundle's directory, and the faults found while reading them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._contents = {
            path.relative_to(directory).as_posix(): path.read_bytes()
            for path in sorted(directory.rglob("*"))
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(directory).parts)
        }
        self.faults: list[BundleFault] = []

    def names(self, folder: str, ending: str) -> list[str]:
        """The files of one folder, sorted."""
        return sorted(n for n in self._contents if n.rpartition("/")[0] == folder and n.endswith(ending))

    def fault(self, file: str, path: str, code: str, **data: str | int) -> None:
        """Note a fault and read on."""
        self.faults.append(BundleFault(file, path, code, data))

    def text(self, file: str) -> str | None:
        """The file as text; None, and a fault, when it is not there or not UTF-8."""
        content = self._contents.get(file)
        if content is None:
            self.fault(file, "", "file-missing")
            return None
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            self.fault(file, "", "not-utf8")
            return None

    def models(self, folder: str, kind: type[Model]) -> Iterator[tuple[str, Model]]:
        """Each YAML file of a folder as a `kind`; one that is not valid is left out, with all its faults noted."""
        for file in self.names(folder, ".yaml"):
            document = self._yaml(file)
            if document is None:
                continue
            try:
                yield file, kind.model_validate_json(json.dumps(document, default=str), strict=True)
            except ValidationError as invalid:
                for error in invalid.errors(include_url=False, include_input=False):
                    self._note(file, error)

    def _note(self, file: str, error: ErrorDetails) -> None:
        path = ".".join(str(part) for part in error["loc"] if part != UNNAMED)
        match error["type"]:
            case "extra_forbidden":
                self.fault(file, path, "unknown-key")
            case "missing":
                self.fault(file, path, "missing-key")
            case _:
                self.fault(file, path, "wrong-value", **wrong_value(error))

    def _yaml(self, file: str) -> Any:
        text = self.text(file)
        if text is None:
            return None
        try:
            _require_shallow(text)
            document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a subclass of CSafeLoader
        except _DuplicateKey as duplicate:
            self.fault(file, f"line {duplicate.line}", "duplicate-key", name=duplicate.key)
            return None
        except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f"line {mark.line + 1}" if mark is not None else ""
            self.fault(file, line, "not-yaml", detail=getattr(error, "problem", None) or type(error).__name__)
            return None
        if not isinstance(document, Mapping):
            self.fault(file, "", "not-yaml", detail="not a mapping")
            return None
        return document

    def codes(self, file: str) -> list[CodeRow]:
        """The rows of a code list; a wrong row is left out with its fault noted."""
        text = self.text(file)
        if text is None:
            return []
        lines = list(csv.reader(io.StringIO(text, newline="")))
        if not lines or tuple(lines[0]) != CODE_COLUMNS:
            self.fault(file, "row 1", "csv-columns", expected=",".join(CODE_COLUMNS))
            return []
        rows = (self._code(file, number, line) for number, line in enumerate(lines[1:], start=2))
        return [row for row in rows if row is not None]

    def _code(self, file: str, number: int, line: list[str]) -> CodeRow | None:
        if len(line) != len(CODE_COLUMNS) or not line[0].strip():
            self.fault(file, f"row {number}", "csv-row")
            return None
        code, label_nl, label_en, level, parent, valid_from, valid_until = (field.strip() for field in line)
        return CodeRow(
            number,
            code,
            label_nl,
            label_en,
            level,
            parent or None,
            self._date(file, number, valid_from),
            self._date(file, number, valid_until),
        )

    def _date(self, file: str, number: int, text: str) -> date | None:
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fault(file, f"row {number}", "not-a-date", value=text[:40])
            return None

    def unread(self, read: set[str]) -> None:
        """Note every file that nothing refers to: a rule in a misplaced file would silently not hold."""
        for file in sorted(set(self._contents) - read):
            self.fault(file, "", "file-unexpected")

    def content_hash(self) -> str:
        """SHA-256 over the canonical JSON (RFC 8785) of the sorted list of (path, SHA-256 of the content).

        Independent of the machine, the order of the file system, times and permissions.
        """
        listed = [[name, hashlib.sha256(self._contents[name]).hexdigest()] for name in sorted(self._contents)]
        return f"sha-256:{hashlib.sha256(rfc8785.dumps(listed)).hexdigest()}"

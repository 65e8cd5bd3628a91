"""python-jose is imported in one file: what that file does not check, nobody can forget elsewhere."""

from __future__ import annotations

import ast
from pathlib import Path

import service


def test_only_the_hardened_module_imports_python_jose() -> None:
    root = Path(service.__file__).parent
    importers = {file.relative_to(root).as_posix() for file in root.rglob("*.py") if "jose" in _imported(file)}
    assert importers == {"adapters/jose_tokens.py"}


def _imported(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in plain | named}

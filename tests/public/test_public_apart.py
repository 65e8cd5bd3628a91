"""Public figures stand beside releases: nothing that makes a release can reach them."""

from __future__ import annotations

import ast
from pathlib import Path

from service.adapters.database.public_tables import public_figures
from service.adapters.database.tables import metadata

ROOT = Path(__file__).parents[2] / "service"
MAY_REACH_THE_STORE = {
    "adapters/database/database.py",
    "use_cases/fetch_public_figures.py",
    "use_cases/read_public_figures.py",
}


def reaches(file: Path) -> bool:
    """Whether the code names the repository as a member of anything, also by its text."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and node.attr == "public_figures":
            return True
        if isinstance(node, ast.Constant) and node.value == "public_figures":
            return True
    return False


def test_only_two_use_cases_reach_the_store() -> None:
    found = {str(file.relative_to(ROOT)) for file in ROOT.rglob("*.py") if reaches(file)}
    assert found - {"adapters/database/public_tables.py"} == MAY_REACH_THE_STORE


def test_no_table_leads_to_it_or_from_it() -> None:
    assert public_figures.foreign_keys == set()
    for table in metadata.sorted_tables:
        assert public_figures not in {key.column.table for key in table.foreign_keys}

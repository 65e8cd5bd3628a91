"""A released table on paper: rows by columns, suppressed cells marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TOTAL = "TOTAL"
MARK = "x"
_WIDTH = 18


def show_table(content: Mapping[str, Any]) -> None:
    """Print the first table of a release: its first dimension down, its second across."""
    table = content["tables"][0]
    down, across = content["dimensions"]
    labels = {code["code"]: code["label"]["en"] for dimension in (down, across) for code in dimension["codes"]}
    cells = {tuple(cell["codes"]): cell for cell in table["cells"]}
    rows = [*(code["code"] for code in down["codes"]), TOTAL]
    columns = [*(code["code"] for code in across["codes"]), TOTAL]
    print(
        f"  {table['title']['en']} ({table['unit']}), {' and '.join(content['periods'])}, purpose: "
        f"{content['purpose']['title']['en']}"
    )
    print("  " + " " * 48 + "".join(f"{labels.get(code, 'Total'):>{_WIDTH}}" for code in columns))
    for row in rows:
        shown = [_shown(cells[row, column]) for column in columns]
        print(f"  {labels.get(row, 'Total'):48}" + "".join(f"{value:>{_WIDTH}}" for value in shown))
    hidden = sum(cell["status"] == "Q" for cell in cells.values())
    print(f"  {MARK}: suppressed ({hidden} of {len(cells)} cells)")


def _shown(cell: Mapping[str, Any]) -> str:
    return MARK if cell["status"] == "Q" else f"{cell['value']:,}"

"""The story on paper: titles, and released tables with suppressed cells marked."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_lowercase
from typing import Any

TOTAL = "TOTAL"
MARK = "x"
_WIDTH, _NARROW = 18, 9
_MANY = 8


def title(number: int, text: str) -> None:
    """Begin a chapter."""
    print(f"\n{number}. {text}\n")


def show_table(content: Mapping[str, Any]) -> None:
    """Print the first table of a release: its first dimension down, its second across.

    A head that is too long for its column becomes a letter, which is explained below the table.
    """
    table = content["tables"][0]
    down, across = content["dimensions"]
    labels = {code["code"]: code["label"]["en"] for dimension in (down, across) for code in dimension["codes"]}
    cells = {tuple(cell["codes"]): cell for cell in table["cells"]}
    rows = [*(code["code"] for code in down["codes"]), TOTAL]
    columns = [*(code["code"] for code in across["codes"]), TOTAL]
    heads = [labels.get(code, "Total") for code in columns]
    width = _WIDTH if len(columns) < _MANY else _NARROW
    letters = [letter if len(head) >= width else head for letter, head in zip(ascii_lowercase, heads, strict=False)]
    print(
        f"  {table['title']['en']} ({table['unit']}), {' and '.join(content['periods'])}, purpose: "
        f"{content['purpose']['title']['en']}"
    )
    wide = max(len(labels.get(row, "Total")) for row in rows)
    print("  " + " " * wide + "".join(f"{head:>{width}}" for head in letters))
    for row in rows:
        shown = [_shown(cells[row, column]) for column in columns]
        print(f"  {labels.get(row, 'Total'):{wide}}" + "".join(f"{value:>{width}}" for value in shown))
    for letter, head in zip(letters, heads, strict=True):
        if letter != head:
            print(f"  {letter}: {head}")
    hidden = sum(cell["status"] == "Q" for cell in cells.values())
    print(f"  {MARK}: suppressed ({hidden} of {len(cells)} cells)")


def _shown(cell: Mapping[str, Any]) -> str:
    return MARK if cell["status"] == "Q" else f"{cell['value']:,}"

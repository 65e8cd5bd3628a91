"""Texts in CSV that a spreadsheet must not take for anything else than text (OWASP, CSV injection)."""

from __future__ import annotations

import re

_BEGINS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_SIGNS = rf"{_BEGINS}\t\r\n"
_LINE_ENDS = r"\r\n\v\f\x85\u2028\u2029"
_FORMULA = re.compile(rf"(^|[;\t])(?=[ \"']*[{_SIGNS}])|(?<=[{_LINE_ENDS}])(?=[ \"']*[{_BEGINS}])")
"""Before what a formula begins with, in the signs of East Asian keyboards too.

A spreadsheet that is set to Dutch splits lines at `;`, whatever the quotes say when the separator is another: what
follows one would be a cell of its own, and what follows the end of a line the first cell of the next.
"""


def harmless(text: str) -> str:
    """The text, with an apostrophe before what would be a formula, at its begin or in a cell that it is split into."""
    return _FORMULA.sub(lambda found: f"{found[1] or ''}'", text)

"""Texts in CSV that a spreadsheet must not take for anything else than text (OWASP, CSV injection)."""

from __future__ import annotations

import re

_SIGNS = r"=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"(^|[;\t])(?=[ \"']*[{_SIGNS}])")
"""Before what a formula begins with, in the signs of East Asian keyboards too.

A spreadsheet that is set to Dutch splits lines at `;`, whatever the quotes say when the separator is another: what
follows one would be a cell of its own.
"""


def harmless(text: str) -> str:
    """The text, with an apostrophe before what would be a formula, at its begin or in a cell that it is split into."""
    return _FORMULA.sub(r"\1'", text)

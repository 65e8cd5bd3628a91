"""Texts in CSV that a spreadsheet must not take for anything else than text (OWASP, CSV injection)."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a formula begins with, in the signs of East Asian keyboards too."""


def harmless(text: str) -> str:
    """The text, with an apostrophe before what would be a formula."""
    return f"'{text}" if _FORMULA.match(text) else text

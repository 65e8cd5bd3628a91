"""Workbooks that are written: under a new name always, and there whole."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from sluis_client.errors import FileError
from sluis_client.language import Text

_OTHER_NAME = Text("Kies een andere naam.", "Choose another name.")


def require_xlsx(output: Path) -> None:
    """Refuse a name under which no spreadsheet would open a workbook.

    Raises:
        FileError: it does not end in .xlsx.
    """
    if output.suffix.lower() != ".xlsx":
        raise FileError(
            Text(f"{output.name} eindigt niet op .xlsx.", f"{output.name} does not end in .xlsx."), _OTHER_NAME
        )


def save_new(book: Any, output: Path) -> None:
    """Save a workbook of openpyxl; a file that is there is never written over.

    Raises:
        FileError: `output` is there.
        OSError: it cannot be written.
    """
    held = io.BytesIO()
    book.save(held)
    try:
        with output.open("xb") as file:
            file.write(held.getvalue())
    except FileExistsError:
        raise FileError(Text(f"{output.name} bestaat al.", f"{output.name} exists already."), _OTHER_NAME) from None

"""How a text file is encoded: by its mark, else UTF-8 when all of it is, else Windows-1252; less sure is asked.

1. A byte order mark says it.
2. Zero bytes at every other place are UTF-16 without a mark.
3. A file that is UTF-8 from beginning to end is UTF-8; other encodings hardly ever are so by chance.
4. Else it is an old encoding: Windows-1252, unless a word has a byte in it that is a sign there and a letter in DOS
   (cp850): `Cura‡ao` is Curaçao. Then the supplier is asked, for that is a guess about every name in the file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from sluis_client.errors import AmbiguousFileError, FileError
from sluis_client.files.dialect import ENCODINGS
from sluis_client.language import Text

_BLOCK = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_LOOK = 4096
_DOS = re.compile(rb"[A-Za-z][\x81-\x84\x86-\x89\x8b-\x8d\x8f\x90]|[a-z]\x8a|[A-Za-z][\x80\x85\x93-\x95\x97][A-Za-z]")
"""A sign in Windows-1252 (‚ ‡ ‰ …) right behind a letter, or a quote or dash between two letters; letters in DOS."""


def encoding_of(path: Path, asked: str | None) -> str:
    """The name of the encoding, a key of `ENCODINGS`; the whole file was read in it.

    Raises:
        FileError: it is in no encoding that is read here, or not in the one asked for.
        AmbiguousFileError: it may be in two.
        OSError: it cannot be read.
    """
    name = asked or _found(path)
    decoder = codecs.getincrementaldecoder(ENCODINGS[name])("strict")
    read = 0
    try:
        for block in _blocks(path):
            decoder.decode(block)
            read += len(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as failed:
        raise FileError(
            Text(
                f"{path.name} is geen {name}: byte {read + failed.start} past niet.",
                f"{path.name} is no {name}: byte {read + failed.start} does not fit.",
            ),
            Text(
                "Sla het bestand op als UTF-8 (in Excel: «CSV UTF-8»), of noem de codering met `--encoding`.",
                "Save the file as UTF-8 (in Excel: “CSV UTF-8”), or name the encoding by `--encoding`.",
            ),
        ) from None
    return name


def _found(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_LOOK)
    if head.startswith(_UTF32):
        raise FileError(
            Text(f"{path.name} staat in UTF-32.", f"{path.name} is in UTF-32."),
            Text("Sla het bestand op als UTF-8.", "Save the file as UTF-8."),
        )
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    zeros = head[0::2].count(0), head[1::2].count(0)
    if max(zeros) > len(head) // 4:  # half of all bytes in Latin text
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _old(path)
    return "utf-8"


def _old(path: Path) -> str:
    before = b""
    for block in _blocks(path):
        if _DOS.search(before + block):
            raise AmbiguousFileError(
                Text(
                    f"{path.name} is geen UTF-8, en lijkt eerder DOS (cp850) dan Windows-1252.",
                    f"{path.name} is no UTF-8, and looks more like DOS (cp850) than like Windows-1252.",
                ),
                "encoding",
                ("windows-1252", "cp850"),
            )
        before = block[-2:]
    return "windows-1252"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block

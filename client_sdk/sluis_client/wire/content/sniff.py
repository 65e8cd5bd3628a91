"""What the bytes are, before anyone tries to read them as something else; and which rows are not text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping

from sluis_client.wire.content.source import ContentSource
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import SHOWN_FAULTS, Fault, FaultList, fault
from sluis_client.wire.manifest import Format

BOM = codecs.BOM_UTF8

_PACKED = {
    b"PK\x03\x04": "zip, xlsx, ods",
    b"PK\x05\x06": "zip",
    b"PK\x07\x08": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"\x04\x22\x4d\x18": "lz4",
    b"7z\xbc\xaf\x27\x1c": "7-zip",
    b"Rar!": "rar",
}
_OTHER = {
    b"PAR1": "Parquet",
    b"PARE": "Parquet",
    b"ARROW1": "Arrow",
    b"\xd0\xcf\x11\xe0": "Excel (xls)",
    b"%PDF": "PDF",
    b"<": "HTML/XML",
}
_NAMES = {Format.CSV: "CSV", Format.NDJSON: "NDJSON", Format.JSON: "JSON", Format.PARQUET: "Parquet"}
_TEXTS = {b"{": "NDJSON", b"[": "JSON"}
# Broken or mistaken JSON is told better by the reader that stumbles on it.
_TAKEN_FOR = {"NDJSON": {Format.JSON}, "CSV": {Format.JSON, Format.NDJSON}}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PROBE = 1_000
_UTF16_SHARE = 0.2
_LONE_CR = re.compile(rb"\r(?!\n)")


def unreadable(content: ContentSource, expected: Format) -> Fault | None:
    """The one fault that says why the bytes are no content of the format; None when they may be."""
    start = content[:_PROBE]
    if len(content) < _PROBE and not start.removeprefix(BOM).strip():
        return fault(FaultCode.EMPTY)
    packed = _found(start, _PACKED)
    if packed is not None:
        return fault(FaultCode.COMPRESSED, found=packed)
    found = _found(start, _OTHER) or _TEXTS.get(start.removeprefix(BOM).lstrip()[:1], "CSV")
    if found == _NAMES[expected] or expected in _TAKEN_FOR.get(found, ()):
        many_nul = start.count(0) > _UTF16_SHARE * len(start) and expected is not Format.PARQUET
        return fault(FaultCode.UTF16) if many_nul or start.startswith(_UTF16) else None
    return fault(FaultCode.OTHER_FORMAT, expected=_NAMES[expected], found=found)


def _found(start: bytes, kinds: Mapping[bytes, str]) -> str | None:
    return next((found for magic, found in kinds.items() if start.startswith(magic)), None)


def without_nul(content: bytes, first_row: int, faults: FaultList) -> bytes:
    """The content; rows with NUL bytes are told and read without them, so that it can be read on."""
    if b"\0" not in content:
        return content
    _tell_lines(content, _positions_of_nul(content), FaultCode.NUL, first_row, faults)
    return content.replace(b"\0", b"")


def _positions_of_nul(content: bytes) -> Iterator[int]:
    position = content.find(0)
    while position >= 0:
        yield position
        line_end = content.find(b"\n", position)
        if line_end < 0:
            return
        position = content.find(0, line_end)


def as_utf8(content: bytes, first_row: int, faults: FaultList) -> bytes:
    """The content; rows that are not UTF-8 are told and read as Windows-1252, so that it can be read on."""
    if content.isascii():
        return content
    if not _tell_lines(content, _positions_not_utf8(content), FaultCode.NOT_UTF8, first_row, faults):
        return content
    return b"\n".join(map(_line_as_utf8, content.split(b"\n")))


def _line_as_utf8(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").encode()
    return line


def _positions_not_utf8(content: bytes) -> Iterator[int]:
    view = memoryview(content)
    start = 0
    while True:
        try:
            codecs.utf_8_decode(view[start:], "strict", True)
        except UnicodeDecodeError as error:
            position = start + error.start
        else:
            return
        yield position
        line_end = content.find(b"\n", position)
        if line_end < 0:
            return
        start = line_end


def with_line_feeds(content: bytes, first_row: int, faults: FaultList) -> bytes:
    """The content; a carriage return that stands alone is told and made a line feed, so that it can be read on."""
    if b"\r" not in content or content.count(b"\r") == content.count(b"\r\n"):
        return content
    mended = _LONE_CR.sub(b"\n", content)
    _tell_lines(
        mended, (found.start() for found in _LONE_CR.finditer(content)), FaultCode.CARRIAGE_RETURN, first_row, faults
    )
    return mended


def _tell_lines(content: bytes, positions: Iterator[int], code: FaultCode, first_row: int, faults: FaultList) -> bool:
    """One fault for each position, its row counted by line feeds; `first_row` is that of the first line."""
    told: list[Fault] = []
    count, line, counted = 0, 0, 0
    for position in positions:
        count += 1
        if len(told) < SHOWN_FAULTS:
            line += content.count(b"\n", counted, position)
            counted = position
            row = first_row + line
            told.append(fault(code, row if row > 0 else None))
    faults.extend(told, count)
    return count > 0

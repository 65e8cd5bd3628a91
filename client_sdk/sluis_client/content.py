"""The content to deliver: a file that is read in parts, or what is held in memory."""

import hashlib
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from sluis_client import wire
from sluis_client.errors import FileError
from sluis_client.language import Text

_BLOCK = 1 << 20
_MADE_IN_MEMORY = 1 << 22
_FORMATS = {
    ".csv": wire.Format.CSV,
    ".ndjson": wire.Format.NDJSON,
    ".jsonl": wire.Format.NDJSON,
    ".parquet": wire.Format.PARQUET,
}


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file, identified by the bytes that it had when it was opened first.

    Attributes:
        path: where it is.
        format: how it is written.
        digest: `sha-256:<hex>` of all bytes.
        size: number of bytes.
    """

    path: Path
    format: wire.Format
    digest: str
    size: int

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def source(self) -> Path:
        """Where to read it."""
        return self.path

    @classmethod
    def read(cls, path: Path) -> Self:
        """The file's format by its extension, and its digest by reading it whole, in blocks.

        Raises:
            FileError: it cannot be read, or has another extension.
        """
        found = of_wire(path)
        if found is None:
            raise FileError(
                Text(
                    f"{path.name} is geen .csv, .ndjson of .parquet.", f"{path.name} is no .csv, .ndjson or .parquet."
                ),
                Text("Sla het bestand op als CSV (UTF-8).", "Save the file as CSV (UTF-8)."),
            )
        return cls.of(path, found)

    @classmethod
    def of(cls, path: Path, format_: wire.Format) -> Self:
        """The file, said to be in a format, and its digest.

        Raises:
            FileError: it cannot be read.
        """
        sha, size = hashlib.sha256(), 0
        for block in _blocks(path, _BLOCK):
            sha.update(block)
            size += len(block)
        return cls(path, format_, f"sha-256:{sha.hexdigest()}", size)

    def parts(self, part_size: int) -> Iterator[bytes]:
        """The bytes in parts; the last one only after all together have proved to be what was announced.

        Raises:
            FileError: the file changed since `read`, or cannot be read any more.
        """
        sha = hashlib.sha256()
        held: bytes | None = None
        for block in _blocks(self.path, part_size):
            sha.update(block)
            if held is not None:
                yield held
            held = block
        if f"sha-256:{sha.hexdigest()}" != self.digest:
            raise FileError(
                Text(
                    f"{self.name} veranderde tijdens het versturen; er is niets geteld.",
                    f"{self.name} changed while it was sent; nothing counts.",
                ),
                Text(
                    "Wacht tot het bestand klaar is en geef de opdracht opnieuw.",
                    "Wait until the file is ready and give the command again.",
                ),
            )
        if held is not None:
            yield held


class MadeContent:
    """Content that was made here of another file, in a nameless file for its owner alone when it is large.

    It is written once, then read; it is gone when nothing refers to it any more, or this process ends.

    Attributes:
        name: the name of that file.
        format: how it is written.
    """

    def __init__(self, name: str, format_: wire.Format) -> None:
        self.name = name
        self.format = format_
        self._stream = tempfile.SpooledTemporaryFile(_MADE_IN_MEMORY)  # noqa: SIM115 -- see the next line
        weakref.finalize(self, self._stream.close)
        self._sha, self._size = hashlib.sha256(), 0

    def write(self, text: str) -> int:
        """Add text, as UTF-8.

        Raises:
            FileError: there is no room left on this machine.
        """
        content = text.encode()
        self._sha.update(content)
        self._size += len(content)
        try:
            return self._stream.write(content)
        except OSError as failed:
            raise FileError(
                Text(f"Er is geen plaats om {self.name} om te zetten.", f"There is no room to convert {self.name}."),
                Text(
                    f"Maak ruimte vrij in de map voor tijdelijke bestanden ({failed.strerror}).",
                    f"Make room in the folder for temporary files ({failed.strerror}).",
                ),
            ) from None

    @property
    def source(self) -> BinaryIO:
        """Where to read it."""
        return cast("BinaryIO", self._stream)

    @property
    def digest(self) -> str:
        """`sha-256:<hex>` of all bytes."""
        return f"sha-256:{self._sha.hexdigest()}"

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self._size

    def parts(self, part_size: int) -> Iterator[bytes]:
        """The bytes in parts."""
        for start in range(0, self._size, part_size):
            self._stream.seek(start)
            yield self._stream.read(part_size)


@dataclass(frozen=True, slots=True)
class HeldContent:
    """Content in memory, such as records that go along with the announcement.

    Attributes:
        name: the name of that file.
        format: how it is written; JSON for records.
        source: all of it.
    """

    name: str
    format: wire.Format
    source: bytes = field(repr=False)

    @classmethod
    def of_records(cls, records: Sequence[Mapping[str, Any]]) -> Self:
        """The canonical bytes of records.

        Raises:
            FileError: a record holds what JSON cannot.
        """
        try:
            return cls("(records)", wire.Format.JSON, wire.content_of_records(records))
        except wire.WireError:
            raise FileError(
                Text("Een record bevat iets dat niet in JSON past.", "A record holds something that JSON cannot."),
                Text(
                    "Gebruik tekst, gehele en gewone getallen en None.", "Use text, integers, finite numbers and None."
                ),
            ) from None

    @property
    def digest(self) -> str:
        """The digest of all of it."""
        return wire.digest(self.source)

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.source)

    def parts(self, part_size: int) -> Iterator[bytes]:
        """The bytes in parts."""
        for start in range(0, len(self.source), part_size):
            yield self.source[start : start + part_size]


Content = FileContent | HeldContent | MadeContent


def of_wire(path: Path) -> wire.Format | None:
    """The format of the wire that a file's name says; None for another."""
    return _FORMATS.get(path.suffix.lower())


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(size):
                yield block
    except OSError as failed:
        raise FileError(
            Text(
                f"{path.name} kan niet worden gelezen: {failed.strerror}.",
                f"{path.name} cannot be read: {failed.strerror}.",
            ),
            Text("Controleer naam en rechten.", "Check the name and the permissions."),
        ) from None

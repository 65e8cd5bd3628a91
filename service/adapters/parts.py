"""The part store on a file system."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag
from pyarrow.parquet.encryption import create_decryption_properties

from service.adapters.durable import PARTIAL, DurableFile, write_durably
from service.adapters.part_format import ROW_GROUP, PartEncoder
from service.adapters.sealing import open_piece, seal_piece
from service.ports.parts import Fill, MissingPartError

_PART = ".parquet"
_PIECE = ".piece"
_CONTENT_NAME = re.compile(r"[0-9a-f]{64}\.(?:parquet|piece)")
_PARTIAL_NAME = re.compile(r"\.[A-Za-z0-9_]{1,64}" + re.escape(PARTIAL))


class FileSystemPartStore:
    """Encrypted parts and sealed pieces in one folder (0700, files 0600), each named by the SHA-256 of its bytes.

    The name is in the database, under the same transaction as the receipt: a file that was altered, cut off or swapped
    for another one no longer answers to its name, and is missing rather than wrong.
    """

    def __init__(self, root: Path) -> None:
        if set("*?[") & set(str(root.resolve())):
            raise ValueError("the folder of the part store may not hold *, ? or [: engines read them as patterns")
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root.resolve()

    def write_part(self, fill: Fill, data_key: bytes) -> str | None:
        """Write the rows encrypted (see `part_format`); durable when it returns.

        Every writing has its own nonces, so the same rows written twice are two files; the one that no transaction
        refers to is swept.

        Raises:
            ValueError: the rows have columns that a part cannot hold, or there are none.
        """
        with DurableFile(self._root) as file:
            named = _Named(file)
            encoder = PartEncoder(named, data_key)
            if not fill(encoder.add):
                return None
            encoder.close()
            name = named.sha.hexdigest() + _PART
            file.keep(name)
            return name

    def read_column(self, name: str, column: str, data_key: bytes) -> Iterator[pa.Array]:
        """The column of a part, some rows at a time.

        Raises:
            MissingPartError: it is not there, or is not what was written.
        """
        properties = create_decryption_properties(data_key)
        try:
            with pq.ParquetFile(self.locate_part(name), decryption_properties=properties) as file:
                for batch in file.iter_batches(ROW_GROUP, columns=[column]):
                    yield batch.column(column)
        except (OSError, pa.ArrowException):
            raise MissingPartError(f"part {name} is not what was written") from None

    def locate_part(self, name: str) -> Path:
        """The file, its bytes checked against its name.

        Raises:
            MissingPartError: it is not there, or is not what was written.
        """
        if not name.endswith(_PART):
            raise MissingPartError("a part has another name")
        path = self._path(name)
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise MissingPartError(f"part {name} cannot be read") from None
        if found + _PART != name:
            raise MissingPartError(f"part {name} is not what was written")
        return path

    def write_piece(self, submission: str, number: int, content: bytes, data_key: bytes) -> str:
        """Keep a piece sealed; durable when it returns."""
        return self._keep(memoryview(seal_piece(submission, number, content, data_key)), _PIECE)

    def read_piece(self, name: str, submission: str, number: int, data_key: bytes) -> bytes:
        """The piece's bytes.

        Raises:
            MissingPartError: it is not there, is not what was written, or belongs to another place or key.
        """
        try:
            sealed = self._path(name).read_bytes()
            return open_piece(submission, number, sealed, data_key)
        except OSError:
            raise MissingPartError(f"piece {name} cannot be read") from None
        except InvalidTag:
            raise MissingPartError(f"piece {name} is not what was written") from None

    def remove(self, name: str) -> None:
        """Remove a file; after a power cut it may be back, as an orphan."""
        self._path(name).unlink(missing_ok=True)

    def names(self) -> Iterator[tuple[str, float]]:
        """Every part and piece, and every file whose writing was cut short, with the time of writing."""
        for path in self._root.iterdir():
            if _CONTENT_NAME.fullmatch(path.name) or _PARTIAL_NAME.fullmatch(path.name):
                try:
                    yield path.name, path.stat().st_mtime
                except FileNotFoundError:
                    continue  # removed or renamed while we looked

    def _keep(self, content: memoryview, suffix: str) -> str:
        name = hashlib.sha256(content).hexdigest() + suffix
        write_durably(self._root, name, content)
        return name

    def _path(self, name: str) -> Path:
        if not (_CONTENT_NAME.fullmatch(name) or _PARTIAL_NAME.fullmatch(name)):
            raise MissingPartError("not the name of a part or piece")
        return self._root / name


class _Named:
    """A file with the digest of what was written to it, for a writer that never goes back."""

    closed = False

    def __init__(self, file: DurableFile) -> None:
        self._file = file
        self.sha = hashlib.sha256()

    def write(self, content: bytes | memoryview) -> int:
        self.sha.update(content)
        return self._file.write(content)

    def flush(self) -> None:
        """What is written is made durable at the end."""

    def close(self) -> None:
        """The file is closed by whoever opened it."""

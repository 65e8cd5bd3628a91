"""The pieces of an upload as one content, of which any stretch can be read: never more than one piece is in memory."""

from __future__ import annotations

import hashlib
import io
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from service.domain.errors import Invalid
from service.domain.submission import UploadPart
from service.ports.parts import PartStore
from sluis_client.wire import Manifest
from sluis_client.wire.sealing import SALT_BYTES, SEALED_OVERHEAD


class PiecesTogether(io.RawIOBase):
    """What the pieces hold, one after the other, without what goes before the file in content that came sealed."""

    def __init__(self, parts: PartStore, manifest: Manifest, pieces: Sequence[UploadPart], data_key: bytes) -> None:
        """Take the sizes of the pieces together; nothing is read yet.

        Args:
            parts: where the pieces are.
            manifest: what was announced.
            pieces: all of them, by number.
            data_key: of the round.

        Raises:
            Invalid: `content-digest`: they are no content of the size that was signed.
        """
        longer = SEALED_OVERHEAD if manifest.sealed else 0
        self._parts, self._manifest, self._pieces, self._key = parts, manifest, pieces, data_key
        self._ends = list(accumulate(piece.size - longer for piece in pieces))
        self._begin = SALT_BYTES if manifest.sealed else 0
        self._at = self._begin
        self._held: tuple[int, bytes] = (-1, b"")
        self._size = self._ends[-1] if pieces else 0
        if self._size != manifest.content_size or self._begin > self._size:
            raise Invalid("content-digest")

    def require_signed(self) -> None:
        """All of it is byte for byte what the supplier signed.

        Raises:
            Invalid: `content-digest`.
            MissingPartError: a piece is not there.
        """
        sha = hashlib.sha256()
        for content in self._all():
            sha.update(content)
        if f"sha-256:{sha.hexdigest()}" != self._manifest.content_digest:
            raise Invalid("content-digest")

    def salt(self) -> bytes:
        """What goes before the file in content that came sealed; nothing in other content.

        Raises:
            MissingPartError: a piece is not there.
        """
        found = b""
        for content in self._all():
            found += content[: self._begin - len(found)]
            if len(found) == self._begin:
                break
        return found

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The place in the file."""
        return self._at - self._begin

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file."""
        base = {os.SEEK_SET: self._begin, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(self._begin, base + offset)
        return self.tell()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read up to the end of the piece, or of the buffer.

        Raises:
            MissingPartError: a piece is not there.
        """
        place = bisect_right(self._ends, self._at)
        if place == len(self._pieces):
            return 0
        content = self._piece(place)
        start = self._at - (self._ends[place] - len(content))
        found = content[start : start + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _all(self) -> Iterator[bytes]:
        for place in range(len(self._pieces)):
            yield self._piece(place)

    def _piece(self, place: int) -> bytes:
        if self._held[0] != place:
            piece = self._pieces[place]
            content = self._parts.read_piece(piece.stored_as, piece.submission, piece.number, self._key)
            if len(content) != self._ends[place] - (self._ends[place - 1] if place else 0):
                raise Invalid("content-digest")
            self._held = (place, content)
        return self._held[1]

"""The log's tree in tiles (C2SP tlog-tiles), how it grows, and the proofs that are read from it.

A tile is 256 neighbouring hashes of one height, 8,192 bytes: level 0 holds the leaves, each hash of level L + 1 is the
root of one full tile of level L. The last tile of a level may hold fewer. Proofs need a few tiles, whatever the size of
the tree; adding a batch touches the last tile of each level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sluis_client.wire.log.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    complete_subtrees,
    consistency_ranges,
    fold,
    inclusion_ranges,
    join,
)

WIDTH = 256
"""Hashes in a full tile."""

_HEIGHT = 8
_PATH = re.compile(r"(?P<elements>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?")
_MOST_ELEMENTS = 6
MOST_LEVEL = 63


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """The place of a tile: its level and its number within the level."""

    level: int
    number: int


@dataclass(frozen=True, slots=True)
class Grown:
    """A tree after a batch: its size and root, and every tile that changed or is new."""

    size: int
    root: bytes
    tiles: Mapping[Tile, bytes]


def last_tiles(size: int) -> list[Tile]:
    """The tiles that `grow` needs of a tree of this size: of each level the one that is not full."""
    return [Tile(level, count // WIDTH) for level, count in _levels(size) if count % WIDTH]


def grow(size: int, last: Mapping[Tile, bytes], leaves: Sequence[bytes]) -> Grown:
    """The tree with these leaves added.

    Costs one hash per leaf, and at most 255 per level for the root.

    Args:
        size: leaves so far.
        last: the tiles named by `last_tiles(size)`.
        leaves: hashes of the new leaves.

    Raises:
        ValueError: a tile is missing or has another width than the size says: what is stored is not this tree.
    """
    tiles: dict[Tile, bytes] = {}
    parts: list[bytes] = []
    added, count, level = list(leaves), size, 0
    while added or count:
        number, width = divmod(count, WIDTH)
        row = _hashes(last.get(Tile(level, number), b""), width) + added
        full: list[bytes] = []
        for start in range(0, len(row), WIDTH):
            hashes = row[start : start + WIDTH]
            if added:
                tiles[Tile(level, number + start // WIDTH)] = b"".join(hashes)
            if len(hashes) == WIDTH:
                full.append(fold(hashes))
        rest = row[len(row) - len(row) % WIDTH :]
        here = [fold(rest[start:end]) for start, end in complete_subtrees(0, len(rest))]
        parts = here + parts  # the higher, the further to the left
        count, added, level = number, full, level + 1
    return Grown(size + len(leaves), join(parts) if parts else EMPTY_ROOT, tiles)


def root_of_last(size: int, last: Mapping[Tile, bytes]) -> bytes:
    """The root of the tree of this size, from the tiles named by `last_tiles(size)`.

    Raises:
        ValueError: a tile is missing or has another width than the size says.
    """
    return grow(size, last, ()).root


class Tiles:
    """The tree of `size` leaves, read from tiles; `needed` says which, so that they can be fetched in one go."""

    def __init__(self, tiles: Mapping[Tile, bytes]) -> None:
        self._tiles = tiles

    def roots(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """The root over each range of leaves, as a proof names them.

        Raises:
            ValueError: a tile is missing or too short: what is stored is not this tree.
        """
        return [join([self._complete(*part) for part in complete_subtrees(*range_)]) for range_ in ranges]

    def leaf(self, index: int) -> bytes:
        """The hash of the leaf at this place.

        Raises:
            ValueError: its tile is missing or too short.
        """
        return self._complete(index, index + 1)

    def _complete(self, start: int, end: int) -> bytes:
        tile, first, count = _place(start, end)
        found = self._tiles.get(tile, b"")[first * HASH_BYTES : (first + count) * HASH_BYTES]
        return fold(_hashes(found, count))


def needed(ranges: Sequence[tuple[int, int]]) -> list[Tile]:
    """The tiles from which the roots over these ranges follow."""
    return sorted({_place(*part)[0] for range_ in ranges for part in complete_subtrees(*range_)})


def inclusion_proof(index: int, size: int) -> Sequence[tuple[int, int]]:
    """The ranges whose roots prove that a leaf is in the tree: for `needed` and `Tiles.roots`.

    Raises:
        ValueError: there is no such leaf.
    """
    return inclusion_ranges(index, size)


def consistency_proof(old: int, new: int) -> Sequence[tuple[int, int]]:
    """The ranges whose roots prove that one tree continues another: for `needed` and `Tiles.roots`.

    Raises:
        ValueError: the new tree is the smaller one.
    """
    return consistency_ranges(old, new)


def width_in(tile: Tile, size: int) -> int:
    """How many hashes of a tile a tree of this size has, 0 when none: 256 for a full one."""
    return max(0, min(WIDTH, (size >> (_HEIGHT * tile.level)) - tile.number * WIDTH))


def tile_path(tile: Tile, width: int = WIDTH) -> str:
    """The address of a tile below the log's own, as C2SP tlog-tiles has it: `tile/0/x001/234.p/5`."""
    digits = f"{tile.number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    elements = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    named = "/".join([*(f"x{element}" for element in elements[:-1]), elements[-1]])
    return f"tile/{tile.level}/{named}{'' if width == WIDTH else f'.p/{width}'}"


def parse_tile_path(level: str, rest: str) -> tuple[Tile, int] | None:
    """The tile and width that an address names, None when it is not written as `tile_path` writes it."""
    found = _PATH.fullmatch(rest)
    if found is None or not re.fullmatch(r"[0-9]{1,2}", level) or rest.count("/") > _MOST_ELEMENTS + 1:
        return None
    number = int("".join(found["elements"].replace("x", "").split("/")))
    tile = Tile(int(level), number)
    width = WIDTH if found["width"] is None else int(found["width"])
    if tile.level > MOST_LEVEL or tile_path(tile, width) != f"tile/{level}/{rest}":
        return None
    return tile, width


def _levels(size: int) -> Iterator[tuple[int, int]]:
    level = 0
    while size:
        yield level, size
        size, level = size // WIDTH, level + 1


def _hashes(row: bytes, count: int) -> list[bytes]:
    if len(row) != count * HASH_BYTES:
        raise ValueError("a stored tile has another width than the size of the log says")
    return [row[start : start + HASH_BYTES] for start in range(0, len(row), HASH_BYTES)]


def _place(start: int, end: int) -> tuple[Tile, int, int]:
    """The tile that holds the hashes of a complete subtree, the first of them in it, and how many."""
    height = (end - start).bit_length() - 1
    level, inside = divmod(height, _HEIGHT)
    number, first = divmod(start >> (_HEIGHT * level), WIDTH)
    return Tile(level, number), first, 1 << inside

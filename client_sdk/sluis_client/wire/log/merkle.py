"""The Merkle tree of RFC 6962, section 2.1 (the same in RFC 9162, section 2.1): its hashes, and when a proof holds.

    MTH({})      = SHA-256()
    MTH({d})     = SHA-256(0x00 || d)
    MTH(D[n])    = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])),  k the largest power of two smaller than n

Leaf and node begin with another byte, so that no node passes for a leaf. Sizes and places are numbers of leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
"""SHA-256."""

EMPTY_ROOT = sha256().digest()
"""The root of a tree without leaves."""

_BLOCK = 256
"""Leaves that a `Range` folds at once; a power of two."""


class ProofError(Exception):
    """A proof does not hold: it is malformed, or leads to another root than it should."""


def leaf_hash(*parts: bytes) -> bytes:
    """The hash of one leaf, whose data may come in parts: they are copied once."""
    return sha256(b"".join((b"\x00", *parts))).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over as many neighbouring subtrees as a power of two, all of one size."""
    row = hashes
    while len(row) > 1:
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


class Range:
    """A tree that grows at its right edge and keeps only what it needs for that: one hash per complete subtree.

    `size` leaves take at most 64 hashes and one block.
    """

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[tuple[int, bytes]] = []
        self._block: list[bytes] = []

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add leaves, by their hashes."""
        for hash_ in hashes:
            self._block.append(hash_)
            if len(self._block) == _BLOCK:
                self._push(_BLOCK, fold(self._block))
                self._block = []
            self.size += 1

    def root(self) -> bytes:
        """The root of what is there now."""
        parts = [hash_ for _, hash_ in self._complete]
        for start, end in complete_subtrees(0, len(self._block)):
            parts.append(fold(self._block[start:end]))
        return join(parts) if parts else EMPTY_ROOT

    def _push(self, size: int, hash_: bytes) -> None:
        while self._complete and self._complete[-1][0] == size:
            hash_ = node_hash(self._complete.pop()[1], hash_)
            size *= 2
        self._complete.append((size, hash_))


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    tree = Range()
    tree.extend(hashes)
    return tree.root()


def complete_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees, from left to right, whose hashes `join` makes into the root of leaves `start` to `end`.

    `start` is a multiple of the largest of them: every range that a proof names begins like that.
    """
    found = []
    while start < end:
        size = 1 << ((end - start).bit_length() - 1)
        found.append((start, start + size))
        start += size
    return found


def join(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees of falling size."""
    root = hashes[-1]
    for hash_ in reversed(hashes[:-1]):
        root = node_hash(hash_, root)
    return root


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Whose roots prove that the leaf `index` is in the tree of `size` leaves, in the order of the proof.

    PATH(m, D[n]) of RFC 6962, section 2.1.1, with each MTH written as the range of leaves that it is over.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Whose roots prove that the tree of `new` leaves begins with the tree of `old` leaves, in the order of the proof.

    PROOF(m, D[n]) of RFC 6962, section 2.1.2. Nothing is needed when the sizes are equal or `old` is 0.

    Raises:
        ValueError: the new tree is the smaller one.
    """
    if not 0 <= old <= new:
        raise ValueError("a tree does not shrink")
    if old in {0, new}:
        return []
    ranges = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return ranges[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """The leaf with this hash is at place `index` of the tree with `size` leaves and this root.

    RFC 9162, section 2.1.3.2.

    Raises:
        ProofError: it is not, or the proof has too few, too many or misshapen hashes.
    """
    if not 0 <= index < size:
        raise ProofError("the place is outside the tree")
    _require_hashes([leaf, root, *proof])
    rest = list(reversed(proof))
    place, last, found = index, size - 1, leaf
    while last:
        if place % 2 or place != last:  # it has a sibling at this height
            if not rest:
                raise ProofError("the proof is too short")
            sibling = rest.pop()
            found = node_hash(sibling, found) if place % 2 else node_hash(found, sibling)
        place, last = place // 2, last // 2
    if rest:
        raise ProofError("the proof is too long")
    if found != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """The tree with `new` leaves begins with exactly the `old` leaves of the older tree.

    1. Shapes: sizes, and as many hashes as RFC 6962, section 2.1.2, gives for them.
    2. The hashes fold to the older root: the proof is about that tree.
    3. The same hashes fold to the newer root.

    Raises:
        ProofError: it does not, or the proof has too few, too many or misshapen hashes.
    """
    # 1
    if not 0 <= old <= new:
        raise ProofError("the newer tree is the smaller one")
    _require_hashes([old_root, new_root, *proof])
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofError("the root of no leaves is another")
    if old == new and old_root != new_root:
        raise ProofError("two roots for one size")
    ranges = consistency_ranges(old, new)
    if len(proof) != len(ranges):
        raise ProofError("the proof has another number of hashes than these sizes need")
    if not ranges:
        return
    known = dict(zip(ranges, proof, strict=True))
    if old & (old - 1) == 0:  # the older tree is one complete subtree, which the proof leaves out
        known[0, old] = old_root
    # 2
    if _root(known, 0, old) != old_root:
        raise ProofError("the proof leads to another older root")
    # 3
    if _root(known, 0, new) != new_root:
        raise ProofError("the proof leads to another newer root")


def _root(known: dict[tuple[int, int], bytes], start: int, end: int) -> bytes:
    found = known.get((start, end))
    if found is not None:
        return found
    if end - start == 1:
        raise ProofError("the proof leaves a hash out")
    middle = start + _split(end - start)
    return node_hash(_root(known, start, middle), _root(known, middle, end))


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise ProofError("a hash has another length than 32 bytes")

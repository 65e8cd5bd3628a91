"""No two rows with one key: each is told with the row that came first.

Of each row 64 bits are kept, whatever its length: a hash of its key under weights of chance, which nobody can aim at.
When no two are equal, no two keys are. Else the content is read once more, and of the rows with an equal one another
hash of the key is compared as well, together 128 bits: two keys that differ are not taken for one.

The hash is multilinear (Lemire and Kaser, "Strongly universal string hashing is fast", 2014): the sum, in 64 bits, of
each byte of the key times the weight of its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sluis_client.wire.content.rows import Block, Rows
from sluis_client.wire.definition import Definition
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import SHOWN_FAULTS, FaultList, fault

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_WEIGHTS = 1 << 13
_STRETCH = 1 << 18


class Keys:
    """Finds rows with a key that another row before it has.

    The key is all columns when the definition has none; then two cells without a value are equal. Rows with an
    unread or missing part of a key are left out: they are told already.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._names = definition.key or definition.names
        self._hash, self._other, self._whole = _Hash(), _Hash(), _Hash()
        self._kept: Hashes = np.empty(definition.max_rows, np.uint64)  # of which only what is filled takes memory
        self._count = 0

    def add(self, rows: Rows) -> None:
        """Take up the rows of a block."""
        found = self._hash.of(rows, self._names)
        if found is not None:
            hashes = found[self._counting(rows)]
            self._kept[self._count : self._count + len(hashes)] = hashes
            self._count += len(hashes)

    def doubles(self) -> Hashes:
        """The hashes that several rows have; sorted. No row can be added after this."""
        kept = self._kept[: self._count]
        if (kept[1:] > kept[:-1]).all():
            return kept[:0]
        kept.sort()
        return np.unique(kept[1:][kept[1:] == kept[:-1]])

    def tell(self, doubles: Hashes, blocks: Iterable[Block], faults: FaultList) -> None:
        """Tell every row after the first of each key, given the rows once more.

        A row that is the same as the first in every column is a double row, else it is a double key.
        """
        found = _Candidates()
        for block in blocks:
            hashes = self._hash.of(block.rows, self._names)
            if hashes is None:
                continue
            among = np.isin(hashes, doubles) & self._counting(block.rows)
            if among.any():
                others, rows = (
                    one.of(block.rows, names) for one, names in ((self._other, self._names), (self._whole, None))
                )
                found.add(hashes, others, rows, _numbers(block), among)
        numbers, first, same = found.later()
        key = ", ".join(self._definition.key)
        for code, chosen in ((FaultCode.DOUBLE_ROW, same), (FaultCode.DOUBLE_KEY, ~same)):
            here, there = numbers[chosen], first[chosen]
            shown = zip(here[:SHOWN_FAULTS].tolist(), there[:SHOWN_FAULTS].tolist(), strict=True)
            faults.extend((fault(code, row, first=before, key=key) for row, before in shown), len(here))

    def _counting(self, rows: Rows) -> npt.NDArray[np.bool_]:
        chosen = np.ones(rows.count, np.bool_)
        for name in self._names:
            if name in rows.told:
                chosen &= ~_mask(rows.told[name])
            if self._definition.key and rows.columns[name].null_count:
                chosen &= _mask(rows.columns[name].is_valid())
        return chosen


class _Candidates:
    """Rows whose first hash is that of several: both hashes of the key, that of the row, and its number."""

    def __init__(self) -> None:
        self._found: list[tuple[Hashes, ...]] = []

    def add(
        self, hashes: Hashes, others: Hashes | None, rows: Hashes | None, numbers: Places, among: npt.NDArray[np.bool_]
    ) -> None:
        if others is None or rows is None:
            raise ValueError("a row has either hash or neither")
        self._found.append(tuple(each[among] for each in (hashes, others, rows, numbers.view(np.uint64))))

    def later(self) -> tuple[Places, Places, npt.NDArray[np.bool_]]:
        """By number, each row whose key one before it has: its number, that of the first, whether they are equal."""
        if not self._found:
            nothing = np.empty(0, np.int64)
            return nothing, nothing, nothing.astype(np.bool_)
        hashes, others, rows, numbers = (np.concatenate(each) for each in zip(*self._found, strict=True))
        self._found.clear()
        order = np.lexsort((numbers, others, hashes))
        hashes, others, rows, numbers = hashes[order], others[order], rows[order], numbers[order]
        begins = np.ones(len(order), np.bool_)
        begins[1:] = (hashes[1:] != hashes[:-1]) | (others[1:] != others[:-1])
        first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
        by_number = np.argsort(numbers[~begins], kind="stable")
        later = np.flatnonzero(~begins)[by_number]
        first = first[later]
        places = numbers.view(np.int64)
        return places[later], places[first], rows[later] == rows[first]


class _Hash:
    """One hash, of weights that are chosen by chance once."""

    def __init__(self) -> None:
        self._chance = np.random.default_rng()
        self._weights: dict[str, Hashes] = {}

    def of(self, rows: Rows, names: Sequence[str] | None) -> Hashes | None:
        """The hash of each row's cells in these columns (None: in all); None when one of them is not there."""
        columns = list(rows.columns) if names is None else names
        if any(name not in rows.columns for name in columns):
            return None
        total = np.zeros(rows.count, np.uint64)
        for name in columns:
            total += self._cells(rows.columns[name], self._weights_of(name))
        return total

    def _weights_of(self, name: str) -> Hashes:
        if name not in self._weights:
            self._weights[name] = self._chance.integers(0, 2**64, _WEIGHTS, np.uint64)
        return self._weights[name]

    def _cells(self, values: pa.Array, weights: Hashes) -> Hashes:
        if pa.types.is_dictionary(values.type):
            of_codes = np.append(_texts(values.dictionary, weights[1:]), weights[0])
            found: Hashes = of_codes[values.indices.fill_null(len(values.dictionary)).to_numpy()]
            return found
        found = _texts(values, weights[1:]) if pa.types.is_string(values.type) else _numbers_in(values, weights[1:])
        if values.null_count:
            found[~_mask(values.is_valid())] = weights[0]
        return found


def _texts(texts: pa.Array, weights: Hashes) -> Hashes:
    """The sum of bytes by weight, of stretches of the texts that keep the work in the processor's cache."""
    _, offsets, data = texts.buffers()
    if len(texts) == 0 or data is None:
        return np.zeros(len(texts), np.uint64)
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    whole = np.frombuffer(data, np.uint8)
    found = np.empty(len(texts), np.uint64)
    start = 0
    while start < len(texts):
        stop = max(start + 1, int(np.searchsorted(ends, ends[start] + _STRETCH, "right")) - 1)
        part = whole[ends[start] : ends[stop]].astype(np.uint64)
        begins = ends[start : stop + 1] - ends[start]
        places = np.arange(len(part)) - np.repeat(begins[:-1], np.diff(begins))
        part *= weights[places % len(weights)]
        sums = np.zeros(len(part) + 1, np.uint64)
        np.cumsum(part, out=sums[1:])
        found[start:stop] = sums[begins[1:]] - sums[begins[:-1]]
        start = stop
    return found


def _numbers_in(values: pa.Array, weights: Hashes) -> Hashes:
    """The sum, by weight, of the 32-bit words of numbers of 64 or 128 bits."""
    words = values.type.bit_width // 32
    begin = values.offset * words
    whole = np.frombuffer(values.buffers()[1], np.uint32)[begin : begin + len(values) * words]
    found = np.zeros(len(values), np.uint64)
    for place in range(words):
        found += whole[place::words].astype(np.uint64) * weights[place]
    return found


def _mask(values: pa.Array) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = values.fill_null(False).to_numpy(zero_copy_only=False)
    return found


def _numbers(block: Block) -> Places:
    numbers = block.rows.numbers
    within = np.arange(1, block.rows.count + 1) if numbers is None else numbers.to_numpy()
    found: Places = within.astype(np.int64) + block.before
    return found

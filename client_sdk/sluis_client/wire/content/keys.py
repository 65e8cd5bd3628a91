"""No two rows with one key: each is told with the row that came first."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from sluis_client.wire.content.rows import Rows
from sluis_client.wire.definition import Definition
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import SHOWN_FAULTS, Fault, FaultList, fault

_SMALL = 1 << 23


def check_keys(definition: Definition, rows: Rows, faults: FaultList) -> None:
    """Tell every row whose key (all columns, when the definition has none) another row before it has.

    A row that is the same as the first in every column is a double row, else it is a double key. Rows with an unread
    or missing part of the key are left out: they are told already.
    """
    names = definition.key or definition.names
    if any(name not in rows.columns for name in names):
        return
    packed, size = pack([rows.columns[name] for name in names], keep_nulls=not definition.key)
    for name in names:
        if name in rows.told:
            packed = pc.if_else(rows.told[name], pa.scalar(None, packed.type), packed)
    if all_distinct(packed, size):
        return
    _tell_doubles(definition, packed, rows, faults)


def pack(columns: Sequence[pa.Array], *, keep_nulls: bool) -> tuple[pa.Array, int]:
    """One int64 for each row, equal exactly when all columns are, and a bound that all of them stay below.

    Args:
        columns: the columns, of equal length.
        keep_nulls: whether two nulls are equal; else a row with a null is null.
    """
    packed: pa.Array | None = None
    size = 1
    for column in columns:
        indices, radix = _places(column, keep_nulls=keep_nulls)
        if packed is None:
            packed, size = indices, radix
            continue
        if size * radix >= 2**62:
            packed, size = _places(packed, keep_nulls=keep_nulls)
        packed = pc.add(pc.multiply(packed, pa.scalar(radix, pa.int64())), indices)
        size *= radix
    if packed is None:
        raise ValueError("a key has at least one column")
    return packed, size


def _places(column: pa.Array, *, keep_nulls: bool) -> tuple[pa.Array, int]:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    radix = len(encoded.dictionary) + 1
    indices = pc.cast(encoded.indices, pa.int64())
    return (pc.fill_null(indices, radix - 1) if keep_nulls else indices), radix


def all_distinct(packed: pa.Array, size: int) -> bool:
    """Whether no two values that are not null are equal."""
    values = packed.drop_null() if packed.null_count else packed
    if len(values) < 2:  # noqa: PLR2004 -- one value cannot be double
        return True
    if pc.all(pc.less(values.slice(0, len(values) - 1), values.slice(1))).as_py():
        return True
    if size <= _SMALL:
        places = pc.inverse_permutation(pc.cast(values, pa.int32()), max_index=size - 1)
        return bool(len(places) - places.null_count == len(values))
    return len(pc.unique(values)) == len(values)


def _tell_doubles(definition: Definition, packed: pa.Array, rows: Rows, faults: FaultList) -> None:
    positions = pa.array(range(len(packed)), pa.int64())
    table = pa.table({"key": packed, "place": positions}).filter(pc.is_valid(packed))
    groups = table.group_by("key", use_threads=False).aggregate([("place", "min"), ("place", "count")])
    groups = groups.filter(pc.greater(groups["place_count"], 1))
    found = pc.index_in(table["key"].combine_chunks(), groups["key"].combine_chunks())
    first = groups["place_min"].combine_chunks().take(found)
    place = table["place"].combine_chunks()
    later = pc.fill_null(pc.greater(place, first), fill_value=False)
    place, first = place.filter(later), first.filter(later)
    same = _same_rows(rows, place, first)
    key = ", ".join(definition.key)
    for code, mask in ((FaultCode.DOUBLE_ROW, same), (FaultCode.DOUBLE_KEY, pc.invert(same))):
        here, there = place.filter(mask), first.filter(mask)
        numbers = zip(
            rows.numbers_of(here.slice(0, SHOWN_FAULTS)), rows.numbers_of(there.slice(0, SHOWN_FAULTS)), strict=True
        )
        told: list[Fault] = [fault(code, row, first=before, key=key) for row, before in numbers]
        faults.extend(told, len(here))


def _same_rows(rows: Rows, place: pa.Array, first: pa.Array) -> pa.Array:
    same = pa.array([True]).take(pc.multiply(place, 0))
    for values in rows.columns.values():
        plain = values.cast(pa.string()) if pa.types.is_dictionary(values.type) else values
        here, there = plain.take(place), plain.take(first)
        equal = pc.or_(
            pc.fill_null(pc.equal(here, there), fill_value=False), pc.and_(pc.is_null(here), pc.is_null(there))
        )
        same = pc.and_(same, equal)
    return same

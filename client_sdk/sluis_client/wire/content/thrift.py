"""Thrift's compact protocol, as far as Parquet uses it: strict, bounded, and in Python, which no bytes can crash."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Protocol

_MAX_DEPTH = 12
_MAX_VARINT = 10
_MAX_VALUES = 1_000_000
_LONG_LIST = 15
_MORE = 0x80


class ThriftError(Exception):
    """The bytes are not what they should be."""


class Kind(enum.IntEnum):
    """Kinds of values, by their number in the protocol."""

    TRUE = 1
    FALSE = 2
    BYTE = 3
    I16 = 4
    I32 = 5
    I64 = 6
    DOUBLE = 7
    BINARY = 8
    LIST = 9
    SET = 10
    MAP = 11
    STRUCT = 12


_FIXED = {Kind.BYTE: 1, Kind.DOUBLE: 8}


@dataclass(slots=True)
class Struct:
    """The fields of a struct by number, each with its kind; a field cannot be there twice."""

    _fields: dict[int, tuple[Kind, Any]] = field(default_factory=dict)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def add(self, number: int, kind: Kind, value: Any) -> None:
        """Keep a field.

        Raises:
            ThriftError: it is there already; readers differ in which of the two they believe.
        """
        if number in self._fields:
            raise ThriftError("a field is there twice")
        self._fields[number] = (kind, value)

    def get(self, number: int, kind: Kind) -> Any:
        """The value of a field of exactly this kind.

        Raises:
            ThriftError: it is missing or of another kind.
        """
        found = self._fields.get(number)
        if found is None or found[0] is not kind:
            raise ThriftError("a field is missing or of another kind")
        return found[1]

    def integer(self, number: int, kind: Kind = Kind.I64) -> int:
        """The value of a field that counts something.

        Raises:
            ThriftError: it is missing, of another kind, or negative.
        """
        value: int = self.get(number, kind)
        if value < 0:
            raise ThriftError("a count is negative")
        return value

    def structs(self, number: int) -> list[Struct]:
        """The value of a field that is a list of structs.

        Raises:
            ThriftError: it is missing or something else.
        """
        items: list[Struct] = self.get(number, Kind.LIST)
        if not all(isinstance(item, Struct) for item in items):
            raise ThriftError("a list does not hold structs")
        return items


class Stretches(Protocol):
    """Bytes of which stretches are read."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: slice, /) -> bytes: ...


class CompactReader:
    """Reads values one after the other between two positions; at most a million."""

    def __init__(self, content: Stretches, position: int, end: int) -> None:
        if not 0 <= position <= end <= len(content):
            raise ThriftError("outside the content")
        self._content = content
        self._end = end
        self._left = _MAX_VALUES
        self.position = position

    def struct(self, depth: int = 0) -> Struct:
        """The next value, a struct.

        Raises:
            ThriftError: it is malformed.
        """
        if depth > _MAX_DEPTH:
            raise ThriftError("nested too deeply")
        struct = Struct()
        number = 0
        while (head := self._take(1)[0]) != 0:
            delta = head >> 4
            number = number + delta if delta else self._integer()
            kind = _kind(head & 0x0F)
            struct.add(number, Kind.TRUE if kind is Kind.FALSE else kind, self._value(kind, depth))
        return struct

    def _value(self, kind: Kind, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ThriftError("too many values")
        if kind in {Kind.I16, Kind.I32, Kind.I64}:
            return self._integer()
        if kind is Kind.BINARY:
            return self._take(self._varint())
        if kind is Kind.STRUCT:
            return self.struct(depth + 1)
        if kind in {Kind.LIST, Kind.SET, Kind.MAP}:
            return self._items(kind, depth + 1)
        return kind is Kind.TRUE if kind in {Kind.TRUE, Kind.FALSE} else self._take(_FIXED[kind])

    def _items(self, kind: Kind, depth: int) -> list[Any]:
        if depth > _MAX_DEPTH:
            raise ThriftError("nested too deeply")
        if kind is Kind.MAP:
            count = self._varint()
            pair = self._take(1)[0] if count else 0
            kinds = [_kind(pair >> 4), _kind(pair & 0x0F)] if count else []
        else:
            head = self._take(1)[0]
            count = head >> 4
            count = self._varint() if count == _LONG_LIST else count
            kinds = [_kind(head & 0x0F)] if count else []
        return [self._item(inner, depth) for _ in range(min(count, self._left + 1)) for inner in kinds]

    def _item(self, kind: Kind, depth: int) -> Any:
        """A value in a container, where a boolean takes a byte."""
        if kind in {Kind.TRUE, Kind.FALSE}:
            return self._value(_kind(self._take(1)[0]), depth)
        return self._value(kind, depth)

    def _integer(self) -> int:
        raw = self._varint()
        return (raw >> 1) ^ -(raw & 1)

    def _take(self, count: int) -> bytes:
        if count > self._end - self.position:
            raise ThriftError("a value ends outside its bounds")
        self.position += count
        return self._content[self.position - count : self.position]

    def _varint(self) -> int:
        value = 0
        for place in range(_MAX_VARINT):
            byte = self._take(1)[0]
            value |= (byte & ~_MORE) << (7 * place)
            if not byte & _MORE:
                return value
        raise ThriftError("an integer has too many bytes")


def _kind(number: int) -> Kind:
    try:
        return Kind(number)
    except ValueError:
        raise ThriftError("unknown kind of value") from None

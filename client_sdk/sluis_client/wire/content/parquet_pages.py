"""The headers of Parquet pages: what a decompressor will be told, known before it starts.

A Parquet footer can say that a column takes little, while a page's own header says two gigabytes, and that is what the
reader sets aside and fills. Arrow gives no look at page headers, so they are walked here: Thrift's compact protocol,
only as much as is needed to know sizes, numbers of values and encodings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 13
_INTEGERS = frozenset({4, 5, 6})
_MAX_DEPTH = 12
_MAX_VARINT = 10
_LONG_LIST = 15
_MAX_PAGES = 100_000
_FOOTER_ENCRYPTION = 8
_UNCOMPRESSED, _COMPRESSED = 2, 3
_HEADERS = {5: 2, 7: 2, 8: 4}
_DATA_HEADERS = frozenset({5, 8})


class PageError(Exception):
    """The bytes are no page headers."""


@dataclass(slots=True)
class Page:
    """One page as its header describes it. `values` counts those of data pages, nulls included."""

    unpacked: int = 0
    packed: int = 0
    values: int = 0
    encodings: set[int] = field(default_factory=set)


def pages(content: bytes, start: int, end: int) -> Iterator[Page]:
    """The pages of a column chunk, in order.

    Raises:
        PageError: they do not fill the chunk exactly, a size is negative, or there are more than 100,000.
    """
    if not 0 <= start <= end <= len(content):
        raise PageError("a column chunk lies outside the file")
    reader = _Compact(content, start, end)
    for _ in range(_MAX_PAGES):
        if reader.position == end:
            return
        page = _read_page(reader)
        if page.unpacked < 0 or not 0 <= page.packed <= end - reader.position:
            raise PageError("a page lies outside its column chunk")
        reader.position += page.packed
        yield page
    raise PageError("too many pages")


def footer_is_encrypted(content: bytes, start: int, end: int) -> bool:
    """Whether the footer (readable itself) says that columns are encrypted.

    Raises:
        PageError: it is no footer.
    """
    reader = _Compact(content, start, end)
    found = False
    for number, kind in reader.fields():
        found = found or number == _FOOTER_ENCRYPTION
        reader.skip(kind)
    return found


def _read_page(reader: _Compact) -> Page:
    page = Page()
    for number, kind in reader.fields():
        if number in {_UNCOMPRESSED, _COMPRESSED} and kind in _INTEGERS:
            size = reader.integer()
            if number == _UNCOMPRESSED:
                page.unpacked = size
            else:
                page.packed = size
        elif number in _HEADERS and kind == _STRUCT:
            _read_data_header(reader, number, page)
        else:
            reader.skip(kind)
    return page


def _read_data_header(reader: _Compact, header: int, page: Page) -> None:
    for number, kind in reader.fields():
        if kind in _INTEGERS and number == _HEADERS[header]:
            page.encodings.add(reader.integer())
        elif kind in _INTEGERS and number == 1:
            values = reader.integer()
            page.values = values if header in _DATA_HEADERS else 0
        else:
            reader.skip(kind)


class _Compact:
    """Reads Thrift's compact protocol between two positions."""

    def __init__(self, content: bytes, position: int, end: int) -> None:
        self._content = content
        self._end = end
        self.position = position

    def fields(self) -> Iterator[tuple[int, int]]:
        """Number and kind of each field of a struct; the value must be read or skipped before the next."""
        number = 0
        while (head := self._byte()) != _STOP:
            delta, kind = head >> 4, head & 0x0F
            number = number + delta if delta else self.integer()
            yield number, kind

    def integer(self) -> int:
        """A zigzag integer."""
        raw = self._varint()
        return (raw >> 1) ^ -(raw & 1)

    def skip(self, kind: int, depth: int = 0, *, in_list: bool = False) -> None:
        """Pass over a value."""
        if depth > _MAX_DEPTH:
            raise PageError("nested too deeply")
        if kind in {_TRUE, _FALSE}:
            self._forward(1 if in_list else 0)
        elif kind in _INTEGERS:
            self._varint()
        elif kind in {_BYTE, _DOUBLE, _UUID}:
            self._forward({_BYTE: 1, _DOUBLE: 8, _UUID: 16}[kind])
        elif kind == _BINARY:
            self._forward(self._varint())
        elif kind == _STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        else:
            self._skip_container(kind, depth)

    def _skip_container(self, kind: int, depth: int) -> None:
        if kind in {_LIST, _SET}:
            head = self._byte()
            count = head >> 4
            count = self._varint() if count == _LONG_LIST else count
            kinds = [head & 0x0F]
        elif kind == _MAP:
            count = self._varint()
            pair = self._byte() if count else 0
            kinds = [pair >> 4, pair & 0x0F]
        else:
            raise PageError("unknown kind of value")
        if count > self._end - self.position:
            raise PageError("a container is larger than the bytes that hold it")
        for _ in range(count):
            for inner in kinds:
                self.skip(inner, depth + 1, in_list=True)

    def _forward(self, count: int) -> None:
        if count > self._end - self.position:
            raise PageError("a value ends outside its bounds")
        self.position += count

    def _byte(self) -> int:
        self._forward(1)
        return self._content[self.position - 1]

    def _varint(self) -> int:
        value = 0
        for place in range(_MAX_VARINT):
            byte = self._byte()
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:  # noqa: PLR2004 -- the bit that says more follows
                return value
        raise PageError("an integer has too many bytes")

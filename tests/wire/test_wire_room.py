"""What a small data set can never need is not read or unpacked, however much the largest one may."""

import pyarrow as pa
from wire_cases import ALLOWED, DEFINITION, GOOD, cell, parquet_of, parquet_of_table

from sluis_client.wire import check_content
from sluis_client.wire.content.room import room
from sluis_client.wire.content.source import BLOCK, MAX_ROW

WIDE = "x" * 12_000


def codes(content, form):
    return check_content(DEFINITION, ALLOWED, content, form).faults.by_code


def test_made_up_codes_that_unpack_to_much_are_not_unpacked():
    regions = pa.array([WIDE + str(row) for row in range(2_000)])
    rows = pa.Table.from_pylist([cell(beds=n + 1_000) for n in range(2_000)]).set_column(1, "region", regions)
    few, many = (
        parquet_of_table(rows.slice(0, count), compression="zstd", use_dictionary=False) for count in (9, 2_000)
    )
    assert len(many) < 100_000
    assert codes(few, "parquet") == {"F101": 9}
    # Room for 2,000 rows of this definition is 33 MB; these take 24 MB and are told one by one.
    assert codes(many, "parquet") == {"F101": 2_000}
    wide = rows.set_column(1, "region", pa.array([WIDE * 2 + str(row) for row in range(2_000)]))
    assert codes(parquet_of_table(wide, compression="zstd", use_dictionary=False), "parquet") == {"F033": 1}


def test_lines_that_take_more_than_all_rows_could_are_not_read():
    header = ",".join(DEFINITION.names) + "\n"
    limit = room(DEFINITION, DEFINITION.max_rows, 2**31)
    assert codes((header + "x" * limit).encode(), "csv") == {"F003": 1}
    assert codes(b"{" + b" " * limit + b"}", "ndjson") == {"F003": 1}


def test_a_row_without_an_end_is_not_read_on():
    header = ",".join(DEFINITION.names) + "\n"
    assert codes((header + "x" * (MAX_ROW + BLOCK)).encode(), "csv") == {"F016": 1}
    assert codes(b"{" + b" " * (MAX_ROW + BLOCK) + b"}", "ndjson") == {"F016": 1}


def test_too_many_rows_are_told_as_such_however_large_the_content():
    line = "x" * 12_000 + "\n"
    lines = room(DEFINITION, DEFINITION.max_rows, 2**31) // len(line) + 2
    assert lines > DEFINITION.max_rows
    assert codes((",".join(DEFINITION.names) + "\n" + line * lines).encode(), "csv") == {"F004": 1}


def test_the_room_grows_with_the_rows_up_to_the_limit():
    assert room(DEFINITION, 10, 2**31) < room(DEFINITION, 20, 2**31) < room(DEFINITION, 10**9, 2**31) == 2**31
    assert room(DEFINITION, 10**9, 5) == 5
    assert len(parquet_of(GOOD)) < room(DEFINITION, 1, 2**31)

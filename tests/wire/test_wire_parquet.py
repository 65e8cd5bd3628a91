"""Parquet made by an attacker: forged footers and pages, dictionaries that grow, layouts that hide."""

import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from many import quiet
from wire_cases import ALLOWED, DEFINITION, GOOD, OTHER, cell, parquet_of, parquet_of_table

from sluis_client.wire import FaultCode, Limits, check_content
from sluis_client.wire.content.parquet_layout import pages, read_footer
from sluis_client.wire.content.thrift import CompactReader, ThriftError


def check(content, **limits):
    return check_content(DEFINITION, ALLOWED, content, "parquet", limits=Limits(**limits))


def footer_of(content):
    end = len(content) - 8
    return end - int.from_bytes(content[end : end + 4], "little"), end


def test_no_byte_of_the_footer_can_crash_the_process_or_raise():
    """Arrow 26 aborts when asked for the column metadata of some forged footers."""
    content = parquet_of(GOOD, OTHER, store_schema=False, write_statistics=False)
    start, end = footer_of(content)
    seen = set()
    for place in range(start, end):
        for value in (content[place] ^ 0x02, content[place] ^ 0x80):
            forged = content[:place] + bytes([value]) + content[place + 1 :]
            checked = check(forged)
            seen |= set(checked.faults.by_code)
            assert checked.ok or checked.faults.fatal
    assert {FaultCode.BROKEN_PARQUET, FaultCode.PARQUET_LIES} <= seen


def test_what_the_layout_says_is_what_arrow_says():
    content = parquet_of(*[cell(beds=n) for n in range(40)], row_group_size=15, write_page_index=True)
    footer = read_footer(content, *footer_of(content))
    metadata = pq.read_metadata(pa.BufferReader(content))
    assert footer.rows == metadata.num_rows
    assert [group.rows for group in footer.groups] == [15, 15, 10]
    for i, group in enumerate(footer.groups):
        for j, chunk in enumerate(group.chunks):
            column = metadata.row_group(i).column(j)
            assert ".".join(chunk.path) == column.path_in_schema
            assert sum(page.values for page in pages(content, chunk)) == chunk.values == column.num_values
            assert sum(page.unpacked for page in pages(content, chunk)) <= column.total_uncompressed_size


def test_one_long_text_named_often_is_not_unpacked():
    rows = [cell(beds=n, remark="x" * 1_000_000) for n in range(100)]
    content = parquet_of(*rows, compression="zstd")
    assert len(content) < 20_000
    assert check(content, unpacked=20_000_000).faults.by_code == {"F033": 1}


def test_a_page_that_unpacks_to_much_is_not_unpacked():
    content = parquet_of(cell(remark="0" * 50_000_000), compression="zstd", use_dictionary=False)
    assert len(content) < 20_000
    assert check(content, unpacked=10_000_000).faults.by_code == {"F033": 1}


def test_a_dictionary_with_doubles_hides_no_double_key():
    regions = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int32()), pa.array(["S01", "S01"]))
    table = pa.Table.from_pylist([GOOD, GOOD]).set_column(1, "region", regions)
    assert check(parquet_of_table(table)).faults.by_code == {"F201": 1}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("beds", pa.array([10], pa.uint8())), ("beds", pa.array([10], pa.int16())),
        ("hours", pa.array([Decimal("1.5")], pa.decimal256(40, 3))), ("hours", pa.array([1], pa.int32())),
        ("region", pa.array(["S01"], pa.large_string())), ("remark", pa.array(["ok"]).dictionary_encode()),
    ],
)  # fmt: skip
def test_other_types_that_mean_the_same_are_taken(name, values):
    table = pa.Table.from_pylist([GOOD])
    table = table.set_column(table.column_names.index(name), name, values)
    checked = check(parquet_of_table(table))
    assert checked.ok, checked.faults.shown
    assert checked.table.schema == DEFINITION.schema


def test_a_text_that_is_not_utf8_is_refused():
    bytes_column = pa.array([b"caf\xe9"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 1, bytes_column.buffers())
    table = pa.Table.from_pylist([GOOD]).set_column(5, "remark", text)
    assert check(parquet_of_table(table)).faults.by_code == {"F030": 1}


def test_every_truncation_is_told():
    content = parquet_of(GOOD, OTHER)
    for length in range(4, len(content), 7):
        assert check(content[:length]).faults.by_code == {"F030": 1}


def test_content_may_be_a_file_or_a_stream(tmp_path):
    path = tmp_path / "beds.parquet"
    path.write_bytes(parquet_of(GOOD, OTHER))
    for source in (path, io.BytesIO(path.read_bytes())):
        assert check_content(DEFINITION, ALLOWED, source, "parquet").rows == 2


@given(st.binary(max_size=200))
@quiet(100)
def test_thrift_reads_anything_or_says_that_it_cannot(content):
    reader = CompactReader(content, 0, len(content))
    try:
        reader.struct()
    except ThriftError:
        return
    assert reader.position <= len(content)


def test_thrift_of_many_values_from_few_bytes_is_refused():
    many = b"\x19\xfc" + b"\xff\xff\xff\xff\x0f" + b"\x00" * 10
    with pytest.raises(ThriftError):
        CompactReader(many, 0, len(many)).struct()
    deep = b"\x1c" * 100_000
    with pytest.raises(ThriftError):
        CompactReader(deep, 0, len(deep)).struct()

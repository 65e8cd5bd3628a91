"""Attackers' questions to the part store: read a row, alter one, swap a file, leave the folder."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow.parquet.encryption import create_decryption_properties
from written_parts import encrypt_part, write_part

from service.adapters import durable
from service.adapters.part_format import ROW_GROUP
from service.adapters.parts import FileSystemPartStore
from service.ports.parts import MissingPartError

KEY = bytes(range(32))
OTHER = bytes(32)
ROWS = pa.table(
    {
        "hospital_unit": ["unit-secret-1", "unit-secret-2", "unit-secret-1"],
        "person": ["pseudonym-zzz", "pseudonym-yyy", "pseudonym-xxx"],
        "beds": [987654321, 123123123, 55555555],
    }
)
WORDS = (b"hospital_unit", b"unit-secret", b"pseudonym", b"beds", (987654321).to_bytes(8, "little"))


@pytest.fixture
def store(tmp_path: Path) -> FileSystemPartStore:
    return FileSystemPartStore(tmp_path / "parts")


def read(path: Path, key: bytes) -> pa.Table:
    return pq.read_table(path, decryption_properties=create_decryption_properties(key))


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in table.to_pylist())


def test_what_was_written_comes_back(store):
    path = store.locate_part(write_part(store, ROWS, KEY))
    assert rows(read(path, KEY)) == rows(ROWS)


def test_the_disk_holds_no_plain_row(store, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(elsewhere))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(elsewhere)
    written = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: (written.append(self.read_bytes()), replace(self, to))[1])
    write_part(store, ROWS, KEY)
    store.write_piece("s1", 0, b"unit-secret-1;pseudonym-zzz;987654321", KEY)
    contents = written + [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert len(written) == 2
    assert not list(elsewhere.iterdir())
    assert not [word for word in (*WORDS, b"987654321") for content in contents if word in content]


def test_files_belong_to_one_user(store, tmp_path):
    write_part(store, ROWS, KEY)
    store.write_piece("s1", 0, b"x", KEY)
    root = tmp_path / "parts"
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in root.iterdir()} == {0o600}


def test_file_and_folder_are_synced_before_and_after_the_name(store, monkeypatch):
    steps = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor):
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    monkeypatch.setattr(durable.os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", lambda self, to: (steps.append("name"), replace(self, to))[1])
    write_part(store, ROWS, KEY)
    assert steps == ["file", "name", "folder"]


def test_a_failed_writing_leaves_nothing(store, tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_part(store, ROWS, KEY)
    assert list((tmp_path / "parts").iterdir()) == []


def test_the_same_rows_twice_are_two_files_that_both_read(store):
    first, second = write_part(store, ROWS, KEY), write_part(store, ROWS, KEY)
    assert rows(read(store.locate_part(first), KEY)) == rows(read(store.locate_part(second), KEY))


def test_like_codes_stand_together(store):
    table = pa.table({"code": ["b", "a", "b", "a"], "number": [1, 2, 3, 4]})
    assert read(store.locate_part(write_part(store, table, KEY)), KEY)["code"].to_pylist() == ["b", "b", "a", "a"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_an_altered_part_is_missing(store, data):
    name = write_part(store, ROWS, KEY)
    path = store.locate_part(name)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), place]))])
    with pytest.raises(MissingPartError, match="is not what was written"):
        store.locate_part(name)


def test_a_swapped_or_vanished_part_is_missing(store):
    one, other = write_part(store, ROWS, KEY), write_part(store, ROWS.slice(1), KEY)
    one_path, other_path = store.locate_part(one), store.locate_part(other)
    one_path.replace(other_path)
    for name in (one, other):
        with pytest.raises(MissingPartError):
            store.locate_part(name)


def test_another_key_opens_nothing(store):
    path = store.locate_part(write_part(store, ROWS, KEY))
    with pytest.raises(OSError, match=r"(?i)decrypt|key|encrypt"):
        read(path, OTHER)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.parquet",
        "/etc/passwd",
        "",
        ".",
        "a" * 64,
        "A" * 64 + ".parquet",
        "a" * 64 + ".parquet\n",
        "x/" + "a" * 64 + ".piece",
        "a" * 64 + ".parquet\x00",
        "..",
        ".x/../y.partial",
    ],
)
def test_no_name_leads_out_of_the_store(store, tmp_path, name):
    (tmp_path / "secret.parquet").write_bytes(b"x")
    for act in (store.locate_part, store.remove, lambda name: store.read_piece(name, "s", 0, KEY)):
        with pytest.raises(MissingPartError):
            act(name)
    assert (tmp_path / "secret.parquet").exists()


def test_a_piece_is_no_part(store):
    with pytest.raises(MissingPartError):
        store.locate_part(store.write_piece("s1", 0, b"x", KEY))


@given(content=st.binary(max_size=200), number=st.integers(0, 2**40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_a_piece_opens_only_where_it_belongs(store, content, number):
    name = store.write_piece("submission-1", number, content, KEY)
    assert store.read_piece(name, "submission-1", number, KEY) == content
    for submission, place, key in (
        ("submission-2", number, KEY),
        ("submission-1", number + 1, KEY),
        ("submission-1", number, OTHER),
    ):
        with pytest.raises(MissingPartError):
            store.read_piece(name, submission, place, key)


@pytest.mark.parametrize(
    "alter", [lambda b: b[:-1], lambda b: b[:5], lambda _: b"", lambda b: b[:-1] + bytes([b[-1] ^ 1])]
)
def test_an_altered_piece_is_missing(store, tmp_path, alter):
    name = store.write_piece("s1", 0, b"content", KEY)
    path = tmp_path / "parts" / name
    path.write_bytes(alter(path.read_bytes()))
    with pytest.raises(MissingPartError):
        store.read_piece(name, "s1", 0, KEY)


def test_names_tells_all_that_may_be_swept_and_nothing_else(store, tmp_path):
    part, piece = write_part(store, ROWS, KEY), store.write_piece("s1", 0, b"x", KEY)
    root = tmp_path / "parts"
    (root / ".k2j3h4_x.partial").write_bytes(b"half")
    (root / "lost+found").mkdir()
    (root / "notes.txt").write_bytes(b"")
    found = dict(store.names())
    assert found.keys() == {part, piece, ".k2j3h4_x.partial"}
    assert found[part] == (root / part).stat().st_mtime
    for name in found:
        store.remove(name)
        store.remove(name)
    assert list(store.names()) == []


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5]),
        pa.array([True]),
        pa.array([b"x"]),
        pa.array([2**63], pa.uint64()),
        pa.array(["1.5"]).cast(pa.decimal128(5, 2)),
    ],
)
def test_only_text_and_whole_numbers_are_kept(column):
    with pytest.raises(ValueError):
        encrypt_part(pa.table({"c": column}), KEY)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(store, size):
    with pytest.raises(ValueError, match="32 bytes"):
        write_part(store, ROWS, bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        store.write_piece("s", 0, b"", bytes(size))


def test_every_column_chunk_is_one_page_of_a_small_row_group(tmp_path):
    n = 3 * ROW_GROUP + 5
    table = pa.table(
        {
            "code": ["a", "b", "c"] * (n // 3) + ["d"] * (n % 3),
            "person": [f"p{i:040d}" for i in range(n)],
            "v": range(n),
        }
    )
    path = tmp_path / "part"
    path.write_bytes(encrypt_part(table, KEY))
    metadata = pq.read_metadata(path, decryption_properties=create_decryption_properties(KEY))
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [ROW_GROUP] * 3 + [5]
    assert [metadata.row_group(0).column(i).has_dictionary_page for i in range(3)] == [True, False, False]

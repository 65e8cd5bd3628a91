"""Pseudonyms as the SDK makes them: the same for the same person, checked, and no BSN anywhere else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from key_holding import DOMAIN, Holding, Line
from token_maker import SetClock

from service.keyholder.evaluating import Quota
from sluis_client.errors import ContentRefusedError, FileError, SetupError, TrustError
from sluis_client.pseudonyms import Maker, has_bsn_column, pseudonymise_file, stand_ins
from sluis_client.pseudonyms.making import KeyHolder
from sluis_client.wire.pseudonym import Pseudonym, checked_bsn

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PERSON = ("person", DOMAIN)


def bsn(number: int) -> str:
    """The number-th BSN: the last digit follows from the others, and not every eight digits have one."""
    for start in range(1_000_000 + 20 * number, 10**8):
        text = f"{start:08}"
        left = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), text, strict=True)) % 11
        if left < 10:
            assert checked_bsn(text + str(left)) == text + str(left)
            return text + str(left)
    raise AssertionError


BSNS = [bsn(i) for i in range(12)]


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    made = Holding(tmp_path, SetClock(NOW), Quota(100_000, 30))
    made.keys.create(DOMAIN, "operator")
    return made


def nobody_looks(_done: int, _total: int) -> None:
    pass


def maker(holding: Holding, line: Line | None = None, batch: int = 5) -> Maker:
    return Maker(KeyHolder(line or Line(holding), None, holding.published()), batch=batch)


def test_three_suppliers_make_the_same_pseudonym_of_a_person(holding: Holding) -> None:
    made = [maker(holding, Line(holding, supplier))(BSNS, DOMAIN, nobody_looks) for supplier in ("a", "b", "c")]
    assert made[0] == made[1] == made[2]
    assert len(set(made[0].values())) == len(BSNS)
    found = Pseudonym.read(made[0][BSNS[0]])
    assert found is not None
    assert (found.type, found.domain, found.version) == ("bsn", DOMAIN, 1)


def test_other_domains_make_others(holding: Holding) -> None:
    holding.keys.create("research", "operator")
    here = maker(holding)(BSNS[:2], DOMAIN, nobody_looks)
    there = maker(holding)(BSNS[:2], "research", nobody_looks)
    assert {one.rpartition(".")[2] for one in here.values()}.isdisjoint(
        one.rpartition(".")[2] for one in there.values()
    )


def test_while_a_key_is_replaced_both_are_made(holding: Holding) -> None:
    before = maker(holding)(BSNS, DOMAIN, nobody_looks)
    old = holding.published()
    holding.keys.rotate(DOMAIN, date(2026, 1, 1), "operator")
    between = maker(holding)(BSNS, DOMAIN, nobody_looks)
    assert all(between[one].split(" ")[0] == before[one] for one in BSNS)
    assert {len(value.split(" ")) for value in between.values()} == {2}
    # the service does not know of the new key yet
    assert Maker(KeyHolder(Line(holding), None, old))(BSNS, DOMAIN, nobody_looks) == before
    overlap = holding.published()
    holding.keys.destroy(DOMAIN, 1, "operator")
    after = maker(holding)(BSNS, DOMAIN, nobody_looks)
    assert all(between[one].split(" ")[1] == after[one] for one in BSNS)
    assert Maker(KeyHolder(Line(holding), None, overlap))(BSNS, DOMAIN, nobody_looks) == after


def test_each_person_is_asked_once_and_progress_is_told(holding: Holding) -> None:
    told: list[tuple[int, int]] = []
    maker(holding)([*BSNS, *BSNS], DOMAIN, lambda done, total: told.append((done, total)))
    assert told == [(5, 12), (10, 12), (12, 12)]
    with holding.store.transact() as data:
        assert [one.elements for one in data.evaluations()] == [6, 6, 3]  # each batch with an input of its own


def test_another_key_for_one_supplier_is_noticed(holding: Holding, tmp_path: Path) -> None:
    """A key holder that tags a supplier, by mistake or not, has its batch thrown away."""
    other = tmp_path / "other"
    other.mkdir()
    tagging = Holding(other, holding.clock, holding.quota)
    tagging.keys.create(DOMAIN, "operator")
    with pytest.raises(TrustError, match="another key"):
        Maker(KeyHolder(Line(tagging), None, holding.published()))(BSNS, DOMAIN, nobody_looks)


def test_a_domain_without_key_is_told(holding: Holding) -> None:
    with pytest.raises(SetupError, match="research"):
        maker(holding)(BSNS, "research", nobody_looks)


def test_nothing_that_passes_tells_a_bsn_or_repeats_itself(holding: Holding) -> None:
    line = Line(holding)
    for _ in range(2):
        maker(holding, line)(BSNS, DOMAIN, nobody_looks)
    passed = "".join(line.passed)
    assert not [one for one in BSNS if one in passed]
    sent = [one for text in line.passed[::2] for one in json.loads(text)["elements"]]
    assert len(set(sent)) == len(sent)


def fake(bsns: Sequence[str], domain: str, _progress: object) -> Mapping[str, str]:
    return {one: f"made-{BSNS.index(one)}-{domain}" for one in bsns}


def written(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def turned(path: Path, column: str = "bsn") -> bytes:
    output = path.with_name(f"out{path.suffix}")
    pseudonymise_file(path, output, PERSON, make=fake, progress=nobody_looks, column=column)
    assert output.stat().st_mode & 0o077 == 0
    content = output.read_bytes()
    assert not [one for one in BSNS if one.encode() in content]
    return content


def test_a_csv_keeps_all_but_the_bsns(tmp_path: Path) -> None:
    lines = f'\ufeffperiod;BSN ;note\r\n2024;{BSNS[0]};"a;""b"""\r\n2024;{BSNS[1].lstrip("0")};\r\n'
    assert turned(written(tmp_path, "a.csv", lines.encode())).decode() == (
        f'period;person;note\r\n2024;made-0-{DOMAIN};"a;""b"""\r\n2024;made-1-{DOMAIN};\r\n'
    )


def test_ndjson_and_parquet_keep_all_but_the_bsns(tmp_path: Path) -> None:
    lines = f'{{"bsn":{int(BSNS[0])},"n":1.10}}\n{{"n":9007199254740993,"bsn":"{BSNS[1]}"}}\n'
    assert turned(written(tmp_path, "a.ndjson", lines.encode())).decode().splitlines() == [
        f'{{"person":"made-0-{DOMAIN}","n":1.1}}', f'{{"n":9007199254740993,"person":"made-1-{DOMAIN}"}}']  # fmt: skip
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [1, 2], "Bsn": [int(one) for one in BSNS[:2]]}), path)
    turned(path)
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.to_pydict() == {"n": [1, 2], "person": [f"made-{i}-{DOMAIN}" for i in range(2)]}


CELLS = st.lists(
    st.sampled_from([*BSNS[:3], "123456789", "000000000", "999999999", "", "x", "12345"]), min_size=1, max_size=8
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=CELLS)
def test_every_fault_is_told_by_row_and_no_value(tmp_path: Path, cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["n", "bsn"], *([i, cell] for i, cell in enumerate(cells))])
    path = written(tmp_path, "f.csv", text.getvalue().encode())
    codes = {"123456789": "F143", "000000000": "F144", "999999999": "F144", "": "F100", "x": "F142", "12345": "F142"}
    wrong = [(row, codes[cell]) for row, cell in enumerate(cells, 1) if cell in codes]
    if not wrong:
        turned(path)
        return
    with pytest.raises(ContentRefusedError) as refused:
        pseudonymise_file(path, tmp_path / "never.csv", PERSON, make=fake, progress=nobody_looks)
    told = json.dumps(refused.value.faults.to_json()) + repr(refused.value) + str(refused.value)
    assert [(one.row, one.code) for one in refused.value.faults.shown] == wrong
    assert not [one for one in cells if len(one) > 1 and one in told and one not in {"000000000", "999999999"}]
    assert not (tmp_path / "never.csv").exists()


@pytest.mark.parametrize(("name", "content"), [
    ("a.csv", b"a,b\n1,2\n"), ("a.txt", b"bsn\n"), ("a.csv", b"bsn\n\xff\n"), ("a.ndjson", b'{"bsn":1,"bsn":2}\n'),
    ("a.ndjson", b"[1]\n"), ("a.ndjson", b'{"bsn":1,"n":0.12345678901234567890}\n'), ("a.parquet", b"PAR1"), ("a.csv", b'bsn\n"x\n'),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_without_its_content(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(FileError) as refused:
        pseudonymise_file(
            written(tmp_path, name, content), tmp_path / "o.csv", PERSON, make=fake, progress=nobody_looks
        )
    assert refused.value.__cause__ is None


def test_which_files_have_bsns(tmp_path: Path) -> None:
    for name, content, found in (("a.csv", b"x;BSN\n", True), ("b.csv", b"x,person\n", False), ("c.csv", b"", False),
                                 ("d.ndjson", b'{"bsn":1}\n', True), ("e.ndjson", b"x", False), ("f.parquet", b"", False)):  # fmt: skip
        assert has_bsn_column(written(tmp_path, name, content)) is found
    assert not has_bsn_column(tmp_path / "none.csv")


def test_a_stand_in_looks_like_a_pseudonym(tmp_path: Path) -> None:
    found = stand_ins([*BSNS, BSNS[0]], DOMAIN, nobody_looks)
    assert len(set(found.values())) == len(BSNS)
    assert all(Pseudonym.read(one) for one in found.values())

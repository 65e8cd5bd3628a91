"""Bad content against the real service: what is wrong, where, how to mend it; nothing counts, one event, still healthy.

The requests are made by hand, with a good signature over bad content: the service's own checks answer.
"""

from __future__ import annotations

import gzip
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from supplier_place import GOOD, HEADER, RECORDS, CraftingSupplier, SupplierPlace

pytestmark = pytest.mark.xdist_group("supplier")

Place = tuple[str, int | None, str | None]
"""Code, row (from 1, the header not counted) and column of a fault."""

ROW = "2019Q1,S08000015,cardiology,90,61\n"
MANY = 10_000_000
MOST_MEMORY = 1_500_000_000
QUICK = 5.0


@pytest.fixture(scope="module")
def supplier(supplier_place: SupplierPlace) -> CraftingSupplier:
    return supplier_place.crafting()


@pytest.fixture(autouse=True)
def _still_healthy(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> Iterator[None]:
    supplier.token(for_seconds=60)
    yield
    assert supplier.counting() == []
    supplier_place.require_healthy()


def rows(*lines: str) -> bytes:
    return (HEADER + "".join(f"{line}\n" for line in lines)).encode()


def parquet(region: str = "S08000015", count: int = 1, groups: int = 1, **options: Any) -> bytes:
    """A Parquet file whose row groups all say the same."""
    table = pa.table(
        {
            "period": pa.array(["2019Q1"] * count),
            "region": pa.array([region] * count),
            "care_form": pa.array(["cardiology"] * count),
            "staffed_bed_days": pa.array([90] * count, pa.int64()),
            "occupied_bed_days": pa.array([61] * count, pa.int64()),
        }
    )
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", write_statistics=False, **options) as writer:
        for _ in range(groups):
            writer.write_table(table)
    return sink.getvalue()


def zipped(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("capacity.csv", content)
    return sink.getvalue()


TEXTS: dict[str, tuple[bytes | Callable[[], bytes], list[Place]]] = {
    "an empty file": (b"", [("F001", None, None)]),
    "nothing but blanks": (b" \n\n ", [("F001", None, None)]),
    "only the header": (rows(), [("F002", None, None)]),
    "no header": (ROW.encode(), [("F044", None, None)]),
    "Windows-1252": (
        rows("2019Q1,S08000015,cardiology,90,61", "2019Q2,S08000015,cardiologië,90,61").decode().encode("cp1252"),
        [("F008", 2, None), ("F101", 2, "care_form")],
    ),
    "UTF-16": (GOOD.encode("utf-16"), [("F007", None, None)]),
    "tabs": (GOOD.replace(",", "\t").encode(), [("F010", None, None)]),
    "semicolons and decimal commas, as a Dutch Excel writes them": (
        (HEADER.replace(",", ";") + "2019Q1;S08000015;cardiology;90,5;61,0\n").encode(),
        [("F010", None, None), ("F111", 1, "staffed_bed_days"), ("F111", 1, "occupied_bed_days")],
    ),
    "decimal commas between quotes": (
        rows('2019Q1,S08000015,cardiology,"90,5",61'),
        [("F111", 1, "staffed_bed_days")],
    ),
    "decimal commas that make a row longer": (rows("2019Q1,S08000015,cardiology,90,5,61"), [("F011", 1, None)]),
    "a decimal point in a whole number": (
        rows("2019Q1,S08000015,cardiology,90.5,61"),
        [("F117", 1, "staffed_bed_days")],
    ),
    "thousands separators": (rows("2019Q1,S08000015,cardiology,1.234.567,61"), [("F112", 1, "staffed_bed_days")]),
    "an exponent": (rows("2019Q1,S08000015,cardiology,1E+05,61"), [("F114", 1, "staffed_bed_days")]),
    "unknown codes": (
        rows("2019Q1,S99,cardiology,90,61", "2019Q2,S08000015,magic,90,61"),
        [("F101", 1, "region"), ("F101", 2, "care_form")],
    ),
    "a misspelt code": (rows("2019Q1,S08000015,Cardiology,90,61"), [("F102", 1, "care_form")]),
    "a quarter of another year": (rows("2018Q4,S08000015,cardiology,90,61"), [("F104", 1, "period")]),
    "a negative number": (rows("2019Q1,S08000015,cardiology,90,-1"), [("F120", 1, "occupied_bed_days")]),
    "a large number": (rows("2019Q1,S08000015,cardiology,1000001,61"), [("F121", 1, "staffed_bed_days")]),
    "a huge number": (rows(f"2019Q1,S08000015,cardiology,{'9' * 40},61"), [("F118", 1, "staffed_bed_days")]),
    "no number": (
        rows("2019Q1,S08000015,cardiology,NaN,-"),
        [("F115", 1, "staffed_bed_days"), ("F110", 1, "occupied_bed_days")],
    ),
    "Arabic digits": (rows("2019Q1,S08000015,cardiology,٩٠,61"), [("F113", 1, "staffed_bed_days")]),
    "a missing number": (rows("2019Q1,S08000015,cardiology,,61"), [("F100", 1, "staffed_bed_days")]),
    "a double row": (rows(ROW.strip(), ROW.strip()), [("F201", 2, None)]),
    "a double key": (rows(ROW.strip(), "2019Q1,S08000015,cardiology,80,60"), [("F202", 2, None)]),
    "a column too many": (
        (HEADER.strip() + ",bsn\n" + ROW.strip() + ",123456782\n").encode(),
        [("F041", None, "bsn")],
    ),
    "a column too few": (
        b"period,region,care_form,staffed_bed_days\n2019Q1,S08000015,cardiology,90\n",
        [("F040", None, "occupied_bed_days")],
    ),
    "a rule of the data set": (
        rows("2019Q1,S08000015,cardiology,61,90"),
        [("occupied-above-staffed", 1, "occupied_bed_days")],
    ),
    "NUL bytes": (rows(ROW.strip(), "2019Q2,S08000015,cardio\0logy,90,61"), [("F009", 2, None)]),
    "a formula": (rows('2019Q1,"=HYPERLINK(""x"")",cardiology,90,61'), [("F101", 1, "region")]),
    "gzip": (lambda: gzip.compress(b"0" * 50_000_000), [("F005", None, None)]),
    "zip": (lambda: zipped(b"0" * 50_000_000), [("F005", None, None)]),
    "a Parquet file called CSV": (parquet(), [("F006", None, None)]),
    "ten million rows": (lambda: HEADER.encode() + b",,,,\n" * MANY, [("F004", None, None)]),
    "one endless line": (lambda: HEADER.encode() + b"9" * 106_000_000, [("F016", None, None)]),
}
PARQUET: dict[str, tuple[Callable[[], bytes], list[Place]]] = {
    "a CSV file called Parquet": (GOOD.encode, [("F006", None, None)]),
    "a truncated file": (lambda: parquet()[:-100], [("F030", None, None)]),
    "a file cut in the middle": (lambda: parquet(count=1000)[:400], [("F030", None, None)]),
    "ten million rows": (lambda: parquet(count=MANY // 20, groups=20), [("F004", None, None)]),
    "a page that unpacks to a gigabyte": (
        lambda: parquet("0" * 2**26, groups=17, use_dictionary=False),
        [("F033", None, None)],
    ),
    "a dictionary that unpacks to a gigabyte": (lambda: parquet("0" * 2**26, groups=17), [("F033", None, None)]),
    "an unknown code": (lambda: parquet("S99"), [("F101", 1, "region")]),
    "a double row": (lambda: parquet(count=2), [("F201", 2, None)]),
}
NDJSON: dict[str, tuple[bytes, list[Place]]] = {
    "broken JSON": (b'{"period":', [("F020", 1, None)]),
    "a member twice": (json.dumps(RECORDS[0]).encode().replace(b"{", b'{"period":"2019Q2",'), [("F022", 1, "period")]),
    "numbers as text": (
        json.dumps({**RECORDS[0], "staffed_bed_days": "90"}).encode(),
        [("F122", 1, "staffed_bed_days")],
    ),
    "nested too deeply": (b'{"period":' + b"[" * 100_000, [("F023", 1, None)]),
}
RECORD_LISTS: dict[str, tuple[list[Any], list[Place]]] = {
    "no records": ([], [("F002", None, None)]),
    "no objects": ([1, None], [("F021", 1, None), ("F021", 2, None)]),
    "an unknown member": ([{**RECORDS[0], "name": "x"}], [("F041", 1, "name")]),
    "Arabic digits": ([{**RECORDS[0], "staffed_bed_days": "٩٠"}], [("F123", 1, "staffed_bed_days")]),
    "a negative number": ([{**RECORDS[0], "occupied_bed_days": -5}], [("F120", 1, "occupied_bed_days")]),
    "a huge number": ([{**RECORDS[0], "staffed_bed_days": 2**53 - 1}], [("F121", 1, "staffed_bed_days")]),
    "a double key": ([RECORDS[0], {**RECORDS[0], "staffed_bed_days": 99}], [("F202", 2, None)]),
}


def require_refused(answer: Any, expected: list[Place]) -> None:
    """400 with exactly these faults, each told in Dutch and English, and the submission's end for good."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "content-refused"
    assert problem["titleNl"] == "De inhoud bevat fouten"
    assert problem["detail"].endswith("deliver again.")
    faults = problem["faults"]
    assert [(fault["code"], fault.get("row"), fault.get("column")) for fault in faults["shown"]] == expected
    assert faults["total"] == len(expected) == sum(faults["byCode"].values())
    for fault in faults["shown"]:
        assert fault["nl"].endswith(".")
        assert fault["en"].endswith(".")
        assert fault["nl"] != fault["en"]
    assert "123456782" not in answer.text


def require_refused_in_parts(
    place: SupplierPlace, supplier: CraftingSupplier, content: bytes, form: str, expected: list[Place]
) -> None:
    submission, parts = supplier.uploaded(content, form)
    started = time.monotonic()
    with place.leaves(("submission.complete", "failed", sorted({code for code, _, _ in expected}))):
        answer = supplier.complete(submission, parts)
    assert time.monotonic() - started < QUICK
    require_refused(answer, expected)
    told = supplier.call("GET", f"/v1/submissions/{submission}").json()
    assert told["state"] == "refused"
    assert told["faults"] == answer.json()["faults"]
    assert place.peak_memory() < MOST_MEMORY


@pytest.mark.parametrize("name", TEXTS)
def test_csv(supplier_place: SupplierPlace, supplier: CraftingSupplier, name: str) -> None:
    given, expected = TEXTS[name]
    content = given if isinstance(given, bytes) else given()
    require_refused_in_parts(supplier_place, supplier, content, "csv", expected)


@pytest.mark.parametrize("name", PARQUET)
def test_parquet(supplier_place: SupplierPlace, supplier: CraftingSupplier, name: str) -> None:
    require_refused_in_parts(supplier_place, supplier, PARQUET[name][0](), "parquet", PARQUET[name][1])


@pytest.mark.parametrize("name", NDJSON)
def test_ndjson(supplier_place: SupplierPlace, supplier: CraftingSupplier, name: str) -> None:
    require_refused_in_parts(supplier_place, supplier, NDJSON[name][0], "ndjson", NDJSON[name][1])


@pytest.mark.parametrize("name", RECORD_LISTS)
def test_records(supplier_place: SupplierPlace, supplier: CraftingSupplier, name: str) -> None:
    records, expected = RECORD_LISTS[name]
    with supplier_place.leaves(("submission.submit", "failed", sorted({code for code, _, _ in expected}))):
        answer = supplier.deliver_records(records)
    require_refused(answer, expected)


def test_made_up_codes_that_unpack_to_a_gigabyte(supplier_place: SupplierPlace, supplier: CraftingSupplier) -> None:
    """A hundred thousand rows, each with another code of ten kilobytes: 600 kB as a file."""
    table = pq.read_table(io.BytesIO(parquet(count=1_000)))
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", write_statistics=False, use_dictionary=False) as file:
        for group in range(100):
            regions = pa.array(["x" * 10_000 + str(group * 1_000 + row) for row in range(1_000)])
            file.write_table(table.set_column(1, "region", regions))
    assert len(sink.getvalue()) < 1_000_000
    require_refused_in_parts(supplier_place, supplier, sink.getvalue(), "parquet", [("F033", None, None)])


def test_all_faults_are_counted_and_the_first_thousand_told(
    supplier_place: SupplierPlace, supplier: CraftingSupplier
) -> None:
    content = (HEADER + "".join(f"2019Q1,S{row},magic,-1,ten\n" for row in range(100_000))).encode()
    with supplier_place.leaves(
        ("submission.begin", "success", []),
        ("submission.receive-part", "success", []),
        ("submission.complete", "failed", ["F101", "F110", "F120"]),
    ):
        answer = supplier.deliver(content)
    assert answer.status_code == 400
    faults = answer.json()["faults"]
    assert faults["total"] == 400_000
    assert faults["byCode"] == {"F101": 200_000, "F110": 100_000, "F120": 100_000}
    assert [fault["row"] for fault in faults["shown"]] == [row for row in range(1, 251) for _ in range(4)]


def test_a_refused_delivery_is_refused_again_with_the_same_answer(
    supplier_place: SupplierPlace, supplier: CraftingSupplier
) -> None:
    submission, parts = supplier.uploaded(rows("2019Q1,S99,cardiology,90,61"))
    first = supplier.complete(submission, parts)
    with supplier_place.leaves(("submission.complete", "success", ["repeated"])):
        again = supplier.complete(submission, parts)
    assert again.json()["faults"] == first.json()["faults"]

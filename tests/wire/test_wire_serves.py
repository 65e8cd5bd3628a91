"""What a form makes of its rows is the same on both sides, whatever it was written in, and its digest tells nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.bundle import bundle_directory, load_bundle
from service.use_cases.describe_data_set import wire_definition
from sluis_client import wire

CATALOGUE = load_bundle(bundle_directory()).catalogue
FORM = wire_definition(CATALOGUE.data_set("places-and-outflow"), CATALOGUE)
VECTORS = json.loads((Path(__file__).parents[2] / "docs/samples/wire-vectors.json").read_text())
MEASURES = [column.name for column in FORM.columns if column.kind is wire.Kind.INTEGER]
PLACES = st.tuples(st.sampled_from(["GM0014", "GM0037", "GM0363"]), st.sampled_from(["1", "3", "6"]))


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, str | int | None]]:
    found = []
    for region, care_form in draw(st.lists(PLACES, min_size=1, max_size=6, unique=True)):
        numbers = {name: draw(st.integers(0, 9)) for name in MEASURES}
        numbers["fitting_places"] = min(numbers["fitting_places"], numbers["available_places"])
        place = {"period": "2025-06", "region": region, "care_form": care_form}
        found.append({**place, **numbers, "note": draw(st.none() | st.just("Een afdeling is dicht, tot mei."))})
    return found


def in_form(rows: list[dict[str, str | int | None]], form: str) -> bytes:
    match form:
        case "json":
            return wire.content_of_records(rows)
        case "ndjson":
            return "".join(json.dumps(row) + "\n" for row in rows).encode()
    lines = [",".join(FORM.names)]
    lines += [",".join("" if row[n] is None else f'"{row[n]}"' for n in FORM.names) for row in rows]
    return ("\r\n".join(lines) + "\r\n").encode()


@given(records(), st.integers(100, 4000))
def test_the_same_rows_come_of_any_content(rows: list[dict[str, str | int | None]], block: int) -> None:
    made = set()
    for form in ("json", "ndjson", "csv"):
        tables: list = []
        content = in_form(rows, form)
        outcome = wire.check_rows(FORM, ["2025-06"], content, form, take=tables.append, size=block)
        assert outcome.ok, outcome.faults.shown
        made.add(
            tuple(
                wire.content_of_records([record for table in tables for record in served.records(table)])
                for served in FORM.serves
            )
        )
    (contents,) = made
    for served, content in zip(FORM.serves, contents, strict=True):
        target = wire_definition(CATALOGUE.data_set(served.data_set, served.version), CATALOGUE)
        checked = wire.check_content(target, ["2025-06"], content, "json")
        assert checked.ok, checked.faults.shown
        assert checked.rows == len(rows) * len(served.rows)
    capacity, outflow = (json.loads(content) for content in contents)
    assert [row["available_places"] for row in capacity] == [row["available_places"] for row in rows]
    waiting = sum(int(str(v)) for row in rows for n, v in row.items() if n.startswith("waiting_"))
    assert sum(row["waiting_for_place"] for row in outflow) == waiting


def manifest(*, sealed: bool) -> wire.Manifest:
    found = wire.Manifest.from_json(VECTORS["manifest"]["manifest"])
    return replace(found, sealed=sealed)


def test_what_came_sealed_has_a_digest_that_nobody_can_guess() -> None:
    (served, _), content = FORM.serves, b'[{"available_places":7}]'
    bare = served.manifest(manifest(sealed=False), "capacity-2025-06", content, b"")
    assert bare.content_digest == wire.digest(content)
    one, other = (served.manifest(manifest(sealed=True), "capacity-2025-06", content, bytes([n]) * 32) for n in (1, 2))
    assert len({bare.content_digest, one.content_digest, other.content_digest}) == 3
    assert one.sealed
    assert one.content_size == len(content) + 32


def test_each_data_set_has_a_manifest_of_its_own() -> None:
    made = [served.manifest(manifest(sealed=False), "r-2025-06", b"[]", b"") for served in FORM.serves]
    again = [served.manifest(manifest(sealed=False), "r-2025-06", b"[]", b"") for served in FORM.serves]
    assert made == again
    assert len({one.nonce for one in made}) == len(made)


def test_a_definition_with_it_is_read_as_it_was_written() -> None:
    assert wire.Definition.from_json(json.loads(json.dumps(FORM.to_json()))) == FORM


@pytest.mark.parametrize(
    "filled",
    [
        {"name": "region"},
        {"name": "region", "column": "region", "code": "x"},
        {"name": "region", "column": "no_such_column"},
    ],
)
def test_a_definition_that_leads_nowhere_is_refused(filled: dict[str, str]) -> None:
    document = FORM.to_json()
    document["serves"] = [{"dataSet": "capacity", "version": 1, "rows": [{"columns": [filled]}]}]
    with pytest.raises(wire.WireError):
        wire.Definition.from_json(document)

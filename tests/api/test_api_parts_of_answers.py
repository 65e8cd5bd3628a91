"""CSV, content negotiation and addresses, without a service."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from service.api.cells import Cell, Figures, csv_of, figures_of
from service.api.exchange import Exchange
from service.api.negotiation import choose, has_already
from service.api.problems import Refused

OFFERS = ("application/json", "text/csv")


def request(**headers: str) -> Request:
    found = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": found})


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/*", "text/csv"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/json;q=0.5, text/csv;q=0.6", "text/csv"),
        ("application/*;q=0.2, text/csv;q=0.1", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        ("text/csv; charset=utf-8; q=0.9, application/json;q=0.8", "text/csv"),
    ],
)
def test_the_form_that_is_liked_best(accept: str, chosen: str) -> None:
    assert choose(request(accept=accept), OFFERS) == chosen


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "garbage", "application/json;q=0.000", "*/*;q=0"])
def test_no_form_that_is_liked(accept: str) -> None:
    with pytest.raises(Refused):
        choose(request(accept=accept), OFFERS)


@given(st.text(st.characters(max_codepoint=255), max_size=200))
def test_no_accept_header_breaks_it(accept: str) -> None:
    with contextlib.suppress(Refused):
        assert choose(request(accept=accept), OFFERS) in OFFERS


def test_what_a_caller_has_already() -> None:
    assert has_already(request(if_none_match='"a", W/"b"'), '"b"')
    assert has_already(request(if_none_match="*"), '"b"')
    assert not has_already(request(if_none_match='"c"'), '"b"')
    assert not has_already(request(), '"b"')


def content(codes: list[str], cells: list[dict[str, Any]]) -> str:
    tables = [{"measure": "beds", "unit": "bed days", "cells": cells}]
    return json.dumps({"dimensions": [{"dimension": code} for code in codes], "tables": tables})


def test_a_suppressed_value_is_empty() -> None:
    figures = figures_of(
        content(
            ["region", "care_form"],
            [
                {"codes": ["north", "TOTAL"], "value": 12, "status": "A"},
                {"codes": ["south", "TOTAL"], "value": None, "status": "Q"},
            ],
        )
    )
    assert csv_of(figures) == (
        b"region,care_form,MEASURE,UNIT_MEASURE,OBS_VALUE,OBS_STATUS\r\n"
        b"north,TOTAL,beds,bed days,12,A\r\n"
        b"south,TOTAL,beds,bed days,,Q\r\n"
    )


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.none() | st.integers()), max_size=5))
@example([(";'@", None), ("a;=1", 1), ("\t-1", 1), ("＝1", 1)])
def test_no_code_becomes_a_formula(rows: list[tuple[str, int | None]]) -> None:
    cells = tuple(Cell("m", "u", {"d": code}, value, "A" if value is not None else "Q") for code, value in rows)
    read = list(csv.reader(io.StringIO(csv_of(Figures(("d",), cells)).decode(), newline="")))[1:]
    assert len(read) == len(rows)
    for (code, value), row in zip(rows, read, strict=True):
        assert row[0].replace("'", "") == code.replace("'", "")
        for cell in re.split("[;\t]", row[0]):  # as a spreadsheet may split it again
            assert cell[:1] == "'" or cell.lstrip(" \"'")[:1] not in set("=+-@\t\r\n＝＋－＠")
        assert row[3] == ("" if value is None else str(value))


@pytest.mark.parametrize(
    ("address", "neighbourhood"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::9", "2001:0db8:0001:0002"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("not an address", "unknown"),
    ],
)
def test_neighbours_share_an_address(address: str, neighbourhood: str) -> None:
    assert Exchange("x", address).neighbourhood == neighbourhood

"""The page of check codes explains each of them, and its examples are what the check says they are."""

from __future__ import annotations

import pytest
from wire_cases import ALLOWED, DEFINITION, GOOD, cell, csv_of

from sluis_client.files.faults import OwnFault
from sluis_client.wire import FaultCode, Severity, check_content
from tools.checks import EXPLAINED, Explained, checks_page

EXAMPLES = {code: explained for code, explained in EXPLAINED.items() if explained.column}


def test_every_code_is_explained_once_and_stands_on_the_page() -> None:
    assert set(EXPLAINED) == {*FaultCode, *OwnFault}
    heads = [part.split()[1] for part in checks_page() if part.startswith("### ")]
    assert sorted(heads) == sorted(map(str, EXPLAINED))


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_is_what_the_check_says_it_is(code: FaultCode) -> None:
    def found(value: str) -> set[str]:
        row = {**cell(beds=1_000_000, used=0), EXPLAINED[code].column: value}
        checked = check_content(DEFINITION, ALLOWED, csv_of(GOOD, row), "csv")
        return {fault.code for fault in checked.faults.shown if fault.severity is Severity.FATAL}

    example: Explained = EXAMPLES[code]
    assert str(code) in found(example.wrong)
    assert found(example.right) == set()

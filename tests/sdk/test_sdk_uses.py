"""A supplier sees what happened to its figures, whatever the service answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sluis_double import Double, a_use

from sluis_client import Client, Reading, UnexpectedAnswerError
from sluis_client.cli import app


@pytest.fixture
def run() -> Callable[..., Result]:
    from typer.testing import CliRunner

    return lambda *words: CliRunner(env={"COLUMNS": "200"}).invoke(app, list(words))


def test_uses_are_read_page_by_page(registered: Path, double: Double) -> None:
    gone = a_use(releaseId="r-2", withdrawnAt="2026-07-04T09:00:00Z", legalBasis=None, readBy=[])
    double.use_pages = [[a_use()], [gone], []]
    with Client.from_profile() as client:
        first, second = client.uses()
    assert first.read_by == (Reading("nhs-north", 2, first.read_by[0].first, first.read_by[0].last),)
    assert [(one.organisation, one.times) for one in first.examined_by] == [("ttp", 2)]
    assert (first.withdrawn_at, first.deliveries[0].agreement) == (None, "VO-2026-001")
    assert (second.release, second.legal_basis, second.read_by) == ("r-2", None, ())
    assert second.withdrawn_at is not None


@pytest.mark.parametrize(
    "broken",
    [
        {"releaseId": 1},
        {"deliveries": None},
        {"readBy": [{"organisation": "x"}]},
        {"examinedBy": 1},
        {"releasedAt": "yesterday"},
    ],
)
def test_an_answer_that_is_not_as_agreed_is_told(registered: Path, double: Double, broken: dict[str, Any]) -> None:
    double.use_pages = [[a_use(**broken)]]
    with Client.from_profile() as client, pytest.raises(UnexpectedAnswerError):
        client.uses()


def test_the_command_shows_release_purpose_agreement_and_readers(
    run: Callable[..., Result], registered: Path, double: Double
) -> None:
    double.use_pages = [[a_use(withdrawnAt="2026-07-04T09:00:00Z", purpose="\x1b[2Jweg")]]
    shown = run("uses")
    assert shown.exit_code == 0, shown.output
    for word in ("ingetrokken", "VO-2026-001", "nhs-north (2)", "capacity-2019", "2026-07-01"):
        assert word in " ".join(shown.stdout.split()), word
    assert "\x1b[2J" not in shown.stdout
    found = json.loads(run("uses", "--json").stdout)
    assert found["uses"][0]["deliveries"] == [
        {"submissionId": "s-1", "round": "capacity-2019", "agreement": "VO-2026-001"}
    ]


def test_the_command_says_that_there_is_nothing_yet(
    run: Callable[..., Result], registered: Path, double: Double
) -> None:
    double.use_pages = [[]]
    shown = run("uses", "--language", "en")
    assert (shown.exit_code, "not in any release yet" in shown.stdout) == (0, True)

"""`sluis public fetch` and `list`, from the shell to the database, against a server of CBS on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from cbs_double import Answer, CbsDouble, cbs_double, population, scores
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from service.adapters.database import SqlDatabase
from service.composition.build import operator_call, prepare_embedded
from service.composition.command import command
from service.composition.settings import read_settings
from service.domain.audit import AuditEvent
from service.domain.errors import Invalid
from service.domain.public_figures import Observation, PublicCopy
from service.domain.texts import text_of_error
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.fetch_public_figures import fetch_public_figures
from service.use_cases.public_content import content_of, observations_of
from sluis_client.wire import digest


@pytest.fixture
def cbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CbsDouble]:
    monkeypatch.setenv("SLUIS_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    tables = {"t03759ned": population({"GM0363": 900}), "t86092NED": scores({"GM0363": (480, -0.05)}, 2023)}
    with cbs_double(**tables) as double:
        monkeypatch.setenv("SLUIS_CBS_ADDRESS", double.url)
        yield double


def run(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(command(), ["public", *arguments])
    return found.exit_code, found.output


def stored() -> tuple[Sequence[PublicCopy], list[AuditEvent]]:
    """The newest copies, and the events of fetching, the newest first."""
    database = SqlDatabase(read_settings().url, random_bytes=bytes)
    with database.look() as data:
        heads = [data.public_figures.newest(one.source, one.period) for one in data.public_figures.heads()]
        events = list(data.audit.page(AuditFilter(code="public-figures.fetch"), Page())[0])
    database.dispose()
    return [copy for copy in heads if copy is not None], events


def test_a_copy_says_where_it_is_from_and_the_log_who_fetched_it(cbs: CbsDouble) -> None:
    code, printed = run("fetch", "ses-score", "--period", "2023")
    assert code == 0, printed
    ((copy,), (event,)) = stored()
    assert (copy.source_table, copy.status, copy.table_version) == ("86092NED", "Voorlopig", "202507010000")
    assert copy.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert copy.address == f"{cbs.url}/86092NED"
    assert copy.digest == digest(copy.content.encode())
    assert copy.retrieved_by == event.user
    assert event.user.startswith("os:")
    assert (event.object_id, event.sensitivity, event.outcome) == ("ses-score", "public", "success")
    assert event.query is not None
    assert copy.digest in event.query
    assert printed.splitlines()[-1] == "opgehaald / fetched"
    code, printed = run("list")
    assert (code, printed.split("\t")[0], printed.strip().split("\t")[-1]) == (0, "ses-score", event.user)


def test_who_is_missing_and_who_is_no_municipality_is_said(cbs: CbsDouble) -> None:
    """In 2020 Haaren (GM0788) was there and Eemsdelta (GM1979) was not yet."""
    cbs.tables["03759ned"] = population({"GM0363": 900, "GM1979": 5, "GM0003": "Impossible"}, 2020)
    code, printed = run("fetch", "demography", "--period", "2020")
    assert code == 0, printed
    missing, unknown = printed.splitlines()[1:3]
    assert missing.startswith("ontbreekt / missing: 354: GM0003 ")
    assert "GM0788" in missing
    assert "GM0363" not in missing
    assert unknown == "onbekend / unknown: 1: GM1979"


def test_what_did_not_change_is_not_kept_again_and_what_did_is(cbs: CbsDouble) -> None:
    run("fetch", "demography", "--period", "2024")
    ((first,), _) = stored()
    code, printed = run("fetch", "demography", "--period", "2024")
    assert (code, printed.splitlines()[-1]) == (0, "ongewijzigd / unchanged")
    cbs.tables["03759ned"] = population({"GM0363": 901})
    code, printed = run("fetch", "demography", "--period", "2024")
    assert (code, printed.splitlines()[-1]) == (0, "opgehaald / fetched")
    ((newest,), events) = stored()
    assert newest.id != first.id
    assert sum(one.value or 0 for one in observations_of(newest.content)) == 901
    assert [event.outcome for event in events] == ["success"] * 3


@pytest.mark.parametrize(
    ("answer", "code"), [(Answer(404), "public-source-unexpected"), (Answer(503), "public-source-away")]
)
def test_nothing_half_is_kept(cbs: CbsDouble, monkeypatch: pytest.MonkeyPatch, answer: Answer, code: str) -> None:
    """CBS goes away when half of it has come."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    cbs.troubles.append(lambda a: answer if len(cbs.asked) > 8 and "/Observations" in a else None)
    status, printed = run("fetch", "demography", "--period", "2024")
    assert status == 1
    assert printed.count(f"{code}: ") == 2  # in both languages
    assert "niets bewaard" in printed
    assert "Nothing was kept" in printed
    copies, (event,) = stored()
    assert copies == []
    assert (event.outcome, event.reasons) == ("failed", (code,))
    assert (event.object_id, len(cbs.asked) > 8) == ("demography", True)


NOT_THERE = [
    ("nothing", "2024", "public-source", "Choose one of: demography, region-context, ses-score."),
    ("../../etc", "2024", "public-source", "Choose one of"),
    ("demography", "24", "public-year", "four digits"),
    ("demography", "20x4", "public-year", "four digits"),
    ("demography", "２０２４", "public-year", "four digits"),
    ("ses-score", "2024", "public-years", "from 2018 to 2023"),
    ("demography", "2029", "public-period", "Choose an earlier year"),
]


def test_what_there_is_not_is_told(cbs: CbsDouble) -> None:
    settings = read_settings()
    prepare_embedded(settings)
    with operator_call(settings) as call:
        for source, period, code, text in NOT_THERE:
            with pytest.raises(Invalid) as refused:
                fetch_public_figures(call, source, period)
            said = text_of_error(refused.value)
            assert said.code == code
            assert text in said.mend["en"]
    assert [event.reasons for event in stored()[1]] == [(code,) for _, _, code, _ in reversed(NOT_THERE)]
    assert all("/Observations" not in address for address in cbs.asked)


# --- what is kept ----------------------------------------------------------------------------------------------------

VALUES = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)
FOUND = st.builds(
    Observation,
    st.from_regex(r"GM[0-9]{4}", fullmatch=True),
    st.tuples(st.sampled_from(["0-17", "65+"]), st.sampled_from(["men", "women"])),
    st.sampled_from(["inhabitants", "households"]),
    st.one_of(st.none(), VALUES),
    st.one_of(st.none(), st.sampled_from(["Unknown", "Confidential"])),
)


@given(st.lists(FOUND, max_size=20, unique_by=lambda one: (one.region, one.cell, one.measure)), st.randoms())
def test_the_same_figures_have_the_same_content(found: list[Observation], order: object) -> None:
    content = content_of(found)
    order.shuffle(mixed := list(found))
    assert content_of(mixed) == content
    assert sorted(map(repr, observations_of(content))) == sorted(map(repr, found))


def test_another_figure_is_another_content() -> None:
    one = Observation("GM0363", ("0-17", "men"), "inhabitants", Decimal(1))
    assert content_of([one]) != content_of([replace(one, value=Decimal(2))])
    assert content_of([one]) != content_of([replace(one, value=None, note="Unknown")])

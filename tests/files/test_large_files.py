"""A file of any length takes the same memory, and what was pseudonymised of it waits for the next attempt."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_persons import NOTHING, RULES

from sluis_client.content import FileContent
from sluis_client.files.dialect import Dialect
from sluis_client.files.mapping import Mapping
from sluis_client.files.runs import Runs
from sluis_client.files.spool import Spool
from sluis_client.profile import Profile
from sluis_client.wire import Format
from sluis_client.wire.pseudonym_keys import PublishedKey

KEY = PublishedKey(1, date(2024, 1, 1), "c" * 22)
ROOM = 24 * 1024
"""kB that memory may differ between 20,000 rows and four times as many: twice what is read at a time."""


@given(st.lists(st.one_of(st.none(), st.integers(1, 3)), max_size=40))
def test_runs_hold_the_numbers_that_were_added(steps: list[int | None]) -> None:
    runs, expected, number = Runs(), [], 0
    for step in steps:
        if step is None and expected:
            runs.pop()
            expected.pop()
        elif step is not None:
            number += step
            runs.append(number)
            expected.append(number)
        assert (list(runs), len(runs)) == (expected, len(expected))


@pytest.mark.parametrize("what", ["convert", "check"])
def test_four_times_the_rows_take_the_same_memory(what: str, tmp_path: Path) -> None:
    peaks = []
    for rows in (20_000, 80_000):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(PROGRAM), what, str(rows), str(tmp_path / f"{rows}.csv")],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        read, peak = map(int, done.stdout.split())
        assert read == rows
        peaks.append(peak)
    assert peaks[1] - peaks[0] < ROOM, peaks


PROGRAM = """
    import resource, sys
    from dataclasses import replace
    from pathlib import Path
    from some_bsns import some_bsns
    from test_persons import DOMAIN, NOTHING, RULES
    from sluis_client import Dialect
    from sluis_client.check import check
    from sluis_client.content import FileContent
    from sluis_client.files.prepare import prepare
    from sluis_client.wire import Format

    what, rows, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    rules = replace(RULES, definition=replace(RULES.definition, max_rows=10**7))
    persons = some_bsns(50) if what == "convert" else [f"bsn.planning.1.{n:022}x" for n in range(50)]
    with path.open("w") as file:
        file.write("period,note,bsn\\n" if what == "convert" else "period,note,person\\n")
        for n in range(rows):
            file.write(f"2019-01,note {'abcdefghij'[n % 10]}{chr(97 + n // 10 % 26)}{chr(97 + n // 260 % 26)}"
                       f"{chr(97 + n // 6760 % 26)},{persons[n // 10 % 50]}\\n")
    if what == "convert":
        report = prepare(path, rules, NOTHING, Dialect()).report
    else:
        report = check(FileContent.of(path, Format.CSV), rules)
    assert report.accepted, report.faults.by_code
    print(report.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def spool(profile: Profile, path: Path, *, mapping: Mapping = NOTHING, key: PublishedKey = KEY) -> Spool:
    return Spool(profile, path, RULES, mapping=mapping, dialect=Dialect(), keys=[key])


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile(tmp_path / "profile").prepared()


def test_what_was_made_of_a_file_is_found_for_that_file_mapping_and_key_alone(profile: Profile, tmp_path: Path) -> None:
    path, made = tmp_path / "clients.csv", tmp_path / "made.csv"
    path.write_text("bsn\n1\n")
    made.write_text("person\nx\n")
    kept = spool(profile, path).keep(FileContent.of(made, Format.CSV))
    assert (kept.name, kept.path.read_text(), kept.path.stat().st_mode & 0o777) == ("clients.csv", "person\nx\n", 0o600)
    assert spool(profile, path).find() == kept
    assert spool(profile, path, mapping=Mapping("beds", 1, columns={"a": "period"})).find() is None
    assert spool(profile, path, key=PublishedKey(2, date(2024, 1, 1), "d" * 22)).find() is None
    path.write_text("bsn\n2\n")
    assert spool(profile, path).find() is None
    path.write_text("bsn\n1\n")
    spool(profile, path).remove()
    assert spool(profile, path).find() is None
    assert not list((profile.home / "spool").iterdir())


def test_what_is_left_behind_goes_after_a_week(profile: Profile, tmp_path: Path) -> None:
    path, made = tmp_path / "clients.csv", tmp_path / "made.csv"
    path.write_text("bsn\n1\n")
    made.write_text("person\nx\n")
    kept = spool(profile, path).keep(FileContent.of(made, Format.CSV))
    past = time.time() - 8 * 24 * 3600
    os.utime(kept.path.parent, (past, past))
    profile.prepare()  # as every command does
    assert spool(profile, path).find() is None

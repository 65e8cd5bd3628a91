"""A process that is killed leaves whole transactions and nothing else, on both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.adapters.database import SqlDatabase
from service.ports.unit_of_work import AuditFilter, Page

# Says how far it is, and waits there to be killed.
WRITER = """
import secrets, sys, time
from database_samples import a_piece, an_accepted, an_event, an_organisation, prepare
from service.adapters.database import SqlDatabase

def tell(what):
    print(what, flush=True)

url, until = sys.argv[1:]
database = SqlDatabase(url, random_bytes=secrets.token_bytes)
if until == "many":
    for number in range(100_000):
        with database.begin() as uow:
            uow.organisations.add(an_organisation(f"o{number:06}"))
            uow.commit(an_event(object_id=f"o{number:06}"))
        tell(number)
with database.begin() as uow:
    prepare(uow)
    uow.submissions.add(an_accepted())
    uow.submissions.add_piece(a_piece())
    if until == "written":
        tell("ready")
        time.sleep(60)
    if until == "event":
        uow._trail.insert(an_event())
        tell("ready")
        time.sleep(60)
    uow.commit(an_event())
    tell("ready")
    time.sleep(60)
"""


def killed(url: str, until: str, lines: int = 1) -> list[str]:
    """Run the writer, read so many lines, kill it, and answer all that it said."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url, until],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(root / "tests/support"), str(root)])},
    ) as process:
        said = [process.stdout.readline().strip() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().split()
    return said


@pytest.mark.thorough
@pytest.mark.parametrize("until", ["written", "event"])
def test_killed_before_the_commit_leaves_nothing(database_url: str, real_database: SqlDatabase, until: str) -> None:
    assert killed(database_url, until) == ["ready"]
    with real_database.begin() as uow:  # the lock of the dead is gone
        assert uow.organisations.all() == []
        assert uow.audit.page(AuditFilter(), Page()) == ([], None)
        assert uow.submissions.stored_names() == frozenset()


def test_killed_after_the_commit_keeps_all(database_url: str, real_database: SqlDatabase) -> None:
    assert killed(database_url, "committed") == ["ready"]
    with real_database.look() as uow:
        assert uow.submissions.counting("north", "beds-2019") is not None
        assert len(uow.audit.page(AuditFilter(), Page())[0]) == 1


def test_killed_among_many_loses_no_commit_and_halves_none(database_url: str, real_database: SqlDatabase) -> None:
    told = killed(database_url, "many", lines=20)
    with real_database.look() as uow:
        organisations = {found.id for found in uow.organisations.all()}
        events = {event.object_id for event in uow.audit.page(AuditFilter(), Page(limit=100_000))[0]}
    assert organisations == events
    assert {f"o{int(number):06}" for number in told} <= organisations
    assert len(organisations) <= len(told) + 1

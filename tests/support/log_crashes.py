"""Writers and sequencers that are killed, and the warmed process that they are forked from.

    python log_crashes.py URL

Writers: 32 threads of one process, each of whose actions is a new organisation with its event; the process is killed
and begun again until the sequencers are done. Sequencers: one process for each step of a turn, which dies there.
Prints what it did as JSON.
"""

from __future__ import annotations

import itertools
import json
import mmap
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from journey_crashes import Steps, Watched

from service.adapters.clock import SystemClock
from service.adapters.database import SqlDatabase
from service.adapters.log_signing import Ed25519LogSigner
from service.domain.audit import Action, AuditEvent, Authorisation, Outcome, Source
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.use_cases.sequence_log import sequence_log

SIGNER = Ed25519LogSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "sluis.example/v1/log")
WRITERS = 32
LIFE = 0.4
BATCH = 40
ENOUGH = 150


def act(database: SqlDatabase, name: str) -> None:
    """One action with its event."""
    organisation = Organisation(
        name, name, frozenset({OrganisationKind.SUPPLIER}), name, Agreement("VO", date(2026, 1, 1))
    )
    event = AuditEvent(
        id=name,
        code="organisation.invite",
        action=Action.CREATE,
        recorded=datetime.now(UTC),
        user="operator:test",
        role="operator",
        organisation=None,
        on_behalf_of=None,
        object_type="organisation",
        object_id=name,
        query=None,
        sensitivity=None,
        authorisation=Authorisation(),
        outcome=Outcome.SUCCESS,
        reasons=(),
        source=Source("sluis", "node-1", "console", "trace"),
    )
    with database.begin() as uow:
        uow.organisations.add(organisation)
        uow.commit(event)


def write(url: str, life: int, written: mmap.mmap) -> None:
    """Act for ever, on many threads; each counts in a byte of its own, as far as that goes."""
    database = SqlDatabase(url, random_bytes=secrets.token_bytes, pool_size=WRITERS)

    def work(writer: int) -> None:
        for number in itertools.count():
            act(database, f"o-{life}-{writer}-{number}")
            written[writer] = min(written[writer] + 1, 255)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class WatchedLog:
    """The log's database, each of whose calls in a turn is a step."""

    def __init__(self, steps: Steps, database: SqlDatabase) -> None:
        self._steps, self._database = steps, database

    def waits(self) -> bool:
        return True

    @contextmanager
    def sequencing(self) -> Any:
        with self._database.sequencing() as turn:
            yield None if turn is None else Watched(self._steps, "turn", turn)
            self._steps.step("leave transaction")


def sequence(url: str, last: int | None) -> list[str]:
    """One turn; with `last`, up to that step."""
    steps = Steps(last)
    database = SqlDatabase(url, random_bytes=secrets.token_bytes, pool_size=2)
    until = time.monotonic() + 20
    while sequence_log(WatchedLog(steps, database), SIGNER, SystemClock(), batch=BATCH) is None:
        steps.names.clear()
        assert time.monotonic() < until, "nothing to sequence"
        time.sleep(0.01)
    database.dispose()
    return steps.names


def forked(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return child


def wait_until(there: Callable[[], bool], seconds: float) -> None:
    """A machine that is busy writes slowly."""
    until = time.monotonic() + seconds
    while not there() and time.monotonic() < until:
        time.sleep(0.05)


def keep_writing(url: str, written: mmap.mmap) -> None:
    """Writers, killed and begun again, until this process is killed itself."""
    for life in itertools.count():
        child = forked(lambda life=life: write(url, life, written))
        before = sum(written[:])
        time.sleep(LIFE)
        wait_until(lambda before=before: sum(written[:]) >= min(before + WRITERS, ENOUGH), 10)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def main() -> None:
    url = sys.argv[1]
    written = mmap.mmap(-1, WRITERS)  # shared with the processes that are forked
    writing = forked(lambda: (os.setpgid(0, 0), keep_writing(url, written)))
    reading, sending = os.pipe()
    first = forked(lambda: os.write(sending, json.dumps(sequence(url, None)).encode()))
    os.waitpid(first, 0)
    names: list[str] = json.loads(os.read(reading, 65_536))
    killed = 0
    for step in range(len(names)):
        _, status = os.waitpid(forked(lambda step=step: sequence(url, step)), 0)
        killed += os.WIFSIGNALED(status)
    wait_until(lambda: sum(written[:]) >= ENOUGH, 60)
    os.killpg(writing, signal.SIGKILL)
    os.waitpid(writing, 0)
    print(json.dumps({"steps": names, "killed": killed}))


if __name__ == "__main__":
    main()

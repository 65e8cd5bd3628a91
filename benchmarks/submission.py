"""Accepted submissions per second, each durable with its part, receipt and audit event, on SQLite and on PostgreSQL.

Held against three limits, all measured by turns in the same run on the same disk:

- *fsync*: a file that is appended to and synced, the least that anything durable costs. An accepted submission waits
  for three: its part, the folder of its part, and the database's log. So alone it cannot come above a third of this
  rate on a disk where all three cost the same, whatever the code does. The goal of half of it is out of reach for as
  long as a part is a file of its own, and on a quick disk for another reason too: there a sync takes a fraction of the
  time in which the signature, the policy (twice), the rows and the encryption can be computed;
- *the same syncs*: these three and nothing else. What is missing to it is that computing;
- *without audit*: the same load on the same service, with only the insert of the event left out.

With 32 writers a sync serves several of them at once, and what they have in common is the interpreter, which runs one
of them at a time: the CPU time of a submission (printed too) is then the limit. PostgreSQL takes the other core.
"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.installation import Delivery, durable_postgres, installation
from benchmarks.report import print_row
from service.adapters.database import SqlDatabase
from service.adapters.database.database import SqlUnitOfWork
from service.adapters.durable import write_durably
from service.domain.audit import AuditEvent
from service.domain.organisation import OrganisationKind
from service.domain.submission import SubmissionState
from service.use_cases.call import Call, Services
from service.use_cases.submit_records import submit_records

WRITERS = 32
TURNS = 3
ALONE = 32
"""Submissions of one writer in a turn; a multiple of the writers."""
EACH = 3
"""Submissions of each of the 32 writers in a turn."""
SUPPLIERS = 5 * WRITERS
PERIODS = range(2018, 2026)
CARE_FORMS = ("accident-emergency", "anaesthetics", "cardiology")
SYNCS = 128
BLOCK = b"\0" * 4096


class WithoutAudit(SqlDatabase):
    """The database with one thing left out: what is written commits, and its event does not come with it."""

    @contextmanager
    def begin(self) -> Iterator[SqlUnitOfWork]:
        """As ever, but for the commit."""
        with super().begin() as data:
            data.commit = _commit_only(data)  # type: ignore[assignment, method-assign] # the variant lives in the benchmark alone
            yield data


def _commit_only(data: SqlUnitOfWork) -> Callable[[AuditEvent], None]:
    def commit(event: AuditEvent) -> None:  # noqa: ARG001 - this is what is left out
        data._transaction.commit()  # noqa: SLF001 - it has no door for it, and should have none

    return commit


@dataclass(frozen=True, slots=True)
class Place:
    """An installation, its service with and without audit, and deliveries that nobody handed in yet."""

    name: str
    services: Services
    unaudited: Services
    fresh: Iterator[Delivery]

    def take(self, count: int) -> Sequence[Delivery]:
        """So many deliveries; no two writers get the same supplier when they are dealt out in turn."""
        taken = list(itertools.islice(self.fresh, count))
        if len(taken) < count:
            raise RuntimeError("too few deliveries were made")
        return taken


def records(period: int) -> Sequence[dict[str, object]]:
    """Three rows."""
    return [
        {
            "period": f"{period}Q{quarter}",
            "region": "S08000015",
            "care_form": form,
            "staffed_bed_days": 900,
            "occupied_bed_days": 850,
        }
        for quarter, form in enumerate(CARE_FORMS, 1)
    ]


@contextmanager
def place(name: str, directory: Path, url: str | None) -> Iterator[Place]:
    """A service with its suppliers and open rounds; all deliveries are signed before anything is measured."""
    with installation(directory, url) as made:
        made.take_in("ttp", OrganisationKind.TRUSTED_THIRD_PARTY)
        for number in range(SUPPLIERS):
            made.onboard(f"supplier-{number}")
        rounds = [(period, made.open_round(str(period))) for period in PERIODS]
        fresh = [made.deliver(who, round_, records(period)) for period, round_ in rounds for who in made.keys]
        services = made.application.services
        unaudited = WithoutAudit(made.application.settings.url, random_bytes=services.randomness.key)
        try:
            yield Place(name, services, replace(services, database=unaudited), iter(fresh))
        finally:
            unaudited.dispose()


def submitting(services: Services, deliveries: Sequence[Delivery]) -> Callable[[int, int], int]:
    """The work of one of so many writers: hand its share in."""

    def work(writer: int, writers: int) -> int:
        share = deliveries[writer::writers]
        for delivery in share:
            call = Call(services, delivery.supplier, "benchmark", delivery.idempotency_key)
            done = submit_records(call, delivery.signed, delivery.content, delivery.idempotency_key)
            if done.submission.state is not SubmissionState.ACCEPTED:
                raise RuntimeError(f"not accepted: {done.submission.faults}")
        return len(share)

    return work


def appending(folder: Path) -> Callable[[int, int], int]:
    """Append to a file and sync it."""

    def work(writer: int, writers: int) -> int:
        with (folder / f"log-{writer}").open("ab", buffering=0) as log:
            for _ in range(SYNCS // writers):
                log.write(BLOCK)
                os.fsync(log.fileno())
        return SYNCS // writers

    return work


def syncing(folder: Path) -> Callable[[int, int], int]:
    """The syncs of a submission: a new file, its folder, and a log."""

    def work(writer: int, writers: int) -> int:
        with (folder / f"log-{writer}").open("ab", buffering=0) as log:
            for _ in range(SYNCS // writers):
                write_durably(folder, uuid.uuid4().hex, BLOCK)
                log.write(BLOCK)
                os.fsync(log.fileno())
        return SYNCS // writers

    return work


def rate(writers: int, work: Callable[[int, int], int]) -> float:
    """How often per second all writers together do the work."""
    ready = threading.Barrier(writers + 1)

    def run(writer: int) -> int:
        ready.wait()
        return work(writer, writers)

    with ThreadPoolExecutor(writers) as pool:
        running = [pool.submit(run, writer) for writer in range(writers)]
        ready.wait()
        start = time.perf_counter()
        done = sum(each.result() for each in running)
        return done / (time.perf_counter() - start)


def measure(where: Place, folder: Path) -> None:
    """Everything by turns; the medians are printed."""
    rate(WRITERS, submitting(where.services, where.take(WRITERS)))
    seen: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(TURNS):
        seen["fsync, 1"].append(rate(1, appending(folder)))
        seen["syncs, 1"].append(rate(1, syncing(folder)))
        alone = where.take(ALONE)
        cpu = time.process_time()
        seen["ours, 1"].append(rate(1, submitting(where.services, alone)))
        seen["cpu"].append((time.process_time() - cpu) / ALONE)
        seen["fsync"].append(rate(WRITERS, appending(folder)))
        seen["syncs"].append(rate(WRITERS, syncing(folder)))
        seen["ours"].append(rate(WRITERS, submitting(where.services, where.take(EACH * WRITERS))))
        seen["without audit"].append(rate(WRITERS, submitting(where.unaudited, where.take(EACH * WRITERS))))
    middle = {what: statistics.median(rates) for what, rates in seen.items()}
    one = f"submissions/s, {where.name}, 1 writer ({1e3 * middle['cpu']:.1f} ms CPU)"
    many = f"submissions/s, {where.name}, {WRITERS} writers"
    print_row(one, middle["ours, 1"], "fsync (a submission waits for 3)", middle["fsync, 1"], 0.5, at_least=True)
    print_row(one, middle["ours, 1"], "the same three syncs, no work", middle["syncs, 1"], 0.5, at_least=True)
    print_row(many, middle["ours"], "without audit", middle["without audit"], 0.6, at_least=True)
    print_row(many, middle["ours"], f"fsync, {WRITERS} writers", middle["fsync"], None)
    print_row(many, middle["ours"], f"the same three syncs, {WRITERS} writers", middle["syncs"], None)


def main() -> None:
    """Print the rows of both databases, in submissions per second."""
    with tempfile.TemporaryDirectory(prefix="sluis-bench-") as folder, durable_postgres() as postgres:
        for name, url in (("SQLite", None), ("PostgreSQL", postgres)):
            synced = Path(folder) / f"{name}-syncs"
            synced.mkdir()
            with place(name, Path(folder) / name, url) as where:
                measure(where, synced)

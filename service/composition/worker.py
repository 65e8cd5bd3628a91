"""The worker: carries permitted requests on to evidence, and approved ones to a release; ends those without purpose.

The state of a request in the database is the queue (docs/adr/0005): whatever is `permitted` waits to be prepared and
whatever is `approved` waits to be sealed, and then for the log. A crash therefore loses nothing, and two workers do no
harm: the second one finds the state changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, zip_longest

from service.domain.errors import Conflict, Denied, NotFound, Unavailable
from service.domain.principal import Worker as WorkerPrincipal
from service.domain.request import AggregateRequest, RequestState
from service.ports.clock import Randomness
from service.ports.unit_of_work import Page
from service.use_cases.call import Call, Services
from service.use_cases.check_clock import check_clock
from service.use_cases.end_request import end_request, without_purpose
from service.use_cases.fail_request import fail_request
from service.use_cases.prepare_request import prepare_request
from service.use_cases.publish_release import Standing, publish_release, standing_of
from service.use_cases.release_request import release_request
from service.use_cases.settle_regions import due_region_changes, settle_regions

Report = Callable[[str, str, str], None]
"""Told of work that ended otherwise than well: trace id, request id, kind of error (never a message or a value)."""

_LOG_WAIT = 0.25
"""Seconds until the next look at a release that waits for the log."""

_PAGE = Page(limit=200)
_LONGEST_WAIT = 300.0
_CLOCK_INTERVAL = 3600.0


class Worker:
    """Implements `service.ports.jobs.Jobs` with one thread; `run_once` is the whole of its work."""

    def __init__(self, randomness: Randomness, *, interval: float, report: Report) -> None:
        self._randomness = randomness
        self._interval = interval
        self._report = report
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._awaits_log = False

    def wake(self) -> None:
        """Look for work soon."""
        self._wake.set()

    def start(self, services: Services) -> None:
        """Begin to work in a thread of its own."""
        self._thread = threading.Thread(target=self._work, args=(services,), name="sluis-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is under way and end."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def run_once(self, services: Services) -> bool:
        """Carry on every request that waits; False when some part was unavailable and it has to be tried again."""
        done, self._awaits_log = self._settled(services), False
        without = without_purpose(services)
        ended = {request.id for request in without}
        for request in chain(without, (one for one in self._waiting(services) if one.id not in ended)):
            if self._stop.is_set():
                break
            trace_id = self._randomness.new_id()
            call = Call(services, WorkerPrincipal("requests"), "worker", trace_id)
            try:
                if request.id in ended:
                    end_request(call, request.id)
                else:
                    self._carry_on(call, request)
            except (Conflict, NotFound):
                continue  # another worker, or a steward, was first
            except Unavailable as error:
                self._report(trace_id, request.id, error.code)
                done = False
            except Exception as error:  # noqa: BLE001 - whatever it is, it may not stop the other requests
                self._report(trace_id, request.id, type(error).__name__)
                self._give_up(call, request, type(error).__name__)
        return done

    def _settled(self, services: Services) -> bool:
        """Whether the requests of all organisations that stand for other regions now were decided anew."""
        done = True
        for change in due_region_changes(services):
            call = Call(services, WorkerPrincipal("regions"), "worker", self._randomness.new_id())
            try:
                settle_regions(call, change)
            except Exception as error:  # noqa: BLE001 - it is tried again, and what is asked and read follows anyhow
                self._report(call.trace_id, change.id, type(error).__name__)
                done = False
        return done

    def _carry_on(self, call: Call, request: AggregateRequest) -> None:
        if request.state is RequestState.PERMITTED:
            prepare_request(call, request.id)
            return
        match standing_of(call.services, request.id):
            case Standing.TO_SEAL:
                release_request(call, request.id)
                self._awaits_log = True
            case Standing.WAITS_FOR_LOG:
                self._awaits_log = True
            case Standing.TO_PUBLISH:
                publish_release(call, request.id)

    def _give_up(self, call: Call, request: AggregateRequest, kind: str) -> None:
        try:
            fail_request(call, request.id)
        except (Conflict, Denied, NotFound, Unavailable):
            self._report(call.trace_id, request.id, f"not-marked-{kind}")

    def _waiting(self, services: Services) -> Iterator[AggregateRequest]:
        for state in (RequestState.APPROVED, RequestState.PERMITTED):
            waiting: list[AggregateRequest] = []
            page = _PAGE
            with services.database.look() as data:
                while found := data.requests.page(page, state=state):
                    waiting += found
                    page = replace(page, cursor=found[-1].id)
            yield from in_turn(reversed(waiting))

    def _work(self, services: Services) -> None:
        wait = self._interval
        due = time.monotonic() + _CLOCK_INTERVAL
        while not self._stop.is_set():
            self._wake.clear()
            try:
                if time.monotonic() >= due:
                    check_clock(Call(services, WorkerPrincipal("service"), "machine", self._randomness.new_id()))
                    due = time.monotonic() + _CLOCK_INTERVAL
                done = self.run_once(services)
            except Exception as error:  # noqa: BLE001 - the worker outlives a database that is away
                self._report("-", "-", type(error).__name__)
                done = False
            wait = self._interval if done else min(wait * 2, _LONGEST_WAIT)
            self._wake.wait(min(wait, _LOG_WAIT) if self._awaits_log else wait)


def in_turn(waiting: Iterable[AggregateRequest]) -> list[AggregateRequest]:
    """The oldest of each organisation first, then the second oldest of each: nobody waits for somebody else's pile."""
    piles: dict[str, list[AggregateRequest]] = {}
    for request in waiting:
        piles.setdefault(request.organisation, []).append(request)
    return [request for turn in zip_longest(*piles.values()) for request in turn if request is not None]

"""Failed log-ins of one address beyond what is recorded one by one: counted, and one event for each minute of it.

Who guesses fast would otherwise choose how large the log gets, or leave no trace of how often. The counts of a minute
lie in the memory of this process: they go into the log within seconds after it, and when the service stops. A process
that is killed loses those of the last minute, and the failures before them stand in the log one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from service.api.edge import Edge
from service.api.exchange import Exchange
from service.api.limiting import Counted
from service.api.problems import Refused
from service.domain.errors import DomainError
from service.domain.principal import Anonymous
from service.ports.identity import NotAuthenticated, TokenFault
from service.use_cases.authenticate import record_failed_login, record_more_failed_logins
from service.use_cases.call import Call

WINDOW = timedelta(minutes=1)
_PAUSE = 5.0


class Log(Protocol):
    """Where it is told that a count could not be recorded."""

    def failed(self, error: Exception, *, route: str, trace_id: str) -> None:
        """Something broke."""
        ...


def record_or_count(edge: Edge, exchange: Exchange, stranger: Call, refusal: NotAuthenticated) -> None:
    """Leave the event of a token that was refused; above the limit of its address it is counted only.

    Raises:
        Refused: above the limit; not when the provider was away, for that is not the caller's doing.
    """
    try:
        edge.limits.count(Counted.FAILED_LOGIN, exchange.neighbourhood)
    except Refused:
        edge.failed_logins.add(exchange.neighbourhood, edge.services.clock.now())
        if refusal.fault is not TokenFault.PROVIDER_UNREACHABLE:
            raise
    else:
        record_failed_login(stranger, refusal)


def record_due(edge: Edge, begun_before: datetime, log: Log) -> None:
    """Record every count that began at or before a moment; what the database does not take is kept for later."""
    for one in edge.failed_logins.take(begun_before):
        trace_id = edge.services.randomness.new_id()
        call = Call(edge.services, Anonymous(), f"api:{one.address}", trace_id)
        try:
            record_more_failed_logins(call, one)
        except DomainError as error:
            edge.failed_logins.give_back(one)
            log.failed(error, route="-", trace_id=trace_id)


@dataclass(frozen=True, slots=True)
class Recording:
    """The lifespan of the application: records counts in the background, and those that are left at its end."""

    log: Log

    @asynccontextmanager
    async def __call__(self, app: FastAPI) -> AsyncIterator[None]:
        """Record until the application ends, and then the rest."""
        edge: Edge = app.state.edge
        task = asyncio.create_task(self._work(edge))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await run_in_threadpool(record_due, edge, edge.services.clock.now(), self.log)

    async def _work(self, edge: Edge) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            try:
                await run_in_threadpool(record_due, edge, edge.services.clock.now() - WINDOW, self.log)
            except Exception as error:  # noqa: BLE001 - it is told, and the counting goes on
                self.log.failed(error, route="-", trace_id="-")

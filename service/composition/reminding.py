"""Fills the outbox of reminders and empties it: a thread of the service, and `sluis remind` by hand.

The thread is not the worker's, so that a mail server that hangs keeps nobody's request waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from service.domain.errors import Conflict, DomainError, Unavailable
from service.domain.principal import Worker
from service.use_cases.call import Call, Services
from service.use_cases.queue_reminders import any_reminder_due, queue_reminders
from service.use_cases.send_reminder import NOT_CONFIGURED, send_reminder, take_reminder, waiting_reminders

INTERVAL = 900.0
"""Seconds between turns."""
_GOODBYE = 5.0
"""Seconds that a service that stops waits for the mail under way; one that takes longer is sent again by the next."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A mail that was not sent, or without a mail a turn that broke off; `why` is the code of the server's answer."""

    trace_id: str
    mail: str | None
    code: str
    why: str | None = None


Report = Callable[[Trouble], None]


@dataclass(frozen=True, slots=True)
class Reminded:
    """What one turn did: reminders put in the outbox; mails sent, not needed any more, and still to be sent."""

    queued: int
    sent: int
    dropped: int
    failed: int


def remind(call: Call, report: Report, *, stopped: Callable[[], bool] = lambda: False) -> Reminded:
    """Put what is due in the outbox, and try each mail that waits; one that fails keeps no other from being sent.

    Args:
        call: by the service itself, or by an operator.
        report: told of each mail that was not sent.
        stopped: asked before each mail whether to leave the rest for later.

    Raises:
        Denied: neither the service itself nor an operator.
        Unavailable: `mail-not-configured`; or the database is away.
    """
    if call.services.mailer is None:
        raise Unavailable(NOT_CONFIGURED)
    queued = queue_reminders(call) if any_reminder_due(call) else 0
    sent = dropped = failed = 0
    for mail in waiting_reminders(call):
        if stopped():
            break
        each = replace(call, trace_id=call.services.randomness.new_id())
        try:
            letter = take_reminder(each, mail)
            if letter is None:
                dropped += 1
                continue
            send_reminder(each, letter)
            sent += 1
        except Conflict:
            continue  # another process was first
        except DomainError as error:
            why = error.data.get("why")
            report(Trouble(each.trace_id, mail, error.code, None if why is None else str(why)))
            failed += 1
    return Reminded(queued, sent, dropped, failed)


class Reminding:
    """Reminds in a thread of its own, at once and every quarter of an hour; any number of processes may do so."""

    def __init__(self, services: Services, report: Report, *, interval: float = INTERVAL) -> None:
        self._services = services
        self._report = report
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sluis-reminders", daemon=True)

    def start(self) -> None:
        """Begin, where a mail server is set up."""
        if self._services.mailer is not None:
            self._thread.start()

    def stop(self) -> None:
        """Finish the mail that is under way and end; a mail server that hangs does not hold up the service."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_GOODBYE)

    def _work(self) -> None:
        while not self._stop.is_set():
            trace_id = self._services.randomness.new_id()
            try:
                remind(
                    Call(self._services, Worker("service"), "machine", trace_id),
                    self._report,
                    stopped=self._stop.is_set,
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, the next turn may go well
                self._report(Trouble(trace_id, None, type(error).__name__))
            self._stop.wait(self._interval)

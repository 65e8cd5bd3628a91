"""A mail of the outbox is sent: taken out first, so that it is in the log before it is out, then handed to the server.

A mail that was taken and not marked as sent, because the process died, is taken again after a while. It has the same
Message-ID then: it may arrive twice and is never lost.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from service.domain import reminder_facts as facts
from service.domain.audit import DECIDED, Action, EventCode, Fact, Outcome
from service.domain.calendar import last_day
from service.domain.errors import Conflict, Unavailable
from service.domain.reminder import DueLine, Letter, ReminderMail, wait_after
from service.domain.request_facts import civil_day
from service.domain.round import RoundState
from service.use_cases.call import Call, Step

LIST = EventCode("reminder.list", Action.READ, "reminder", refusals_only=True)
TAKE = EventCode("reminder.take", Action.UPDATE, "reminder", DECIDED | {Fact.QUERY})
SEND = EventCode("reminder.send", Action.EXECUTE, "reminder", DECIDED | {Fact.QUERY})

NOT_CONFIGURED = "mail-not-configured"


def waiting_reminders(call: Call) -> Sequence[str]:
    """The mails that are to be tried now, the oldest first.

    Raises:
        Denied: neither the service itself nor an operator.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_remind(step.caller()))
        return [mail.id for mail in step.data.reminders.under_way() if mail.next_try <= step.now]


def take_reminder(call: Call, mail: str) -> Letter | None:
    """Take a mail out of the outbox for a while, and write what it says now.

    Returns:
        The letter; None when there is nothing left to remind of, or nobody to send it to: then it has ended.

    Raises:
        Denied: neither the service itself nor an operator.
        NotFound: no such mail.
        Conflict: `mail-ended`; or `mail-taken`: somebody else is at it.
    """
    with call.transact(TAKE) as step:
        step.object_id = mail
        step.authorise(facts.may_remind(step.caller()))
        found = step.data.reminders.get_mail(mail, lock=True)
        _require_free(step, found)
        letter = _letter(step, found)
        tries = found.tries + 1
        step.data.reminders.save_mail(
            replace(
                found,
                tries=tries,
                next_try=step.now + wait_after(tries),
                ended_at=step.now if letter is None else None,
            )
        )
        _say(step, found.organisation, letter)
        return letter


def send_reminder(call: Call, letter: Letter) -> None:
    """Hand a letter that was taken to the mail server, and mark it as sent.

    Raises:
        Denied: neither the service itself nor an operator.
        NotFound: no such mail.
        Unavailable: `mail-not-configured`, `mail-not-sent`: it is tried again later.
    """
    with call.look(SEND) as step:
        step.object_id = letter.id
        step.authorise(facts.may_remind(step.caller()))
        step.data.reminders.get_mail(letter.id)
    with call.between(SEND, letter.id):
        mailer = call.services.mailer
        if mailer is None:
            raise Unavailable(NOT_CONFIGURED)
        refused = mailer.send(letter)
    with call.transact(SEND) as step:
        step.object_id = letter.id
        step.authorise(facts.may_remind(step.caller()))
        found = step.data.reminders.get_mail(letter.id, lock=True)
        step.data.reminders.save_mail(replace(found, ended_at=found.ended_at or step.now))
        _say(step, found.organisation, letter)
        if refused:
            step.conclude(Outcome.FAILED, ("address-refused",))


def _require_free(step: Step, mail: ReminderMail) -> None:
    if mail.ended_at is not None:
        raise Conflict("mail-ended")
    if mail.next_try > step.now:
        raise Conflict("mail-taken")


def _letter(step: Step, mail: ReminderMail) -> Letter | None:
    organisation = step.data.organisations.get(mail.organisation)
    contact = step.data.reminders.contact(mail.organisation)
    rounds = sorted({told.round for told in step.data.reminders.of_mail(mail.id)})
    lines = [line for line in (_line(step, mail.organisation, round_) for round_ in rounds) if line]
    if not lines or not contact.addresses or organisation.suspended:
        return None
    told = tuple(sorted(lines, key=lambda line: (line.deadline, line.round)))
    return Letter(mail.id, organisation.id, organisation.name, contact.addresses, told, step.call.services.issuer)


def _line(step: Step, organisation: str, round_: str) -> DueLine | None:
    """What is still to be said of a round: nothing once it is delivered to, or no longer open."""
    found = step.data.rounds.get(round_)
    if found.state is not RoundState.OPEN or step.data.submissions.counting(organisation, round_) is not None:
        return None
    title = step.call.services.catalogue.data_set(found.data_set, found.data_set_version).title
    left = (last_day(found.deadline) - civil_day(step.now)).days
    return DueLine(round_, title, found.period, found.deadline, left, found.is_late(step.now))


def _say(step: Step, organisation: str, letter: Letter | None) -> None:
    """Which organisation is told of which rounds; never to which address."""
    rounds = [line.round for line in letter.lines] if letter is not None else []
    step.query = json.dumps({"organisation": organisation, "rounds": rounds})

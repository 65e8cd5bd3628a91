"""What a reminder by e-mail says: which delivery is due when, in Dutch and English; no figure and nothing of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.reminder import DueLine, Letter
from service.domain.request_facts import CIVIL_TIME
from service.domain.texts_table import Text

_MAIL = "Reminders"

REMINDER_ERRORS: Mapping[str, Text] = {
    "contact": Text(
        _MAIL,
        "Deze contactadressen kunnen niet worden vastgelegd.",
        "These contact addresses cannot be recorded.",
        "Verbeter de genoemde adressen: naam@domein, elk één keer, ten hoogste vijf.",
        "Mend the addresses that are named: name@domain, each once, five at most.",
    ),
    "mail-not-configured": Text(
        _MAIL,
        "Er is geen mailserver ingesteld; er is niets verstuurd.",
        "No mail server is set up; nothing was sent.",
        "Stel SLUIS_SMTP_HOST en SLUIS_MAIL_FROM in.",
        "Set SLUIS_SMTP_HOST and SLUIS_MAIL_FROM.",
    ),
    "mail-not-sent": Text(
        _MAIL,
        "De mailserver nam de herinnering niet aan ({why}).",
        "The mail server did not take the reminder ({why}).",
        "Zij wordt later opnieuw geprobeerd; kijk naar de instellingen SLUIS_SMTP_... en naar de mailserver.",
        "It is tried again later; look at the settings SLUIS_SMTP_... and at the mail server.",
    ),
    "mail-taken": Text(
        _MAIL,
        "Deze herinnering wordt al verstuurd.",
        "This reminder is being sent already.",
        "Wacht; zij wordt vanzelf opnieuw geprobeerd als het niet lukt.",
        "Wait; it is tried again by itself when it does not succeed.",
    ),
    "address-refused": Text(
        _MAIL,
        "De mailserver weigerde een van de adressen en nam de andere aan.",
        "The mail server refused one of the addresses and took the others.",
        "Vraag de organisatie om een adres dat werkt.",
        "Ask the organisation for an address that works.",
    ),
    "mail-ended": Text(
        _MAIL,
        "Deze herinnering is al verstuurd of vervallen.",
        "This reminder was sent already, or is no longer needed.",
        "Er hoeft niets te gebeuren.",
        "Nothing needs to be done.",
    ),
}


@dataclass(frozen=True, slots=True, repr=False)
class MailText:
    """A mail in plain text."""

    subject: str
    body: str


def mail_text(letter: Letter) -> MailText:
    """Subject and body of a reminder: Dutch first, English below it."""
    late = any(line.overdue for line in letter.lines)
    first = min(line.due for line in letter.lines)
    subject = (
        "Aanlevering te laat / delivery overdue"
        if late
        else f"Aanleveren uiterlijk {first.isoformat()} / delivery due {first.isoformat()}"
    )
    body = [
        f"Voor / for: {letter.organisation_name} ({letter.organisation})",
        f"Dienst / service: {letter.service}",
        "",
        "Deze aanleveringen zijn nog niet ontvangen:",
        *(_line_nl(line) for line in letter.lines),
        "",
        "Uw agenda en de volgende stap: sluis-client calendar, sluis-client status",
        "Andere adressen, of geen herinneringen meer: sluis-client contact",
        "",
        "These deliveries have not been received yet:",
        *(_line_en(line) for line in letter.lines),
        "",
        "Your calendar and the next step: sluis-client calendar, sluis-client status",
        "Other addresses, or no reminders any more: sluis-client contact",
        "",
        "Antwoorden op dit bericht worden niet gelezen. / Replies to this message are not read.",
        "",
    ]
    return MailText(f"Sluis: {subject}", "\n".join(body))


def _line_nl(line: DueLine) -> str:
    when = _moment(line)
    if line.overdue:
        how = f"termijn verstreken op {when}; aanleveren kan nog zolang de ronde open is"
    else:
        how = f"uiterlijk {when} ({_days(line.days_left, 'vandaag', 'dag', 'dagen')})"
    return f"  - {line.title.nl}, {line.period}: {how} [{line.round}]"


def _line_en(line: DueLine) -> str:
    when = _moment(line)
    if line.overdue:
        how = f"deadline passed on {when}; it is still taken while the round is open"
    else:
        how = f"by {when} ({_days(line.days_left, 'today', 'day', 'days')})"
    return f"  - {line.title.en}, {line.period}: {how} [{line.round}]"


def _moment(line: DueLine) -> str:
    return f"{line.deadline.astimezone(CIVIL_TIME):%Y-%m-%d %H:%M %Z}"


def _days(left: int, today: str, one: str, more: str) -> str:
    return today if left <= 0 else f"{left} {one if left == 1 else more}"

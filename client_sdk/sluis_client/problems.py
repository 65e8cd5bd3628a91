"""What a refusal means: RFC 9457 problems and RFC 6749 errors, made into one error with both languages."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sluis_client.answers import faults_of
from sluis_client.errors import (
    ClockSkewError,
    ContentRefusedError,
    Reason,
    ServiceRefusedError,
    SluisClientError,
)
from sluis_client.language import Text
from sluis_client.wire.manifest import IDENTIFIER

_SKEW = timedelta(minutes=1)  # beyond this a proof may be refused for the clock alone
_LONGEST_TEXT = 2_000


def refusal(status: int, document: object, there: datetime | None, here: datetime) -> SluisClientError:
    """The error for an answer with a status that is not 2xx.

    Args:
        status: the HTTP status.
        document: the JSON of the answer, if it was JSON.
        there: the time at the service according to the `Date` header.
        here: the time on this machine.
    """
    problem: dict[str, Any] = document if isinstance(document, dict) else {}
    code = _text(problem.get("code")) or _text(problem.get("error"))
    if code == "clock-skew" or (code == "invalid_client" and there and abs(here - there) > _SKEW):
        return ClockSkewError(status, here, there)
    if code == "content-refused":
        return ContentRefusedError(faults_of(problem))
    if code is None:
        return ServiceRefusedError(f"http-{status}", status, _nameless(status))
    if code in _LOGIN:
        text, mend = _LOGIN[code]
        return ServiceRefusedError(code, status, text, mend=mend)
    title, detail = _text(problem.get("title")), _text(problem.get("detail"))
    title_nl, detail_nl = _text(problem.get("titleNl")), _text(problem.get("detailNl"))
    en = detail or title or _text(problem.get("error_description")) or f"The service refused ({code})."
    return ServiceRefusedError(
        code,
        status,
        Text(detail_nl or title_nl or f"De dienst weigerde ({code}): {en}", en),
        mend=_mend(code, problem),
        reasons=[*_each(problem.get("reasons"), _reason), *_each(problem.get("errors"), _place)],
        trace=_text(problem.get("instance")),
    )


_LOGIN = {
    "invalid_client": (
        Text("De dienst kent deze sleutel niet (meer).", "The service does not know this key (any more)."),
        Text(
            "Vraag de beheerder om een nieuwe code en meld opnieuw aan met `sluis-client init --force`.",
            "Ask the operator for a new code and register again by `sluis-client init --force`.",
        ),
    ),
    "unauthorized_client": (
        Text("De toegang van uw organisatie is opgeschort.", "Your organisation's access is suspended."),
        Text("Neem contact op met de beheerder.", "Contact the operator."),
    ),
}


_CORRECTING = {
    "already-delivered": Text("Vervangt dit bestand die aanlevering?", "Does this file replace that delivery?"),
    "corrects-outdated": Text("Vervangt dit bestand wat nu telt?", "Does this file replace what counts now?"),
}


def _mend(code: str, problem: dict[str, Any]) -> Text | None:
    """What to do in the words of this package, where the service's name a field of its API."""
    question = _CORRECTING.get(code)
    if question is None:
        return _both(problem.get("mend"))
    data = problem.get("data")
    named = _text(data.get("submission")) if isinstance(data, dict) else None
    if named is None or not IDENTIFIER.fullmatch(named):  # this is copied into a command
        return Text(
            "Kijk met `sluis-client status --json` welke aanlevering nu telt. Vervangt dit bestand die, geef dan "
            "`--corrects ID`; telt er geen, laat dan `--corrects` weg.",
            "Look with `sluis-client status --json` which delivery counts now. If this file replaces it, add "
            "`--corrects ID`; if none counts, leave out `--corrects`.",
        )
    return Text(
        f"{question.nl} Geef dan dezelfde opdracht met `--corrects {named}`.",
        f"{question.en} Then give the same command with `--corrects {named}`.",
    )


def _nameless(status: int) -> Text:
    return Text(
        f"Een antwoord met status {status} dat niet van de dienst zelf lijkt (misschien van een proxy).",
        f"An answer with status {status} that does not look like the service's own (a proxy's, perhaps).",
    )


def _each(items: object, read: Callable[[dict[str, Any]], Reason]) -> list[Reason]:
    return [read(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _reason(item: dict[str, Any]) -> Reason:
    text = _both(item) or Text("", "")
    return Reason(_text(item.get("code")) or "unknown", _text(item.get("rule")) or "", text, _both(item.get("mend")))


def _place(item: dict[str, Any]) -> Reason:
    """A place in the request that is not as the service wants it."""
    text = _both(item) or Text("", "")
    return Reason(_text(item.get("code")) or "unknown", _text(item.get("pointer")) or "", text, None)


def _both(item: object) -> Text | None:
    if not isinstance(item, dict):
        return None
    nl, en = _text(item.get("nl")), _text(item.get("en"))
    return Text(nl or en or "", en or nl or "") if nl or en else None


def _text(value: object) -> str | None:
    """A text of the service made fit for a terminal: no control characters, not endless."""
    if not isinstance(value, str) or not value:
        return None
    return "".join(c if c.isprintable() else " " for c in value[:_LONGEST_TEXT])

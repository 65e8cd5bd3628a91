"""What a refusal means: RFC 9457 problems and RFC 6749 errors, made into one error with both languages."""

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
    if code == "invalid_client":
        return ServiceRefusedError(code, status, _KEY_UNKNOWN, mend=_KEY_UNKNOWN_MEND)
    title, detail = _text(problem.get("title")), _text(problem.get("detail"))
    title_nl, detail_nl = _text(problem.get("titleNl")), _text(problem.get("detailNl"))
    en = detail or title or _text(problem.get("error_description")) or f"The service refused ({code})."
    return ServiceRefusedError(
        code,
        status,
        Text(detail_nl or title_nl or f"De dienst weigerde ({code}): {en}", en),
        reasons=[_reason(item) for item in problem.get("reasons") or () if isinstance(item, dict)],
        trace=_text(problem.get("instance")),
    )


_KEY_UNKNOWN = Text("De dienst kent deze sleutel niet (meer).", "The service does not know this key (any more).")
_KEY_UNKNOWN_MEND = Text(
    "Vraag de beheerder om een nieuwe code en meld opnieuw aan met `sluis-client init --force`.",
    "Ask the operator for a new code and register again by `sluis-client init --force`.",
)


def _nameless(status: int) -> Text:
    return Text(
        f"Een antwoord met status {status} dat niet van de dienst zelf lijkt (misschien van een proxy).",
        f"An answer with status {status} that does not look like the service's own (a proxy's, perhaps).",
    )


def _reason(item: dict[str, Any]) -> Reason:
    mend = item.get("mend")
    return Reason(
        code=_text(item.get("code")) or "unknown",
        rule=_text(item.get("rule")) or "",
        text=Text(_text(item.get("nl")) or "", _text(item.get("en")) or ""),
        mend=Text(_text(mend.get("nl")) or "", _text(mend.get("en")) or "") if isinstance(mend, dict) else None,
    )


def _text(value: object) -> str | None:
    """A text of the service made fit for a terminal: no control characters, not endless."""
    if not isinstance(value, str) or not value:
        return None
    return "".join(c if c.isprintable() else " " for c in value[:_LONGEST_TEXT])

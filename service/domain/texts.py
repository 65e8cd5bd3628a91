"""What people read about a code: the rule behind it, what is the matter and what mends it, in Dutch and English.

`REASONS` holds every reason of a denial (the ids of the forbid clauses, and what the engine itself says), `ERRORS`
every other code of the tree in `service.domain.errors`, `UNSAFE` why no safe table could be made. `{name}` is filled in
from the data that comes with the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from service.domain.errors import DomainError
from service.domain.reason import Reason
from service.domain.request import Unsafe
from service.domain.texts_errors import ERRORS
from service.domain.texts_reasons import REASONS
from service.domain.texts_table import Text
from service.domain.texts_unsafe import UNSAFE

__all__ = [
    "ERRORS",
    "REASONS",
    "UNSAFE",
    "Mend",
    "ReasonText",
    "Text",
    "reason_json",
    "text_of_error",
    "text_of_reason",
    "text_of_unsafe",
]


class Mend(TypedDict):
    """What would make it pass."""

    nl: str
    en: str


@dataclass(frozen=True, slots=True)
class ReasonText:
    """A text, filled in."""

    code: str
    rule: str
    nl: str
    en: str
    mend: Mend


class _Shown(dict[str, str | int | float]):
    """Data for a text; what is missing shows as a dash, because a refusal must not fail over its wording."""

    def __missing__(self, key: str) -> str:
        return "-"


def text_of_reason(reason: Reason) -> ReasonText:
    """The text of a reason of the policy."""
    return _filled(reason.code, REASONS.get(reason.code, REASONS["policy-not-sure"]), reason.data)


def reason_json(reason: Reason) -> dict[str, Any]:
    """A reason of the policy with its texts, as it stands in answers of the service and of commands."""
    text = text_of_reason(reason)
    members: dict[str, Any] = {
        "code": text.code,
        "rule": text.rule,
        "nl": text.nl,
        "en": text.en,
        "mend": {"nl": text.mend["nl"], "en": text.mend["en"]},
    }
    return {**members, "data": dict(reason.data)} if reason.data else members


def text_of_error(error: DomainError) -> ReasonText:
    """The text of an error; an error of an unknown code gets that of `internal-error`."""
    return _filled(error.code, ERRORS.get(error.text_code or error.code, ERRORS["internal-error"]), error.data)


def text_of_unsafe(code: Unsafe) -> ReasonText:
    """The text of why no safe table could be made."""
    return _filled(code.value, UNSAFE[code], {})


def _filled(code: str, text: Text, data: Mapping[str, str | int | float]) -> ReasonText:
    shown = _Shown(data)
    mend = Mend(nl=text.mend_nl.format_map(shown), en=text.mend_en.format_map(shown))
    return ReasonText(code, text.rule, text.nl.format_map(shown), text.en.format_map(shown), mend)

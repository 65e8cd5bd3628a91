"""The row of the tables of texts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """`rule` is an article (GDPR and UAVG unless it says otherwise) or a rule of the service."""

    rule: str
    nl: str
    en: str
    mend_nl: str
    mend_en: str

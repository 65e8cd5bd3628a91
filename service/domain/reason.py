"""A typed reason for a denial: a stable code and the facts that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is denied.

    The texts (article or rule, Dutch, English, what would make it pass) belong to the code and stand in
    `service.domain.texts`; `data` holds only what those texts name.
    """

    code: str
    data: Mapping[str, str | int | float] = field(default_factory=dict)

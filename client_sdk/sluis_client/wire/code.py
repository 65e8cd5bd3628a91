"""A code of a column, with the days on which it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sluis_client.wire.strict import Fields, Label

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Code:
    """One code, valid from and to and including the given dates; without dates always."""

    code: str
    label: Label
    valid_from: date | None = None
    valid_to: date | None = None

    @classmethod
    def from_json(cls, value: Any) -> Code:
        """Read a code.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, {"code", "label", "validFrom", "validTo"})
        code = fields.text("code")
        if code != code.strip() or _UNPRINTABLE.search(code):
            fields.refuse("code", "heeft spaties of stuurtekens", "has spaces around it or control characters")
        label = fields.nested("label", Label.from_json)
        valid_from = fields.date("validFrom") if "validFrom" in fields else None
        valid_to = fields.date("validTo") if "validTo" in fields else None
        if valid_from and valid_to and valid_to < valid_from:
            fields.refuse("validTo", "ligt voor validFrom", "lies before validFrom")
        fields.finish()
        return cls(code, label, valid_from, valid_to)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        members: dict[str, Any] = {"code": self.code, "label": self.label.to_json()}
        if self.valid_from is not None:
            members["validFrom"] = self.valid_from.isoformat()
        if self.valid_to is not None:
            members["validTo"] = self.valid_to.isoformat()
        return members

    def valid_in(self, first: date, last: date) -> bool:
        """Whether the code holds on at least one day of the period."""
        return (self.valid_from is None or self.valid_from <= last) and (
            self.valid_to is None or first <= self.valid_to
        )

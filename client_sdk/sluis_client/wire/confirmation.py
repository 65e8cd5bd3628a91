"""What somebody at the supplier looked at before the figures went: which warnings, and why the figures are right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sluis_client.wire.fault_texts import TEXTS
from sluis_client.wire.identifiers import identifiers_in
from sluis_client.wire.strict import Fields, string

LEAST, MOST = 10, 500
"""Characters of a reason."""

_CODE = re.compile(r"F4[0-9]{2}")
_MAX_CODES = 20


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Warnings that were confirmed, and the reason, under the supplier's signature.

    Attributes:
        warnings: codes F4.., each once, in order.
        reason: 10 to 500 characters, without anything that points at a person: it is screened as free text is.

    Raises:
        WireError: one of them is not so; all is named.
    """

    warnings: tuple[str, ...]
    reason: str

    def __post_init__(self) -> None:
        """Hold the same rules for one that is made as for one that is read."""
        fields = Fields(self.to_json(), {"warnings", "reason"})
        if not 0 < len(self.warnings) <= _MAX_CODES or not all(_CODE.fullmatch(each) for each in self.warnings):
            fields.refuse("warnings", "noemt geen codes F4..", "names no codes F4..")
        if list(self.warnings) != sorted(set(self.warnings)):
            fields.refuse("warnings", "noemt een code dubbel of niet op volgorde", "has codes twice or out of order")
        if not LEAST <= len(self.reason) <= MOST or self.reason != self.reason.strip() or not self.reason.isprintable():
            fields.refuse(
                "reason",
                f"is geen zin van {LEAST} tot {MOST} tekens op één regel",
                f"is no sentence of {LEAST} to {MOST} characters on one line",
            )
        for code in identifiers_in(self.reason[:MOST]):
            fields.refuse("reason", TEXTS[code][0], TEXTS[code][1])
        fields.finish()

    @classmethod
    def from_json(cls, value: Any) -> Confirmation:
        """Read a confirmation.

        Raises:
            WireError: malformed; all is named.
        """
        fields = Fields(value, {"warnings", "reason"})
        warnings = fields.each("warnings", string)
        reason = fields.text("reason")
        fields.finish()
        return cls(warnings, reason)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {"warnings": list(self.warnings), "reason": self.reason}

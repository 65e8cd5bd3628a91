"""An objection of a person: from then on its records are left out of what is made (GDPR articles 18, 21, 7(3))."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

LeftOut = tuple[tuple[str, str], ...]
"""Pairs of a delivery and a person (128 bits of SHA-256 of the pseudonym, in hex) whose records in it do not count."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection; `data_sets` and `purposes` are those that it is against, none meaning all.

    `person` finds the person in deliveries (`audit_terms.person_digest`). Pseudonym and person are erased once the
    objection was withdrawn and its retention is over. `organisation` is that of whoever lodged it.
    `acknowledgement` is the service's signed word, as JSON, in the answer to who lodged or withdrew it just now; it is
    not kept.
    """

    id: str
    pseudonym: str | None = field(repr=False)
    person: bytes | None = field(repr=False)
    data_sets: tuple[str, ...]
    purposes: tuple[str, ...]
    lodged_by: str
    organisation: str
    lodged_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    acknowledgement: str | None = field(default=None, repr=False, compare=False)

    def covers(self, data_set: str, purpose: str) -> bool:
        """Whether it is in force against the use of a data set for a purpose."""
        return (
            self.withdrawn_at is None
            and (not self.data_sets or data_set in self.data_sets)
            and (not self.purposes or purpose in self.purposes)
        )


def of_delivery(left_out: LeftOut, delivery: str) -> tuple[str, ...]:
    """Who of a delivery does not count."""
    return tuple(person for where, person in left_out if where == delivery)

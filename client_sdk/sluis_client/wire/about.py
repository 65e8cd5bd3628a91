"""What a definition says beside its columns: who delivers, how often, and what may be done with the figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sluis_client.wire.strict import Fields, Label, string

_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MOST_DAYS = 732
_MOST_MONTHS = 1_200
_ROWS, _TABLES = 16, 4
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class Assessment:
    """How the report on the minimal data set judged this need for information.

    Attributes:
        row: its number among the sixteen.
        table: the table of the report: 1 and 2 tell of demand, 3 and 4 of supply; 1 and 3 broadly, 2 and 4 of persons
            or providers.
        added_value: what it adds to the regional conversation.
        workability: burden, legal risk, lead time and technical effort together.
        released_by: who can bring the figures together.
    """

    row: int
    table: int
    added_value: str
    workability: str
    released_by: str

    @classmethod
    def from_json(cls, value: Any) -> Assessment:
        """Read an assessment.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, {"row", "table", "addedValue", "workability", "releasedBy"})
        row, table = fields.integer("row", 1, _ROWS), fields.integer("table", 1, _TABLES)
        added, workable = fields.text("addedValue", _WORD), fields.text("workability", _WORD)
        released = fields.text("releasedBy", _WORD)
        fields.finish()
        return cls(row, table, added, workable, released)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {
            "row": self.row,
            "table": self.table,
            "addedValue": self.added_value,
            "workability": self.workability,
            "releasedBy": self.released_by,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """What a measure is held against from a day on: agreed in public, not delivered."""

    measure: str
    valid_from: date
    at_most: int
    definition: Label

    @classmethod
    def from_json(cls, value: Any) -> Target:
        """Read a target.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, {"measure", "validFrom", "atMost", "definition"})
        measure, start = fields.text("measure"), fields.date("validFrom")
        most, definition = fields.integer("atMost", 0, _MOST), fields.nested("definition", Label.from_json)
        fields.finish()
        return cls(measure, start, most, definition)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {
            "measure": self.measure,
            "validFrom": self.valid_from.isoformat(),
            "atMost": self.at_most,
            "definition": self.definition.to_json(),
        }


@dataclass(frozen=True, slots=True)
class About:
    """What surrounds the columns of a definition.

    Attributes:
        delivered_by: the kinds of organisation that deliver.
        cadence: how often is delivered: the length of a round's period.
        deadline_days: days after the last day of the period at which figures are due.
        sensitivity: why the figures need care.
        legal_default: whether they may be released, as the law was read for them.
        disclosure_profile: the rules that a released table obeys at least.
        minimum_age_months: how old figures are before they are released.
        retention_months: how long what was delivered is kept.
        source: where the definition comes from.
        availability: `public`, `partly` or `not`, and what that means here.
        nature: `quantitative`, or `qualitative`: coded and written answers.
        care_forms: which of the six care forms it is about; none when it is not about care.
        assessment: of the report, for the sixteen of the minimal data set.
        targets: what measures are held against.
        changes: what this version changed; None of a first version.
    """

    delivered_by: tuple[str, ...]
    cadence: str
    deadline_days: int
    sensitivity: tuple[str, ...]
    legal_default: Label
    disclosure_profile: str
    minimum_age_months: int
    retention_months: int
    source: str
    availability: str
    availability_note: Label
    nature: str
    care_forms: tuple[int, ...] = ()
    assessment: Assessment | None = None
    targets: tuple[Target, ...] = ()
    changes: Label | None = None

    @classmethod
    def from_json(cls, value: Any) -> About:
        """Read it.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, _FIELDS)
        members: dict[str, Any] = {
            "delivered_by": fields.each("deliveredBy", string),
            "cadence": fields.text("cadence", _WORD),
            "deadline_days": fields.integer("deadlineDays", 1, _MOST_DAYS),
            "sensitivity": fields.each("sensitivity", string),
            "legal_default": fields.nested("legalDefault", Label.from_json),
            "disclosure_profile": fields.text("disclosureProfile", _WORD),
            "minimum_age_months": fields.integer("minimumAgeMonths", 0, _MOST_MONTHS),
            "retention_months": fields.integer("retentionMonths", 1, _MOST_MONTHS),
            "source": fields.text("source"),
            "availability": fields.text("availability", _WORD),
            "availability_note": fields.nested("availabilityNote", Label.from_json),
            "nature": fields.text("nature", _WORD),
            "care_forms": fields.each("careForms", _care_form) if "careForms" in fields else (),
            "assessment": fields.nested("assessment", Assessment.from_json) if "assessment" in fields else None,
            "targets": fields.each("targets", Target.from_json) if "targets" in fields else (),
            "changes": fields.nested("changes", Label.from_json) if "changes" in fields else None,
        }
        fields.finish()
        return cls(**members)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire; absent members are left out."""
        members: dict[str, Any] = {
            "deliveredBy": list(self.delivered_by),
            "cadence": self.cadence,
            "deadlineDays": self.deadline_days,
            "sensitivity": list(self.sensitivity),
            "legalDefault": self.legal_default.to_json(),
            "disclosureProfile": self.disclosure_profile,
            "minimumAgeMonths": self.minimum_age_months,
            "retentionMonths": self.retention_months,
            "source": self.source,
            "availability": self.availability,
            "availabilityNote": self.availability_note.to_json(),
            "nature": self.nature,
        }
        if self.care_forms:
            members["careForms"] = list(self.care_forms)
        if self.assessment is not None:
            members["assessment"] = self.assessment.to_json()
        if self.targets:
            members["targets"] = [target.to_json() for target in self.targets]
        if self.changes is not None:
            members["changes"] = self.changes.to_json()
        return members


_FIELDS = frozenset(
    {
        *("deliveredBy", "cadence", "deadlineDays", "sensitivity", "legalDefault", "disclosureProfile"),
        *("minimumAgeMonths", "retentionMonths", "source", "availability", "availabilityNote", "nature"),
        *("careForms", "assessment", "targets", "changes"),
    }
)


def _care_form(value: Any) -> int:
    """Reader for the number of a care form.

    Raises:
        WireError: it is none.
    """
    fields = Fields({"careForm": value}, {"careForm"})
    found = fields.integer("careForm", 1, 6)
    fields.finish()
    return found

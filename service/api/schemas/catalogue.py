"""Data sets and classifications as they are told."""

from __future__ import annotations

from service.api.schemas.base import ABSENT, Answer, Day, Label
from service.domain.catalogue import DataSet
from service.domain.classification import Classification


class DataSetSummary(Answer):
    """A data set in a list."""

    id: str
    version: int
    title: Label
    delivered_by: list[str]
    cadence: str
    deadline_days: int
    sensitivity: list[str]

    @classmethod
    def of(cls, data_set: DataSet) -> DataSetSummary:
        """The newest version."""
        return cls(
            id=data_set.id,
            version=data_set.version,
            title=Label.of(data_set.title),
            delivered_by=[str(kind) for kind in data_set.delivered_by],
            cadence=data_set.round_level,
            deadline_days=data_set.deadline_days,
            sensitivity=sorted(str(kind) for kind in data_set.sensitivity),
        )


class CodeAnswer(Answer):
    """A code of a column."""

    code: str
    label: Label
    valid_from: Day | None = ABSENT
    valid_to: Day | None = ABSENT


class ColumnAnswer(Answer):
    """A column of a delivery."""

    name: str
    title: Label
    kind: str
    required: bool
    codes: list[CodeAnswer] | None = ABSENT
    minimum: float | None = ABSENT
    maximum: float | None = ABSENT
    unit: str | None = ABSENT
    pattern: str | None = ABSENT
    max_length: int | None = ABSENT
    description: Label | None = ABSENT


class AssessmentAnswer(Answer):
    """How the report on the minimal data set judged the need for these figures."""

    row: int
    table: int
    added_value: str
    workability: str
    released_by: str


class TargetAnswer(Answer):
    """What a measure is held against from a day on."""

    measure: str
    valid_from: Day
    at_most: int
    definition: Label


class AboutAnswer(Answer):
    """Who delivers, how often, when it is due, and what may be done with the figures."""

    delivered_by: list[str]
    cadence: str
    deadline_days: int
    sensitivity: list[str]
    legal_default: Label
    disclosure_profile: str
    minimum_age_months: int
    retention_months: int
    source: str
    availability: str
    availability_note: Label
    nature: str
    care_forms: list[int] | None = ABSENT
    assessment: AssessmentAnswer | None = ABSENT
    targets: list[TargetAnswer] | None = ABSENT
    changes: Label | None = ABSENT


class CheckAnswer(Answer):
    """A rule over one row: the left column may not exceed the right one."""

    code: str
    kind: str
    severity: str
    left: str
    right: str
    message: Label


class FilledAnswer(Answer):
    """A column of another data set: the column of this one that fills it, or the code that it always has."""

    name: str
    column: str | None = ABSENT
    code: str | None = ABSENT


class ServedRowAnswer(Answer):
    """A row of another data set that each row of this one gives."""

    columns: list[FilledAnswer]


class ServedDataSetAnswer(Answer):
    """Another data set that a delivery serves, as far as its supplier consents."""

    data_set: str
    version: int
    rows: list[ServedRowAnswer]


class DefinitionAnswer(Answer):
    """What a delivery must look like; written by the wire package, which the SDK reads it with."""

    id: str
    version: int
    title: Label
    description: Label
    columns: list[ColumnAnswer]
    key: list[str]
    checks: list[CheckAnswer]
    max_rows: int
    period_column: str | None = ABSENT
    about: AboutAnswer | None = ABSENT
    serves: list[ServedDataSetAnswer] | None = ABSENT


class ClassificationSummary(Answer):
    """A classification in a list."""

    id: str
    version: str
    title: Label
    levels: list[str]

    @classmethod
    def of(cls, found: Classification) -> ClassificationSummary:
        """Without its codes."""
        return cls(id=found.id, version=found.version, title=Label.of(found.title), levels=list(found.levels))


class ClassificationCode(Answer):
    """A code with its place in the tree; without a parent it lies under the total."""

    code: str
    label: Label
    level: str
    parent: str | None = ABSENT
    valid_from: Day | None = ABSENT
    valid_until: Day | None = ABSENT


class ClassificationAnswer(ClassificationSummary):
    """A classification with all its codes."""

    atoms: str
    source: str
    codes: list[ClassificationCode]

    @classmethod
    def of(cls, found: Classification) -> ClassificationAnswer:
        """With its codes."""
        codes = [
            ClassificationCode(
                code=code.code,
                label=Label.of(code.label),
                level=code.level,
                parent=code.parent,
                valid_from=code.valid_from,
                valid_until=code.valid_until,
            )
            for code in found.codes
        ]
        return cls(
            id=found.id,
            version=found.version,
            title=Label.of(found.title),
            levels=list(found.levels),
            atoms=found.atoms,
            source=found.source,
            codes=codes,
        )

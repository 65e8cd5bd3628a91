"""The YAML files of a bundle as strict models: unknown keys and values of another type are refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from service.domain.catalogue import (
    AddedValue,
    Availability,
    Figure,
    MeasureKind,
    Nature,
    ReleasedBy,
    Sensitivity,
    SupplierKind,
    Workability,
)
from service.domain.classification import Label
from service.domain.method import LARGEST_BUDGET, LARGEST_LOSS, SMALLEST_LOSS, Mechanism, Unit

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$", max_length=64)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Months = Annotated[int, Field(ge=0, le=1200)]
Version = Annotated[int, Field(ge=1, le=9999)]
Percent = Annotated[int, Field(ge=1, le=100)]
Loss = Annotated[Decimal, Field(gt=0, multiple_of=SMALLEST_LOSS)]

UNNAMED = ""
"""A form that a value can have; the path of a fault leaves it out, for no key of the file is called so."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class LabelModel(_Strict):
    """A text in both languages."""

    nl: Text
    en: Text

    def label(self) -> Label:
        """The domain's label, without the line breaks of folded YAML."""
        return Label(" ".join(self.nl.split()), " ".join(self.en.split()))


class DimensionModel(_Strict):
    """A coded column."""

    title: LabelModel
    classifications: Annotated[tuple[Name, ...], Field(min_length=1)]
    period: bool = False
    total: bool = True
    sensitive: bool = False
    provider_level: bool = False


class MeasureModel(_Strict):
    """A number per row."""

    title: LabelModel
    definition: LabelModel
    unit: Text
    kind: MeasureKind
    figure: Figure
    minimum: int = 0
    maximum: int = 10**9
    once_per_person: bool = False


class NoteModel(_Strict):
    """A column of free text."""

    title: LabelModel
    definition: LabelModel
    maximum_length: Annotated[int, Field(ge=1, le=1000)]


class PersonModel(_Strict):
    """The column of pseudonyms."""

    name: Name
    title: LabelModel
    definition: LabelModel
    domain: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]


class TargetModel(_Strict):
    """What a measure is held against."""

    measure: Name
    valid_from: date
    at_most: Annotated[int, Field(ge=0)]
    definition: LabelModel


class AvailabilityModel(_Strict):
    """Whether the figures exist and can be had."""

    level: Availability
    note: LabelModel


class AssessmentModel(_Strict):
    """The row of the report's assessment matrix."""

    row: Annotated[int, Field(ge=1, le=16)]
    table: Annotated[int, Field(ge=1, le=4)]
    added_value: AddedValue
    workability: Workability
    released_by: ReleasedBy


class CheckModel(_Strict):
    """The left column may not exceed the right one."""

    code: Name
    kind: Literal["not-above"]
    severity: Literal["fatal", "warning"]
    left: Name
    right: Name
    message: LabelModel


class CodeModel(_Strict):
    """A code that a column always has."""

    code: Annotated[str, Field(min_length=1, max_length=64)]


def _kind_of_filling(value: Any) -> str:
    return "column" if isinstance(value, str) else UNNAMED


_Filling = Annotated[
    Annotated[Name, Tag("column")] | Annotated[CodeModel, Tag(UNNAMED)], Discriminator(_kind_of_filling)
]


class ServesModel(_Strict):
    """Another data set that a delivery serves: per column of it the own column that fills it, or a code."""

    data_set: Name
    version: Version
    columns: dict[Name, Name] = {}
    rows: Annotated[tuple[dict[Name, _Filling], ...], Field(min_length=1)]


class DataSetModel(_Strict):
    """datasets/*.yaml."""

    id: Name
    version: Version
    changes: LabelModel | None = None
    title: LabelModel
    description: LabelModel
    nature: Nature
    source: Text
    delivered_by: Annotated[tuple[SupplierKind, ...], Field(min_length=1)]
    availability: AvailabilityModel
    assessment: AssessmentModel | None = None
    care_forms: tuple[Annotated[int, Field(ge=1, le=6)], ...] = ()
    dimensions: Annotated[dict[Name, DimensionModel], Field(min_length=1)]
    measures: Annotated[dict[Name, MeasureModel], Field(min_length=1)]
    notes: dict[Name, NoteModel] = {}
    person: PersonModel | None = None
    targets: tuple[TargetModel, ...] = ()
    checks: tuple[CheckModel, ...] = ()
    round_level: Name
    deadline_days: Annotated[int, Field(ge=1, le=732)]
    sensitivity: Annotated[frozenset[Sensitivity], Field(min_length=1)]
    legal_default: LabelModel
    disclosure_profile: Name
    minimum_age_months: Months
    maximum_rows: Annotated[int, Field(ge=1, le=10**8)]
    retention_months: Annotated[Months, Field(ge=1)]
    supplier_consent: bool = False
    serves: tuple[ServesModel, ...] = ()


class CalendarModel(_Strict):
    """A classification that is generated: years down to quarters or months."""

    first_year: Annotated[int, Field(ge=1900, le=2200)]
    last_year: Annotated[int, Field(ge=1900, le=2200)]


class ClassificationModel(_Strict):
    """classifications/*.yaml: a code list in a CSV file, or a calendar."""

    id: Name
    version: Text
    title: LabelModel
    atoms: Name
    levels: Annotated[tuple[Name, ...], Field(min_length=1)]
    source: Text
    regions: bool = False
    file: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*\.csv$")] | None = None
    calendar: CalendarModel | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> ClassificationModel:
        if (self.file is None) == (self.calendar is None):
            raise ValueError("give either 'file' or 'calendar'")
        if self.calendar is not None and self.levels != ("year", "quarter", "month")[: len(self.levels)]:
            raise ValueError("the levels of a calendar are year, quarter, month, in this order")
        return self


class NoiseModel(_Strict):
    """What one table may give away, what all together may, and of whom."""

    mechanism: Mechanism
    epsilon: Loss | None = None
    rho: Loss | None = None
    budget: Loss
    unit: Unit = Unit.PERSON
    cells: Annotated[int, Field(ge=1, le=10_000)] = 1
    largest: Annotated[int, Field(ge=1, le=10**9)] = 1

    @property
    def loss(self) -> Decimal | None:
        """What one table gives away, in the mechanism's measure."""
        return self.epsilon if self.mechanism is Mechanism.DISCRETE_LAPLACE else self.rho

    @model_validator(mode="after")
    def _meant(self) -> NoiseModel:
        measure = self.mechanism.measure
        if self.loss is None or None not in {self.epsilon, self.rho}:
            raise ValueError(f"give '{measure}' for {self.mechanism}, and only that")
        if self.loss > LARGEST_LOSS[self.mechanism]:
            raise ValueError(f"'{measure}' of one table is at most {LARGEST_LOSS[self.mechanism]}")
        if not self.loss <= self.budget <= LARGEST_BUDGET[self.mechanism]:
            raise ValueError(f"'budget' is at least '{measure}' and at most {LARGEST_BUDGET[self.mechanism]}")
        if self.unit is Unit.CONTRIBUTOR and not {"cells", "largest"} <= self.model_fields_set:
            raise ValueError("say in how many 'cells' a contributor counts, and for how much at 'largest'")
        return self


class MethodModel(_Strict):
    """A method other than suppression."""

    rounding: Annotated[int, Field(ge=2, le=1000)] | None = None
    noise: NoiseModel | None = None

    @model_validator(mode="after")
    def _one(self) -> MethodModel:
        if (self.rounding is None) == (self.noise is None):
            raise ValueError("give either 'rounding' or 'noise'")
        return self


def _kind_of_method(value: Any) -> str:
    return "suppression" if isinstance(value, str) else UNNAMED


class ProfileModel(_Strict):
    """disclosure/*.yaml."""

    id: Name
    minimum_count: int
    minimum_contributors: int
    dominance: tuple[tuple[Annotated[int, Field(ge=1, le=9)], Percent], ...] = ()
    p_percent: Percent | None = None
    zero_is_safe: bool = True
    method: Annotated[
        Annotated[Literal["suppression"], Tag("suppression")] | Annotated[MethodModel, Tag(UNNAMED)],
        Discriminator(_kind_of_method),
    ] = "suppression"

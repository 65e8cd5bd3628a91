"""Public figures as they are told: with their source, and what they lack."""

from __future__ import annotations

from decimal import Decimal

from service.api.schemas.base import ABSENT, Answer, Label, Moment
from service.domain.public_figures import PublicCopy, PublicKind, PublicSource
from service.domain.public_regions import RegionFigure
from service.use_cases.read_public_figures import PublicView


class PublicSourceAnswer(Answer):
    """Where figures come from. `status` is the publisher's word for the year; `digest` is of the copy that is kept."""

    publisher: str
    table: str
    table_title: str
    table_version: str
    modified: str
    status: str
    licence: str
    address: str
    retrieved_at: Moment
    digest: str

    @classmethod
    def of(cls, source: PublicSource, copy: PublicCopy) -> PublicSourceAnswer:
        """The source of a copy."""
        return cls(
            publisher=source.publisher,
            table=copy.source_table,
            table_title=copy.table_title,
            table_version=copy.table_version,
            modified=copy.modified,
            status=copy.status,
            licence=copy.licence,
            address=copy.address,
            retrieved_at=copy.retrieved_at,
            digest=copy.digest,
        )


class PublicSummary(Answer):
    """What there is of one source and year."""

    id: str
    period: str
    data_set: str
    title: Label
    note: Label
    source: PublicSourceAnswer

    @classmethod
    def of(cls, source: PublicSource, copy: PublicCopy) -> PublicSummary:
        """The newest copy."""
        return cls(
            id=source.id,
            period=copy.period,
            data_set=source.data_set,
            title=Label.of(source.title),
            note=Label.of(source.note),
            source=PublicSourceAnswer.of(source, copy),
        )


class PublicMeasureAnswer(Answer):
    """How a figure of a region follows: counts are added, a mean is weighted with another measure."""

    name: str
    title: Label
    unit: str
    kind: PublicKind
    weight: str | None = ABSENT


class MissingAnswer(Answer):
    """A municipality that a figure lacks; `note` is the publisher's word for it."""

    municipality: str
    why: str
    note: str | None = ABSENT


class PublicFigureAnswer(Answer):
    """One figure. `value` is null when municipalities are missing; `known` is then over the others."""

    region: str
    codes: list[str]
    measure: str
    value: int | float | None
    known: int | float | None = ABSENT
    missing: list[MissingAnswer] | None = ABSENT

    @classmethod
    def of(cls, figure: RegionFigure) -> PublicFigureAnswer:
        """The figure of a region."""
        return cls(
            region=figure.region,
            codes=list(figure.cell),
            measure=figure.measure,
            value=_number(figure.value),
            known=_number(figure.known) if figure.missing else None,
            missing=[
                MissingAnswer(municipality=one.municipality, why=one.why, note=one.note or None)
                for one in figure.missing
            ]
            or None,
        )


class PublicFiguresAnswer(Answer):
    """The figures of a year for the regions of a level, to be read beside releases; no release is made of them."""

    id: str
    period: str
    data_set: str
    title: Label
    note: Label
    source: PublicSourceAnswer
    classification: str
    classification_version: str
    level: str
    dimensions: list[str]
    measures: list[PublicMeasureAnswer]
    figures: list[PublicFigureAnswer]
    unknown: list[str]

    @classmethod
    def of(cls, view: PublicView) -> PublicFiguresAnswer:
        """All of a view."""
        summary = PublicSummary.of(view.source, view.copy)
        return cls(
            **{name: getattr(summary, name) for name in PublicSummary.model_fields},
            classification=view.classification.id,
            classification_version=view.classification.version,
            level=view.level,
            dimensions=[dimension.name for dimension in view.source.dimensions],
            measures=[
                PublicMeasureAnswer(name=m.name, title=Label.of(m.title), unit=m.unit, kind=m.kind, weight=m.weight)
                for m in view.source.measures
            ],
            figures=[PublicFigureAnswer.of(figure) for figure in view.figures.figures],
            unknown=list(view.figures.unknown),
        )


def _number(value: Decimal | None) -> int | float | None:
    """As JSON writes it: counts are whole."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)

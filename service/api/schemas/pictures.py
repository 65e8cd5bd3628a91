"""Working model and catchment, as they follow from one release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from service.api.schemas.base import Answer, Label
from service.domain.catchment import Catchment, Flow, Origin, OriginStatus
from service.domain.classification import Label as DomainLabel
from service.domain.released import Released, ReleasedDimension, ReleasedFigure
from service.domain.working_model import Box, BoxStatus, Matrix, Row, WorkingModel

_Where = Annotated[dict[str, str], Field(description="Per other dimension of the release the code, such as the year")]


class CodeAnswer(Answer):
    """A code with its label."""

    code: str
    label: Label

    @classmethod
    def of(cls, dimension: ReleasedDimension, code: str) -> CodeAnswer:
        """The code as the release describes it."""
        return cls(code=code, label=Label.of(dimension.label(code)))


class FigureAnswer(Answer):
    """A figure as it stands in the release."""

    value: Annotated[int | float | None, Field(description="Null when suppressed")]
    status: Annotated[str, Field(description="SDMX OBS_STATUS: A, E or Q as in the release; M: not in the release")]

    @classmethod
    def of(cls, figure: ReleasedFigure) -> FigureAnswer:
        """The figure."""
        return cls(value=figure.value, status=figure.status)


class PictureAnswer(Answer):
    """What every picture says of its release."""

    release: str
    version: int
    data_set: str
    expected: int
    delivered: int
    complete: Annotated[bool, Field(description="Whether everybody delivered; else what is empty may not be")]


class BoxAnswer(Answer):
    """One box of the working model."""

    column: str
    status: BoxStatus
    figures: Annotated[dict[str, FigureAnswer], Field(description="Per measure what was released")]

    @classmethod
    def of(cls, box: Box) -> BoxAnswer:
        """The box."""
        return cls(
            column=box.column,
            status=box.status,
            figures={measure: FigureAnswer.of(figure) for measure, figure in box.figures.items()},
        )


class RowAnswer(Answer):
    """One row of the working model in one region."""

    row: CodeAnswer
    boxes: list[BoxAnswer]

    @classmethod
    def of(cls, dimension: ReleasedDimension, row: Row) -> RowAnswer:
        """The row with its label."""
        return cls(row=CodeAnswer.of(dimension, row.row), boxes=[BoxAnswer.of(box) for box in row.boxes])


class MatrixAnswer(Answer):
    """The working model of one region."""

    region: CodeAnswer
    where: _Where
    rows: list[RowAnswer]

    @classmethod
    def of(cls, model: WorkingModel, matrix: Matrix) -> MatrixAnswer:
        """The matrix with labels."""
        rows = model.dimension("row")
        return cls(
            region=CodeAnswer.of(model.dimension("region"), matrix.region),
            where=dict(matrix.where),
            rows=[RowAnswer.of(rows, row) for row in matrix.rows],
        )


class WorkingModelAnswer(PictureAnswer):
    """The working model of the Handreiking cruciale ggz, filled in from the cells of one release and nothing else."""

    columns: list[CodeAnswer]
    statuses: dict[BoxStatus, Label]
    matrices: list[MatrixAnswer]

    @classmethod
    def of(cls, model: WorkingModel, texts: Mapping[BoxStatus, DomainLabel]) -> WorkingModelAnswer:
        """The model with labels."""
        column = model.dimension("column")
        return cls(
            **_about(model.released),
            columns=[CodeAnswer.of(column, code) for code in model.released.codes("column")],
            statuses={status: Label.of(text) for status, text in texts.items()},
            matrices=[MatrixAnswer.of(model, matrix) for matrix in model.matrices],
        )


class FlowAnswer(Answer):
    """How many people of an origin got care in a region."""

    provider_region: str
    value: Annotated[int | float | None, Field(description="Null when suppressed")]
    status: str
    share: Annotated[float | None, Field(description="Of all of this origin; null when either is not exactly known")]

    @classmethod
    def of(cls, flow: Flow) -> FlowAnswer:
        """The flow."""
        return cls(
            provider_region=flow.destination, value=flow.figure.value, status=flow.figure.status, share=flow.share
        )


class OriginAnswer(Answer):
    """Where the inhabitants of one region or municipality go."""

    client_region: CodeAnswer
    where: _Where
    status: OriginStatus
    total: FigureAnswer
    own_region: Annotated[str | None, Field(description="The region of providers that it lies in, if that is known")]
    elsewhere: Annotated[int | float | None, Field(description="People outside it; null when not known, or small")]
    flows: list[FlowAnswer]

    @classmethod
    def of(cls, found: Catchment, origin: Origin) -> OriginAnswer:
        """The origin with labels."""
        return cls(
            client_region=CodeAnswer.of(found.dimension("client_region"), origin.origin),
            where=dict(origin.where),
            status=origin.status,
            total=FigureAnswer.of(origin.total),
            own_region=origin.own,
            elsewhere=origin.elsewhere,
            flows=[FlowAnswer.of(flow) for flow in origin.flows],
        )


class CatchmentAnswer(PictureAnswer):
    """Who goes where, from the cells of one release and nothing else."""

    provider_regions: list[CodeAnswer]
    statuses: dict[OriginStatus, Label]
    origins: list[OriginAnswer]

    @classmethod
    def of(cls, found: Catchment, texts: Mapping[OriginStatus, DomainLabel]) -> CatchmentAnswer:
        """The flows with labels."""
        destination = found.dimension("provider_region")
        return cls(
            **_about(found.released),
            provider_regions=[CodeAnswer.of(destination, code) for code in found.released.codes("provider_region")],
            statuses={status: Label.of(text) for status, text in texts.items()},
            origins=[OriginAnswer.of(found, origin) for origin in found.origins],
        )


def _about(released: Released) -> dict[str, Any]:
    return {
        "release": released.id,
        "version": released.version,
        "data_set": released.data_set,
        "expected": released.expected,
        "delivered": released.delivered,
        "complete": released.complete,
    }

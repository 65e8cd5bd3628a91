"""Working model and catchment as text for people (Dutch, with English beside it) and as CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from service.domain.catchment import ORIGIN_TEXTS, Catchment, Origin
from service.domain.classification import TOTAL, Label
from service.domain.released import Released, ReleasedDimension, ReleasedFigure
from service.domain.spreadsheet import harmless
from service.domain.working_model import STATUS_TEXTS, BoxStatus, Matrix, WorkingModel

_MARKS: Mapping[BoxStatus, str] = {
    BoxStatus.FILLED: "gevuld",
    BoxStatus.ELSEWHERE: "elders",
    BoxStatus.WHITE_SPOT: "WITTE VLEK",
    BoxStatus.POSSIBLE_WHITE_SPOT: "WITTE VLEK?",
    BoxStatus.NO_DEMAND: "leeg",
    BoxStatus.DEMAND_UNKNOWN: "leeg, vraag?",
    BoxStatus.SUPPRESSED: "afgeschermd",
    BoxStatus.UNKNOWN: "onbekend",
}
_SIGNS = "x: afgeschermd / suppressed; -: niet vrijgegeven / not released; ~: niet exact / not exact"
_WHITE = (BoxStatus.WHITE_SPOT, BoxStatus.POSSIBLE_WHITE_SPOT)


def working_model_text(model: WorkingModel) -> str:
    """One matrix after the other, its white spots below it, and at the end what the signs mean."""
    titles = [found.title for name in model.measures if (found := model.released.named(name))]
    lines = [
        "Werkmodel cruciale ggz / working model of crucial care",
        *_heading(model.released),
        f"In elk vak: {' / '.join(title.nl for title in titles)}. In each box: {' / '.join(t.en for t in titles)}.",
        _SIGNS,
    ]
    for matrix in model.matrices:
        lines += ["", _place(model.released, matrix.where, model.dimension("region"), matrix.region)]
        lines += _matrix(model, matrix)
    lines += ["", *(f"{_MARKS[status]:<12}  {_both(text)}" for status, text in STATUS_TEXTS.items())]
    lines += ["", *_codes("Kolom / column", model.dimension("column"), model.released.codes("column"))]
    rows = {row.row for matrix in model.matrices for row in matrix.rows}
    lines += ["", *_codes("Rij / row", model.dimension("row"), [c for c in model.dimension("row").labels if c in rows])]
    return "\n".join(lines) + "\n"


def working_model_csv(model: WorkingModel) -> bytes:
    """A row per box: codes with their labels, each measure with its OBS_STATUS, and the status of the box."""
    others = list(model.matrices[0].where) if model.matrices else []
    header = [*others, *_labelled("region"), *_labelled("row"), *_labelled("column")]
    for measure in model.measures:
        header += [measure, f"{measure}_OBS_STATUS"]
    region, row_codes, column = (model.dimension(name) for name in ("region", "row", "column"))
    rows = (
        [
            *map(harmless, matrix.where.values()),
            *_code(region, matrix.region),
            *_code(row_codes, row.row),
            *_code(column, box.column),
            *(text for name in model.measures for text in (_value(box.figures[name]), box.figures[name].status)),
            box.status,
            *_texts(STATUS_TEXTS[box.status]),
        ]
        for matrix in model.matrices
        for row in matrix.rows
        for box in row.boxes
    )
    return _csv([*header, *_labelled("STATUS")], rows)


def catchment_text(found: Catchment) -> str:
    """Per origin how many, where they go as far as it was released, and what follows."""
    lines = ["Adherentie: wie gaat waarheen / catchment: who goes where", *_heading(found.released), _SIGNS]
    origins, destinations = found.dimension("client_region"), found.dimension("provider_region")
    for origin in found.origins:
        lines += ["", _place(found.released, origin.where, origins, origin.origin)]
        lines.append(f"  totaal / total {_shown(origin.total)}; {_both(ORIGIN_TEXTS[origin.status])}")
        if origin.elsewhere is not None:
            lines.append(f"  buiten de eigen regio / outside the own region: {origin.elsewhere:,}")
        for flow in origin.flows:
            if flow.figure.value:
                share = "" if flow.share is None else f" ({flow.share:.0%})"
                lines.append(f"  {_named(destinations, flow.destination)}: {_shown(flow.figure)}{share}")
        hidden = sum(flow.figure.value is None for flow in origin.flows)
        if hidden:
            lines.append(f"  {hidden} van / of {len(origin.flows)} bestemmingen afgeschermd / destinations suppressed")
    return "\n".join(lines) + "\n"


def catchment_csv(found: Catchment) -> bytes:
    """A row per flow, and one per origin with destination TOTAL that also says how many go elsewhere."""
    others = list(found.origins[0].where) if found.origins else []
    header = [*others, *_labelled("client_region"), *_labelled("provider_region")]
    header += ["clients", "OBS_STATUS", "share", "elsewhere", *_labelled("STATUS")]
    return _csv(header, (row for origin in found.origins for row in _flows(found, origin)))


def _flows(found: Catchment, origin: Origin) -> Iterable[list[str]]:
    start = [*map(harmless, origin.where.values()), *_code(found.dimension("client_region"), origin.origin)]
    end = [origin.status, *_texts(ORIGIN_TEXTS[origin.status])]
    destinations = found.dimension("provider_region")
    for flow in origin.flows:
        share = "" if flow.share is None else f"{flow.share:.4f}"
        figure = [_value(flow.figure), flow.figure.status, share, ""]
        yield [*start, *_code(destinations, flow.destination), *figure, *end]
    elsewhere = "" if origin.elsewhere is None else str(origin.elsewhere)
    yield [*start, *_code(destinations, TOTAL), _value(origin.total), origin.total.status, "", elsewhere, *end]


def _matrix(model: WorkingModel, matrix: Matrix) -> list[str]:
    columns = [box.column for box in matrix.rows[0].boxes] if matrix.rows else []
    table = [["", *(_either(column, "totaal / total") for column in columns)]]
    for row in matrix.rows:
        boxes = [
            f"{_MARKS[box.status]} {' / '.join(_shown(box.figures[name]) for name in model.measures)}"
            for box in row.boxes
        ]
        table.append([f"{row.row}  {model.dimension('row').label(row.row).nl}", *boxes])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  " + " | ".join(map(str.ljust, line, widths)).rstrip() for line in table]
    white = [
        f"{row.row} x {_either(box.column, 'totaal')}"
        for row in matrix.rows
        for box in row.boxes
        if box.status in _WHITE
    ]
    return [*lines, f"  Witte vlekken / white spots: {', '.join(white) or 'geen getoond / none shown'}"]


def _heading(released: Released) -> list[str]:
    lines = [
        f"{_both(released.title)}: vrijgave / release {released.id}, versie / version {released.version}",
        f"Geleverd / delivered: {released.delivered} van / of {released.expected}",
    ]
    if not released.complete:
        lines.append(
            "Niet iedereen leverde: wat leeg is, is leeg bij wie leverde. / "
            "Not everybody delivered: what is empty is empty with those who did."
        )
    return lines


def _place(released: Released, where: Mapping[str, str], dimension: ReleasedDimension, code: str) -> str:
    others = [
        _named(released.dimensions[released.place(name)], other) for name, other in where.items() if other != TOTAL
    ]
    return "; ".join([_named(dimension, code), *others])


def _named(dimension: ReleasedDimension, code: str) -> str:
    label = _both(dimension.label(code))
    return label if code in {TOTAL, label} else f"{label} ({code})"


def _codes(title: str, dimension: ReleasedDimension, codes: Sequence[str]) -> list[str]:
    return [f"{title} {code}: {_both(dimension.label(code))}" for code in codes if code != TOTAL]


def _both(label: Label) -> str:
    return label.nl if label.nl == label.en else f"{label.nl} / {label.en}"


def _either(code: str, total: str) -> str:
    return total if code == TOTAL else code


def _shown(figure: ReleasedFigure) -> str:
    if figure.value is None:
        return "x" if figure.status == "Q" else "-"
    return f"{'' if figure.exact else '~'}{figure.value:,}"


def _value(figure: ReleasedFigure) -> str:
    return "" if figure.value is None else str(figure.value)


def _labelled(name: str) -> list[str]:
    return [name, f"{name}_NL", f"{name}_EN"]


def _code(dimension: ReleasedDimension, code: str) -> list[str]:
    return [harmless(code), *_texts(dimension.label(code))]


def _texts(label: Label) -> list[str]:
    return [harmless(label.nl), harmless(label.en)]


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The table; texts in its rows were made harmless, and numbers stay numbers: one with noise may be negative."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(harmless, header))
    writer.writerows(rows)
    return out.getvalue().encode()

"""`sluis evidence REQUEST`: what a steward decides on, in sentences in place of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from service.cli.api import Url, ask_service
from service.ports.clock import Clock

Document = Mapping[str, Any]

MOST_CELLS = 50
"""Suppressed cells shown per measure; the rest is counted, and stands in the JSON."""


def add_evidence_command(app: typer.Typer, *, clock: Clock) -> None:
    """Add `evidence` to the commands."""

    @app.command()
    def evidence(
        request: Annotated[str, typer.Argument(help="Id van de aanvraag / id of the request")],
        *,
        url: Url,
        cells: Annotated[
            int, typer.Option(min=0, help="Hoeveel cellen te tonen / how many cells to show")
        ] = MOST_CELLS,
    ) -> None:
        """Toon waarop een steward beslist, in zinnen / show what a steward decides on, in sentences."""
        answer = ask_service(clock, url, "GET", f"/v1/aggregate-requests/{quote(request, safe='')}/evidence")
        for line in evidence_lines(answer.json(), cells):
            typer.echo(line)


def evidence_lines(evidence: Document, most: int = MOST_CELLS) -> Iterator[str]:
    """Evidence as the API tells it, line by line.

    Args:
        evidence: the answer of `readEvidence`.
        most: suppressed cells to show per measure.
    """
    report = evidence["report"]
    verdict = "veilig / safe" if evidence["safe"] else "niet veilig / not safe"
    yield f"{evidence['id']}: {verdict} ({evidence['madeAt']})"
    if not evidence["safe"]:
        yield from _refusal(report)
    tables = {table["measure"]: table for table in evidence["tables"]}
    for measure in report.get("measures", ()):
        yield from _noise(measure) if "method" in measure else _measure(measure)
        yield from _suppressed(tables[measure["measure"]]["cells"], most)
    for one in report.get("budget", ()):
        yield f"Budget {one['round']}: {one['measure']} {one['spent']:g} van / of {one['budget']:g}"
    yield from _coarser("Minder fijn, en dan minder kwijt / coarser, and less lost", report.get("coarser"), report)


def _refusal(report: Document) -> Iterator[str]:
    yield f"{report['refused']}: {report.get('measure', '')}".rstrip(": ")
    yield from (f"  {obstacle}" for obstacle in report["obstacles"])
    in_the_way = report.get("inTheWay")
    if in_the_way is not None and in_the_way["releases"]:
        part = "" if in_the_way["minimal"] else "een deel van / some of "
        yield f"In de weg staat / in the way: {part}{', '.join(in_the_way['releases'])}"
    yield from _coarser("Wel veilig, fijnste eerst / safe instead, finest first", report.get("offers"), report)


def _measure(measure: Document) -> Iterator[str]:
    yield (
        f"{measure['measure']}: {measure['cells']} cellen / cells, {measure['unsafe']} onveilig / unsafe, "
        f"{measure['suppressed']} onderdrukt / suppressed"
    )
    if "rounding" in measure:
        done = measure["rounding"]
        yield (
            f"  afgerond op / rounded to {done['base']}: {done['changed']} cellen anders / cells changed, "
            f"hoogstens / at most {done['largestChange']}; {done['widened']} verder / further"
        )
    loss = measure["loss"]
    yield "  cellen, waarde kwijt: regels alleen > met bescherming / cells, value lost: rules alone > protected"
    yield f"  tabel / table: {_before_and_after(loss['table'])}"
    for level in loss["levels"]:
        yield f"  {level['dimension']}, {level['level']}: {_before_and_after(level)}"


def _noise(measure: Document) -> Iterator[str]:
    noise, cut = measure["method"]["noise"], measure["cut"]
    yield (
        f"{measure['measure']}: {measure['cells']} cellen / cells, ruis / noise {noise['mechanism']}, "
        f"schaal / scale {noise['scale']:g}, per {noise['unit']}"
    )
    yield f"  weggelaten / left out: {cut['value']} van / of {cut['units']} × {noise['unit']}"


def _before_and_after(loss: Document) -> str:
    shares = (loss["shareOfCells"], loss["shareOfValue"])
    return ", ".join(f"{_percent(share['before'])} > {_percent(share['after'])}" for share in shares)


def _suppressed(cells: Iterable[Document], most: int) -> Iterator[str]:
    hidden = [cell for cell in cells if "why" in cell]
    for cell in hidden[:most]:
        yield f"  {_named(cell['codes'])}: {_reason(cell)}"
    if len(hidden) > most:
        yield f"  … en nog {len(hidden) - most} / and {len(hidden) - most} more"


def _reason(cell: Document) -> str:
    """The rules that a cell breaks, or the cells that it protects, as far as is known."""
    if cell["why"] != ["secondary"]:
        return ", ".join(cell["why"])
    if "protects" not in cell:
        return "beschermt andere / protects others"
    return f"beschermt / protects {'; '.join(map(_named, cell['protects']))}"


def _coarser(title: str, offers: Iterable[Document] | None, report: Document) -> Iterator[str]:
    if offers is None:
        return
    search = report["search"]
    yield f"{title} ({search['nl']} / {search['en']})"
    for offer in offers:
        lost = ", ".join(f"{one['measure']} {_percent(one['shareOfValueLost'])}" for one in offer["measures"])
        yield f"  {offer['change']['nl']} / {offer['change']['en']}: {lost} kwijt / lost"


def _named(codes: Iterable[str]) -> str:
    return ", ".join(codes)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

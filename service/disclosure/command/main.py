"""`sluis protect`: disclosure control on a table of one's own, without the service."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from service.disclosure.coarser.candidates import Protector
from service.disclosure.coarser.coarsening import Figures, Limits, Offers, Subject, find_gains, find_offers
from service.disclosure.coarser.obstruction import find_obstruction
from service.disclosure.command.reading import read_facts, read_release
from service.disclosure.command.report import obstruction_line, offer_lines, plain_number, report_text, rounding_line
from service.disclosure.command.specification import Specification, read_specification
from service.disclosure.faults import BadInput, CannotBeProtected, Fault
from service.disclosure.linear import SolverFailed
from service.disclosure.methods.rounding import protect_rounded
from service.disclosure.methods.suppression import Protected, protect
from service.disclosure.progress import Progress, silent
from service.disclosure.question.tables import Table

BAD_INPUT = 2
CANNOT_BE_PROTECTED = 3

TRIES = 12
"""Coarser tables tried after a refusal, unless told otherwise."""


def protect_command(
    table: Annotated[Path, typer.Argument(help="Table specification (YAML).", show_default=False)],
    *,
    data: Annotated[Path, typer.Option("--data", help="Rows, CSV or Parquet.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The protected table (CSV).", show_default=False)],
    released: Annotated[
        list[Path] | None,
        typer.Option(
            "--released", help="An earlier output, whole, with the .yaml of the same name beside it; repeatable."
        ),
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Figures for the steward (JSON).")] = None,
    coarser: Annotated[
        int | None,
        typer.Option(
            "--coarser",
            min=0,
            help=f"Coarser tables to try: after a refusal (else {TRIES}), and for the report (else 0).",
        ),
    ] = None,
    coarser_seconds: Annotated[
        float, typer.Option("--coarser-seconds", min=0, help="Seconds to spend on coarser tables.")
    ] = 60.0,
    progress: Annotated[
        bool,
        typer.Option("--progress", help="Tell how far it is, on standard error; on a terminal it always does."),
    ] = False,
) -> None:
    """Protect a table against disclosure, next to everything released before.

    Exit status 0: protected, and the final attack found nothing. 2: bad input, every fault named.
    3: cannot be protected; nothing is written, and coarser tables that can be made are named.
    """
    earlier = released or []
    try:
        _check_targets(
            [path for path in (out, report) if path is not None],
            [table, data, *earlier, *(path.with_suffix(".yaml") for path in earlier)],
        )
        asked = _read(table, data, earlier, _tell if progress or sys.stderr.isatty() else silent)
    except BadInput as error:
        _refuse_input(error)
    limits = Limits(TRIES if coarser is None else coarser, coarser_seconds)
    try:
        outcome = asked.subject.protect(asked.shape)
        files = {out: _as_csv(outcome, asked.specification)}
        if report is not None:
            gains = _gains(asked, outcome, limits) if coarser else None
            files[report] = report_text(outcome, asked.specification.warnings, gains)
        _write_together(files)
    except BadInput as error:
        _refuse_input(error)
    except CannotBeProtected as error:
        typer.echo("Niet te beschermen; niets geschreven · Cannot be protected; nothing written", err=True)
        for obstacle in error.obstacles:
            typer.echo(str(obstacle), err=True)
        if limits.tries:
            _offer(asked, error, limits)
        raise typer.Exit(CANNOT_BE_PROTECTED) from error
    except SolverFailed as error:
        typer.echo(f"Niet aangetoond dat dit veilig is; niets geschreven · Not shown to be safe; {error}", err=True)
        raise typer.Exit(CANNOT_BE_PROTECTED) from error
    for warning in asked.specification.warnings:
        typer.echo(warning, err=True)
    figures = outcome.report
    if figures.rounding is not None:
        typer.echo(rounding_line(figures, outcome.decimals))
    typer.echo(
        f"{figures.cells} cellen, {figures.unsafe} onveilig, {figures.suppressed} onderdrukt · "
        f"{figures.cells} cells, {figures.unsafe} unsafe, {figures.suppressed} suppressed"
    )


def _tell(stage: str, share: float) -> None:
    """One line; on a terminal each takes the place of the one before it."""
    on_terminal = sys.stderr.isatty()
    typer.echo(f"{stage}: {share:.0%}".ljust(20) + ("\r" if on_terminal else ""), err=True, nl=not on_terminal)


@dataclass(frozen=True)
class _Asked:
    """What was asked, next to what: `names` are the files of the earlier releases."""

    specification: Specification
    shape: Table
    subject: Subject
    names: tuple[str, ...]


def _read(table: Path, data: Path, released: Sequence[Path], progress: Progress) -> _Asked:
    """1. Read what was asked. 2. Read the rows. 3. Read what went before."""
    specification = read_specification(table)
    earlier = [read_specification(path.with_suffix(".yaml")) for path in released]
    faults = [
        Fault(
            str(path),
            "een vrijgave van een andere waarde; die hoort bij andere feiten",
            "a release of another value; it belongs to other facts",
        )
        for path, one in zip(released, earlier, strict=True)
        if one.measure != specification.measure
    ]
    if faults:
        raise BadInput(faults)
    facts, shape, shapes = read_facts(specification, data, earlier)
    before = tuple(
        read_release(shape_then, path, facts.decimals, then.rounding)
        for shape_then, path, then in zip(shapes, released, earlier, strict=True)
    )
    base = specification.rounding
    protector: Protector = partial(protect, progress=progress)
    if base is not None:
        protector = partial(protect_rounded, base=base * 10**facts.decimals, progress=progress)
    subject = Subject(facts, specification.rules, before, protector)
    return _Asked(specification, shape, subject, tuple(path.name for path in released))


def _refuse_input(error: BadInput) -> NoReturn:
    for fault in error.faults:
        typer.echo(str(fault), err=True)
    raise typer.Exit(BAD_INPUT) from error


def _gains(asked: _Asked, outcome: Protected, limits: Limits) -> Offers:
    """What coarser tables would gain; nothing is gained where nothing was lost."""
    lost = Figures.of(outcome).lost
    if not lost:
        return Offers((), 0)
    return find_gains([asked.subject], asked.shape, lost, limits=limits, expected=sum(outcome.report.seconds.values()))


def _offer(asked: _Asked, refusal: CannotBeProtected, limits: Limits) -> None:
    """Say which releases stand in the way, and what can be made all the same."""
    if asked.names:
        typer.echo(obstruction_line(find_obstruction(asked.subject, asked.shape, limits), asked.names), err=True)
    for line in offer_lines(find_offers([asked.subject], asked.shape, {0: refusal.obstacles}, limits=limits)):
        typer.echo(line, err=True)


def _as_csv(outcome: Protected, specification: Specification) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*(dimension.name for dimension in specification.dimensions), "value", "status"])
    for cell in outcome.cells:
        value = "" if cell.value is None else plain_number(cell.value, outcome.decimals)
        writer.writerow([*cell.codes, value, cell.status])
    return file.getvalue()


def _check_targets(targets: Sequence[Path], sources: Sequence[Path]) -> None:
    """Nothing that is read, and nothing twice, is written over.

    Raises:
        BadInput: every target that cannot be.
    """
    taken = {path.resolve() for path in sources}
    faults = []
    for path in targets:
        if path.is_dir():
            faults.append(Fault(str(path), "dit is een map", "this is a directory"))
        elif path.resolve() in taken:
            faults.append(
                Fault(str(path), "dit bestand wordt al gelezen of geschreven", "this file is read or written already")
            )
        taken.add(path.resolve())
    if faults:
        raise BadInput(faults)


def _write_together(files: dict[Path, str]) -> None:
    """Write all files or none: each beside its target first, then renamed.

    Raises:
        BadInput: a directory cannot be written.
    """
    ready: list[tuple[Path, Path]] = []
    with ExitStack() as stack:
        for path, text in files.items():
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                with beside.open("x", encoding="utf-8", newline="") as file:
                    stack.callback(beside.unlink, missing_ok=True)
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise BadInput(
                    [Fault(str(path), "niet te schrijven", f"cannot be written: {type(error).__name__}")]
                ) from error
            ready.append((beside, path))
        for beside, path in ready:
            beside.replace(path)


def main(arguments: Sequence[str] | None = None, name: str | None = None) -> None:
    """Run the command on its own: `python -m service.disclosure`, or `sluis protect` with its arguments."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(protect_command)
    app(arguments, name)

"""`sluis protect`: disclosure control on a table of one's own, without the service."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from service.disclosure.attack import AttackReport
from service.disclosure.faults import BadInput, CannotBeProtected, Fault
from service.disclosure.linear import SolverFailed
from service.disclosure.protection import Protected, protect
from service.disclosure.reading import read_facts, read_release
from service.disclosure.specification import Specification, read_specification

BAD_INPUT = 2
CANNOT_BE_PROTECTED = 3
TIGHTEST = 20
"""Intervals shown in the report, narrowest first."""


def protect_command(
    table: Annotated[Path, typer.Argument(help="Table specification (YAML).", show_default=False)],
    data: Annotated[Path, typer.Option("--data", help="Rows, CSV or Parquet.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The protected table (CSV).", show_default=False)],
    released: Annotated[
        list[Path] | None,
        typer.Option("--released", help="An earlier output, with its .yaml beside it; repeatable."),
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Figures for the steward (JSON).")] = None,
) -> None:
    """Protect a table against disclosure, next to everything released before.

    Exit status 0: protected, and the final attack found nothing. 2: bad input, every fault named.
    3: cannot be protected; nothing is written.
    """
    try:
        outcome, specification = _protect(table, data, released or [])
        files = {out: _as_csv(outcome, specification)}
        if report is not None:
            files[report] = _as_json(outcome, specification)
        _write_together(files)
    except BadInput as error:
        for fault in error.faults:
            typer.echo(str(fault), err=True)
        raise typer.Exit(BAD_INPUT) from error
    except CannotBeProtected as error:
        typer.echo("Niet te beschermen; niets geschreven · Cannot be protected; nothing written", err=True)
        for obstacle in error.obstacles:
            typer.echo(str(obstacle), err=True)
        raise typer.Exit(CANNOT_BE_PROTECTED) from error
    except SolverFailed as error:
        typer.echo(f"Niet aangetoond dat dit veilig is; niets geschreven · Not shown to be safe; {error}", err=True)
        raise typer.Exit(CANNOT_BE_PROTECTED) from error
    for warning in specification.warnings:
        typer.echo(warning, err=True)
    figures = outcome.report
    typer.echo(
        f"{figures.cells} cellen, {figures.unsafe} onveilig, {figures.suppressed} onderdrukt · "
        f"{figures.cells} cells, {figures.unsafe} unsafe, {figures.suppressed} suppressed"
    )


def _protect(table: Path, data: Path, released: Sequence[Path]) -> tuple[Protected, Specification]:
    """1. Read what was asked. 2. Read the rows. 3. Read what went before. 4. Protect."""
    specification = read_specification(table)
    earlier = [read_specification(path.with_suffix(".yaml")) for path in released]
    faults = [
        Fault(
            str(path),
            "een uitgave van een andere waarde; die hoort bij andere feiten",
            "a release of another value; it belongs to other facts",
        )
        for path, one in zip(released, earlier, strict=True)
        if one.measure != specification.measure
    ]
    if faults:
        raise BadInput(faults)
    facts, shape, shapes = read_facts(specification, data, earlier)
    before = [read_release(one, path, facts.decimals) for one, path in zip(shapes, released, strict=True)]
    return protect(facts, shape, specification.rules, before), specification


def _number(value: int, decimals: int) -> str:
    """A value of the facts as a plain decimal, exactly."""
    text = f"{Decimal(value).scaleb(-decimals):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _as_csv(outcome: Protected, specification: Specification) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*(dimension.name for dimension in specification.dimensions), "value", "status"])
    for cell in outcome.cells:
        value = "" if cell.value is None else _number(cell.value, outcome.decimals)
        writer.writerow([*cell.codes, value, cell.status])
    return file.getvalue()


def _as_json(outcome: Protected, specification: Specification) -> str:
    figures = outcome.report

    def number(value: int) -> int | float:
        return value if outcome.decimals == 0 else float(_number(value, outcome.decimals))

    document: dict[str, Any] = {
        "cells": figures.cells,
        "unsafe": figures.unsafe,
        "suppressed": figures.suppressed,
        "suppressed_value": number(figures.suppressed_value),
        "finest_value": number(figures.finest_value),
        "programs": figures.programs,
        "seconds": figures.seconds,
        "attack": _attack_figures(figures.attack),
        "warnings": list(specification.warnings),
        "suppressed_cells": [
            {
                "codes": list(one.codes),
                "primary": one.primary,
                "reasons": [
                    {"rule": type(reason).__name__} | {key: _plain(value) for key, value in asdict(reason).items()}
                    for reason in one.reasons
                ],
            }
            for one in outcome.explanations
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _attack_figures(attack: AttackReport) -> dict[str, Any]:
    width = attack.upper - attack.lower
    return {
        "cells_examined": attack.examined,
        "exact_disclosures": attack.exact_disclosures,
        "interval_breaches": attack.interval_breaches,
        "attackers_tried": attack.attackers,
        "programs": attack.programs,
        "narrowest_intervals_at_least": np.sort(width)[:TIGHTEST].tolist(),
    }


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _write_together(files: dict[Path, str]) -> None:
    """Write all files or none: each beside its target first, then renamed.

    Raises:
        BadInput: a directory cannot be written.
    """
    ready: list[tuple[str, Path]] = []
    with ExitStack() as stack:
        for path, text in files.items():
            try:
                handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
                stack.callback(Path(name).unlink, missing_ok=True)
                with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise BadInput(
                    [Fault(str(path), "niet te schrijven", f"cannot be written: {type(error).__name__}")]
                ) from error
            ready.append((name, path))
        for name, path in ready:
            os.replace(name, path)  # noqa: PTH105 - the atomic rename is meant


def main() -> None:
    """Run the command on its own: `python -m service.disclosure`."""
    typer.run(protect_command)

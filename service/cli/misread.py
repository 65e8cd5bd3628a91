"""Input of a command that is not as described: every fault at once, in Dutch and English, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from service.cli.console import BAD_INPUT


class Misread(Exception):
    """Input that is not as described.

    Attributes:
        faults: place, Dutch and English of each.
        file: the file into which the places are JSON pointers; None where a place says all.
    """

    def __init__(self, faults: Sequence[tuple[str, str, str]], file: Path | None = None) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults
        self.file = file

    def where(self, place: str) -> str:
        """A place together with its file."""
        return place if self.file is None else f"{self.file}{'' if place == '/' else ' ' + place}"


@contextmanager
def misreadings_told(*, as_json: bool, file: Path | None = None) -> Iterator[None]:
    """Say every fault, on standard error or as JSON on standard output, and end with exit status 2.

    Args:
        as_json: `{"faults": [{"place", "nl", "en"}]}`.
        file: what the command is about: in JSON, pointers into it stand by themselves.
    """
    try:
        yield
    except Misread as misread:
        if as_json:
            alone = misread.file == file
            faults = [
                {"place": place if alone else misread.where(place), "nl": nl, "en": en}
                for place, nl, en in misread.faults
            ]
            typer.echo(json.dumps({"faults": faults}, ensure_ascii=False, indent=2))
        else:
            for place, nl, en in misread.faults:
                typer.echo(f"{misread.where(place)}: {nl} / {en}", err=True)
        raise typer.Exit(BAD_INPUT) from misread

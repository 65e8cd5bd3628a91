"""What the commands show: tables for people, or exactly one JSON document for machines.

Results go to stdout; errors, questions and progress go to stderr, so that a pipe holds results only.
"""

import json
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape as escape_markup
from rich.measure import Measurement
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from sluis_client import wire
from sluis_client.cli.exit_codes import ExitCode, exit_code
from sluis_client.delivery import Progress as OnProgress
from sluis_client.errors import ContentRefusedError, ServiceRefusedError, SetupError, SluisClientError
from sluis_client.language import Language, Text

_SHOWN_ON_SCREEN = 50
_CLOCKS = ZoneInfo("Europe/Amsterdam")
_UNBOUNDED = 10_000  # columns; wider than any screen


class Screen:
    """The output of one command.

    Attributes:
        command: its name, as in the JSON document.
        language: the language that comes first.
    """

    def __init__(self, command: str, language: Language, *, as_json: bool) -> None:
        self.command = command
        self.language = language
        self._json = as_json
        self._out = Console(soft_wrap=not sys.stdout.isatty())
        self._err = Console(stderr=True, soft_wrap=not sys.stderr.isatty())

    @property
    def for_machines(self) -> bool:
        """Whether stdout is to hold one JSON document."""
        return self._json

    def say(self, text: Text, *, good: bool = True) -> None:
        """A sentence, with the other language beside it."""
        if not self._json:
            style = "green" if good else "bold red"
            self._out.print(f"[{style}]{_shown(text.in_language(self.language))}[/]")
            self._out.print(f"[dim]{_shown(text.beside(self.language))}[/]")

    def line(self, text: str) -> None:
        """A line as it is, for a file or another program."""
        if not self._json:
            sys.stdout.write(text + "\n")

    def table(self, columns: Sequence[Text], rows: Sequence[Sequence[str]], *, whole: Collection[int] = ()) -> None:
        """A table; where the screen is too narrow to keep whole what must be, each row as a list.

        Args:
            columns: the headings.
            rows: the cells of each row.
            whole: positions of the columns whose values are never broken, such as names that are to be copied.
        """
        if self._json:
            return
        headings = [column.in_language(self.language) for column in columns]
        shown = [[_shown(cell) for cell in row] for row in rows]
        table = _table(headings, shown, whole)
        unbounded = self._out.options.update(max_width=_UNBOUNDED)
        fits = Measurement.get(self._out, unbounded, table).minimum <= self._out.width
        self._out.print(table if fits or not whole else _lists(headings, shown))

    def faults(self, faults: wire.Faults, places: Sequence[str] = ()) -> None:
        """Faults as a table: where, what and how to mend it.

        Args:
            faults: all of them.
            places: where each that is shown stands in the supplier's own file, when that is not by its row.
        """
        if self._json or not faults.total:
            return
        first, second = ("NL", "EN") if self.language == "nl" else ("EN", "NL")
        rows = []
        for number, fault in enumerate(faults.shown[:_SHOWN_ON_SCREEN]):
            text = Text(fault.nl, fault.en)
            value = "" if fault.value is None else f" [{fault.value}]"
            rows.append(
                (
                    places[number] if places else "" if fault.row is None else str(fault.row),
                    fault.column or "",
                    f"{fault.code} {_SEVERITY[fault.severity].in_language(self.language)}",
                    text.in_language(self.language) + value,
                    text.beside(self.language),
                )
            )
        where = _PLACE if places else _ROW
        self.table([where, _COLUMN, _CODE, Text(first, first), Text(second, second)], rows)
        if not places and any(row for row, *_ in rows):
            for note in (_FIRST_ROW.in_language(self.language), _FIRST_ROW.beside(self.language)):
                self._out.print(f"[dim]{_shown(note)}[/]")
        more = faults.total - len(rows)
        if more > 0:
            counts = ", ".join(f"{code}: {count}" for code, count in faults.by_code.items())
            self.say(
                Text(
                    f"… en nog {more}. Aantallen per code: {counts}. Met --json komen de eerste 1000.",
                    f"… and {more} more. Counts by code: {counts}. With --json come the first 1,000.",
                ),
                good=False,
            )

    def document(self, outcome: str, **members: Any) -> None:
        """The one JSON document."""
        if self._json:
            document = {"command": self.command, "outcome": outcome, **members}
            sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Shows an error of the SDK and ends the command with the exit code that belongs to it."""
        try:
            yield
        except SluisClientError as error:
            self._show(error)
            raise typer.Exit(exit_code(error)) from None
        except OSError as failed:
            self._show(
                SetupError(
                    Text(f"De computer meldt: {failed.strerror}.", f"This machine says: {failed.strerror}."),
                    Text("Controleer schijfruimte en rechten.", "Check disk space and permissions."),
                )
            )
            raise typer.Exit(ExitCode.USAGE) from None

    @contextmanager
    def progress(self, *, of_persons: bool = False) -> Iterator[OnProgress | None]:
        """A progress bar on stderr, when someone looks: of bytes sent, or of persons."""
        if self._json or not sys.stderr.isatty():
            yield None
            return
        counted = MofNCompleteColumn() if of_persons else DownloadColumn()
        columns = (TextColumn("{task.description}"), BarColumn(), counted, TimeRemainingColumn())
        with Progress(*columns, console=self._err, transient=True) as bar:
            what = _PERSONS if of_persons else _SENDING
            task = bar.add_task(what.in_language(self.language), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    def _show(self, error: SluisClientError) -> None:
        faults = error.faults if isinstance(error, ContentRefusedError) else None
        reasons = error.reasons if isinstance(error, ServiceRefusedError) else ()
        if self._json:
            document: dict[str, Any] = {
                "code": error.code,
                **error.text.to_json(),
                "mend": error.mend.to_json(),
                "reasons": [
                    {
                        "code": reason.code,
                        "rule": reason.rule,
                        **reason.text.to_json(),
                        "mend": None if reason.mend is None else reason.mend.to_json(),
                    }
                    for reason in reasons
                ],
                "trace": error.trace if isinstance(error, ServiceRefusedError) else None,
                "faults": None if faults is None else faults.to_json(),
            }
            self.document("error", exitCode=int(exit_code(error)), error=document)
            return
        if faults is not None:
            self.faults(faults)
        for text, style in ((error.text, "bold red"), (error.mend, "yellow")):
            self._err.print(f"[{style}]{_shown(text.in_language(self.language))}[/]")
            self._err.print(f"[dim]{_shown(text.beside(self.language))}[/]")
        for reason in reasons:
            shown = reason.text.in_language(self.language)
            mend = "" if reason.mend is None else f" → {reason.mend.in_language(self.language)}"
            self._err.print(_shown(f"  - {reason.code} ({reason.rule}): {shown}{mend}"))
        if isinstance(error, ServiceRefusedError) and error.trace:
            self._err.print(f"[dim]{_shown(error.trace)}[/]")


def with_places(faults: wire.Faults, places: Sequence[str]) -> dict[str, Any]:
    """The faults as JSON, each that is shown with its place in the supplier's file when that is known."""
    document = faults.to_json()
    if places:
        document["shown"] = [{**fault, "place": place} for fault, place in zip(document["shown"], places, strict=True)]
    return document


def minute_text(moment: datetime) -> str:
    """A moment to the minute on Dutch clocks, for people; `--json` has it exactly."""
    return f"{moment.astimezone(_CLOCKS):%Y-%m-%d %H:%M %Z}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], whole: Collection[int]) -> Table:
    table = Table(show_edge=False, header_style="bold")
    for position, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=position in whole)
    for row in rows:
        table.add_row(*row)
    return table


def _lists(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for number, row in enumerate(rows):
        if number:
            grid.add_row()
        for heading, cell in zip(headings, row, strict=True):
            grid.add_row(heading, cell)
    return grid


def _shown(text: str) -> str:
    """Text of a file or of the service, which may not steer the terminal: no control characters, no markup."""
    return escape_markup("".join(c if c.isprintable() else " " for c in text))


_ROW = Text("rij", "row")
_PLACE = Text("plaats", "place")
_FIRST_ROW = Text(
    "Rij 1 is de eerste rij met gegevens: onder de kopregel, in Excel rij 2.",
    "Row 1 is the first row of data: below the header, row 2 in Excel.",
)
_COLUMN = Text("kolom", "column")
_CODE = Text("code", "code")
_SENDING = Text("versturen", "sending")
_PERSONS = Text("Pseudoniemen", "Pseudonyms")
_SEVERITY = {
    wire.Severity.FATAL: Text("fout", "fatal"),
    wire.Severity.WARNING: Text("let op", "warning"),
}

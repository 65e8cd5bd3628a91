"""Unattended delivery: whatever is laid in a folder is delivered once, and every outcome is written down.

    FOLDER/                     what is to be delivered
    FOLDER/bezig/               what is being delivered, or waits for a connection
    FOLDER/aangeleverd/         what was accepted, each with its outcome as JSON beside it
    FOLDER/geweigerd/           what was not, likewise; a workbook with a marked copy
    FOLDER/logboek.log          one line of JSON for each outcome

1. A file is taken up when it has been at rest: its size and time did not change between two looks, and its time is as
   long ago as asked; ten times as long for text that does not end with its line. Names that programs give to what is
   not ready (.tmp, .part, ~$...) are left.
2. It is moved to `bezig` in one step, so that it has one owner; a name that is taken there waits.
3. It is delivered. After a crash or without a connection it is still in `bezig`, and is taken up again: the outbox
   makes it the same delivery, and the service answers with the same receipt.
4. Its outcome is written beside its new place before it is moved there. A crash in between repeats step 3, harmlessly.

A warning that somebody has to confirm is refused here: nobody is looking.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sluis_client.answers import Round
from sluis_client.client import Client
from sluis_client.errors import (
    ConnectionFailedError,
    ContentRefusedError,
    FileError,
    ServiceRefusedError,
    SluisClientError,
)
from sluis_client.files.lock import alone_in
from sluis_client.files.marked import write_marked
from sluis_client.files.prepare import DELIMITED, TYPED, WORKBOOK
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.wire import time_text

BUSY, DONE, REFUSED, LOG = "bezig", "aangeleverd", "geweigerd", "logboek.log"

_KINDS = DELIMITED | WORKBOOK | TYPED
_NOT_READY = re.compile(r"^[.~]|^~\$|\.(?:tmp|part|partial|crdownload|filepart)$", re.IGNORECASE)
_UNENDED = 10
_PASSING = frozenset({401, 408, 429})
_SERVER = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes:
        name: the file's name.
        round: the round; None when it was not clear which.
        state: accepted, late, duplicate, refused or waiting.
        moved: its new name in its folder.
        details: the receipt's submission, or what is wrong.
    """

    name: str
    round: str | None
    state: str
    moved: str
    details: dict[str, Any]
    error: SluisClientError | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The form beside the file and in the log."""
        return {"file": self.name, "round": self.round, "state": self.state, "moved": self.moved, **self.details}


class Watch:
    """Delivers what is laid in one folder."""

    def __init__(
        self,
        client: Client,
        folder: Path,
        *,
        round_id: str | None,
        correct: bool,
        rest: float,
        machine: Machine | None = None,
    ) -> None:
        """Watches nothing yet.

        Args:
            client: delivers.
            folder: where files are laid.
            round_id: the round of all of them; otherwise the name of each begins with its round or data set.
            correct: whether a file replaces what counts in its round.
            rest: seconds that a file has to be at rest.
            machine: clock and waiting, for tests.
        """
        self._client = client
        self._folder = folder
        self._round, self._correct, self._rest = round_id, correct, rest
        self._machine = machine or Machine()
        self._seen: dict[str, tuple[int, int]] = {}

    def once(self, told: Callable[[Outcome], None]) -> list[Outcome]:
        """What is ready now, after two looks; for a schedule.

        Raises:
            SetupError: another process watches the folder.
        """
        with self._alone():
            self._ready()
            if any(self._waiting()):
                self._machine.sleep(min(self._rest, 1.0))
            return self._round_of_work(told)

    def forever(self, told: Callable[[Outcome], None], stopped: Callable[[], bool], every: float) -> list[Outcome]:
        """What is laid there, until told to stop; a file that is being delivered is finished first.

        Raises:
            SetupError: another process watches the folder.
        """
        outcomes: list[Outcome] = []
        with self._alone():
            while not stopped():
                outcomes += self._round_of_work(told, stopped)
                if not stopped():
                    self._machine.sleep(every)
        return outcomes

    def _alone(self) -> Any:
        for name in (BUSY, DONE, REFUSED):
            (self._folder / name).mkdir(exist_ok=True)
        return alone_in(self._folder)

    def _round_of_work(
        self, told: Callable[[Outcome], None], stopped: Callable[[], bool] = lambda: False
    ) -> list[Outcome]:
        busy = self._folder / BUSY
        for path in self._ready():  # 1, 2
            if not (busy / path.name).exists():
                with suppress(PermissionError):  # another program has it open, where systems forbid it to be moved
                    path.rename(busy / path.name)
                self._seen.pop(path.name, None)
        outcomes = []
        for path in sorted(each for each in busy.iterdir() if each.is_file()):
            if stopped():
                break
            outcomes.append(self._one(path))
            told(outcomes[-1])
        return outcomes

    def _waiting(self) -> Iterator[Path]:
        for path in sorted(self._folder.iterdir()):
            if path.suffix.lower() in _KINDS and not _NOT_READY.search(path.name) and path.is_file():
                yield path

    def _ready(self) -> list[Path]:
        """Files at rest since the look before."""
        ready, seen = [], {}
        now = self._machine.now().timestamp()
        for path in self._waiting():
            found = path.stat()
            seen[path.name] = (found.st_size, found.st_mtime_ns)
            rest = self._rest if _ends(path, found.st_size) else self._rest * _UNENDED
            changed = max(found.st_mtime, found.st_ctime)  # a copy keeps the time of what was copied
            if self._seen.get(path.name) == seen[path.name] and now - changed >= rest:
                ready.append(path)
        self._seen = seen
        return ready

    def _one(self, path: Path) -> Outcome:
        """3 and 4."""
        named: str | None = self._round
        try:
            found = self._round_for(path)
            named = found.id
            delivered = self._client.submit(path, found.id, found.submission if self._correct else None)
        except ConnectionFailedError as error:
            return self._kept(path, named, error)
        except ServiceRefusedError as error:
            if error.status in _PASSING or error.status >= _SERVER:
                return self._kept(path, named, error)
            return self._refused(path, named, error)
        except (ContentRefusedError, FileError, UnclearRoundError) as error:
            return self._refused(path, named, error)
        except SluisClientError as error:  # nothing to go on with: this machine or the trust in the service
            self._kept(path, named, error, "stopped")
            raise
        details = {
            "submissionId": delivered.submission,
            "version": delivered.version,
            "rows": delivered.rows,
            "warnings": [fault.to_json() for fault in delivered.warnings],
        }
        return self._finish(path, DONE, Outcome(path.name, named, delivered.outcome, "", details))

    def _refused(self, path: Path, named: str | None, error: SluisClientError) -> Outcome:
        return self._finish(path, REFUSED, Outcome(path.name, named, "refused", "", _told(error), error))

    def _kept(self, path: Path, named: str | None, error: SluisClientError, state: str = "waiting") -> Outcome:
        outcome = Outcome(path.name, named, state, f"{BUSY}/{path.name}", _told(error), error)
        self._log(outcome)
        return outcome

    def _round_for(self, path: Path) -> Round:
        """The round of a file: the one for all, or the one that its name begins with.

        Raises:
            UnclearRoundError: there is none, or more than one.
        """
        rounds = self._client.rounds()
        found = [each for each in rounds if each.id == (self._round or _longest(path, [one.id for one in rounds]))]
        if not found and self._round is None:
            open_ = [each for each in rounds if each.state == "open"]
            data_set = _longest(path, [each.data_set for each in open_])
            found = [each for each in open_ if each.data_set == data_set]
        if len(found) != 1:
            raise UnclearRoundError(path.name, [each.id for each in rounds if each.state == "open"])
        return found[0]

    def _finish(self, path: Path, folder: str, outcome: Outcome) -> Outcome:
        place = self._folder / folder
        stamp = f"{self._machine.now():%Y%m%dT%H%M%S}"
        target = place / f"{stamp}_{path.name}"
        number = 1
        while target.exists():
            number += 1
            target = place / f"{stamp}-{number}_{path.name}"
        outcome = replace(outcome, moved=f"{folder}/{target.name}")
        if folder == REFUSED and path.suffix.lower() in WORKBOOK and isinstance(outcome.error, ContentRefusedError):
            self._mark(path, target, outcome)
        document = json.dumps({"at": self._now(), **outcome.to_json()}, ensure_ascii=False, indent=2)
        _write_durably(target.with_name(f"{target.name}.json"), f"{document}\n")
        path.rename(target)
        self._log(outcome)
        return outcome

    def _mark(self, path: Path, target: Path, outcome: Outcome) -> None:
        if outcome.round is None:
            return
        rules = self._client.rules(outcome.round, offline=True)
        copy = target.with_name(f"{target.stem}.gemerkt.xlsx")
        try:
            write_marked(self._client.desk.prepare(path, rules), copy, "nl")
        except FileError as error:  # too large for a copy: the faults are in the outcome all the same
            outcome.details["marked"] = error.text.to_json()

    def _log(self, outcome: Outcome) -> None:
        line = json.dumps({"at": self._now(), **outcome.to_json()}, ensure_ascii=False)
        with (self._folder / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def _now(self) -> str:
        return time_text(self._machine.now().replace(microsecond=0))


class UnclearRoundError(FileError):
    """It is not clear for which round a file is."""

    code = "round-unclear"

    def __init__(self, name: str, rounds: list[str]) -> None:
        super().__init__(
            Text(f"Bij welke ronde {name} hoort, is niet duidelijk.", f"It is not clear for which round {name} is."),
            Text(
                f"Laat de naam beginnen met de ronde ({', '.join(rounds) or '-'}), of geef `--round`.",
                f"Let the name begin with the round ({', '.join(rounds) or '-'}), or give `--round`.",
            ),
        )


def _longest(path: Path, names: Sequence[str]) -> str | None:
    """The longest of the names that the file's name begins with, as a word of its own."""
    stem = path.stem.casefold()
    begins = [
        name for name in names if stem.startswith(name.casefold()) and not stem[len(name) : len(name) + 1].isalnum()
    ]
    return max(begins, key=len, default=None)


def _ends(path: Path, size: int) -> bool:
    """Whether a text file ends with a line; other kinds say themselves whether they are whole."""
    if path.suffix.lower() not in DELIMITED | {".ndjson", ".jsonl"} or size == 0:
        return size > 0
    with path.open("rb") as file:
        file.seek(-min(size, 2), os.SEEK_END)
        return b"\n" in file.read()


def _told(error: SluisClientError) -> dict[str, Any]:
    faults = error.faults.to_json() if isinstance(error, ContentRefusedError) else None
    return {"error": {"code": error.code, **error.text.to_json(), "mend": error.mend.to_json()}, "faults": faults}


def _write_durably(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

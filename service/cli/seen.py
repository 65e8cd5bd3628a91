"""What an auditor keeps of the log that was verified last: the next one has to continue it.

A file of JSON, canonical: the checkpoint, per day the first place at which an event of that day stood, and which key of
the log followed which, when one was replaced. An operator who says later that such a place was past its retention
contradicts what was seen, and a key that was replaced is believed in nothing newer. A bare checkpoint (a signed note),
from whoever else saw the log, is taken as well: it has neither days nor keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.cli.private_file import write_private
from sluis_client.wire.canonical import canonical_bytes, parse_json
from sluis_client.wire.log.erasures import Day
from sluis_client.wire.strict import Fields, WireError, string, time_text

_MOST = 2**53 - 1
_NOTE = "\n\n\N{EM DASH} "


class UnreadableSeenError(Exception):
    """The file is torn, or something else: what was seen before is not known, and nothing can be held against it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was verified before: the signed note, the days, and the successions of keys."""

    note: str
    days: Sequence[Day] = ()
    successions: Sequence[str] = ()

    @classmethod
    def read(cls, path: Path) -> Seen:
        """Read the file.

        Raises:
            UnreadableSeenError: it is no such file.
            OSError: it cannot be read.
        """
        content = path.read_bytes()
        try:
            if not content.startswith(b"{"):
                return cls(_a_note(content.decode()))
            fields = Fields(parse_json(content), {"seenVersion", "checkpoint", "days", "successions"})
            fields.integer("seenVersion", 1, 1)
            note, days = fields.text("checkpoint"), fields.each("days", _day)
            successions = fields.each("successions", string) if "successions" in fields else ()
            fields.finish()
        except (WireError, ValueError) as error:
            raise UnreadableSeenError from error
        return cls(_a_note(note), days, successions)

    def keep(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        days = [{"place": day.place, "recorded": time_text(day.recorded)} for day in self.days]
        members = {"seenVersion": 1, "checkpoint": self.note, "days": days}
        members |= {"successions": list(self.successions)} if self.successions else {}
        write_private(path, canonical_bytes(members) + b"\n")


def _a_note(text: str) -> str:
    if _NOTE not in text or not text.endswith("\n"):
        raise UnreadableSeenError
    return text


def _day(value: object) -> Day:
    fields = Fields(value, {"place", "recorded"})
    day = Day(fields.integer("place", 0, _MOST), fields.time("recorded"))
    fields.finish()
    return day

"""Every sentence for people exists twice: in Dutch, and in English beside it."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["nl", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    nl: str
    en: str

    def in_language(self, language: Language) -> str:
        """The sentence in the language asked for."""
        return self.nl if language == "nl" else self.en

    def beside(self, language: Language) -> str:
        """The same sentence in the other language."""
        return self.en if language == "nl" else self.nl

    def to_json(self) -> dict[str, str]:
        """`{"nl": ..., "en": ...}`, as everywhere in the service's answers."""
        return {"nl": self.nl, "en": self.en}


def count_of_rows(number: int) -> Text:
    """So many rows."""
    return _counted(number, Text("rij", "row"), Text("rijen", "rows"))


def count_of_faults(number: int) -> Text:
    """So many faults."""
    return _counted(number, Text("fout", "fault"), Text("fouten", "faults"))


def count_of_minutes(number: int) -> Text:
    """So many minutes."""
    return _counted(number, Text("minuut", "minute"), Text("minuten", "minutes"))


def _counted(number: int, one: Text, more: Text) -> Text:
    noun = one if number == 1 else more
    return Text(f"{number} {noun.nl}", f"{number} {noun.en}")

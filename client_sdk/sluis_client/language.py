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

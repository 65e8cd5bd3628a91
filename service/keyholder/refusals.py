"""What the key holder refuses, with what mends it, in both languages; no text ever repeats what came in."""

from __future__ import annotations

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[int, str, str]] = {
    "not-authenticated": (
        401,
        "Een toegangsbewijs van de dienst voor deze sleutelhouder is nodig.",
        "An access token of the service for this key holder is needed.",
    ),
    "malformed": (
        400,
        "Gevraagd is JSON met `domain` (tekst) en `elements` (1 tot 1.000 teksten in base64url van 32 bytes).",
        "Asked for is JSON with `domain` (text) and `elements` (1 to 1,000 texts in base64url of 32 bytes).",
    ),
    "not-an-element": (
        400,
        "Op deze plaatsen staat geen element van ristretto255 (of het neutrale). Werk het SDK bij.",
        "At these places is no element of ristretto255 (or the neutral one). Update the SDK.",
    ),
    "domain-unknown": (
        404,
        "Van dit domein is hier geen sleutel. De beheerder maakt die met `sluis keyholder create-key`.",
        "There is no key of this domain here. The operator makes one by `sluis keyholder create-key`.",
    ),
    "over-quota": (
        403,
        "Uw organisatie heeft in deze periode al zoveel pseudoniemen laten maken als mag. Neem contact op.",
        "Your organisation had as many pseudonyms made in this period as it may. Get in touch.",
    ),
    "too-large": (413, "Het verzoek is te groot.", "The request is too large."),
    "not-found": (404, "Dit bestaat niet.", "This does not exist."),
    "key-unreadable": (
        503,
        "De sleutel is niet te openen met de sleutel-encryptiesleutel die hier staat.",
        "The key cannot be opened by the key-encryption key that is here.",
    ),
    "failed": (500, "Er ging iets mis.", "Something went wrong."),
    "key-exists": (
        409,
        "Dit domein heeft of had al een sleutel. Vervang die met `sluis keyholder rotate`.",
        "This domain has or had a key. Replace it by `sluis keyholder rotate`.",
    ),
    "key-overlaps": (
        409,
        "Er gelden al twee sleutels. Vernietig eerst de oude met `sluis keyholder destroy-key`.",
        "Two keys are in force already. Destroy the old one first by `sluis keyholder destroy-key`.",
    ),
    "key-since": (
        409,
        "De dag waarop de nieuwe sleutel ingaat, ligt niet na die van de vorige.",
        "The day from which the new key holds is not after that of the one before.",
    ),
    "key-newest": (
        409,
        "Dit is de nieuwste sleutel. Maak eerst een nieuwe met `sluis keyholder rotate`.",
        "This is the newest key. Make a new one first by `sluis keyholder rotate`.",
    ),
    "key-unknown": (404, "Deze sleutel geldt niet (meer).", "This key is not in force (any more)."),
    "domain-malformed": (
        400,
        "De naam van een domein heeft kleine letters, cijfers en streepjes, en begint met een letter.",
        "The name of a domain has small letters, digits and hyphens, and begins with a letter.",
    ),
}


class Refusal(Exception):
    """Refused: a stable code, the places of elements that are none, and its texts."""

    def __init__(self, code: str, places: tuple[int, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.places = places
        self.status, self.nl, self.en = _TEXTS[code]

    def to_problem(self) -> dict[str, object]:
        """As RFC 9457 has it, with Dutch beside the English."""
        problem: dict[str, object] = {
            "type": f"urn:sluis:keyholder:{self.code}",
            "title": self.en,
            "titleNl": self.nl,
            "status": self.status,
            "code": self.code,
        }
        return {**problem, "places": list(self.places)} if self.places else problem

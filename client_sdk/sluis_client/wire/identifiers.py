"""What in a text points at one person: numbers, addresses and dates.

A name is not found this way, and neither is a story that everybody in town knows: the definition of a column says what
a text is for, and a text is never released.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from sluis_client.wire.fault_texts import FaultCode

_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_GONE = " \N{REPLACEMENT CHARACTER} "
_SEPARATORS = re.compile(r"[ .\-]")
_MONTHS = (
    "jan(?:uari|uary)?|feb(?:ruari|ruary)?|maart|mrt|mar(?:ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|"
    "aug(?:ustus|ust)?|sep(?:t(?:ember)?)?|o[kc]t(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:(?:19|20)\d\d|'?\d\d)"

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_PHONE = re.compile(
    r"(?<!\d)(?:(?:\+|00) ?31|0)(?:[ .\-()/]*\d){9}(?!\d)|(?<!\d)(?:\+|00)[1-9]\d{0,2}(?:[ .\-()/]*\d){7,12}(?!\d)"
)
_NINE_DIGITS = re.compile(r"(?<!\d)\d(?:[ .\-]?\d){8}(?!\d)")
_NAMED_BSN = re.compile(
    r"\b(?:bsn|sofi|burger ?service ?nummer)\w*[^\w\n]{0,3}(?:nr|nummer|is)?[^\w\n]{0,3}\d(?:[ .\-]?\d){6,8}(?!\d)",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"(?<![\d.]){_DAY}(?:-|/|\.| ){_MONTH}(?:-|/|\.| ){_YEAR}(?!\d)|"
    rf"(?<!\d)(?:19|20)\d\d(?:-|/|\.| ){_MONTH}(?:-|/|\.| ){_DAY}(?!\d)|"
    rf"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)|"
    rf"(?<!\d){_DAY}(?:e|st|nd|rd|th)?[ \-]+(?:of )?(?:{_MONTHS})\.?[ \-,]+{_YEAR}(?!\d)|"
    rf"\b(?:{_MONTHS})\.? {_DAY}(?:st|nd|rd|th)?,? (?:19|20)\d\d(?!\d)",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"\b(?:geb(?:oren)?|geboortedatum|geb\.? ?dat(?:um)?|born|date of birth|dob)\b[^\n\d]{0,15}\d", re.IGNORECASE
)
_AGB = re.compile(r"(?<!\d)\d{2}[ .\-]?\d{6}(?!\d)")
_SHORT_WORDS = r"(?:al|ca|de|en|er|in|is|na|of|om|op|or|te|to|tm|we|ze)\b"
_POSTCODE = re.compile(
    r"(?<!\d)[1-9]\d{3} ?[A-Z]{2}(?![A-Za-z])|(?<!\d)[1-9]\d{3}[A-Za-z]{2}(?![A-Za-z])|"
    rf"(?<!\d)[1-9]\d{{3}} (?!{_SHORT_WORDS})[A-Za-z]{{2}}[ ,]+(?:nr\.? ?|huisnummer ?)?\d{{1,5}}(?!\d)"
)


def identifiers_in(text: str) -> tuple[FaultCode, ...]:
    """The kinds of identifier that a text holds, each once.

    1. Digits and signs of other scripts and widths are read as plain ones.
    2. What is found is taken out before the next kind is looked for: the digits of a telephone number are no AGB code.

    Example:
        >>> [code.name for code in identifiers_in("Aanmelden bij m.smit@example.nl, (06) 1234 5678")]
        ['EMAIL', 'PHONE']
        >>> identifiers_in("Vanaf 18 jaar, hoogstens 3 maanden wachttijd in 2026")
        ()
    """
    return tuple(dict.fromkeys(_found(_plain(text))))


def _found(text: str) -> Iterator[FaultCode]:
    for code, pattern in _KINDS:
        hits = [m for m in pattern.finditer(text) if code is not FaultCode.IDENTIFIER or _is_bsn(pattern, m.group())]
        if hits:
            yield code
        for hit in reversed(hits):
            text = f"{text[: hit.start()]}{_GONE}{text[hit.end() :]}"


def _is_bsn(pattern: re.Pattern[str], text: str) -> bool:
    return pattern is _NAMED_BSN or passes_eleven_test(_SEPARATORS.sub("", text))


def _plain(text: str) -> str:
    shown = unicodedata.normalize("NFKC", text)
    shown = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in shown)
    return re.sub(r"[\u2010-\u2015\u2212]", "-", re.sub(r"\s", " ", shown))


def passes_eleven_test(digits: str) -> bool:
    """Whether eight (leading zero lost) or nine digits can be a BSN: 9A+8B+7C+6D+5E+4F+3G+2H-I divisible by 11."""
    full = digits.zfill(len(_WEIGHTS))
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, full, strict=True))
    return total % 11 == 0 and full != "0" * len(_WEIGHTS)


_KINDS = (
    (FaultCode.EMAIL, _EMAIL),
    (FaultCode.IDENTIFIER, _NAMED_BSN),
    (FaultCode.PHONE, _PHONE),
    (FaultCode.IDENTIFIER, _NINE_DIGITS),
    (FaultCode.DATE, _DATE),
    (FaultCode.DATE, _BORN),
    (FaultCode.AGB_CODE, _AGB),
    (FaultCode.POSTCODE, _POSTCODE),
)

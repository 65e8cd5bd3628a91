"""The words that an event is found by: those of its reason codes, and the persons that it is about."""

from __future__ import annotations

import hashlib
import re

from service.domain.audit import AuditEvent

PERSON_BYTES = 16
_WORD = re.compile(r"[^\s,;]+")


def person_digest(pseudonym: str) -> bytes:
    """What a person is looked up by: 128 bits of SHA-256.

    A pseudonym holds 128 bits of its own that nobody can guess (identity.md), so that its digest needs no key, and who
    reads the index alone learns nobody's pseudonym.
    """
    return hashlib.sha256(pseudonym.encode()).digest()[:PERSON_BYTES]


def person_term(pseudonym: str) -> str:
    """The term of events that are about one person by name."""
    return f"person:{person_digest(pseudonym).hex()}"


def reason_terms(words: str) -> tuple[str, ...]:
    """What an auditor typed, as terms: an event has to have all of them."""
    return tuple(sorted({f"reason:{word.lower()}" for word in _WORD.findall(words)}))


def terms_of(event: AuditEvent) -> tuple[str, ...]:
    """Of each reason the whole code and its words, and of each person the digest."""
    words = {word.lower() for code in event.reasons for word in (code, *code.split("-")) if _WORD.fullmatch(word)}
    return tuple(sorted({f"reason:{word}" for word in words} | {person_term(person) for person in event.persons}))

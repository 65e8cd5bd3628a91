"""What can stop a use case, as one tree.

    DomainError            carries a stable `code` and the data that its text needs
    ├── Denied             the policy said no; holds every reason
    ├── NotFound           no such object, or none that this caller may know of
    ├── Conflict           the object is in another state than the action needs
    ├── Invalid            the input breaks a rule of the domain
    └── Unavailable        a part that is needed cannot answer now; nothing was done

One module knows HTTP (`service.api.problems`), one knows the texts (`service.domain.texts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.reason import Reason


class DomainError(Exception):
    """A refusal with a stable code; `data` fills the text in and never holds a record or an identifier."""

    text_code: str | None = None
    """The code whose text people read, when the error's own code has none."""

    def __init__(self, code: str, data: Mapping[str, str | int | float] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.data: Mapping[str, str | int | float] = dict(data or {})


class Denied(DomainError):
    """The policy denies the action."""

    def __init__(self, reasons: tuple[Reason, ...], subject: str | None = None) -> None:
        super().__init__("denied", {"subject": subject} if subject else None)
        self.reasons = reasons
        self.subject = subject


class NotFound(DomainError):
    """The object does not exist for this caller."""

    def __init__(self, kind: str) -> None:
        super().__init__("not-found", {"kind": kind})


class Conflict(DomainError):
    """The action does not fit the state of the object."""


class Invalid(DomainError):
    """The input breaks a rule; `faults` names every place, each a (where, what) pair of codes."""

    def __init__(
        self,
        code: str,
        data: Mapping[str, str | int | float] | None = None,
        faults: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(code, data)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at `where` (keys joined by dots), with what it is and how to mend it, in Dutch and English."""

    where: str
    code: str
    nl: str
    en: str


class Faulty(Invalid):
    """A document breaks rules; `found` names every place with texts of its own, which repeat nothing unseemly."""

    def __init__(self, code: str, found: tuple[Fault, ...]) -> None:
        super().__init__(code, faults=tuple((fault.where, fault.code) for fault in found))
        self.found = found


class Unavailable(DomainError):
    """A part that the action needs cannot answer; the action did not happen and may be tried again."""

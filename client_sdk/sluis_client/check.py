"""Checking before anything is sent, by the same code as the service (the wire package)."""

from dataclasses import dataclass

from sluis_client import wire
from sluis_client.content import Content
from sluis_client.errors import FileError
from sluis_client.language import Text
from sluis_client.rules import RoundRules


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        round: the round checked against.
        rows: number of rows found, faulty ones included.
        content_digest: `sha-256:<hex>` of the content.
        faults: everything wrong: complete counts, and the first 1,000.
        accepted: whether the content may be delivered (warnings do not stand in the way).
        told: how the file was read and what was done with it, when it was converted.
        places: where each shown fault stands, as the supplier's own program names it; empty for a file sent as it is.
    """

    round: str
    rows: int
    content_digest: str
    faults: wire.Faults
    accepted: bool
    told: tuple[Text, ...] = ()
    places: tuple[str, ...] = ()


def check(content: Content, rules: RoundRules) -> CheckReport:
    """Everything that is wrong with the content, at once.

    Raises:
        FileError: the file cannot be read.
    """
    try:
        checked = wire.check_rows(rules.definition, rules.allowed_periods, content.source, content.format)
    except OSError as failed:
        raise FileError(
            Text(f"{content.name} kan niet worden gelezen.", f"{content.name} cannot be read."),
            Text(f"Controleer het bestand ({failed.strerror}).", f"Check the file ({failed.strerror})."),
        ) from None
    return CheckReport(rules.round.id, checked.rows, content.digest, checked.faults, checked.ok)

"""How a supplier and the service's audit log stand, as values."""

from dataclasses import dataclass

from sluis_client.answers import Round
from sluis_client.outbox import Entry
from sluis_client.profile import Registration


@dataclass(frozen=True, slots=True)
class Status:
    """How a supplier stands.

    Attributes:
        registration: who this machine is to which service.
        rounds: the rounds in which a delivery is expected.
        under_way: deliveries that were cut off; the same submit goes on.
    """

    registration: Registration
    rounds: tuple[Round, ...]
    under_way: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class LogFollowed:
    """How the service's audit log stands, as seen from here.

    Attributes:
        size: the number of events in it; 0 when there is none yet.
        without_proof: how many of the receipts on this machine have no place in it yet.
        shown: whether the service showed a log at all.
    """

    size: int
    without_proof: int
    shown: bool = True

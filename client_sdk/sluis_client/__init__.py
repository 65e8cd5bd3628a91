"""Deliver figures to a Sluis: check them here, sign, submit, keep the receipt.

The way of a delivery, and where to read it:

    client        the class that a supplier's own program uses
    registering   a key pair, registered with the code of an invitation
    files         files as they are: read, told back, converted, compared
    check         all faults at once, before anything is sent
    delivery      announce, send, complete, verify, keep; never twice, never lost
    receipts      the proof, verifiable without the service
    witness       the service's audit log may only grow: what was seen is held against what is shown
    errors        everything that can go wrong, and what to do about it
    wire          what the service shares: definitions, checks, manifests, receipts
    cli           the same on the command line: `sluis-client --help`
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sluis_client.answers import Round
    from sluis_client.calendar import CalendarEntry
    from sluis_client.check import CheckReport
    from sluis_client.client import Client
    from sluis_client.delivery import Delivered
    from sluis_client.errors import (
        AlreadyRegisteredError,
        AmbiguousFileError,
        ClockSkewError,
        ConnectionFailedError,
        ContentRefusedError,
        FileError,
        LogError,
        NoReceiptError,
        NotCachedError,
        NotRegisteredError,
        PassphraseError,
        ProfileDamagedError,
        ProfileUnsafeError,
        Reason,
        ReceiptError,
        ReleaseRefusedError,
        ServiceRefusedError,
        SetupError,
        SluisClientError,
        TrustError,
        UnconfirmedError,
        UnexpectedAnswerError,
    )
    from sluis_client.files.desk import Desk
    from sluis_client.files.dialect import Dialect
    from sluis_client.machine import Machine
    from sluis_client.objections import Objection
    from sluis_client.outbox import Entry
    from sluis_client.profile import Registration
    from sluis_client.receipts import StoredReceipt
    from sluis_client.retry import Patience
    from sluis_client.rules import RoundRules
    from sluis_client.standing import LogFollowed, Status
    from sluis_client.uses import Reading, Use, UsedDelivery

__all__ = [
    "AlreadyRegisteredError",
    "AmbiguousFileError",
    "CalendarEntry",
    "CheckReport",
    "Client",
    "ClockSkewError",
    "ConnectionFailedError",
    "ContentRefusedError",
    "Delivered",
    "Desk",
    "Dialect",
    "Entry",
    "FileError",
    "LogError",
    "LogFollowed",
    "Machine",
    "NoReceiptError",
    "NotCachedError",
    "NotRegisteredError",
    "Objection",
    "PassphraseError",
    "Patience",
    "ProfileDamagedError",
    "ProfileUnsafeError",
    "Reading",
    "Reason",
    "ReceiptError",
    "Registration",
    "ReleaseRefusedError",
    "Round",
    "RoundRules",
    "ServiceRefusedError",
    "SetupError",
    "SluisClientError",
    "Status",
    "StoredReceipt",
    "TrustError",
    "UnconfirmedError",
    "UnexpectedAnswerError",
    "Use",
    "UsedDelivery",
]

if not TYPE_CHECKING:
    _HOMES = {
        "CalendarEntry": "calendar",
        "CheckReport": "check",
        "Client": "client",
        "Delivered": "delivery",
        "Desk": "files.desk",
        "Dialect": "files.dialect",
        "Entry": "outbox",
        "LogFollowed": "standing",
        "Machine": "machine",
        "Objection": "objections",
        "Patience": "retry",
        "Reading": "uses",
        "Registration": "profile",
        "Round": "answers",
        "RoundRules": "rules",
        "Status": "standing",
        "StoredReceipt": "receipts",
        "Use": "uses",
        "UsedDelivery": "uses",
    }
    """Where each of these is; whatever is not here is one of the `errors`."""

    def __getattr__(name: str) -> object:
        """Load it when it is asked for: who needs `wire` alone does not wait for spreadsheets and the network."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

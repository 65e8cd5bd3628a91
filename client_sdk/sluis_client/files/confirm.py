"""Warnings that go with a delivery only after somebody looked at them and said why the figures are right."""

from sluis_client import wire
from sluis_client.errors import SetupError, UnconfirmedError
from sluis_client.files.faults import TO_CONFIRM
from sluis_client.language import Text


def confirmation_of(faults: wire.Faults, reason: str | None) -> wire.Confirmation | None:
    """The confirmation that goes into the signed manifest; None when there is nothing to confirm.

    Raises:
        UnconfirmedError: there is, and no reason was given; nothing was sent.
        SetupError: the reason is too short, too long, or points at a person.
    """
    codes = tuple(sorted(code for code in faults.by_code if code in TO_CONFIRM))
    if not codes:
        return None
    if reason is None:
        raise UnconfirmedError(faults)
    try:
        return wire.Confirmation(codes, " ".join(reason.split()))
    except wire.WireError as wrong:
        raise SetupError(
            Text(
                "De reden kan zo niet mee: " + " ".join(each.nl for each in wrong.problems) + ".",
                "The reason cannot go like this: " + " ".join(each.en for each in wrong.problems) + ".",
            ),
            Text(
                "Schrijf in één zin waarom de cijfers kloppen, zonder gegevens over personen.",
                "Write in one sentence why the figures are right, without anything about persons.",
            ),
        ) from None

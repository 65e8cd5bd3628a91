"""What the state of a round means for a supplier, and what it does next."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sluis_client.answers import Round
from sluis_client.language import Text


def next_steps(rounds: Sequence[Round], at: datetime) -> list[tuple[Text, list[str]]]:
    """Each thing to do, with the rounds that it is about, in the order of the rounds."""
    told: dict[Text, list[str]] = {}
    for one in rounds:
        told.setdefault(next_step(one, at), []).append(one.id)
    return list(told.items())


def next_step(found: Round, at: datetime) -> Text:
    """How a supplier stands in a round and its next step, in plain words.

    Args:
        found: the round, as `Client.rounds` gives it.
        at: now.
    """
    situation = found.state
    if found.state in {"open", "closed"} and found.delivery in {"accepted", "late"}:
        situation += ", delivered"
    elif found.state == "open" and at.astimezone(UTC) > found.deadline:
        situation = "open, late"
    step = _STEPS.get(situation, _UNKNOWN)
    words = {"round": found.id, "submission": found.submission or "ID", "state": found.state}
    return Text(step.nl.format_map(words), step.en.format_map(words))


_STEPS = {
    "draft": Text(
        "Deze ronde wordt voorbereid. U hoeft nu niets te doen; een bestand controleren kan al.",
        "This round is being prepared. Nothing to do now; a file can be checked already.",
    ),
    "cancelled": Text(
        "Deze ronde gaat niet door. U hoeft niets te doen.",
        "This round was cancelled. Nothing to do.",
    ),
    "open": Text(
        "Maak een bestand met `sluis-client template {round} --output BESTAND`, controleer het met"
        " `sluis-client check BESTAND --round {round}` en lever aan met `sluis-client submit BESTAND --round {round}`.",
        "Make a file with `sluis-client template {round} --output FILE`, check it with"
        " `sluis-client check FILE --round {round}` and deliver with `sluis-client submit FILE --round {round}`.",
    ),
    "open, late": Text(
        "De termijn is voorbij, maar de ronde is nog open: lever zo snel mogelijk aan met"
        " `sluis-client submit BESTAND --round {round}`. De aanlevering wordt als te laat gemerkt.",
        "The deadline is past, but the round is still open: deliver as soon as you can with"
        " `sluis-client submit FILE --round {round}`. The delivery is marked as late.",
    ),
    "open, delivered": Text(
        "Uw aanlevering telt. Klopt er iets niet, lever dan opnieuw aan met"
        " `sluis-client submit BESTAND --round {round} --corrects {submission}`.",
        "Your delivery counts. If something is wrong, deliver again with"
        " `sluis-client submit FILE --round {round} --corrects {submission}`.",
    ),
    "closed": Text(
        "De ronde is gesloten zonder uw aanlevering. Vraag de datasteward om haar te heropenen.",
        "The round was closed without your delivery. Ask the data steward to reopen it.",
    ),
    "closed, delivered": Text(
        "Uw aanlevering telt en de ronde is gesloten. Wat ermee gebeurt, toont `sluis-client uses`.",
        "Your delivery counts and the round is closed. What becomes of it, `sluis-client uses` shows.",
    ),
}
_UNKNOWN = Text(
    "Deze versie van sluis-client kent de stand `{state}` niet. Installeer de nieuwste.",
    "This version of sluis-client does not know the state `{state}`. Install the newest.",
)

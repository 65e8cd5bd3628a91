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
    delivered = found.delivery in {"accepted", "late"}
    situation = found.state
    if found.state == "open" and found.attempt is not None and found.attempt.state in _ATTEMPTS:
        situation += f", {found.attempt.state}"
    elif found.state in {"open", "closed"} and delivered:
        situation += ", delivered"
    steps = [_STEPS.get(situation, _UNKNOWN)]
    if delivered and situation.removeprefix("open, ") in _ATTEMPTS:
        steps.append(_STILL_COUNTS)
    if found.state == "open" and not delivered and at.astimezone(UTC) > found.deadline:
        steps.append(_LATE)
    words = {
        "round": found.id,
        "state": found.state,
        "submission": found.submission or "ID",
        "corrects": f" --corrects {found.submission}" if delivered and found.submission else "",
    }
    return Text(
        " ".join(step.nl.format_map(words) for step in steps), " ".join(step.en.format_map(words) for step in steps)
    )


_ATTEMPTS = {"receiving", "refused", "abandoned", "withdrawn"}
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
    "open, refused": Text(
        "Uw laatste aanlevering is geweigerd. Verbeter het bestand, controleer het met"
        " `sluis-client check BESTAND --round {round}` en lever opnieuw aan met"
        " `sluis-client submit BESTAND --round {round}{corrects}`.",
        "Your last delivery was refused. Mend the file, check it with `sluis-client check FILE --round {round}` and"
        " deliver again with `sluis-client submit FILE --round {round}{corrects}`.",
    ),
    "open, receiving": Text(
        "Een aanlevering is begonnen en nog niet af. Geef dezelfde submit-opdracht opnieuw; zij gaat verder waar zij"
        " stopte.",
        "A delivery was begun and is not finished. Give the same submit command again; it goes on where it stopped.",
    ),
    "open, abandoned": Text(
        "Een aanlevering bleef onaf en is opgeruimd. Lever opnieuw aan met"
        " `sluis-client submit BESTAND --round {round}{corrects}`.",
        "A delivery was never finished and has been cleared away. Deliver again with"
        " `sluis-client submit FILE --round {round}{corrects}`.",
    ),
    "open, withdrawn": Text(
        "U hebt uw aanlevering ingetrokken; zij telt niet meer. Lever opnieuw aan met"
        " `sluis-client submit BESTAND --round {round}`.",
        "You withdrew your delivery; it counts no longer. Deliver again with"
        " `sluis-client submit FILE --round {round}`.",
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
_LATE = Text(
    "De termijn is voorbij, maar de ronde is nog open: doe het zo snel mogelijk. De aanlevering wordt als te laat"
    " gemerkt.",
    "The deadline is past, but the round is still open: do it as soon as you can. The delivery is marked as late.",
)
_STILL_COUNTS = Text(
    "Tot dan telt wat eerder is aangenomen ({submission}).",
    "Until then what was accepted before counts ({submission}).",
)
_UNKNOWN = Text(
    "Deze versie van sluis-client kent de stand `{state}` niet. Installeer de nieuwste.",
    "This version of sluis-client does not know the state `{state}`. Install the newest.",
)

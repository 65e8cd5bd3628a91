"""`sluis-client status` and `sluis-client rounds`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sluis_client.answers import Attempt, Round
from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen, minute_text
from sluis_client.cli.secrets import opened_client
from sluis_client.language import Text
from sluis_client.steps import next_steps


def status(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """Hoe elke ronde ervoor staat, wat de volgende stap is en wat onderweg is. / Where you stand and what is next."""
    screen = Screen("status", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            found = client.status()
        who = found.registration
        screen.say(
            Text(
                f"{who.name} ({who.organisation}) bij {who.url}. Sleutel: {who.key_id}",
                f"{who.name} ({who.organisation}) at {who.url}. Key: {who.key_id}",
            )
        )
        show_rounds(screen, found.rounds)
        steps = next_steps(found.rounds, datetime.now(UTC))
        for step, about in steps:
            named = ", ".join(about)
            screen.say(Text(f"{named}: {step.nl}", f"{named}: {step.en}"))
        for entry in found.under_way:
            screen.say(
                Text(
                    f"Onderweg: {entry.name} voor {entry.manifest.round}. Geef dezelfde submit-opdracht opnieuw.",
                    f"Under way: {entry.name} for {entry.manifest.round}. Give the same submit command again.",
                ),
                good=False,
            )
        screen.document(
            "ok",
            exitCode=0,
            registration=who.to_json(),
            rounds=[one.to_json() for one in found.rounds],
            nextSteps=[{"rounds": about, **step.to_json()} for step, about in steps],
            underWay=[
                {"name": entry.name, "round": entry.manifest.round, "submissionId": entry.submission}
                for entry in found.under_way
            ],
        )


def rounds(as_json: JsonOption = False, language: LanguageOption = "nl") -> None:
    """De rondes waarin uw aanlevering wordt verwacht. / The rounds that expect your delivery."""
    screen = Screen("rounds", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            found = client.rounds()
        show_rounds(screen, found)
        screen.document("ok", exitCode=0, rounds=[one.to_json() for one in found])


def show_rounds(screen: Screen, found: Sequence[Round]) -> None:
    """The rounds as a table."""
    screen.table(
        [
            Text("ronde", "round"),
            Text("periode", "period"),
            Text("status", "state"),
            Text("termijn", "deadline"),
            Text("uw aanlevering", "your delivery"),
        ],
        [
            (
                one.id,
                one.period,
                _STATE.get(one.state, Text(one.state, one.state)).in_language(screen.language),
                minute_text(one.deadline),
                _delivery(one).in_language(screen.language),
            )
            for one in found
        ],
        whole={0, 3},
    )


def attempt_text(attempt: Attempt) -> Text:
    """What became of a delivery that does not count."""
    return _ATTEMPT.get(attempt.state, Text(attempt.state, attempt.state))


def _delivery(found: Round) -> Text:
    told = _DELIVERY.get(found.delivery or "missing", Text("?", "?"))
    if found.attempt is None:
        return told
    attempt = attempt_text(found.attempt)
    return Text(f"{told.nl} ({attempt.nl})", f"{told.en} ({attempt.en})")


_STATE = {
    "draft": Text("in voorbereiding", "draft"),
    "open": Text("open", "open"),
    "closed": Text("gesloten", "closed"),
    "cancelled": Text("ingetrokken", "cancelled"),
}
_DELIVERY = {
    "missing": Text("ontbreekt", "missing"),
    "accepted": Text("aangenomen", "accepted"),
    "late": Text("aangenomen, te laat", "accepted, late"),
}
_ATTEMPT = {
    "receiving": Text("een niet af", "one unfinished"),
    "refused": Text("laatste geweigerd", "last one refused"),
    "abandoned": Text("een afgebroken", "one given up"),
    "withdrawn": Text("ingetrokken", "withdrawn"),
}

"""The texts of the signals for auditors."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.signals import MANY_DENIALS, OFFICE_HOURS, UNUSUAL_TIMES, Signal, SignalKind
from service.domain.texts_table import Text

_LOGGING = "NEN 7513; NEN 7510 A.8.15"

SIGNALS: Mapping[SignalKind, Text] = {
    SignalKind.MANY_DENIALS: Text(
        _LOGGING,
        f"{{count}} weigeringen op een dag ({MANY_DENIALS} of meer is veel).",
        f"{{count}} denials on one day ({MANY_DENIALS} or more is many).",
        "Zoek uit of iemand iets probeert, of een recht mist.",
        "Find out whether someone tries something, or lacks a right.",
    ),
    SignalKind.OUTSIDE_OFFICE_HOURS: Text(
        _LOGGING,
        f"{{count}} handelingen buiten kantooruren, waarvan {{compared}} geweigerd of mislukt "
        f"({OFFICE_HOURS.start}-{OFFICE_HOURS.stop} uur op werkdagen, Nederlandse tijd; feestdagen tellen als "
        "werkdag).",
        f"{{count}} actions outside office hours, of which {{compared}} were denied or failed "
        f"({OFFICE_HOURS.start}-{OFFICE_HOURS.stop} h on working days, Dutch time; public holidays count as working "
        "days).",
        "Vraag waarom het toen moest.",
        "Ask why it had to be then.",
    ),
    SignalKind.ONE_APPROVER: Text(
        "Four eyes: NEN 7510 A.5.3",
        "Een persoon gaf {count} van {compared} goedkeuringen.",
        "One person gave {count} of {compared} approvals.",
        "Laat het werk verdelen: vier ogen zijn er twee, en niet altijd dezelfde.",
        "Have the work shared: four eyes are two people, and not always the same.",
    ),
    SignalKind.UNUSUAL_VOLUME: Text(
        _LOGGING,
        f"{{count}} handelingen op een dag, {UNUSUAL_TIMES} keer zo veel als anders of meer (gemiddeld {{compared}}).",
        f"{{count}} actions on one day, {UNUSUAL_TIMES} times as many as else or more (average {{compared}}).",
        "Zoek uit wat er gezocht of meegenomen is.",
        "Find out what was searched for or taken along.",
    ),
    SignalKind.CLOCK_NOT_SYNCHRONISED: Text(
        "NEN 7513: time",
        "Bij {count} van {compared} controles was de klok niet aantoonbaar gelijk.",
        "At {count} of {compared} checks the clock was not shown to be synchronised.",
        "Laat de beheerder NTP herstellen, en lees tijden uit deze periode met voorbehoud.",
        "Have the operator mend NTP, and read times of this period with reserve.",
    ),
}


def text_of_signal(signal: Signal) -> Text:
    """The text, filled in."""
    text = SIGNALS[signal.kind]
    filled = {"count": str(signal.count), "compared": str(signal.compared_with)}
    return Text(text.rule, text.nl.format(**filled), text.en.format(**filled), text.mend_nl, text.mend_en)

"""The texts of the errors about the log: its tree, its clock, and searches of it."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.texts_table import Text

_INPUT = "Input"
_LOG = "Log"
_STATE = "State"

LOG_ERRORS: Mapping[str, Text] = {
    "log-not-ours": Text(
        _LOG,
        "Het log is getekend met een andere sleutel of onder een andere naam.",
        "The log was signed with another key or under another name.",
        "Geef de sequencer het adres waarmee het log begon en de sleutel die er nu voor tekent, met hoogstens een "
        "nieuwe erbij; er is niets getekend.",
        "Give the sequencer the address with which the log began and the key that signs it now, with one new key at "
        "most; nothing was signed.",
    ),
    "log-key": Text(
        _LOG,
        "Dit is geen sleutel van dit log.",
        "This is no key of this log.",
        "Geef de regel die `sluis keys renew-log` schreef.",
        "Give the line that `sluis keys renew-log` wrote.",
    ),
    "release-sealed": Text(
        _LOG,
        "De vrijgave is al ondertekend en wacht op het log.",
        "The release is signed already and waits for the log.",
        "Wacht tot zij gepubliceerd is.",
        "Wait until it is published.",
    ),
    "release-not-in-log": Text(
        _LOG,
        "De vrijgave wacht op het ijkpunt dat haar gebeurtenissen dekt.",
        "The release waits for the checkpoint that covers its events.",
        "Probeer het over enkele seconden opnieuw; blijft dit, vraag de beheerder naar de sequencer.",
        "Try again in some seconds; if this remains, ask the operator about the sequencer.",
    ),
    "retention": Text(
        _LOG,
        "Gebeurtenissen blijven ten minste {years} jaar bewaard (NEN 7513).",
        "Events are kept for at least {years} years (NEN 7513).",
        "Noem een langere termijn.",
        "Name a longer period.",
    ),
    "log-place": Text(
        _LOG,
        "Zo ver gaat het log niet; het heeft {size} gebeurtenissen.",
        "The log does not reach that far; it has {size} events.",
        "Vraag naar een plaats in het log, en de kleinste grootte eerst.",
        "Ask for a place in the log, and the smallest size first.",
    ),
    "log-altered": Text(
        _LOG,
        "De opgeslagen boom van het log geeft niet de wortel die het laatst is getekend.",
        "The stored tree of the log does not give the root that was signed last.",
        "Er is niets getekend: zoek uit wie de database wijzigde, en zet de laatste goede kopie terug.",
        "Nothing was signed: find out who altered the database, and restore the last good copy.",
    ),
    "log-erasure-waits": Text(
        _LOG,
        "Er is gewist, en wat dat vertelt heeft nog geen plaats in het log: zonder lijkt de wissing vals.",
        "Events were erased, and what tells of it has no place in the log yet: without it the erasure looks false.",
        "Probeer het over enkele seconden opnieuw; blijft dit, start de sequencer (`sluis log status`).",
        "Try again in some seconds; if this remains, start the sequencer (`sluis log status`).",
    ),
    # --- the clock, and searches of the log
    "clock-not-synchronised": Text(
        "NEN 7513: time",
        "De klok van de dienst is niet aantoonbaar gelijkgezet.",
        "The clock of the service is not shown to be synchronised.",
        "Laat de beheerder NTP op de machine herstellen; de gebeurtenis zegt wat er gemeten is.",
        "Have the operator mend NTP on the machine; the event says what was measured.",
    ),
    "objection": Text(
        _INPUT,
        "Dit bezwaar kan niet worden vastgelegd.",
        "This objection cannot be lodged.",
        "Geef een pseudoniem van Sluis, en gegevenssets en doelen die bestaan; noem er geen als het overal tegen is.",
        "Give a pseudonym of Sluis, and data sets and purposes that exist; name none if it is against all.",
    ),
    "saved-query": Text(
        _INPUT,
        "Deze zoekvraag kan niet worden bewaard.",
        "This search cannot be kept.",
        "Bewaar alleen filters, elk een keer; zoeken op een pseudoniem wordt niet bewaard.",
        "Keep filters only, each once; a search for a pseudonym is not kept.",
    ),
    "saved-query-exists": Text(
        _STATE,
        "U heeft al een zoekvraag met deze naam.",
        "You have a search of this name already.",
        "Kies een andere naam, of verwijder de oude.",
        "Choose another name, or remove the old one.",
    ),
    "window": Text(
        _INPUT,
        "Signalen gaan over ten hoogste {days} dagen, en het begin ligt voor het einde.",
        "Signals are about {days} days at most, and the beginning lies before the end.",
        "Kies een kortere periode.",
        "Choose a shorter period.",
    ),
}

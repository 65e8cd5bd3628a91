"""The texts of why no safe table could be made: what the requester may know of it, and what helps.

They name no release, no cell and no supplier: which figures stand in the way is for stewards only.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.request import Unsafe
from service.domain.texts_table import Text

_CONTROL = "Disclosure control"
_REVISIONS = "Disclosure control: revisions"

UNSAFE: Mapping[Unsafe, Text] = {
    Unsafe.CANNOT_BE_PROTECTED: Text(
        _CONTROL,
        "Naast wat al is vrijgegeven, zou deze tabel cijfers verraden die verborgen moeten blijven.",
        "Beside what was released before, this table would give away figures that have to stay hidden.",
        "Vraag een van de grovere tabellen die de aanvraag noemt: die waren veilig. Noemt zij er geen, vraag dan "
        "minder fijn of andere perioden.",
        "Ask one of the coarser tables that the request names: these were safe. If it names none, ask less finely or "
        "other periods.",
    ),
    Unsafe.HISTORY_TOO_PRECISE: Text(
        _CONTROL,
        "Wat over deze cijfers al is vrijgegeven, zegt volgens de regels van nu te veel; daar komt niets meer bij.",
        "What was released of these figures before tells too much by the rules of today; nothing is added to it.",
        "Vraag andere perioden. Minder fijn vragen helpt niet, en dezelfde tabel nog eens ook niet.",
        "Ask other periods. Asking less finely does not help, nor does the same table once more.",
    ),
    Unsafe.REVISION_PENDING: Text(
        _REVISIONS,
        "Na een vrijgave van deze cijfers is veranderd wat meetelt; het verschil zou tonen van wie.",
        "After a release of these figures it changed what counts; the difference would show whose it is.",
        "De aanvraag wacht, en gaat vanzelf verder als er meer verandert. Minder fijn vragen helpt niet. U kunt de "
        "aanvraag intrekken.",
        "The request waits, and goes on by itself when more changes. Asking less finely does not help. You can give "
        "the request up.",
    ),
    Unsafe.REVISION_IMPOSSIBLE: Text(
        _REVISIONS,
        "Na een vrijgave van deze cijfers is veranderd wat meetelt. Met ruis of afronding is niet na te gaan wat het "
        "verschil zou tonen.",
        "After a release of these figures it changed what counts. With noise or rounding nobody can say what the "
        "difference would show.",
        "Vraag andere perioden. Wachten of minder fijn vragen helpt niet. Vroeg u afgeronde cijfers, dan kan een doel "
        "waaronder niet wordt afgerond soms wel.",
        "Ask other periods. Waiting or asking less finely does not help. If you asked rounded figures, a purpose under "
        "which nothing is rounded sometimes can.",
    ),
    Unsafe.ROUND_CANCELLED: Text(
        "Round: state",
        "Een ronde van deze aanvraag is geannuleerd; daarover komen geen cijfers meer.",
        "A round of this request was cancelled; there will be no figures of it any more.",
        "Vraag andere perioden.",
        "Ask other periods.",
    ),
    Unsafe.TIED_MEASURES: Text(
        _CONTROL,
        "De maten begrenzen elkaar: samen, of met wat al is vrijgegeven, zou de ene een verborgen cijfer van de andere "
        "verraden.",
        "The measures bound each other: together, or with what was released before, one would give away a hidden "
        "figure of the other.",
        "Vraag van deze maten alleen die welke over deze perioden al is vrijgegeven; is dat er geen, vraag er dan één.",
        "Of these measures ask only the one that was released over these periods before; if there is none, ask one.",
    ),
    Unsafe.ATTACK_SUCCEEDED: Text(
        _CONTROL,
        "De laatste toets vond in de gemaakte tabel een cijfer dat te nauwkeurig te berekenen was.",
        "The last check found a figure in the finished table that could be worked out too closely.",
        "Vraag minder fijn, of minder maten tegelijk; meld het aan de datasteward.",
        "Ask less finely, or fewer measures at once; report it to the data steward.",
    ),
    Unsafe.HISTORY_DIFFERS: Text(
        _CONTROL,
        "Wat eerder over deze cijfers is vrijgegeven, past niet meer bij de indelingen of aanleveringen van nu.",
        "What was released over these figures before no longer fits the classifications or deliveries of today.",
        "Meld het aan de datasteward; minder fijn vragen helpt niet.",
        "Report it to the data steward; asking less finely does not help.",
    ),
    Unsafe.CATALOGUE_CHANGED: Text(
        "Catalogue",
        "De gegevensset, het doel of een indeling van deze aanvraag, of van een eerdere vrijgave, bestaat niet meer.",
        "The data set, the purpose or a classification of this request, or of an earlier release, exists no more.",
        "Bekijk de catalogus en vraag opnieuw met wat daar nu in staat.",
        "Look at the catalogue and ask again with what it holds now.",
    ),
    Unsafe.TABLE_TOO_LARGE: Text(
        _CONTROL,
        "De tabel heeft meer cellen dan de dienst in één aanvraag beveiligt.",
        "The table has more cells than the service protects in one request.",
        "Vraag minder fijn, minder dimensies of minder perioden tegelijk.",
        "Ask less finely, for fewer dimensions or for fewer periods at once.",
    ),
    Unsafe.BUDGET_SPENT: Text(
        "Disclosure control: noise budget",
        "Het ruisbudget van deze perioden is op: nog een tabel met ruis zou samen met de eerdere te veel verraden.",
        "The noise budget of these periods is spent: one more table with noise would, with the earlier ones, give away "
        "too much.",
        "Vraag een tabel die al eerder is gemaakt (die kost niets), andere perioden, of minder maten tegelijk.",
        "Ask a table that was made before (it costs nothing), other periods, or fewer measures at once.",
    ),
}

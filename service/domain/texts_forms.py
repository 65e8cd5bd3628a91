"""The texts of what stops the delivery of a form, which serves other data sets."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.texts_table import Text

_DELIVERY = "Delivery"

FORM_ERRORS: Mapping[str, Text] = {
    "serves-nothing": Text(
        _DELIVERY,
        "{dataSet} is een formulier, en uw toestemming noemt geen gegevensset waarvoor het mag dienen.",
        "{dataSet} is a form, and your consent names no data set that it may serve.",
        "Geef toestemming: `sluis-client agreements consent {dataSet}`.",
        "Give your consent: `sluis-client agreements consent {dataSet}`.",
    ),
    "served-round-missing": Text(
        _DELIVERY,
        "Deze aanlevering dient ook gegevensset {dataSet}, en daarvoor is geen ronde {round}.",
        "This delivery serves data set {dataSet} too, and there is no round {round} for it.",
        "Vraag de datasteward om die ronde, of lever de gegevenssets apart aan.",
        "Ask the data steward for that round, or deliver the data sets by themselves.",
    ),
    "served-already-delivered": Text(
        _DELIVERY,
        "Deze aanlevering dient ook {dataSet}, en voor ronde {round} is al apart aangeleverd ({submission}).",
        "This delivery serves {dataSet} too, and round {round} has a delivery of its own ({submission}).",
        "Trek die aanlevering in als deze haar vervangt, of geef alleen toestemming voor de andere gegevenssets.",
        "Withdraw that delivery if this one replaces it, or consent to the other data sets only.",
    ),
    "serves-no-longer": Text(
        _DELIVERY,
        "Met wat u verbetert kwam ook {submission} voor {dataSet}, en uw toestemming daarvoor geldt niet meer.",
        "With what you correct came {submission} for {dataSet}, to which you do not consent any more.",
        "Trek die aanlevering eerst in, of geef weer toestemming.",
        "Withdraw that delivery first, or consent again.",
    ),
}

"""The texts of what can go wrong with public figures."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.texts_table import Text

_PUBLIC = "Public figures"

PUBLIC_ERRORS: Mapping[str, Text] = {
    "public-source": Text(
        _PUBLIC,
        "Deze bron van openbare cijfers is niet bekend.",
        "This source of public figures is not known.",
        "Kies een van: {known}.",
        "Choose one of: {known}.",
    ),
    "public-year": Text(
        _PUBLIC,
        "Dit is geen jaar.",
        "This is not a year.",
        "Schrijf het jaar in vier cijfers.",
        "Write the year in four digits.",
    ),
    "public-years": Text(
        _PUBLIC,
        "Voor dit jaar kent de dienst geen tabel.",
        "The service knows no table for this year.",
        "Kies een jaar van {first} tot en met {last}, of voeg een tabel toe in policies/public-sources.",
        "Choose a year from {first} to {last}, or add a table in policies/public-sources.",
    ),
    "public-period": Text(
        _PUBLIC,
        "Tabel {table} heeft jaar {period} niet; het laatste is {last}.",
        "Table {table} does not have the year {period}; the last one is {last}.",
        "Kies een eerder jaar, of wacht tot het CBS dit jaar publiceert.",
        "Choose an earlier year, or wait until CBS publishes this one.",
    ),
    "public-regions": Text(
        _PUBLIC,
        "Deze indeling of dit niveau past niet bij de gemeenten van deze cijfers.",
        "This classification or level does not fit the municipalities of these figures.",
        "Kies uit: {known}.",
        "Choose from: {known}.",
    ),
    "public-source-away": Text(
        _PUBLIC,
        "{host} antwoordt niet, ook niet na wachten ({why}).",
        "{host} does not answer, not after waiting either ({why}).",
        "Er is niets bewaard; probeer het later opnieuw, en kijk of deze machine {host} mag bereiken.",
        "Nothing was kept; try again later, and see whether this machine may reach {host}.",
    ),
    "public-source-unexpected": Text(
        _PUBLIC,
        "Tabel {table} antwoordt iets anders dan bekend is, bij: {where}.",
        "Table {table} answers something else than is known, at: {where}.",
        "Er is niets bewaard; vergelijk de tabel bij het CBS met policies/public-sources.",
        "Nothing was kept; compare the table at CBS with policies/public-sources.",
    ),
}

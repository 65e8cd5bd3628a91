"""`sluis-client describe`."""

from typing import Annotated

import typer

from sluis_client import wire
from sluis_client.cli.options import JsonOption, LanguageOption
from sluis_client.cli.screen import Screen
from sluis_client.cli.secrets import opened_client
from sluis_client.language import Text


def describe(
    data_set: Annotated[
        str, typer.Argument(metavar="GEGEVENSSET", help="Zoals capacity. (The data set.)", show_default=False)
    ],
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Standaard de nieuwste. (The newest when left out.)")
    ] = None,
    *,
    as_json: JsonOption = False,
    language: LanguageOption = "nl",
) -> None:
    """Wat een gegevensset is: kolommen, wie levert, wanneer, en wat ermee mag. / What a data set is."""
    screen = Screen("describe", language, as_json=as_json)
    with screen.reporting():
        with opened_client(language) as client:
            found = client.describe(data_set, version)
        screen.say(Text(f"{found.title.nl}, versie {found.version}", f"{found.title.en}, version {found.version}"))
        screen.say(Text(found.description.nl, found.description.en))
        headings = [Text("kolom", "column"), Text("NL", "NL"), Text("EN", "EN")]
        screen.table(headings, [_column(column) for column in found.columns], whole=[0])
        if found.about is not None:
            screen.table([Text("", ""), Text("NL", "NL"), Text("EN", "EN")], _about(found.about), whole=[0])
        tell_serves(screen, found)
        screen.document("ok", exitCode=0, definition=found.to_json())


def tell_serves(screen: Screen, definition: wire.Definition) -> None:
    """The data sets that a form serves, if it is one."""
    if definition.serves:
        named = ", ".join(served.data_set for served in definition.serves)
        screen.say(Text(f"Dient, met uw toestemming, ook: {named}.", f"Serves, if you consent: {named}."))


def _column(column: wire.Column) -> tuple[str, str, str]:
    told = column.description
    if told is None:
        return column.name, column.title.nl, column.title.en
    return column.name, f"{column.title.nl}: {told.nl}", f"{column.title.en}: {told.en}"


def _about(about: wire.About) -> list[tuple[str, str, str]]:
    days, age, keep = about.deadline_days, about.minimum_age_months, about.retention_months
    rows = [
        ("deliveredBy", ", ".join(about.delivered_by), ", ".join(about.delivered_by)),
        (
            "deadlineDays",
            f"per {about.cadence}, binnen {days} dagen na de periode",
            f"per {about.cadence}, within {days} days after the period",
        ),
        ("sensitivity", ", ".join(about.sensitivity), ", ".join(about.sensitivity)),
        ("legalDefault", about.legal_default.nl, about.legal_default.en),
        ("minimumAgeMonths", f"vrijgave na {age} maanden of later", f"released after {age} months or later"),
        ("retentionMonths", f"{keep} maanden bewaard", f"kept for {keep} months"),
        ("availability", about.availability_note.nl, about.availability_note.en),
        ("source", about.source, about.source),
        *(
            (
                f"target {one.measure}",
                f"{one.definition.nl} (≤ {one.at_most})",
                f"{one.definition.en} (≤ {one.at_most})",
            )
            for one in about.targets
        ),
    ]
    if about.changes is not None:
        rows.append(("changes", about.changes.nl, about.changes.en))
    return rows

"""`sluis agreement ...`: agreements, assessments and consents, as whoever logged in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from service.cli.api import Url, ask_service
from service.ports.clock import Clock

_Id = Annotated[str, typer.Argument(help="Id van de overeenkomst / id of the agreement")]
_Names = Annotated[list[str], typer.Option(help="Mag vaker / may be repeated")]


class Kind(StrEnum):
    """What is recorded."""

    PROCESSOR = "processor-agreement"
    JOINT = "joint-arrangement"
    DPIA = "dpia"
    CONSENT = "supplier-consent"
    STATUTE = "statutory-basis"


def add_agreement_commands(app: typer.Typer, *, clock: Clock) -> None:
    """Add `agreement` to the commands."""
    agreement = typer.Typer(no_args_is_help=True, help="Overeenkomsten / agreements")
    app.add_typer(agreement, name="agreement")

    @agreement.command("list")
    def list_all(*, url: Url) -> None:
        """Toon de overeenkomsten die u mag zien / show the agreements that you may see."""
        for found in ask_service(clock, url, "GET", "/v1/agreements").json()["items"]:
            typer.echo(_line(found))

    @agreement.command()
    def record(
        kind: Annotated[Kind, typer.Argument(help="Soort / kind")],
        reference: Annotated[str, typer.Argument(help="Kenmerk van het document / reference of the document")],
        *,
        party: _Names,
        data_set: _Names,
        valid_from: Annotated[str, typer.Option(help="Eerste dag / first day")],
        url: Url,
        purpose: _Names = [],  # noqa: B006 - typer reads it, nobody writes it
        valid_until: Annotated[str | None, typer.Option(help="Laatste dag / last day")] = None,
    ) -> None:
        """Leg vast wat op papier staat; een ander bevestigt het / record what is on paper; another confirms it."""
        body: dict[str, Any] = {
            "kind": kind.value,
            "reference": reference,
            "parties": party,
            "dataSets": data_set,
            "purposes": purpose,
            "validFrom": valid_from,
        }
        if valid_until is not None:
            body["validUntil"] = valid_until
        _sent(clock, url, "/v1/agreements", body)

    @agreement.command()
    def confirm(agreement_id: _Id, *, url: Url) -> None:
        """Bevestig wat een ander vastlegde (vier ogen) / confirm what somebody else recorded (four eyes)."""
        _sent(clock, url, f"/v1/agreements/{quote(agreement_id, safe='')}/verdict", {"verdict": "approve"})

    @agreement.command()
    def reject(agreement_id: _Id, *, url: Url) -> None:
        """Wijs af wat een ander vastlegde / reject what somebody else recorded."""
        _sent(clock, url, f"/v1/agreements/{quote(agreement_id, safe='')}/verdict", {"verdict": "reject"})

    @agreement.command()
    def withdraw(
        agreement_id: _Id, *, reason: Annotated[str, typer.Option(help="Waarom / why (10+)")], url: Url
    ) -> None:
        """Beëindig een overeenkomst voor iedereen, meteen / end an agreement for everybody, at once."""
        _sent(clock, url, f"/v1/agreements/{quote(agreement_id, safe='')}/withdrawal", {"reason": reason})


def _sent(clock: Clock, url: str, path: str, body: Mapping[str, Any]) -> None:
    typer.echo(_line(ask_service(clock, url, "POST", path, content=json.dumps(body).encode()).json()))


def _line(found: Mapping[str, Any]) -> str:
    mark = "*" if found["inForce"] else " "
    about = " ".join(found["dataSets"])
    until = found.get("validUntil", "...")
    return (
        f"{mark} {found['id']} {found['state']} {found['kind']} {found['reference']}: {len(found['parties'])} "
        f"({about}) {found['validFrom']} - {until}"
    )

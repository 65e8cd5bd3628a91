"""`sluis organisation ...` and `sluis key revoke`: letting parties in and out."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated

import typer

from service.cli.console import OpenCall, refusals_told
from service.cli.organisations_file import read_organisations
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.use_cases.invite_organisation import InvitationLetter, invite_again, invite_organisation
from service.use_cases.read_organisations import list_organisations
from service.use_cases.revoke_key import revoke_key
from service.use_cases.suspend_organisation import suspend_organisation

_Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def add_organisation_commands(app: typer.Typer, open_call: OpenCall) -> None:
    """Add `organisation` and `key` to the operator's commands."""
    organisation = typer.Typer(no_args_is_help=True, help="Organisaties / organisations")
    app.add_typer(organisation, name="organisation")

    @organisation.command()
    def invite(
        organisation_id: Annotated[str, typer.Argument(help="a-z, 0-9 en / and -")],
        *,
        name: Annotated[str, typer.Option()],
        kind: Annotated[list[OrganisationKind], typer.Option(help="meermaals / repeatable")],
        agreement: Annotated[str, typer.Option(help="Verwijzing naar de overeenkomst / reference of the agreement")],
        valid_from: _Day = None,
        valid_until: _Day = None,
        holding: Annotated[str | None, typer.Option(help="Concern; standaard de organisatie zelf / holding")] = None,
        region: Annotated[
            list[str] | None,
            typer.Option(
                help="Regio waarvoor de organisatie staat; meermaals / region that it stands for; repeatable",
                metavar="CLASSIFICATION/CODE",
            ),
        ] = None,
        oin: Annotated[str | None, typer.Option(help="OIN")] = None,
        agb: Annotated[str | None, typer.Option(help="AGB-code")] = None,
        as_json: Annotated[bool, typer.Option("--json")] = False,
    ) -> None:
        """Neem een organisatie op en maak een eenmalige code / take an organisation in and make a one-time code."""
        with refusals_told(), open_call() as call:
            new = Organisation(
                id=organisation_id,
                name=name,
                kinds=frozenset(kind),
                holding=holding or organisation_id,
                agreement=Agreement(
                    agreement,
                    valid_from.date() if valid_from else call.services.clock.now().date(),
                    _day(valid_until),
                ),
                regions=frozenset(region or ()),
                identifiers=tuple((label, value) for label, value in (("oin", oin), ("agb", agb)) if value),
            )
            _show(invite_organisation(call, new), as_json=as_json)

    @organisation.command("import")
    def import_all(
        file: Annotated[typer.FileText, typer.Argument(help="CSV; - voor standaardinvoer / for standard input")],
    ) -> None:
        """Neem alle organisaties uit een CSV op; een JSON-regel per code / take in all organisations of a CSV file.

        Columns: id, name, kinds (separated by spaces), holding, agreement, valid_from, valid_until, regions (separated
        by spaces).
        All rows are read before the first is taken in.
        """
        with refusals_told(), open_call() as call:
            for new in read_organisations(file):
                _show(invite_organisation(call, new), as_json=True)

    @organisation.command("invite-again")
    def again(organisation_id: str, *, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        """Maak een nieuwe eenmalige code / make a new one-time code."""
        with refusals_told(), open_call() as call:
            _show(invite_again(call, organisation_id), as_json=as_json)

    @organisation.command("list")
    def list_all() -> None:
        """Toon alle organisaties met hun sleutels / show all organisations with their keys."""
        with refusals_told(), open_call() as call:
            for view in list_organisations(call):
                found = view.organisation
                kinds = ",".join(sorted(found.kinds))
                typer.echo(f"{found.id}\t{found.name}\t{kinds}\t{'suspended' if found.suspended else 'active'}")
                for address in view.contact.addresses if view.contact else ():
                    typer.echo(f"  contact {address}")
                for key in view.keys:
                    typer.echo(f"  key {key.key_id} {'revoked' if key.revoked_at else 'valid'}")

    _add_standing(organisation, open_call)
    _add_keys(app, open_call)


def _add_standing(organisation: typer.Typer, open_call: OpenCall) -> None:
    @organisation.command()
    def suspend(organisation_id: str) -> None:
        """Schors een organisatie; werkt meteen / suspend an organisation at once."""
        with refusals_told(), open_call() as call:
            suspend_organisation(call, organisation_id, suspended=True)

    @organisation.command()
    def resume(organisation_id: str) -> None:
        """Hef de schorsing op / lift the suspension."""
        with refusals_told(), open_call() as call:
            suspend_organisation(call, organisation_id, suspended=False)


def _add_keys(app: typer.Typer, open_call: OpenCall) -> None:
    key = typer.Typer(no_args_is_help=True, help="Sleutels van organisaties / keys of organisations")
    app.add_typer(key, name="key")

    @key.command(context_settings={"ignore_unknown_options": True})  # an id may begin with a hyphen
    def revoke(key_id: str) -> None:
        """Trek een sleutel in; werkt meteen / revoke a key at once."""
        with refusals_told(), open_call() as call:
            revoke_key(call, key_id)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _show(letter: InvitationLetter, *, as_json: bool) -> None:
    if as_json:
        shown = {
            "organisation": letter.organisation,
            "code": letter.code,
            "expiresAt": letter.expires_at.isoformat().replace("+00:00", "Z"),
        }
        typer.echo(json.dumps(shown))
        return
    typer.echo(f"Eenmalige code voor / one-time code for {letter.organisation}: {letter.code}")
    typer.echo(f"Geldig tot / valid until {letter.expires_at:%Y-%m-%d %H:%M} UTC. Wordt niet bewaard / is not kept.")

"""`sluis policy check`, `hash`, `explain` and `diff`: the bundle and what it decides, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from service.cli.console import BAD_INPUT, FAILED
from service.cli.misread import misreadings_told
from service.cli.policy_diff import Compare, add_diff_command
from service.domain.policy import Decision, Permit
from service.domain.texts import reason_json, text_of_reason
from service.domain.texts_obligations import obligation_json, obligation_text
from service.ports.clock import Clock


class Fault(Protocol):
    """Something wrong with a bundle: where, and in both languages what and how to mend it."""

    @property
    def place(self) -> str: ...  # noqa: D102 - the class docstring says it
    @property
    def nl(self) -> str: ...  # noqa: D102
    @property
    def en(self) -> str: ...  # noqa: D102


class Report(Protocol):
    """A bundle looked at as a whole: faults, or a hash and what is in it."""

    @property
    def directory(self) -> Path: ...  # noqa: D102 - the class docstring says it
    @property
    def faults(self) -> Sequence[Fault]: ...  # noqa: D102
    @property
    def policy_hash(self) -> str | None: ...  # noqa: D102
    @property
    def counts(self) -> Mapping[str, int] | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says: which request, under which bundle (None for our own), and what to suppose.

    Attributes:
        request: a file of JSON.
        facts: another, with what the service would look up; None for none.
        organisation: who asks; goes before the facts, as do `regions` and `at`.
        regions: those that it stands for; none where nothing was said.
        at: when, in UTC.
        now: when, where neither says so.
    """

    request: Path
    facts: Path | None
    policies: Path | None
    organisation: str | None
    regions: tuple[str, ...]
    at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision, and all that was supposed for it, in the form of a file of facts."""

    decision: Decision
    supposed: Mapping[str, Any]


Explain = Callable[[Asked], Explained]
"""Raises `Misread`."""

_Directory = Annotated[
    Path | None,
    typer.Option("--policies", exists=True, file_okay=False, help="Standaard de meegeleverde / default: our own"),
]


def add_policy_commands(
    app: typer.Typer,
    report: Callable[[Path | None], Report],
    explain: Explain,
    compare: Compare,
    *,
    clock: Clock,
) -> None:
    """Add `policy` to the operator's commands."""
    policy = typer.Typer(no_args_is_help=True, help="Beleid: doelen, gegevenssets en regels / policy bundle")
    app.add_typer(policy, name="policy")

    @policy.command()
    def check(policies: _Directory = None) -> None:
        """Controleer de hele bundel; exit 2 bij fouten / check the whole bundle, exit 2 when it has faults."""
        sound = _sound(report(policies))
        typer.echo(f"{sound.directory}: in orde / in order")
        for kind, number in (sound.counts or {}).items():
            typer.echo(f"  {number:4} {kind}")
        typer.echo(sound.policy_hash)

    @policy.command("hash")
    def show_hash(policies: _Directory = None) -> None:
        """Toon de inhoudshash van een bundel die in orde is / show the content hash of a bundle that is in order."""
        typer.echo(_sound(report(policies)).policy_hash)

    @policy.command("explain")
    def explain_request(
        request: Annotated[Path, typer.Argument(help="JSON zoals / as for POST /v1/aggregate-requests")],
        *,
        facts: Annotated[
            Path | None,
            typer.Option(help="JSON met wat de dienst zou opzoeken / with what the service would look up"),
        ] = None,
        policies: Annotated[Path | None, typer.Option(help="Standaard de meegeleverde / default: our own")] = None,
        organisation: Annotated[
            str | None, typer.Option(help="Wie vraagt / who asks; anders van het doel / else of the purpose")
        ] = None,
        region: Annotated[
            list[str] | None,
            typer.Option(
                help="Regio waarvoor die staat; meermaals, anders die van de aanvraag / region that it stands for; "
                "repeatable, else those of the request",
                metavar="CLASSIFICATION/CODE",
            ),
        ] = None,
        at: Annotated[
            datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%SZ"], help="Wanneer, in UTC / when, in UTC")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Als JSON / as JSON")] = False,
    ) -> None:
        """Zou deze aanvraag mogen, en zo nee waarom niet? / would this request be permitted, and if not, why?

        Wat --facts niet zegt, wordt verondersteld en getoond / what --facts does not say is supposed, and shown.

        Exit 0: toegestaan / permitted; 1: geweigerd / denied; 2: de aanvraag klopt niet / not a request.
        """
        moment = at.replace(tzinfo=UTC) if at else None
        asked = Asked(request, facts, policies, organisation, tuple(region or ()), moment, clock.now())
        with misreadings_told(as_json=as_json, file=request):
            found = explain(asked)
        if as_json:
            typer.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
        else:
            _tell(found)
        if not isinstance(found.decision, Permit):
            raise typer.Exit(FAILED)

    add_diff_command(policy, compare)


def _as_json(found: Explained) -> dict[str, Any]:
    decision = found.decision
    if isinstance(decision, Permit):
        terms = [obligation_json(one) for one in decision.obligations]
        outcome: dict[str, Any] = {"outcome": "permit", "policies": list(decision.policies), "obligations": terms}
    else:
        outcome = {"outcome": "deny", "reasons": [reason_json(reason) for reason in decision.reasons]}
    return {**outcome, "policyHash": decision.policy_hash, "supposed": dict(found.supposed)}


def _tell(found: Explained) -> None:
    decision = found.decision
    if isinstance(decision, Permit):
        typer.echo("toegestaan / permitted")
        for one in decision.obligations:
            nl, en = obligation_text(one)
            typer.echo(f"  {one.code}: {one.value}")
            typer.echo(f"    nl: {nl}")
            typer.echo(f"    en: {en}")
    else:
        typer.echo("geweigerd / denied")
        for reason in decision.reasons:
            text = text_of_reason(reason)
            typer.echo(f"  {text.code} ({text.rule})")
            typer.echo(f"    nl: {text.nl} {text.mend['nl']}")
            typer.echo(f"    en: {text.en} {text.mend['en']}")
    typer.echo("verondersteld / supposed")
    for name, value in found.supposed.items():
        typer.echo(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
    typer.echo(decision.policy_hash)


def _sound(found: Report) -> Report:
    """The report when the bundle has no faults; else all of them on standard error, and exit status 2."""
    if not found.faults:
        return found
    for fault in found.faults:
        typer.echo(f"{fault.place}\n  nl: {fault.nl}\n  en: {fault.en}", err=True)
    typer.echo(f"{found.directory}: {len(found.faults)} fouten / faults", err=True)
    raise typer.Exit(BAD_INPUT)

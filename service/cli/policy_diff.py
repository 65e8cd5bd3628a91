"""`sluis policy diff OLD NEW`: which requests of the past another bundle would decide differently."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.console import FAILED, refusals_told
from service.cli.misread import misreadings_told
from service.domain.policy import Decision, Permit
from service.domain.redecision import Assumed, Change
from service.domain.request import AggregateRequest
from service.domain.texts import reason_json, text_of_reason
from sluis_client.wire.strict import time_text


@dataclass(frozen=True, slots=True)
class Stored:
    """What was decided then, as far as it was kept: outcome, codes of reasons, and hash of the bundle.

    `at_release` says that the release was denied later, which took the place of the decision on the request; None
    where that cannot be told.
    """

    outcome: str
    reasons: tuple[str, ...]
    policy_hash: str
    at_release: bool | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A request under both bundles; `stored` is None when the file says nothing of it."""

    request: AggregateRequest
    old: Decision
    new: Decision
    change: Change | None
    stored: Stored | None

    @property
    def unlike_stored(self) -> bool:
        """Whether the old bundle does not say again what was stored of the request: bundle or facts were others."""
        stored = self.stored
        return stored is not None and not stored.at_release and (stored.outcome, stored.reasons) != _said(self.old)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All requests of the past, the oldest first, and what was assumed for each."""

    old_hash: str
    new_hash: str
    requests: tuple[Compared, ...]
    assumed: tuple[Assumed, ...]

    @property
    def differing(self) -> tuple[Compared, ...]:
        """Those that are decided differently."""
        return tuple(one for one in self.requests if one.change is not None)


Compare = Callable[[Path, Path, Path | None], Comparison]
"""Of two bundles and a file of requests, or the database; raises `Misread`."""

_CHANGES: Mapping[Change, tuple[str, str]] = {
    Change.DENIED_NOW: ("werd toegestaan, wordt geweigerd", "was permitted, is denied"),
    Change.PERMITTED_NOW: ("werd geweigerd, wordt toegestaan", "was denied, is permitted"),
    Change.OTHER_OBLIGATIONS: ("blijft toegestaan, met andere plichten", "stays permitted, with other obligations"),
    Change.OTHER_REASONS: ("blijft geweigerd, om andere redenen", "stays denied, for other reasons"),
}
_ASSUMED: Mapping[Assumed, tuple[str, str]] = {
    Assumed.ROLE: (
        "wie vroeg was regionale eigenaar: van anderen wordt geen aanvraag bewaard",
        "who asked was a regional owner: no request of others is stored",
    ),
    Assumed.ORGANISATION_NOW: (
        "de organisatie, haar overeenkomst en een schorsing zijn zoals ze nu zijn",
        "the organisation, its agreement and a suspension are as they are now",
    ),
    Assumed.AGREEMENTS_GOOD: (
        "de overeenkomsten, DPIA en toestemmingen waarop een gebruik rust, zijn van kracht",
        "the agreements, assessment and consents that a use rests on are in force",
    ),
    Assumed.ROUNDS_NOW: (
        "de rondes staan zoals ze nu staan: een die toen open was, kan nu gesloten zijn",
        "the rounds stand as they stand now: one that was open then may be closed now",
    ),
    Assumed.PURPOSES_NOW: (
        "doelen die mensen maakten zijn er onder beide bundels, zoals ze nu staan",
        "purposes that people made are there under both bundles, as they stand now",
    ),
    Assumed.ORGANISATION_GOOD: (
        "de organisatie is een regionale eigenaar van de gevraagde regio, met een overeenkomst van kracht",
        "the organisation is a regional owner of the region asked for, with an agreement in force",
    ),
    Assumed.ROUNDS_CLOSED: (
        "elke periode die een bundel kent heeft een gesloten ronde, volgens de genoemde, anders de nieuwste definitie",
        "every period that a bundle knows has a closed round, by the definition named, else the newest",
    ),
    Assumed.BUNDLE_PURPOSES: (
        "doelen die mensen maakten zijn niet bekend: alleen die van de bundels",
        "purposes that people made are not known: only those of the bundles",
    ),
    Assumed.REQUEST_ONLY: (
        "alleen het besluit op de aanvraag is overgedaan, op het moment van de aanvraag; niet dat op de vrijgave",
        "only the decision on the request was made again, as of when it was made; not the one on the release",
    ),
}


def add_diff_command(policy: typer.Typer, compare: Compare) -> None:
    """Add `diff` to the commands about the policy."""

    @policy.command()
    def diff(
        old: Annotated[Path, typer.Argument(metavar="OLD", exists=True, file_okay=False, help="Bundel / bundle")],
        new: Annotated[Path, typer.Argument(metavar="NEW", exists=True, file_okay=False, help="Bundel / bundle")],
        requests: Annotated[
            Path | None,
            typer.Option(
                exists=True,
                dir_okay=False,
                help="NDJSON, zoals / as GET /v1/aggregate-requests; anders uit de database / else the database",
            ),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Als JSON / as JSON")] = False,
    ) -> None:
        """Welke aanvragen van vroeger zouden nu anders uitvallen? / which past requests would be decided differently?

        Exit 0: geen / none; 1: ten minste een / at least one; 2: bundel of bestand klopt niet / faults in the input.
        Uit de database gelezen, dan komt dat in het log / read from the database, it is put in the log.
        """
        with misreadings_told(as_json=as_json), refusals_told():
            found = compare(old, new, requests)
        if as_json:
            typer.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
        else:
            _tell(found)
        if found.differing:
            raise typer.Exit(FAILED)


def _said(decision: Decision) -> tuple[str, tuple[str, ...]]:
    if isinstance(decision, Permit):
        return "permit", ()
    return "deny", tuple(sorted(reason.code for reason in decision.reasons))


def _as_json(found: Comparison) -> dict[str, Any]:
    """What a steward sees of a request in a list; of the person who asked and the reasons given, nothing."""
    return {
        "old": found.old_hash,
        "new": found.new_hash,
        "compared": len(found.requests),
        "unlikeStored": sum(one.unlike_stored for one in found.requests),
        "differing": [_one_as_json(one) for one in found.differing],
        "assumed": [{"code": one, "nl": _ASSUMED[one][0], "en": _ASSUMED[one][1]} for one in found.assumed],
    }


def _one_as_json(one: Compared) -> dict[str, Any]:
    request, spec = one.request, one.request.spec
    members: dict[str, Any] = {
        "id": request.id,
        "organisation": request.organisation,
        "createdAt": time_text(request.created_at),
        "dataSet": spec.data_set,
        "dataSetVersion": spec.data_set_version,
        "purpose": spec.purpose,
        "periods": list(spec.periods),
        "change": one.change,
        "old": _decision(one.old),
        "new": _decision(one.new),
        "stored": None,
    }
    if one.stored is not None:
        members["stored"] = {
            "outcome": one.stored.outcome,
            "reasons": list(one.stored.reasons),
            "policyHash": one.stored.policy_hash,
            "atRelease": one.stored.at_release,
            "unlikeOld": one.unlike_stored,
        }
    return members


def _decision(decision: Decision) -> dict[str, Any]:
    if isinstance(decision, Permit):
        terms = [{"code": term.code, "value": term.value} for term in decision.obligations]
        return {"outcome": "permit", "obligations": terms}
    return {"outcome": "deny", "reasons": [reason_json(reason) for reason in decision.reasons]}


def _tell(found: Comparison) -> None:
    differing = found.differing
    for one in differing:
        spec, change = one.request.spec, _CHANGES[one.change] if one.change else ("", "")
        at = time_text(one.request.created_at)
        typer.echo(f"{one.request.id}  {at}  {one.request.organisation}")
        typer.echo(f"  {spec.data_set} {', '.join(spec.periods)}: {spec.purpose}")
        typer.echo(f"  {change[0]} / {change[1]}")
        _tell_decision("oud / old", one.old)
        _tell_decision("nieuw / new", one.new)
        _tell_stored(one)
    for kind, number in sorted(Counter(one.change.value for one in differing if one.change).items()):
        typer.echo(f"{number:6} {kind}")
    typer.echo(f"{len(differing)} van de / of {len(found.requests)} anders / differ")
    unlike = sum(one.unlike_stored for one in found.requests)
    if unlike:
        typer.echo(
            f"{unlike} keer zegt OLD iets anders dan er bewaard is: bundel of feiten waren toen anders\n"
            f"{unlike} times OLD says something else than was stored: bundle or facts were others then"
        )
    for assumed in found.assumed:
        typer.echo(f"aangenomen: {_ASSUMED[assumed][0]}\nassumed: {_ASSUMED[assumed][1]}")
    typer.echo(f"oud / old  {found.old_hash}\nnieuw / new  {found.new_hash}")


def _tell_decision(which: str, decision: Decision) -> None:
    if isinstance(decision, Permit):
        terms: Sequence[str] = [f"{term.code}: {term.value}" for term in decision.obligations]
        typer.echo(f"  {which}: toegestaan / permitted ({', '.join(terms)})")
        return
    typer.echo(f"  {which}: geweigerd / denied")
    for reason in decision.reasons:
        text = text_of_reason(reason)
        typer.echo(f"    {text.code} ({text.rule})\n      nl: {text.nl}\n      en: {text.en}")


def _tell_stored(one: Compared) -> None:
    if one.stored is None:
        return
    told = f"{one.stored.outcome} {' '.join(one.stored.reasons)}".strip()
    where = " bij vrijgave / at release" if one.stored.at_release else ""
    typer.echo(f"  bewaard / stored: {told}{where}, {one.stored.policy_hash}")

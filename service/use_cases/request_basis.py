"""What a table is made of and what it is attacked with, read in one transaction."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from service.domain import facts
from service.domain.catalogue import Catalogue, DisclosureProfile
from service.domain.obligations import read_rules
from service.domain.request import REQUEST_LIFECYCLE, AggregateRequest, RequestSpec
from service.domain.round import RoundState, round_id
from service.domain.submission import CountingPart
from service.ports.keys import KeyStore
from service.use_cases.call import Step
from service.use_cases.corrections import Earlier, earlier_versions, still_waits
from service.use_cases.counting import counting_now
from service.use_cases.tied_releases import Released, tied_releases


@dataclass(frozen=True, slots=True, repr=False)
class Basis:
    """Everything that the outcome of a request follows from, but for the rules of the bundle and the limits.

    `parts` are those that count now in the rounds asked for, `connected` those of every round that some earlier
    release ties to them; `releases` are those earlier releases with what was asked then; `earlier` are the deliveries
    that some of them were made of and that do not count any more. `cancelled` are rounds asked for that nobody can
    deliver for any more. `promised` are, per purpose of those releases that the bundle does not know any more, the
    rules that its releases were made under, as far as they were kept.
    """

    request: AggregateRequest
    catalogue: Catalogue
    parts: tuple[CountingPart, ...]
    connected: tuple[CountingPart, ...]
    releases: tuple[Released, ...]
    data_keys: dict[str, bytes]
    earlier: tuple[Earlier, ...] = ()
    cancelled: tuple[str, ...] = ()
    promised: tuple[tuple[str, DisclosureProfile | None], ...] = ()

    @property
    def present(self) -> list[Released]:
        """The earlier releases that were made of what counts now."""
        outdated = {release.id for one in self.earlier for release, _ in one.releases}
        return [(release, spec) for release, spec in self.releases if release.id not in outdated]

    @property
    def question(self) -> Hashable:
        """The same for two requests that ask the same of the same, whoever asks and why; ids stand for what is kept."""
        asked = replace(self.request.spec, bottleneck="", necessity="", why_nothing_less="")
        earlier = tuple((one.parts, _ids(one.releases)) for one in self.earlier)
        return asked, self.parts, self.connected, _ids(self.releases), earlier, self.cancelled, self.promised


def gather_basis(step: Step, request: str, keys: KeyStore) -> Basis | AggregateRequest:
    """What a permitted request is to be answered from; the request itself when it has to wait.

    Raises:
        Denied: the caller is not the worker.
        Conflict: `request-state`: it is not waiting any more.
    """
    step.object_id = request
    found = step.data.requests.get(request)
    step.carry_on(found)
    step.authorise(facts.may_prepare_request(step.caller(), found))
    REQUEST_LIFECYCLE.after(found.state, "prepare")
    rounds, catalogue = rounds_asked(found.spec), step.catalogue
    states = {name: step.data.rounds.get(name).state for name in rounds}
    cancelled = tuple(name for name, state in states.items() if state is RoundState.CANCELLED)
    if not cancelled and (set(states.values()) != {RoundState.CLOSED} or still_waits(step, found)):
        return found
    parts = counting_now(step.data, found.spec, rounds)
    if cancelled:
        return Basis(found, catalogue, parts, parts, releases=(), data_keys={}, cancelled=cancelled)
    tied = tied_releases(step, found.spec.data_set, rounds)
    connected = counting_now(step.data, found.spec, tied.rounds)
    return Basis(
        request=found,
        catalogue=catalogue,
        parts=parts,
        connected=connected,
        releases=tied.releases,
        data_keys={name: keys.unwrap(step.data.rounds.wrapped_key(name)) for name in sorted(tied.rounds)},
        earlier=earlier_versions(step, tied.releases, connected),
        promised=tuple(_promised(step, tied.releases, catalogue)),
    )


def rounds_asked(spec: RequestSpec) -> list[str]:
    """The ids of the rounds that a request names."""
    return [round_id(spec.data_set, period) for period in spec.periods]


def _promised(
    step: Step, releases: Iterable[Released], catalogue: Catalogue
) -> Iterable[tuple[str, DisclosureProfile | None]]:
    """The rules behind each release whose purpose is gone: its evidence holds them."""
    for release, _ in releases:
        if step.known(catalogue.purpose, release.purpose) is None:
            evidence = step.data.requests.evidence(release.request)
            kept = json.loads(evidence.report).get("rules") if evidence is not None else None
            yield release.purpose, None if kept is None else read_rules(kept)


def _ids(releases: Iterable[Released]) -> tuple[str, ...]:
    return tuple(release.id for release, _ in releases)

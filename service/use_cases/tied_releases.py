"""Which earlier releases tell of the same facts as a request: what a new table is held against, and outdated by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.release import Release
from service.domain.request import RequestSpec
from service.use_cases.call import Step
from service.use_cases.noisy_tables import hide_contributors, hides_contributors

Released = tuple[Release, RequestSpec]
"""A release, and what was asked then."""


@dataclass(frozen=True, slots=True)
class Tied:
    """The releases that share a round with a request, directly or by way of other releases, and all their rounds."""

    releases: tuple[Released, ...]
    rounds: frozenset[str]


def tied_releases(step: Step, data_set: str, rounds: Iterable[str]) -> Tied:
    """Every release ever made over the facts of these rounds, withdrawn or not, and whatever these tie to them.

    A release whose noise hides contributors ties nothing: no exact figure follows from it.

    Args:
        step: the open transaction.
        data_set: whose releases.
        rounds: those asked for; they are among the rounds of the answer.
    """
    every = [release for release in step.data.releases.over(data_set) if not hides_contributors(release)]
    reached = set(rounds)
    tied: dict[str, Release] = {}
    while new := [release for release in every if release.id not in tied and reached & set(release.rounds)]:
        for release in new:
            tied[release.id] = release
            reached |= set(release.rounds)
    specs = tuple((release, step.data.requests.get(release.request).spec) for release in tied.values())
    return Tied(specs, frozenset(reached))


def history_of(tables: Sequence[Mapping[str, Any]], tied: Iterable[Released]) -> tuple[str, ...]:
    """The ids of the releases by whose change these tables are outdated: none where noise hides all contributors."""
    return () if hide_contributors(tables) else tuple(sorted(release.id for release, _ in tied))


def is_outdated(step: Step, data_set: str, rounds: Iterable[str], tables: str, history: Sequence[str]) -> bool:
    """Whether other releases are tied to these rounds than the evidence with these tables (JSON text) names."""
    return history_of(json.loads(tables), tied_releases(step, data_set, rounds).releases) != tuple(history)

"""A policy decision against bare cedarpy with held handles: the same rules and the same question.

Bare means: policies and schema parsed once, the question in JSON form already made, and nothing done with the answer.
Ours makes that form, gives every reason with its facts, finds out about the role, and adds a permit's obligations.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import cedarpy
from agreed import everything_agreed

from benchmarks.report import Peer, compare, is_full
from service.adapters.bundle import bundle_directory, load_bundle
from service.adapters.cedar import CedarEngine, cedar_question
from service.domain import facts
from service.domain.caller import Caller
from service.domain.catalogue import Catalogue
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.policy import Permit, Query
from service.domain.principal import Person, Role
from service.domain.request import RequestedDimension, RequestSpec
from service.domain.round import Round, RoundState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def questions(catalogue: Catalogue) -> dict[str, Query]:
    kinds = frozenset({OrganisationKind.REGIONAL_OWNER})
    board = Organisation("board", "board", kinds, "board", Agreement("VO-1", date(2026, 1, 1)))
    caller = Caller(Person("issuer", "owner", frozenset({Role.REGIONAL_OWNER}), "board"), board, NOW)
    spec = RequestSpec(
        data_set="staffed-beds",
        purpose="regional-capacity-planning",
        dimensions=(RequestedDimension("region", "scotland-boards", "health-board"),),
        periods=("2019",),
        measures=("staffed_bed_days",),
        bottleneck="Wards are full in winter.",
        necessity="Nobody knows the sum of the places.",
        why_nothing_less="A national figure hides the shortage.",
    )
    rounds = [Round("staffed-beds-2019", "staffed-beds", 1, "2019", frozenset(), NOW, RoundState.CLOSED)]
    agreed = everything_agreed("f704h", "g107h")
    too_far = replace(spec, purpose="winter-evaluation-2020", bottleneck="")
    return {
        "read a round": facts.may_read_round(caller, rounds[0], catalogue),
        "request an aggregate, permitted": facts.may_request_aggregate(caller, spec, catalogue, rounds, agreed),
        "request an aggregate, denied": facts.may_request_aggregate(caller, too_far, catalogue, rounds, agreed),
    }


def main() -> None:
    bundle = load_bundle(bundle_directory())
    engine = CedarEngine(bundle)
    policies = cedarpy.PolicySet.from_str("\n".join(text for _, text in bundle.rules))
    schema = cedarpy.Schema.from_str(bundle.schema)
    times = 10_000 if is_full() else 1_000
    for name, query in questions(bundle.catalogue).items():
        request, entities = cedar_question(query)
        bare = cedarpy.is_authorized(request, policies, entities, schema)
        if bare.allowed != isinstance(engine.decide(query), Permit):
            raise ValueError("the engine and bare Cedar do not agree")

        def ours(query: Query = query) -> None:
            for _ in range(times):
                engine.decide(query)

        def held(request: dict[str, object] = request, entities: list[dict[str, object]] = entities) -> None:
            for _ in range(times):
                cedarpy.is_authorized(request, policies, entities, schema)

        compare(f"{times:,} decisions: {name}", ours, Peer("cedarpy, held handles", held, 1.5))

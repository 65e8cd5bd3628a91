"""From deliveries to contributions: what the engine adds up for a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from service.domain.submission import CountingPart
from service.ports.engine import SourcePart
from service.use_cases.call import Services
from service.use_cases.corrections import Earlier
from service.use_cases.disclosure_tables import finest
from service.use_cases.request_basis import Basis


def contributions_of(
    services: Services, basis: Basis, parts: Iterable[CountingPart], remembered: Iterable[Earlier] = ()
) -> pa.Table:
    """Some deliveries, at the finest codes.

    Whoever delivered somebody once knows that person, also when that delivery counts no more and another one does. So
    where persons count once, the deliveries behind other releases are looked at for who is in them.

    Args:
        services: for the engine.
        basis: of the request.
        parts: the deliveries that count.
        remembered: what counted otherwise.
    """
    spec = basis.request.spec
    asked = finest(basis.catalogue.data_set(spec.data_set, spec.data_set_version), basis.catalogue)
    sources = sources_of(services, basis, parts)
    if asked.once:
        there = {source.path for source in sources}
        others = {part.submission: part for one in remembered for part in one.parts}
        known = sources_of(services, basis, (replace(part, left_out=()) for _, part in sorted(others.items())))
        sources += [replace(source, counts=False) for source in known if source.path not in there]
    return services.engine.contributions(sources, asked)


def sources_of(services: Services, basis: Basis, parts: Iterable[CountingPart]) -> list[SourcePart]:
    """Where deliveries lie, with the keys of their rounds."""
    return [
        SourcePart(
            services.parts.locate_part(part.part), basis.data_keys[part.round], part.holding, frozenset(part.left_out)
        )
        for part in parts
    ]

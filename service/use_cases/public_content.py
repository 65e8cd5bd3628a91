"""How the figures of a public copy are kept: canonical JSON, so that the same figures have the same digest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from service.domain.public_figures import Observation
from sluis_client.wire import canonical_bytes


def content_of(observations: Sequence[Observation]) -> str:
    """A list of [municipality, codes, measure, value, note], sorted; values are texts, for they are decimal."""
    rows = [
        [one.region, list(one.cell), one.measure, None if one.value is None else str(one.value), one.note]
        for one in observations
    ]
    return canonical_bytes(sorted(rows, key=lambda row: json.dumps(row[:3]))).decode()


def observations_of(content: str) -> list[Observation]:
    """The figures of a content that `content_of` made."""
    return [
        Observation(region, tuple(cell), measure, None if value is None else Decimal(value), note)
        for region, cell, measure, value, note in json.loads(content)
    ]

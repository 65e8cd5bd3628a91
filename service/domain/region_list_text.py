"""A list of regions as the JSON text that is stored, and back."""

from __future__ import annotations

import json

from service.domain.classification import Label
from service.domain.stated_classification import Membership, RegionList
from sluis_client.wire import canonical_bytes


def region_list_text(found: RegionList) -> str:
    """Canonical JSON (RFC 8785): the same list gives the same text, in whatever order its rows stood."""
    rows = sorted([row.municipality, row.region, row.name] for row in found.rows)
    members = {
        "id": found.family,
        "title": {"nl": found.title.nl, "en": found.title.en},
        "source": found.source,
        "year": found.year,
        "cluster": found.cluster,
        "rows": rows,
    }
    return canonical_bytes(members).decode()


def read_region_list(text: str) -> RegionList:
    """What `region_list_text` wrote."""
    members = json.loads(text)
    return RegionList(
        family=members["id"],
        title=Label(**members["title"]),
        source=members["source"],
        year=members["year"],
        cluster=members["cluster"],
        rows=tuple(Membership(*row) for row in members["rows"]),
    )

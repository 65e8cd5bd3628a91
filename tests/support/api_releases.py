"""Releases that a test puts into the database of a service as they are, for board-south."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from api_world import World
from released_pictures import a_content, a_dimension

from service.domain.audit import Action, EventCode
from service.domain.release import Certificate, Release
from service.domain.request import RequestState


def drawable() -> dict[str, Any]:
    """A release of which every picture can be made, all of them empty."""
    names = ("region", "row", "column", "client_region", "provider_region")
    dimensions = [a_dimension(name, "any", {}) for name in names]
    return a_content("any", dimensions, {"places": {}, "clients": {}})


def add_release(world: World, request_id: str, content: dict[str, Any] | None = None) -> str:
    release = Release(
        id=world.services.randomness.new_id(),
        request=request_id,
        data_set="staffed-beds",
        purpose="regional-capacity-planning",
        rounds=(),
        version=1,
        recipients=frozenset({"board-south"}),
        content=json.dumps(content or drawable()),
        content_digest="sha-256:" + "0" * 64,
        key_id="k",
        signature="s",
        inputs=(),
        released_at=world.clock.now(),
    )
    with world.operator().transact(EventCode("release.create", Action.CREATE, "release")) as step:
        step.data.releases.add(release)
        step.data.releases.add_certificate(Certificate(release.id, "{}", "k", "s", release.released_at))
        request = step.data.requests.get(request_id)
        step.data.requests.save(replace(request, state=RequestState.RELEASED, release=release.id))
    return release.id

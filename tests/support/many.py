"""How many examples a slow property is held against: a few in every run, and ten times as many in `make thorough`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("SLUIS_TESTS_TIMES", "1"))
"""How often that is: more in `make thorough`."""


def quiet(examples: int) -> settings:
    """So many examples in `make test`, however long each takes."""
    return settings(max_examples=examples * TIMES, deadline=None, suppress_health_check=list(HealthCheck))

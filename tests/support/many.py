"""How many examples a slow property is held against: a few in every run, and ten times as many in `make thorough`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_EXPECTED = (
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,  # of tables that cannot be released
    HealthCheck.data_too_large,
    HealthCheck.function_scoped_fixture,  # folders that each example makes a new one in
)

TIMES = int(os.environ.get("SLUIS_TESTS_TIMES", "1"))
"""How often that is: more in `make thorough`."""


def quiet(examples: int) -> settings:
    """So many examples in `make test`, however long each takes and however many of them are of no use."""
    return settings(max_examples=examples * TIMES, deadline=None, suppress_health_check=_EXPECTED)

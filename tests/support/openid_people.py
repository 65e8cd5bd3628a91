"""The people of the tests, at the same real OpenID provider that the demo runs."""

from __future__ import annotations

from demo.provider import CLIENT_ID, SECOND_FACTOR, LocalProvider, browser_of, person, running_provider

__all__ = ["CLIENT_ID", "PEOPLE", "SECOND_FACTOR", "LocalProvider", "browser_of", "person", "running_provider"]

PEOPLE = (
    person("steward-1", "steward", organisation="ttp"),
    person("steward-2", "steward", organisation="ttp"),
    person("steward-without-second-factor", "steward", organisation="ttp", acr=None),
    person("auditor-1", "auditor", organisation="ttp"),
    person("owner-1", "regional-owner", organisation="board-1", acr=None),
    person("owner-2", "regional-owner", organisation="board-2", acr=None),
    person("visitor", acr=None),
)

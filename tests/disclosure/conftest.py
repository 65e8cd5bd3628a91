"""Properties are asked of many tables, so there the search for a pattern is short; what it costs is another test."""

from __future__ import annotations

import pytest

from service.disclosure.pattern import finding


@pytest.fixture(scope="session", autouse=True)
def _short_search():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "FEW", 0)
        yield


@pytest.fixture
def full_search(monkeypatch):
    """Search as long as the service does."""
    monkeypatch.setattr(finding, "FEW", 60)

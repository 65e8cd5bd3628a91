"""The README shows what the demo prints; only how often something was logged, and how the clock was, may differ."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.readme import shown

pytestmark = pytest.mark.xdist_group("e2e")


def without_counts(text: str) -> list[str]:
    story, log = text.strip().split("5. Audit", 1)
    log = re.sub(r"(clock\.check +worker +)\w+", r"\1-", log)
    return [line.strip() for line in (story + re.sub(r"\d+", "#", log)).splitlines()]


def test_the_readme_shows_what_the_demo_prints(played):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert without_counts(shown(readme)) == without_counts(played.printed)

"""The README shows what the demo prints; only how often something was logged, and how the clock was, may differ."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from demo.netherlands.figures import collected
from demo.netherlands.story import PART
from demo.netherlands.suppliers import PROVIDERS, insurers, providers
from demo.stage import stage
from tools.readme import shown

README = (Path(__file__).parents[2] / "README.md").read_text()


def parts(text: str) -> tuple[str, str]:
    """What the first part of the demo tells, and what the second does."""
    first, heading, second = text.partition("\n6. ")
    return first, heading + second


def without_counts(text: str) -> list[str]:
    story, log = text.strip().split("5. Audit", 1)
    log = re.sub(r"(clock\.check +worker +)\w+", r"\1-", log)
    return [line.strip() for line in (story + re.sub(r"\d+", "#", log)).splitlines()]


@pytest.mark.xdist_group("e2e")
def test_the_readme_shows_what_the_first_part_prints(played):
    assert without_counts(parts(shown(README))[0]) == without_counts(played.printed)


@pytest.mark.thorough
def test_the_readme_shows_what_the_second_part_prints(tmp_path):
    told = io.StringIO()
    with stage(tmp_path, [PART]) as (place, provider), contextlib.redirect_stdout(told):
        PART.tell(place, provider)
    assert parts(shown(README))[1].split() == told.getvalue().split()


def test_the_suppliers_are_skewed_like_real_ones():
    sizes = sorted((one.size for one in providers()), reverse=True)
    assert len(sizes) == PROVIDERS == 500
    assert 0.5 < sum(sizes[:50]) < 0.8
    assert len(insurers()) == 10
    assert 0.75 < sum(one.size for one in insurers()[:4]) < 0.9
    assert {one.data_set: len(one.suppliers) for one in collected()}["rejections"] == PROVIDERS

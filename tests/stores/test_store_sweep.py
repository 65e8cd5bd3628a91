from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.sweep import find_orphans

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
GRACE = timedelta(hours=24)
AGO = {"old": NOW.timestamp() - 90_000, "young": NOW.timestamp() - 60, "future": NOW.timestamp() + 3600}


def test_only_old_files_that_nothing_refers_to_go():
    stored = [("orphan", AGO["old"]), ("counts", AGO["old"]), ("under-way", AGO["young"]), ("ahead", AGO["future"])]
    sweep = find_orphans(stored, {"counts", "lost"}, now=NOW, grace=GRACE)
    assert sweep.remove == ("orphan",)
    assert sweep.missing == ("lost",)


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(sorted(AGO)), max_size=8),
    st.sets(st.sampled_from("abcdefgh")),
)
def test_nothing_referred_to_is_removed_and_nothing_absent_is_kept_silent(stored, referred):
    sweep = find_orphans([(name, AGO[age]) for name, age in stored.items()], referred, now=NOW, grace=GRACE)
    assert not set(sweep.remove) & referred
    assert {stored[name] for name in sweep.remove} <= {"old"}
    assert set(sweep.missing) == referred - stored.keys()


def test_work_under_way_needs_grace():
    with pytest.raises(ValueError):
        find_orphans([], set(), now=NOW, grace=timedelta(0))

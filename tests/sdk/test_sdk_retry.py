"""When the SDK tries again, and for how long."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluis_client.errors import ConnectionFailedError
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.retry import Patience, TryAgain

WHAT = Text("weg", "gone")


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 1e6))
def test_a_pause_is_bounded_and_never_shorter_than_asked(attempt: int, fraction: float, asked: float | None):
    patience = Patience()
    pause = patience.pause(attempt, fraction, asked)
    assert pause >= (asked or 0)
    assert pause >= patience.first / 2
    assert pause <= max(patience.longest, asked or 0)


@given(st.floats(0, 1000), st.lists(st.none() | st.floats(0, 100), max_size=40))
def test_it_never_waits_longer_than_its_patience(total: float, asked: list[float | None]):
    passed = [0.0]
    answers = iter(asked)

    def attempt() -> str:
        for wait in answers:
            raise TryAgain(WHAT, wait)
        return "done"

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    machine = Machine(monotonic=lambda: passed[0], sleep=sleep, fraction=lambda: 0.5)
    with suppress(ConnectionFailedError):
        assert Patience(total=total).call(attempt, machine) == "done"
    assert passed[0] <= total


def test_backoff_doubles_and_is_spread():
    patience = Patience(first=1.0, longest=8.0)
    assert [patience.pause(n, 0.0, None) for n in range(5)] == [0.5, 1.0, 2.0, 4.0, 4.0]
    assert patience.pause(0, 0.999, None) == pytest.approx(1.0, abs=0.01)


def test_no_patience_is_one_attempt():
    calls = []

    def attempt() -> None:
        calls.append(1)
        raise TryAgain(WHAT, 3600)

    with pytest.raises(ConnectionFailedError) as caught:
        Patience(total=0).call(attempt, Machine())
    assert len(calls) == 1
    assert "3600" in caught.value.mend.nl

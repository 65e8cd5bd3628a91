"""Start, stop, change of rules and settings, and the clock: what the service says of itself in the log."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from journey import World
from pydantic import SecretStr

from service.adapters.clock_watch import KernelClockWatch
from service.adapters.database import SqlDatabase
from service.adapters.keystore import ServiceKeys, load_service_keys
from service.adapters.observability import Logger, Stream
from service.composition.announcing import announced, configuration_of
from service.composition.settings import Settings
from service.domain.errors import Unavailable
from service.domain.principal import Worker
from service.ports.clock import ClockState
from service.use_cases.call import Call
from service.use_cases.check_clock import check_clock

OWN = ["clock.check", "configuration.change", "policy.change", "service.start", "service.stop"]


def run_once(world: World, keys: ServiceKeys | None = None, **changes: Any) -> list[str]:
    """Start and stop the service; the codes of what it said, in order."""
    before = {event.id for event in world.events()}
    application = replace(world.application, services=world.services, keys=keys or world.application.keys)
    application = replace(application, settings=replace_settings(application.settings, **changes))
    with announced(application, Logger(Stream.STARTUP)):
        world.clock.pass_by(minutes=1)
    said = [event for event in world.events() if event.id not in before]
    return [event.code for event in sorted(said, key=lambda event: (event.recorded, event.id))]


def replace_settings(settings: Settings, **changes: Any) -> Settings:
    return settings.model_copy(update=changes)


def test_a_start_and_a_stop_are_in_the_log(any_world: World) -> None:
    world = any_world
    made = "sealing-key.rotate"
    assert run_once(world) == ["service.start", "clock.check", made, "service.stop"], "suppliers need a key to seal to"
    (start,) = world.events(code="service.start")
    assert start.user == "worker:service"
    assert start.object_id == world.services.instance
    assert all(key.startswith("signing-key:") for key in start.keys)
    assert json.loads(start.query or "")["policyHash"] == world.services.policy.policy_hash
    assert run_once(world) == ["service.start", "clock.check", "service.stop"]


def test_other_rules_and_settings_are_told_at_the_start(world: World) -> None:
    run_once(world)
    assert run_once(world, port=8001, worker_interval=5.0)[0] == "configuration.change"
    (change,) = world.events(code="configuration.change")
    assert json.loads(change.query or "") == {"changed": ["settings.port", "settings.worker_interval"]}
    world.execute("DROP TRIGGER audit_events_change")
    old = world.services.policy.policy_hash
    world.execute(
        f"UPDATE audit_events SET payload = replace(payload, '{old}', 'sha-256:before') WHERE code = 'service.start'"
    )
    assert run_once(world, port=8001, worker_interval=5.0)[0] == "policy.change"
    (change,) = world.events(code="policy.change")
    assert json.loads(change.query or "") == {"after": old, "before": "sha-256:before"}


def test_another_signing_key_is_told_at_the_start(world: World, tmp_path: Path) -> None:
    """Whoever puts a key of their own in the place of the service's does not go unnoticed."""
    run_once(world)
    other = load_service_keys(tmp_path / "other", create=True)
    assert run_once(world, other)[0] == "configuration.change"
    (change,) = world.events(code="configuration.change")
    assert json.loads(change.query or "") == {"changed": ["keys"]}
    assert run_once(world, other)[0] == "service.start"


def test_no_secret_is_in_what_is_compared(tmp_path: Path) -> None:
    settings = Settings(data_directory=tmp_path, database_url=SecretStr("postgresql+psycopg://u:hunter2@db/x"))
    told = configuration_of(settings, "sha-256:ab", ("k-1",))
    assert "settings.database_url" not in told
    assert "hunter2" not in repr(told)
    other = configuration_of(
        settings.model_copy(update={"database_url": SecretStr("postgresql+psycopg://u:x@db/x")}), "sha-256:ab", ("k-1",)
    )
    assert other == told


def test_what_cannot_say_that_it_starts_does_not_start(world: World) -> None:
    world.execute("CREATE TRIGGER no_events BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(Unavailable):
        run_once(world)


def test_what_cannot_say_that_it_stops_stops(world: World) -> None:
    application = replace(world.application, services=world.services)
    with announced(application, Logger(Stream.STARTUP)):
        world.execute("CREATE TRIGGER no_events BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END")
    assert world.events(code="service.stop") == []


# --- the clock


class Said:
    def __init__(self, synchronised: bool | None, maximum_error: float | None) -> None:
        self._state = ClockState(synchronised, maximum_error)

    def state(self) -> ClockState:
        return self._state


def check(world: World, watch: Any, server: timedelta | None, monkeypatch: pytest.MonkeyPatch) -> bool:
    def server_time(_: Any) -> datetime | None:
        return None if server is None else world.clock.now() + server

    monkeypatch.setattr("service.adapters.database.database.SqlUnitOfWork.server_time", server_time)
    return check_clock(Call(replace(world.services, clock_watch=watch), Worker("service"), "machine", "t"))


@pytest.mark.parametrize(
    ("kernel", "server", "good"),
    [
        ((True, 0.02), None, True),
        ((True, 0.02), timedelta(seconds=0.9), True),
        ((None, None), timedelta(seconds=-0.9), True),
        ((None, None), None, False),
        ((False, 0.02), None, False),
        ((False, 0.02), timedelta(), False),
        ((True, 16.0), None, False),
        ((True, 0.02), timedelta(seconds=1.1), False),
        ((True, 0.02), timedelta(seconds=-1.1), False),
        ((True, None), None, True),
    ],
)
def test_a_clock_is_right_when_something_says_so_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch, kernel: Any, server: timedelta | None, good: bool
) -> None:
    assert check(world, Said(*kernel), server, monkeypatch) is good
    (event,) = world.events(code="clock.check")
    assert event.outcome == ("success" if good else "failed")
    assert event.reasons == (() if good else ("clock-not-synchronised",))
    measured = json.loads(event.query or "")
    assert measured["databaseOffsetMs"] == (None if server is None else round(server.total_seconds() * 1000))
    assert measured["kernelSynchronised"] is kernel[0]


def test_the_kernel_is_asked_and_nothing_is_changed() -> None:
    first, second = KernelClockWatch().state(), KernelClockWatch().state()
    assert first.synchronised in {True, False, None}
    assert (first.maximum_error is None) == (first.synchronised is None)
    assert second.synchronised == first.synchronised


def test_another_system_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert KernelClockWatch().state() == ClockState(None, None)


def test_a_server_tells_its_time_and_a_file_has_none(any_world: World) -> None:
    database = any_world.services.database
    assert isinstance(database, SqlDatabase)
    with database.look() as data:
        first, second = data.server_time(), data.server_time()
    if "sqlite" in str(database._engines.read.url):
        assert first is None
        return
    assert first is not None
    assert second is not None
    assert first < second, "the moment itself, and not the begin of the transaction"
    assert abs(first - datetime.now(first.tzinfo)) < timedelta(minutes=1)

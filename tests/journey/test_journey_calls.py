"""Every use case: one event when it goes well, one when it is denied, one when it fails, and none without the other.

The list of use cases is read from the code; a use case without a row in `journey_calls.CASES` fails the suite.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

import pytest
from journey import OPERATOR, START, World, copied, world_on
from journey_calls import CASES, EVERYONE, Things, make_busy, principal

from service import use_cases
from service.adapters.database.audit import from_payload, to_payload
from service.composition.build import Application
from service.domain.audit import Action, AuditEvent, EventCode, Outcome
from service.domain.errors import Denied, DomainError, Unavailable
from service.domain.texts import ERRORS, REASONS
from service.use_cases.call import Call
from service.use_cases.recent import Recent

MODULES = [
    importlib.import_module(f"{use_cases.__name__}.{found.name}") for found in pkgutil.iter_modules(use_cases.__path__)
]


def use_cases_found() -> dict[str, Callable[..., Any]]:
    """Every public function whose first parameter is the call."""
    found = {}
    for module in MODULES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            parameters = list(inspect.signature(function).parameters)
            ours = function.__module__ == module.__name__ and not name.startswith("_")
            if ours and parameters and get_type_hints(function).get(parameters[0]) is Call:
                assert name not in found, name
                found[name] = function
    return found


CODES = {value.code: value for module in MODULES for value in vars(module).values() if isinstance(value, EventCode)}
USE_CASES = use_cases_found()
PORTS = ("policy", "parts", "engine", "keys", "signer", "tokens", "clock_watch", "mailer")
PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def busy(
    composed: Application, founded: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Things]]:
    directory = tmp_path_factory.mktemp("busy")
    with world_on(composed, copied(founded, directory), directory) as made:
        made.parties |= founded.parties
        yield made, make_busy(made)


@pytest.fixture
def things(busy: tuple[World, Things]) -> Things:
    return busy[1]


@pytest.fixture
def world(busy: tuple[World, Things], tmp_path: Path) -> Iterator[World]:
    """A copy of the busy world."""
    with world_on(busy[0].application, copied(busy[0], tmp_path), tmp_path, START) as made:
        made.parties |= busy[0].parties
        made.clock.pass_by(minutes=1)
        yield made


def run(
    world: World, name: str, who: str, arguments: tuple[Any, ...]
) -> tuple[Call, Exception | None, list[AuditEvent]]:
    """Call the use case; how it ended, and the events that it left."""
    before = world.event_ids()
    call = world.call(principal(world, who))
    ended: Exception | None = None
    try:
        USE_CASES[name](call, *arguments, **CASES[name].kwargs)
    except Exception as error:
        ended = error
    with world.services.database.look() as data:
        return call, ended, [data.audit.get(event) for event in world.event_ids() - before]


def state(world: World) -> dict[str, list[str]]:
    return world.raw("audit_events", "audit_terms")


def require_complete(event: AuditEvent, call: Call, *, outcome: str) -> None:
    """The fields that NEN 7513 asks of every event (audit.md)."""
    assert event.code
    assert event.object_type
    assert event.action in {"C", "R", "U", "D", "E"}
    assert event.recorded == call.services.clock.now()
    assert event.user == call.principal.id
    assert event.role == (",".join(sorted(call.principal.roles)) or "none")
    assert event.organisation == call.principal.organisation
    assert event.outcome == outcome
    assert bool(event.reasons) == (outcome != "success") or set(event.reasons) <= {"approve", "repeated"}
    source = event.source
    assert (source.observer, source.instance) == ("sluis", call.services.instance)
    assert (source.access_point, source.trace_id) == (call.access_point, call.trace_id)


def test_every_use_case_has_a_row() -> None:
    assert set(USE_CASES) == set(CASES)


def test_codes_are_unique_and_name_one_kind_of_object() -> None:
    codes = [
        value
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, EventCode) and name[0] != "_"
    ]
    assert [code for code, count in Counter(found.code for found in codes).items() if count > 1] == []
    assert {case.event for case in CASES.values() if case.event} <= {found.code for found in codes}


@pytest.mark.parametrize("name", CASES)
def test_success_leaves_one_complete_event(world: World, things: Things, name: str) -> None:
    case = CASES[name]
    call, error, events = run(world, name, case.as_, case.args(world, things))
    assert error is None
    assert len(events) == (case.event is not None)
    for event in events:
        assert event.code == case.event
        require_complete(event, call, outcome=case.outcome)
        assert CODES[event.code].always == {fact for fact in CODES[event.code].always if event.says(fact)}
        assert (event.action, event.object_type) == (CODES[event.code].action, CODES[event.code].object_type)
        assert event.authorisation.decision in ({"permit"} if event.authorisation.policy_hash else {None})
        acting = event.organisation is not None
        assert (event.organisation_identifier == "oin:00000001234567890000") == acting
        assert from_payload(to_payload(event)) == event


def test_what_leaves_an_event_for_refusals_only_is_known() -> None:
    """The page of events says so of each code; both ways round."""
    left_when_well = {case.event for case in CASES.values() if case.event} - {"login.failed", "login.failed-repeatedly"}
    assert {code.code for code in CODES.values() if not code.refusals_only} == left_when_well
    for code in CODES.values():
        assert re.search(
            rf"^\| `{code.code}` .*\| {'refusals' if code.refusals_only else 'always'} \|", PAGE, re.MULTILINE
        )


def test_an_event_for_refusals_only_tells_of_no_success(world: World) -> None:
    before = world.events()
    refusals = EventCode("round.list", Action.READ, "round", refusals_only=True)
    with pytest.raises(RuntimeError, match="refusals only"), world.call(OPERATOR).transact(refusals):
        pass
    assert [(event.code, event.outcome) for event in world.events() if event not in before] == [
        ("round.list", Outcome.FAILED)
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_denial_leaves_its_event_and_nothing_else(world: World, things: Things, name: str) -> None:
    case = CASES[name]
    arguments = case.args(world, things)
    before = state(world)
    for who in sorted(EVERYONE - case.who):
        call, error, events = run(world, name, who, arguments)
        assert len(events) == 1, who
        require_complete(events[0], call, outcome="denied")
        assert set(events[0].reasons) <= set(REASONS), who
        if who in case.keeps_denial:
            assert error is None
            continue
        assert isinstance(error, Denied), who
        assert [reason.code for reason in error.reasons] == list(events[0].reasons)
        if not case.keeps_denial:
            assert state(world) == before, who


@pytest.mark.parametrize("name", CASES)
def test_whoever_may_is_let_in(world: World, things: Things, name: str) -> None:
    """That nobody is denied too much: all the others get in, or find the work done by the one before."""
    case = CASES[name]
    for who in sorted(case.who):
        _, error, events = run(world, name, who, case.args(world, things))
        assert not isinstance(error, Denied), who
        assert len(events) == (case.event is not None or error is not None), who


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.wrong])
def test_a_failure_leaves_its_event_and_nothing_else(world: World, things: Things, name: str) -> None:
    case = CASES[name]
    assert case.wrong is not None
    arguments = case.wrong(world, things)
    before = state(world)
    call, error, events = run(world, name, case.as_, arguments)
    assert isinstance(error, DomainError)
    assert len(events) == 1
    require_complete(events[0], call, outcome=case.wrong_outcome)
    assert events[0].reasons == (error.code,)
    # Of an assertion that does not hold nothing is believed, and a refused delivery never was a submission.
    assert (events[0].object_id is None) == (name in {"issue_token", "submit_records", "begin_submission"})
    assert error.code in ERRORS or case.wrong_outcome == "denied"
    assert state(world) == before


@pytest.mark.parametrize("name", CASES)
def test_without_its_event_nothing_happens(world: World, things: Things, name: str) -> None:
    """The database refuses to insert the event: the action is undone, and nothing is returned."""
    case = CASES[name]
    arguments = case.args(world, things)
    before = state(world)
    world.execute("CREATE TRIGGER no_events BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'full'); END")
    _, error, events = run(world, name, case.as_, arguments)
    assert events == []
    assert isinstance(error, Unavailable) == (case.event is not None)
    assert state(world) == before
    for who in sorted(EVERYONE - case.who)[:2]:
        _, error, _ = run(world, name, who, arguments)
        assert isinstance(error, Unavailable)
    assert state(world) == before


class Broken:
    """A part of the service that is out of order."""

    def __init__(self, whole: object) -> None:
        self._whole = whole

    def __getattr__(self, name: str) -> Any:
        if not callable(getattr(self._whole, name)):
            return getattr(self._whole, name)

        def broken(*_: Any, **__: Any) -> NoReturn:
            raise OSError("out of order")

        return broken


class Watched:
    """A part of the service that is in order, and is added to `used` when something of it is about to be called."""

    def __init__(self, whole: object, name: str, used: set[str]) -> None:
        self._whole, self._name, self._used = whole, name, used

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._whole, name)
        if callable(found):
            self._used.add(self._name)
        return found


@pytest.mark.parametrize("name", CASES)
def test_whatever_breaks_is_in_the_log(busy: tuple[World, Things], tmp_path: Path, name: str) -> None:
    """Each part of the service in turn is out of order: the use case fails with one event, or can do without it.

    A part of which nothing is called when all goes well makes no difference when it is out of order.
    """
    case = CASES[name]
    used: set[str] = set()
    with another(busy, tmp_path / "watched", name) as (world, arguments):
        parts = {port: Watched(getattr(world.services, port), port, used) for port in PORTS}
        world.services = replace(world.services, **parts)
        _, error, _ = run(world, name, case.as_, arguments)
        assert error is None
    left = sorted(used)
    while left:
        with another(busy, tmp_path / f"without-{left[-1]}", name) as (world, arguments):
            whole, before = world.services, state(world)
            while left:
                port = left.pop()
                broken = {port: Broken(getattr(whole, port)), "answered": Recent()}
                world.services = replace(whole, **broken)
                call, error, events = run(world, name, case.as_, arguments)
                if error is None:
                    break  # it was done after all, so the next one needs a world where it was not
                assert type(error) is OSError
                assert len(events) == 1, port
                require_complete(events[0], call, outcome="failed")
                assert events[0].reasons == ("internal-error",)
                assert state(world) == before


@contextmanager
def another(busy: tuple[World, Things], directory: Path, name: str) -> Iterator[tuple[World, tuple[Any, ...]]]:
    """A copy of the busy world, and what the use case is called with in it."""
    template, things = busy
    directory.mkdir()
    with world_on(template.application, copied(template, directory), directory) as world:
        world.parties |= template.parties
        yield world, CASES[name].args(world, things)


def test_every_use_case_but_the_first_step_refuses_somebody() -> None:
    assert {name for name, case in CASES.items() if case.who == EVERYONE} == {
        "authenticate",
        "record_login",
        "record_failed_login",
        "record_more_failed_logins",
        "refused_assertion",
    }

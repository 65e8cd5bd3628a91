"""A process that delivers, or works on requests, and dies at a chosen step; and the warmed process it is forked from.

Steps are counted while they are made: before and after every call of the part store, of the unit of work and its
repositories, of the audit trail's insert, of the commit, and of whatever the part store asks of the file system.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from journey import World, opened, world_on
from journey_regions import engine_of, ruled_by

from service.composition.build import Application
from service.domain.principal import Supplier
from service.use_cases.begin_submission import begin_submission
from service.use_cases.call import Limits
from service.use_cases.complete_submission import complete_submission
from service.use_cases.receive_part import receive_part
from service.use_cases.submit_records import submit_records
from sluis_client.wire import SignedManifest, digest

PIECE = 120
"""Bytes of a piece, so that a few rows take several."""

_FILE_CALLS = ("fsync", "replace", "rename", "link", "unlink")
_REPOSITORIES = ("organisations", "used_tokens", "rounds", "submissions", "requests", "releases")


class Steps:
    """Names every step, and kills this process at one of them: no handler, no `finally`, no flush.

    With `end` it stops there instead, holding whatever it holds.
    """

    def __init__(self, last: int | None, end: int = signal.SIGKILL) -> None:
        self.names: list[str] = []
        self._last = last
        self._end = end

    def step(self, name: str) -> None:
        if len(self.names) == self._last:
            os.kill(os.getpid(), self._end)
        self.names.append(name)

    def watch(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **keywords: Any) -> Any:
            self.step(f"before {name}")
            answer = call(*arguments, **keywords)
            self.step(f"after {name}")
            return answer

        return watched


class Watched:
    """Makes a step of every call of a port's methods."""

    def __init__(self, steps: Steps, name: str, port: Any) -> None:
        self._steps, self._name, self._port = steps, name, port

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._steps.watch(f"{self._name}.{name}", found) if callable(found) else found


class WatchedDatabase:
    def __init__(self, steps: Steps, database: Any) -> None:
        self._steps, self._database = steps, database

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self._database.begin() as uow:
            yield self._watched(uow)
            self._steps.step("leave transaction")

    @contextmanager
    def look(self) -> Iterator[Any]:
        with self._database.look() as uow:
            yield self._watched(uow)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def _watched(self, uow: Any) -> Any:
        for name in _REPOSITORIES:
            setattr(uow, name, Watched(self._steps, name, getattr(uow, name)))
        uow._trail.insert = self._steps.watch("event.insert", uow._trail.insert)
        uow._transaction.commit = self._steps.watch("commit", uow._transaction.commit)
        return uow


def deadly(names: Sequence[str]) -> list[int]:
    """The steps at which to die: what follows one call and comes before the next is one moment, not two."""
    following = [*names[1:], ""]
    return [n for n, name in enumerate(names) if not (name.startswith("after") and following[n].startswith("before"))]


def deliver(world: World, job: Mapping[str, Any], steps: Steps) -> None:
    """What the supplier's client does, from the beginning each time."""
    for name in _FILE_CALLS:
        setattr(os, name, steps.watch(f"os.{name}", getattr(os, name)))
    world.services = replace(
        world.services,
        database=WatchedDatabase(steps, world.services.database),
        parts=Watched(steps, "parts", world.services.parts),
        limits=Limits(piece_size=PIECE),
    )
    call = world.call(Supplier(**job["supplier"]))
    signed = SignedManifest.from_json(job["signed"])
    content = job["content"].encode()
    if signed.manifest.format == "json":
        submit_records(call, signed, content, job["key"])
        return
    begun = begin_submission(call, signed, job["key"]).submission
    pieces = [content[start : start + PIECE] for start in range(0, len(content), PIECE)]
    if begun.state == "receiving":
        for number, piece in enumerate(pieces):
            receive_part(call, begun.id, number, piece, digest(piece))
    complete_submission(call, begun.id, len(pieces))


def carry_on(world: World, job: Mapping[str, Any], steps: Steps) -> None:
    """What a worker does in one turn, on the requests of `journey_regions`."""
    ruled_by(world, Path(job["policies"]))
    world.services = replace(
        world.services,
        database=WatchedDatabase(steps, world.services.database),
        signer=Watched(steps, "signer", world.services.signer),
    )
    world.work()


_WORK = {"deliver": deliver, "carry-on": carry_on}


def run_job(application: Application, job: Mapping[str, Any]) -> dict[str, Any]:
    """Work in a process of its own; the names of its steps, None when it was killed, or its id when it stopped."""
    if "policies" in job:
        engine_of(Path(job["policies"]))  # read once, for all that are forked from here
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            steps = Steps(job["last"], job["end"])
            with world_on(application, job["url"], Path(job["directory"])) as world:
                _WORK[job["work"]](world, job, steps)
            os.write(writing, json.dumps(steps.names).encode())
        except BaseException as error:
            os.write(writing, json.dumps([f"{type(error).__name__}: {error}"]).encode())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        os.close(reading)
        return {"stopped": child}
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    if os.WIFSIGNALED(status):
        return {"names": None}
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(told)
    return {"names": json.loads(told)}


class Deliveries:
    """Talks to the warmed process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, world: World, job: Mapping[str, Any], last: int | None = None) -> list[str] | None:
        """Do the job; with `last`, up to that step."""
        names: list[str] | None = self._answer(world, {**job, "last": last, "end": signal.SIGKILL})["names"]
        return names

    def halt(self, world: World, job: Mapping[str, Any], last: int) -> int:
        """Do the job up to that step and stay there; the id of the process, which the caller kills."""
        process: int = self._answer(world, {**job, "last": last, "end": signal.SIGSTOP})["stopped"]
        return process

    def _answer(self, world: World, job: Mapping[str, Any]) -> dict[str, Any]:
        url = world.services.database._engines.write.url.render_as_string(hide_password=False)
        world.services.database.dispose()
        whole = {"work": "deliver", **job, "url": url, "directory": str(world.directory)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(whole) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer
        return answer


@contextmanager
def warmed(directory: Path) -> Iterator[Deliveries]:
    """A process that has loaded everything, on the keys in `directory`."""
    arguments = [sys.executable, str(Path(__file__)), str(directory)]
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
    ) as process:
        yield Deliveries(process)
        process.stdin.close()


def main() -> None:
    with opened(Path(sys.argv[1])) as application:
        for line in sys.stdin:
            try:
                answer = run_job(application, json.loads(line))
            except RuntimeError as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

"""A registered supplier, files to deliver, and the double of the service on a real socket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cutting_proxy import CuttingProxy, cutting_proxy
from sdk_samples import FAULTY, GOOD, LONG, FakeTime
from sluis_double import Double, served

from sluis_client import Client, Patience, wire


@pytest.fixture(scope="session")
def definition() -> wire.Definition:
    label = wire.Label("tekst", "text")

    def codes(*names: str) -> tuple[wire.Code, ...]:
        return tuple(wire.Code(name, label) for name in names)

    return wire.Definition(
        id="capacity",
        version=1,
        title=label,
        description=label,
        columns=(
            wire.Column("period", label, wire.Kind.CODE, codes=codes("2019Q1", "2019Q2", "2019Q3", "2019Q4", "2020Q1")),
            wire.Column("region", label, wire.Kind.CODE, codes=codes("S08000015", "S08000016")),
            wire.Column("care_form", label, wire.Kind.CODE, codes=codes("cardiology", "general-surgery")),
            wire.Column("staffed_bed_days", label, wire.Kind.INTEGER, minimum=0),
            wire.Column("occupied_bed_days", label, wire.Kind.INTEGER, minimum=0),
        ),
        key=("period", "region", "care_form"),
        checks=(wire.Check("C001", wire.Severity.WARNING, "occupied_bed_days", "staffed_bed_days", label),),
        max_rows=1000,
        period_column="period",
    )


@pytest.fixture
def double(definition: wire.Definition) -> Iterator[Double]:
    with served(Double(definition)) as running:
        yield running


@pytest.fixture
def proxy(double: Double) -> Iterator[CuttingProxy]:
    with cutting_proxy(double.url) as running:
        yield running


@pytest.fixture
def time_here() -> FakeTime:
    return FakeTime()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty profile directory and a clean environment; the working directory holds the files."""
    for name in list(os.environ):
        if name.startswith("SLUIS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for name, text in (("capacity.csv", GOOD), ("long.csv", LONG), ("faulty.csv", FAULTY)):
        (work / name).write_text(text)
    monkeypatch.setenv("SLUIS_CLIENT_HOME", str(tmp_path / "profile"))
    return tmp_path / "profile"


@pytest.fixture
def registered(double: Double, home: Path) -> Path:
    """A profile that is registered straight at the double."""
    with Client.for_service(double.url) as client:
        client.register(double.invite())
    double.calls.clear()
    return home


@pytest.fixture
def opened(registered: Path, time_here: FakeTime) -> Iterator[Client]:
    with Client.from_profile(machine=time_here.machine()) as client:
        yield client


@pytest.fixture
def through_proxy(
    proxy: CuttingProxy, double: Double, home: Path, time_here: FakeTime
) -> Iterator[Callable[[float], Client]]:
    """Makes clients that reach the double through the cutting proxy, with a patience in (fake) seconds."""
    with Client.for_service(proxy.url) as client:
        client.register(double.invite())
    double.calls.clear()
    made: list[Client] = []

    def make(patience: float) -> Client:
        made.append(Client.from_profile(patience=Patience(total=patience), machine=time_here.machine()))
        return made[-1]

    yield make
    for client in made:
        client.close()

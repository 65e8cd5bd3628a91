"""One real installation for all end-to-end tests: the service as a process, a real provider, 36 real suppliers."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from persons_place import persons_place  # noqa: F401 - a fixture
from supplier_place import supplier_place  # noqa: F401 - a fixture
from warm_command import warm_command

from demo import installation
from demo.installation import Installation
from demo.people import PersonAtWork, log_in
from demo.provider import LocalProvider
from demo.scotland.story import PART
from demo.stage import stage

ROOT = Path(__file__).parents[2]
_OF_A_GROUP = ("supplier_place", "persons_place", "played")


def _group(item: pytest.Item) -> object:
    mark = item.get_closest_marker("xdist_group")
    return mark.args[0] if mark else None


@pytest.hookimpl(tryfirst=True)  # while each item still has its place
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of one group after each other, also in a run without workers."""
    places = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    for place, item in zip(
        places, sorted((items[place] for place in places), key=lambda item: str(_group(item))), strict=True
    ):
        items[place] = item


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Function, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """A group's service ends with its last test: it has work of its own every moment that it is there."""
    try:
        return (yield)
    finally:
        if nextitem is not None and _group(nextitem) != _group(item):
            for name in _OF_A_GROUP:
                for fixture in item.session._fixturemanager._arg2fixturedefs.get(name, ()):
                    fixture.finish(item._request)


@dataclass(frozen=True)
class Played:
    """The demo's first part, played; `printed` is what it told."""

    place: Installation
    provider: LocalProvider
    printed: str

    def person(self, subject: str) -> PersonAtWork:
        return log_in(self.provider, self.place.url, subject)


@pytest.fixture(scope="session")
def played(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("played")
    told = io.StringIO()
    with stage(folder, [PART]) as (place, provider):
        with contextlib.redirect_stdout(told):
            PART.tell(place, provider)
        yield Played(place, provider, told.getvalue())


Shell = Callable[[str, str], subprocess.CompletedProcess[str]]

_BROWSER = """#!{python}
import sys, httpx
address = sys.argv[1]
with httpx.Client() as browser:
    sent_back = browser.post(address, data={{"sub": "{subject}"}})
    browser.get(sent_back.headers["location"]).raise_for_status()
"""


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a `sluis` that is loaded already; what prepares a place for a service is done by it too."""
    told = "sluis", "service.composition.command", "run", "service.composition.build"
    with warm_command(tmp_path_factory.mktemp("warm"), *told) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(installation, "SLUIS", (str(folder / "sluis"),))
        yield folder


@pytest.fixture
def shell(played: Played, warm: Path, tmp_path: Path) -> Shell:
    """Runs a script as one person, whose browser opens the provider's page and chooses that account."""

    def run(subject: str, script: str) -> subprocess.CompletedProcess[str]:
        browser = tmp_path / "browser"
        browser.write_text(_BROWSER.format(python=sys.executable, subject=subject))
        browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
        environment: Mapping[str, str] = {
            "PATH": f"{warm}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "BROWSER": f"{browser} %s",
            "SLUIS_URL": played.place.url,
            "ISSUER": played.provider.issuer,
            "SLUIS_LOGIN_CLIENT_SECRET": "not a secret",
            "COLUMNS": "200",
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run

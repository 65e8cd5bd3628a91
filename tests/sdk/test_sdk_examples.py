"""The example of every public function runs."""

import doctest
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pytest
from log_double import SomeLog
from sluis_double import Double

import sluis_client
from sluis_client import Client, errors
from sluis_client.own_keys import OwnKeys
from sluis_client.persons import Persons

PUBLIC = {
    name if kind is Client else f"{kind.__name__}.{name}": member
    for kind in (Client, OwnKeys, Persons)
    for name, member in inspect.getmembers(kind)
    if not name.startswith("_") and (inspect.isfunction(member) or inspect.ismethod(member))
}
FINDER = doctest.DocTestFinder(exclude_empty=True)


def run(tests: list[doctest.DocTest]) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for test in tests:
        runner.run(test, out=said.append)
    assert not said, "".join(said)


def test_there_are_public_functions():
    assert {"from_profile", "register", "check", "submit", "submit_records", "status", "receipts", "rounds"} <= set(
        PUBLIC.keys()
    )


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of(name: str, registered: object, double: Double, monkeypatch: pytest.MonkeyPatch):
    double.log = SomeLog("sluis.example/v1/log")
    double.log.fill(1)
    monkeypatch.setenv("SLUIS_URL", double.url)
    monkeypatch.setenv("SLUIS_CODE", double.invite())
    found = FINDER.find(PUBLIC[name], name, globs={})
    assert sum(len(test.examples) for test in found) >= 2, "every public function has a runnable example"
    run(found)


def test_the_example_of_the_errors(registered: object):
    found = [test for test in FINDER.find(errors, "errors") if test.name == "errors"]
    assert found
    run(found)


def test_the_error_tree_in_the_docstring_is_the_tree():
    drawn = {
        word
        for line in errors.__doc__.splitlines()
        for word in line.replace("│", " ").split()
        if word.endswith("Error")
    }
    classes = {
        name for name, member in vars(errors).items() if inspect.isclass(member) and issubclass(member, Exception)
    }
    assert drawn == classes
    assert classes <= set(sluis_client.__all__)
    for line in errors.__doc__.splitlines():
        name = next((word for word in line.split() if word in classes), None)
        if name and "──" in line:
            depth = line.index("──") // 4
            assert len(inspect.getmro(getattr(errors, name))) - 4 == depth, line


def test_every_public_name_is_what_it_is_called():
    """Each is loaded when it is asked for."""
    assert {name: getattr(sluis_client, name).__name__ for name in sluis_client.__all__} == {
        name: name for name in sluis_client.__all__
    }
    assert set(sluis_client.__all__) <= set(dir(sluis_client))
    with pytest.raises(AttributeError, match="Cleint"):
        sluis_client.Cleint  # noqa: B018 - what a typing error gives


def test_the_service_is_kept_away_from_every_module_but_wire():
    root = Path(__file__).parents[2]
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    forbidden = next(each["forbidden_modules"] for each in contracts if each["id"] == "wire-only")
    modules = {f"sluis_client.{each.name}" for each in pkgutil.iter_modules(sluis_client.__path__)}
    assert modules - {"sluis_client.wire", "sluis_client.__main__"} == set(forbidden)

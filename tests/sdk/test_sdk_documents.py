"""What the README and the guide list is what there is; the guide itself is typed against the service in tests/e2e."""

import re
from pathlib import Path

import pytest
from sluis_double import Double

from sluis_client.cli import app
from sluis_client.cli.exit_codes import MEANING

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/supplier.md").read_text()
README = (ROOT / "client_sdk/README.md").read_text()


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_python_example_of_the_readme(registered: Path, capsys: pytest.CaptureFixture[str], double: Double):
    found = blocks(README, "python")
    assert len(found) == 1
    exec(compile(found[0], "example", "exec"), {})  # noqa: S102 - our own documentation
    assert capsys.readouterr().out.startswith("2 True\naccepted")
    assert len(double.accepted) == 1


def test_the_guide_lists_the_exit_codes():
    table = re.findall(r"^\| (\d) \| (.*?) \| (.*?) \|$", GUIDE, re.MULTILINE)
    assert table == [(str(int(code)), meaning.nl, meaning.en) for code, meaning in MEANING.items()]


def test_the_readme_lists_the_commands():
    listed = re.findall(r"^\| `sluis-client (\w+)`", README, re.MULTILINE)
    offered = [command.callback.__name__ for command in app.registered_commands]
    offered += [group.name for group in app.registered_groups]
    assert sorted(listed) == sorted(offered)


def test_every_variable_that_is_read_is_in_the_readme():
    sources = [path.read_text() for path in (ROOT / "client_sdk/sluis_client").rglob("*.py")]
    read = {name for source in sources for name in re.findall(r"\"(SLUIS_CLIENT_[A-Z]+)\"", source)}
    assert read
    assert all(f"`{name}`" in README for name in read)

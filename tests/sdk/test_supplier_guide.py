"""What the guide and the README say is what happens: every command and every example in them is executed."""

import re
import shlex
from pathlib import Path

import pytest
from sluis_double import Double
from typer.testing import CliRunner

from sluis_client.cli import app
from sluis_client.cli.exit_codes import MEANING, ExitCode

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/supplier.md").read_text()
README = (ROOT / "client_sdk/README.md").read_text()
REFUSES = {"sluis-client check faulty.csv --round capacity-2019": ExitCode.CONTENT_REFUSED}


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[tuple[str, list[str]]]:
    """The commands after a `$`, each with the lines that it should print."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(text, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def matches(expected: list[str], printed: str) -> bool:
    """Whether the output is as shown; … stands for anything, on a line of its own for any lines."""
    parts = [
        r"(?:[^\n]*\n)*?"
        if line == "…"
        else r"[^\n]*?".join(map(re.escape, map(str.strip, line.split("…")))) + r"[^\n]*\n"
        for line in expected
    ]
    flat = "".join(" ".join(line.split()) + "\n" for line in printed.splitlines())
    return re.fullmatch("".join(parts).replace(r"\ ", " "), flat) is not None


def test_the_guide_as_a_whole(double: Double, home: Path, monkeypatch: pytest.MonkeyPatch):
    """One supplier does everything in the guide, in its order."""
    monkeypatch.setenv("COLUMNS", "250")
    told = commands(GUIDE)
    assert len(told) >= 10
    for command, expected in told:
        submission = next((held.id for held in double.accepted), "-")

        def real(text: str, submission: str = submission) -> str:
            return text.replace("AANLEVERING", submission).replace("https://sluis.example", double.url)

        name, *arguments = shlex.split(real(command))
        assert name == "sluis-client"
        finished = CliRunner().invoke(app, arguments, input=double.invite())
        assert finished.exit_code == REFUSES.get(command, ExitCode.OK), (command, finished.stderr)
        assert matches([real(line) for line in expected], finished.stdout), (command, finished.stdout)
    mentioned = set(re.findall(r"sluis-client ([a-z]+)", GUIDE)) - {"dat"}
    executed = {command.split()[1] for command, _ in told} | {"trust"}  # trust is tried in test_sdk_cli
    assert mentioned <= executed


@pytest.mark.parametrize(("text", "said"), [(GUIDE, "accepted"), (README, "2 True\naccepted")])
def test_the_python_examples(
    registered: Path, capsys: pytest.CaptureFixture[str], double: Double, text: str, said: str
):
    found = blocks(text, "python")
    assert len(found) == 1
    exec(compile(found[0], "example", "exec"), {})  # noqa: S102 - our own documentation
    assert capsys.readouterr().out.startswith(said)
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

"""The operator's commands about the log, on an embedded database: what they leave, what they tell the log, what they load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.adapters.clock import SystemClock
from service.adapters.database import SqlDatabase
from service.adapters.log_signing import load_log_signer
from service.composition.command import command
from service.composition.settings import read_settings
from service.use_cases.sequence_log import sequence_log
from sluis_client.wire.log import log_origin

_HEAVY = ("scipy", "numba", "duckdb", "highspy", "opendp")
_SCRIPT = f"""
import sys
from pathlib import Path
from typer.testing import CliRunner
from service.composition.command import command

def run(*arguments):
    return CliRunner().invoke(command(), arguments).exit_code

codes = [run("--help"), run("log", "--help"), run("audit", "--help"), run("log", "export", "log.ndjson")]
codes += [run("audit", "verify", "nowhere", "--key", "nowhere")]
print(codes, Path("log.ndjson").exists(), [name for name in {_HEAVY!r} if name in sys.modules])
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(command(), arguments)
    return found.exit_code, found.output


def sequence() -> SqlDatabase:
    settings = read_settings()
    signer = load_log_signer(settings.log_keys, log_origin(settings.issuer), create=True)
    (settings.data_directory.parent / "key").write_text(signer.key.text() + "\n")
    database = SqlDatabase(settings.url, random_bytes=bytes)
    sequence_log(database, signer, SystemClock())
    return database


def verifications(database: SqlDatabase) -> list[tuple[str, list[str], dict[str, object]]]:
    with database.look() as data:
        newest = data.log.checkpoint()
        assert newest is not None
        events = [json.loads(entry.payload) for entry in data.log.entries(0, newest.size)]
    return [
        (event["outcome"], event["reasons"], json.loads(event["query"]))
        for event in events
        if event["code"] == "audit.verify"
    ]


def test_commands_about_the_log_load_no_numerical_libraries(here: Path) -> None:
    """They take seconds of every call. The export of an empty log is refused, and leaves no file behind."""
    found = subprocess.run([sys.executable, "-c", _SCRIPT], cwd=here, capture_output=True, text=True, check=False)
    assert found.stdout == "[0, 0, 0, 1, 2] False []\n", found.stderr


def test_a_verification_beside_the_database_is_in_the_log_and_elsewhere_none_is_made(
    here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert run("log", "export", "log.ndjson")[0] == 1  # nothing is in the log yet, but that this was asked is
    sequence()
    code, told = run("log", "export", "log.ndjson")
    assert code == 0, told
    assert (here / "log.ndjson").stat().st_mode & 0o777 == 0o600
    code, told = run("audit", "verify", "log.ndjson", "--key", "key")
    assert (code, "audit.verify" in told) == (0, True), told
    lines = (here / "log.ndjson").read_bytes().splitlines(keepends=True)
    (here / "cut.ndjson").write_bytes(b"".join(lines[:-1]))
    code, told = run("audit", "verify", "cut.ndjson", "--key", "key")
    assert (code, "truncated" in told) == (1, True)
    size = len(lines) - 1
    assert verifications(sequence()) == [("success", [], {"size": size}), ("failed", ["truncated"], {"size": None})]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("log.ndjson", "key"):
        (elsewhere / name).write_bytes((here / name).read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)
        code, told = run("audit", "verify", "log.ndjson", "--key", "key", "--seen", "seen")
        assert (code, "audit.verify" in told) == (0, False), told
    assert {path.name for path in elsewhere.iterdir()} == {"log.ndjson", "key", "seen"}


def test_an_export_that_is_cut_short_leaves_no_half_of_a_log(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_call: object, write: object) -> int:
        write(b"half")  # type: ignore[operator]
        raise KeyboardInterrupt

    monkeypatch.setattr("service.cli.log.export_log", breaks)
    run("log", "export", "log.ndjson")
    assert not (here / "log.ndjson").exists()

"""The operator's commands about the log, on an embedded database: what they leave, what they tell the log, what they load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from typer.testing import CliRunner

from service.adapters.clock import SystemClock
from service.adapters.database import SqlDatabase
from service.adapters.keystore import KeyDirectoryError
from service.adapters.log_signing import Ed25519LogSigner, load_log_signer
from service.composition.command import command
from service.composition.settings import read_settings
from service.use_cases.sequence_log import sequence_log
from sluis_client.wire.log import LogKey, log_origin, open_checkpoint
from sluis_client.wire.log.export import export_header

_HEAVY = ("scipy", "numba", "duckdb", "highspy", "opendp", "openpyxl")
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


def test_the_key_of_the_log_is_replaced_by_commands(here: Path) -> None:
    """The auditor keeps the first key all the time; the old one is believed in nothing newer."""
    verify = ("audit", "verify", "log.ndjson", "--key", "first", "--seen", "seen")

    def handed_out() -> tuple[int, str]:
        (here / "log.ndjson").unlink(missing_ok=True)
        run("log", "export", "log.ndjson")
        grow()
        (here / "log.ndjson").unlink(missing_ok=True)
        assert run("log", "export", "log.ndjson")[0] == 0
        return run(*verify)

    def grow() -> None:
        settings = read_settings()
        database = SqlDatabase(settings.url, random_bytes=bytes)
        sequence_log(database, load_log_signer(settings.log_keys, log_origin(settings.issuer)), SystemClock())
        database.dispose()

    assert run("keys", "create-log")[0] == 0
    settings = read_settings()
    first = load_log_signer(settings.log_keys, log_origin(settings.issuer))
    (here / "first").write_text(first.key.text() + "\n")
    assert handed_out()[0] == 0
    code, told = run("keys", "retire-log")
    assert code == 0, told  # there is one key: nothing to remove
    code, told = run("keys", "renew-log")
    second = told.splitlines()[0]
    assert (code, second != first.key.text()) == (0, True), told
    assert run("log", "announce-key", "no key")[0] == 1
    assert run("log", "announce-key", second)[0] == 0
    assert isinstance(refused("keys", "renew-log"), KeyDirectoryError)
    assert isinstance(refused("keys", "retire-log"), KeyDirectoryError)  # it does not sign yet
    stolen = load_log_signer_copy(settings.log_keys / "log.pem", log_origin(settings.issuer))
    assert handed_out()[0] == 0
    assert run("keys", "retire-log")[0] == 0
    assert [path.name for path in settings.log_keys.iterdir()] == ["log-2.pem"]
    code, told = handed_out()
    assert code == 0, told
    header, *lines = (here / "log.ndjson").read_bytes().splitlines(keepends=True)
    shown = json.loads(header)
    root = open_checkpoint(shown["checkpoint"], LogKey.from_text(second)).root
    forged = export_header(stolen.sign(shown["size"], root), shown["successions"])
    (here / "log.ndjson").write_bytes(forged + b"".join(lines))
    code, told = run(*verify)
    assert (code, "checkpoint-key-ended" in told, "vervangen" in told) == (1, True, True), told
    (here / "log.ndjson").write_bytes(export_header(stolen.sign(shown["size"], root)) + b"".join(lines))
    code, told = run(*verify)  # without the succession: the auditor has kept it
    assert (code, "checkpoint-key-ended" in told) == (1, True), told


def refused(*arguments: str) -> BaseException | None:
    return CliRunner().invoke(command(), arguments).exception


def load_log_signer_copy(path: Path, origin: str) -> Ed25519LogSigner:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return Ed25519LogSigner(key, origin)

"""The profile is for its owner only, survives crashes, and gives nothing away."""

import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluis_double import Double

from sluis_client import (
    AlreadyRegisteredError,
    Client,
    ConnectionFailedError,
    NotRegisteredError,
    PassphraseError,
    Patience,
    ProfileUnsafeError,
    ServiceRefusedError,
    SetupError,
    TrustError,
    UnexpectedAnswerError,
    storage,
)
from sluis_client.profile import Profile

PASSPHRASE = "correct horse battery staple"


def test_everything_is_for_the_owner_only(registered: Path):
    with Client.from_profile() as client:
        client.submit("capacity.csv", "capacity-2019")
    for path in [registered, *registered.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize(
    ("name", "mode"),
    [("", 0o750), ("outbox", 0o701), ("config.json", 0o644), ("key.pem", 0o640), ("service-keys.json", 0o604)],
)
def test_lax_permissions_are_refused(registered: Path, name: str, mode: int):
    (registered / name).chmod(mode)
    with pytest.raises(ProfileUnsafeError) as caught, Client.from_profile() as client:
        client.verify_receipt(client.submit("capacity.csv", "capacity-2019").submission)
    assert "chmod" in caught.value.mend.nl


def test_a_file_of_someone_else_is_refused(registered: Path, monkeypatch: pytest.MonkeyPatch):
    real = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: real + 1)
    with pytest.raises(ProfileUnsafeError):
        Client.from_profile()


def test_the_key_is_never_in_clear_when_there_is_a_passphrase(
    double: Double, home: Path, monkeypatch: pytest.MonkeyPatch
):
    with Client.for_service(double.url, passphrase=PASSPHRASE) as client:
        client.register(double.invite())
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in (home / "key.pem").read_bytes()
    with Client.from_profile() as client, pytest.raises(PassphraseError, match="protected"):
        client.rounds()
    with Client.from_profile(passphrase="wrong") as client, pytest.raises(PassphraseError, match="wrong"):
        client.rounds()
    monkeypatch.setenv("SLUIS_CLIENT_PASSPHRASE", PASSPHRASE)
    with Client.from_profile() as client:
        assert client.rounds()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"profileVersion": 2}', b"\xff"])
def test_a_damaged_configuration_is_told(registered: Path, content: bytes):
    (registered / "config.json").write_bytes(content)
    with pytest.raises(TrustError, match="damaged"):
        Client.from_profile()


@pytest.mark.parametrize("name", ["outbox/x.json", "rounds/capacity-2019.json", "definitions/capacity@1.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}"])
def test_any_damaged_file_is_told(registered: Path, name: str, content: bytes):
    with Client.from_profile() as client:
        client.check("capacity.csv", "capacity-2019")
        (registered / name).write_bytes(content)
        (registered / name).chmod(0o600)
        with pytest.raises(TrustError):
            client.status() if name.startswith("outbox") else client.check(
                "capacity.csv", "capacity-2019", offline=True
            )


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_is_told(registered: Path, content: bytes):
    (registered / "key.pem").write_bytes(content)
    with Client.from_profile() as client, pytest.raises(TrustError, match="cannot be used"):
        client.rounds()


def test_without_a_registration_it_says_what_to_do(home: Path):
    with pytest.raises(NotRegisteredError) as caught:
        Client.from_profile()
    assert "sluis-client init" in caught.value.mend.nl
    assert not home.exists()


def test_a_registration_is_replaced_only_when_asked(registered: Path, double: Double):
    before = Profile.at().registration().key_id
    with Client.for_service(double.url) as client:
        with pytest.raises(AlreadyRegisteredError):
            client.register(double.invite())
        assert Profile.at().registration().key_id == before
        client.register(double.invite(), replace=True)
        assert client.rounds()
    assert Profile.at().registration().key_id != before


def test_a_code_may_be_typed_in_lower_case_with_blanks(double: Double, home: Path):
    code = double.invite().lower()
    with Client.for_service(double.url) as client:
        assert client.register(f" {code[:6]} {code[6:]}\n").name


def test_a_wrong_code_changes_nothing(registered: Path, double: Double):
    before = Profile.at().registration()
    with Client.for_service(double.url) as client, pytest.raises(ServiceRefusedError):
        client.register("wrong", replace=True)
    assert Profile.at().registration() == before
    with Client.from_profile() as client:
        assert client.rounds()


def test_a_lost_registration_answer_is_repeated_with_the_same_key(double: Double, home: Path):
    code = double.invite()

    def lost(phase: str, call: str) -> None:
        if phase == "after" and call == "POST /v1/registrations":
            double.fail_next("POST /v1/registrations", 503)

    double.hook = lost
    with Client.for_service(double.url, patience=Patience(total=0)) as client:
        double.fail_next("GET /.well-known/jwks.json", 503)  # registered, and then the connection is gone
        with pytest.raises(ConnectionFailedError):
            client.register(code)
        double.hook = lambda _phase, _call: None
        double.trouble.clear()
        assert client.register(code).key_id in double.clients
    assert len(double.clients) == 1
    assert not (home / "new-key.pem").exists()


def test_the_platform_decides_where_the_profile_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("SLUIS_CLIENT_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Profile.at().home == tmp_path / "sluis-client"
    assert Profile.at(Path("here")).home == Path.cwd() / "here"


@given(st.text(max_size=200))
def test_a_name_from_the_service_never_leaves_its_directory(name: str):
    try:
        safe = storage.safe_name(name)
    except UnexpectedAnswerError:
        return
    assert Path("/a/b", f"{safe}.json").parent == Path("/a/b")
    assert not safe.startswith(".")


def test_of_two_that_create_a_file_one_wins(tmp_path: Path):
    path = tmp_path / "x"
    assert storage.create_private(path, b"first")
    assert not storage.create_private(path, b"second")
    assert storage.read_private(path) == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "x"
    storage.write_private(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("value", ["soon", "-1", "1.5", ""])
def test_a_patience_that_is_no_number_is_refused(registered: Path, monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("SLUIS_CLIENT_PATIENCE", value)
    with pytest.raises(SetupError):
        Client.from_profile()


def test_what_a_killed_process_was_writing_goes_after_a_day(home: Path):
    profile = Profile(home).prepared()
    files = [home / ".key.pem.abcd_123", home / "outbox" / ".abc.json.x1y2z3_w", home / "receipts" / "kept.json"]
    for file in files:
        file.write_text("half")
    profile.prepare()
    assert all(file.exists() for file in files), "somebody may be writing them now"
    past = time.time() - 25 * 3600
    for file in files:
        os.utime(file, (past, past))
    profile.prepare()
    assert [file.exists() for file in files] == [False, False, True]
    storage.write_private(home / "key.pem", b"whole")
    assert [path.name for path in home.iterdir() if path.is_file()] == ["key.pem"]


def test_a_file_that_is_written_has_a_name_by_which_it_is_known_for_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        storage.write_private(tmp_path / "key.pem", b"whole")
    (left,) = tmp_path.iterdir()
    os.utime(left, (0, 0))
    storage.drop_unfinished(tmp_path)
    assert not list(tmp_path.iterdir())

"""The log's key: made once, private, and refused when it is not what it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.adapters.keystore import KeyDirectoryError
from service.adapters.log_signing import load_log_signer, renew_log_key, retire_log_keys
from sluis_client.wire.log import EMPTY_ROOT, leaf_hash, open_checkpoint

ORIGIN = "sluis.example/v1/log"


def test_made_once_and_never_replaced(tmp_path: Path) -> None:
    directory = tmp_path / "log-key"
    first = load_log_signer(directory, ORIGIN, create=True)
    assert load_log_signer(directory, ORIGIN, create=True).key == first.key == load_log_signer(directory, ORIGIN).key
    assert [file.name for file in directory.iterdir()] == ["log.pem"]
    assert (directory.stat().st_mode & 0o777, (directory / "log.pem").stat().st_mode & 0o777) == (0o700, 0o600)
    signed = first.sign(1, leaf_hash(b""))
    assert open_checkpoint(signed.note, first.key) == signed
    assert open_checkpoint(first.sign(0, EMPTY_ROOT).note, first.key).size == 0


def faults(directory: Path) -> str:
    with pytest.raises(KeyDirectoryError) as error:
        load_log_signer(directory, ORIGIN)
    return " ".join(error.value.faults)


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    assert "cannot be read" in faults(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir(mode=0o700)
    assert "cannot be read" in faults(tmp_path / "empty")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    load_log_signer(tmp_path / "k", ORIGIN, create=True)
    (tmp_path / "k" / "log.pem").chmod(mode)
    assert "chmod 0600" in faults(tmp_path / "k")
    (tmp_path / "k" / "log.pem").chmod(0o600)
    (tmp_path / "k").chmod(0o755)
    assert "chmod 0700" in faults(tmp_path / "k")


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    load_log_signer(tmp_path / "k", ORIGIN, create=True)
    (tmp_path / "k" / "log.pem").write_bytes(b"nothing")
    assert "no Ed25519 key" in faults(tmp_path / "k")


def test_the_key_does_not_show_itself(tmp_path: Path) -> None:
    assert "PRIVATE" not in repr(load_log_signer(tmp_path / "k", ORIGIN, create=True))


def test_a_key_is_renewed_once_at_a_time_and_the_old_one_goes_when_the_new_one_signs(tmp_path: Path) -> None:
    directory = tmp_path / "log-key"
    first = load_log_signer(directory, ORIGIN, create=True).key
    second = renew_log_key(directory, ORIGIN)
    assert load_log_signer(directory, ORIGIN).keys == (first, second)
    with pytest.raises(KeyDirectoryError, match="retire-log"):
        renew_log_key(directory, ORIGIN)
    with pytest.raises(KeyDirectoryError, match="does not sign yet"):
        retire_log_keys(directory, ORIGIN, first)
    assert retire_log_keys(directory, ORIGIN, second) == (first,)
    assert load_log_signer(directory, ORIGIN, create=True).keys == (second,)
    third = renew_log_key(directory, ORIGIN)
    assert load_log_signer(directory, ORIGIN).keys == (second, third)
    assert sorted(file.name for file in directory.iterdir()) == ["log-2.pem", "log-3.pem"]
    assert {file.stat().st_mode & 0o777 for file in directory.iterdir()} == {0o600}
    (directory / "log-3.pem").chmod(0o640)
    assert "log-3.pem" in faults(directory)

"""Keys that others may read, keys of another kind, half a key directory: the service does not start."""

from __future__ import annotations

import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.keystore import FileKeyStore, KeyDirectoryError, load_service_keys
from service.adapters.signing import Ed25519Signer
from service.domain.errors import Unavailable
from sluis_client.wire.canonical import from_base64url
from sluis_client.wire.jwk import jwk_thumbprint, parse_public_jwk


@pytest.fixture
def directory(tmp_path):
    load_service_keys(tmp_path / "keys", create=True)
    return tmp_path / "keys"


def faults_of(directory, **options):
    with pytest.raises(KeyDirectoryError) as caught:
        load_service_keys(directory, **options)
    return caught.value.faults


def test_keys_are_made_once_and_stay(tmp_path):
    directory = tmp_path / "keys"
    first = load_service_keys(directory, create=True)
    again = load_service_keys(directory, create=True)
    assert again.store.unwrap(first.store.wrap(b"k" * 32)) == b"k" * 32
    assert again.signer.public_keys() == first.signer.public_keys()
    assert again.token_key.private_numbers() == first.token_key.private_numbers()
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_only_the_owner_may_look(directory):
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_an_empty_mount_gets_keys_on_the_first_start_only(tmp_path):
    directory = tmp_path / "keys"
    assert "does not exist" in faults_of(directory)[0]
    directory.mkdir(mode=0o700)
    assert len(faults_of(directory)) == 3
    load_service_keys(directory, create=True)
    load_service_keys(directory)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_use_is_refused(directory, mode):
    for path in directory.iterdir():
        path.chmod(mode)
    faults = faults_of(directory)
    assert len(faults) == 3
    assert all("chmod 0600" in fault for fault in faults)


def test_a_folder_that_others_may_use_is_refused(directory):
    directory.chmod(0o750)
    assert "chmod 0700" in faults_of(directory, create=True)[0]


def test_half_a_directory_is_refused_and_never_completed(directory):
    (directory / "signing.pem").unlink()
    assert faults_of(directory, create=True)[0].startswith(str(directory / "signing.pem"))
    assert not (directory / "signing.pem").exists()


def test_keys_of_another_kind_are_all_named(directory):
    def write(name, content):
        (directory / name).write_bytes(content)

    def pem(key):
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    write("key-encryption.key", b"short")
    write("signing.pem", b"no key")
    write("token.pem", pem(generate_private_key(SECP384R1())))
    assert len(faults_of(directory)) == 3
    write("token.pem", pem(Ed25519PrivateKey.generate()))
    assert len(faults_of(directory)) == 3


def test_a_crash_while_making_leaves_no_half_directory(tmp_path, monkeypatch):
    def crash(*_):
        raise OSError(5, "power cut")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="power cut"):
        load_service_keys(tmp_path / "keys", create=True)
    monkeypatch.undo()
    assert not (tmp_path / "keys").exists()
    load_service_keys(tmp_path / "keys", create=True)


def test_who_comes_second_uses_the_keys_of_who_was_first(tmp_path, monkeypatch):
    first = load_service_keys(tmp_path / "keys", create=True)
    answers = iter([False, True])
    monkeypatch.setattr("service.adapters.keystore._holds_something", lambda _: next(answers))
    second = load_service_keys(tmp_path / "keys", create=True)
    assert second.signer.public_keys() == first.signer.public_keys()
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@given(kek=st.binary(min_size=32, max_size=32), key=st.binary(min_size=32, max_size=32))
def test_a_wrapped_key_comes_back_under_the_same_key_only(kek, key):
    wrapped = FileKeyStore(kek).wrap(key)
    assert FileKeyStore(kek).unwrap(wrapped) == key
    other = FileKeyStore(bytes([kek[0] ^ 1]) + kek[1:])
    with pytest.raises(Unavailable, match="data-key-unreadable"):
        other.unwrap(wrapped)


def test_wrapping_is_rfc_3394():
    # RFC 3394, section 4.6: 256 bits of key data under a 256-bit key
    kek = bytes.fromhex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")
    data = bytes.fromhex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
    wrapped = FileKeyStore(kek).wrap(data)
    expected = "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"
    assert from_base64url(wrapped.removeprefix("a256kw.")).hex().upper() == expected


@pytest.mark.parametrize("text", ["", "a256kw.", "a256kw.AAAA", "other.AAAA", "a256kw.!", "a256kw." + "A" * 54])
def test_what_was_never_wrapped_is_unreadable(text):
    with pytest.raises(Unavailable):
        FileKeyStore(b"k" * 32).unwrap(text)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_only_256_bits_are_a_key(size):
    with pytest.raises(ValueError):
        FileKeyStore(bytes(size))
    with pytest.raises(ValueError):
        FileKeyStore(bytes(32)).wrap(bytes(size))


def test_keys_are_not_in_a_printed_value(directory):
    keys = load_service_keys(directory)
    secrets = [path.read_bytes() for path in directory.iterdir()]
    assert repr(keys) == "ServiceKeys()"
    assert not [s for s in secrets if repr(s)[2:-1] in repr([keys.store, keys.signer])]


def test_a_signature_holds_for_its_prefix_and_key():
    signer = Ed25519Signer(Ed25519PrivateKey.generate())
    signature = signer.sign(b"sluis-receipt-v1\n", b"{}")
    (jwk,) = signer.public_keys()
    assert signature.key_id == jwk["kid"] == jwk_thumbprint(jwk)
    assert (jwk["use"], jwk["alg"], jwk["crv"]) == ("sig", "EdDSA", "Ed25519")
    public = parse_public_jwk(jwk)
    public.verify(from_base64url(signature.value), b"sluis-receipt-v1\n{}")
    assert signer.sign(b"sluis-release-v1\n", b"{}").value != signature.value


@pytest.mark.parametrize("prefix", [b"", b"\n", b"x", b"a\nb\n", b"a\nb"])
def test_a_prefix_is_one_line(prefix):
    with pytest.raises(ValueError):
        Ed25519Signer(Ed25519PrivateKey.generate()).sign(prefix, b"")

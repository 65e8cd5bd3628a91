"""The oblivious function: the RFC's own vectors, its laws, and what is refused."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluis_client.wire import oprf
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.pseudonym import Pseudonym, checked_bsn, digest_of

# RFC 9497, appendix A.1.1: ristretto255-SHA512, OPRF mode.
SEED = "a3" * 32
KEY_INFO = b"test key"
KEY = "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"
BLIND = bytes.fromhex("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706")
VECTORS = [
    (
        b"\x00",
        "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
        "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
        (
            "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
            "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"
        ),
    ),
    (
        b"\x5a" * 17,
        "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
        "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
        (
            "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
            "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"
        ),
    ),
]
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
# RFC 9496, appendix A.3: encodings that have to be refused.
NOT_CANONICAL = [
    "00" + "ff" * 31,
    "ff" * 31 + "7f",
    "f3" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
]
NEGATIVE = ["0100000000000000000000000000000000000000000000000000000000000000", "01" + "ff" * 30 + "7f"]
NO_POINT = [
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad87",
]


def test_the_key_follows_from_its_seed():
    assert oprf.derive_key(bytes.fromhex(SEED), KEY_INFO).hex() == KEY


@pytest.mark.parametrize(("value", "blinded", "evaluated", "output"), VECTORS)
def test_the_vectors_of_the_rfc(value, blinded, evaluated, output):
    element = oprf.blind(value, BLIND)
    answer = oprf.evaluate(bytes.fromhex(KEY), element)
    assert (element.hex(), answer.hex()) == (blinded, evaluated)
    assert oprf.finalize(value, BLIND, answer).hex() == output


@settings(max_examples=25, deadline=None)
@given(value=st.binary(max_size=80), seed=st.binary(min_size=32, max_size=32))
def test_the_blind_changes_what_is_sent_and_not_what_comes_out(value, seed):
    key = oprf.derive_key(seed, b"planning.1")
    one, other = oprf.new_blind(), oprf.new_blind()
    sent = oprf.blind(value, one), oprf.blind(value, other)
    assert sent[0] != sent[1]
    outputs = {oprf.finalize(value, b, oprf.evaluate(key, e)) for b, e in zip((one, other), sent, strict=True)}
    assert len(outputs) == 1
    elsewhere = oprf.derive_key(seed, b"planning.2")
    assert oprf.finalize(value, one, oprf.evaluate(elsewhere, sent[0])) not in outputs


@pytest.mark.parametrize("element", [*NOT_CANONICAL, *NEGATIVE, *NO_POINT, "00" * 32, "", "00", KEY * 2])
def test_what_is_no_element_is_refused(element):
    key = oprf.derive_key(bytes(32), b"x")
    with pytest.raises(oprf.OprfError) as refused:
        oprf.evaluate(key, bytes.fromhex(element))
    assert not element or len(element) < 8 or element not in str(refused.value)
    with pytest.raises(oprf.OprfError):
        oprf.finalize(b"x", oprf.new_blind(), bytes.fromhex(element))


@pytest.mark.parametrize("scalar", [bytes(32), ORDER.to_bytes(32, "little"), b"", b"\x01" * 31])
def test_a_scalar_of_nothing_is_refused(scalar):
    with pytest.raises(oprf.OprfError):
        oprf.blind(b"x", scalar)


def test_inputs_and_seeds_have_their_bounds():
    with pytest.raises(oprf.OprfError):
        oprf.blind(bytes(65_536), oprf.new_blind())
    with pytest.raises(oprf.OprfError):
        oprf.derive_key(bytes(31), b"")


def test_the_library_leaves_no_file_behind(tmp_path):
    asked = "import sluis_client.wire.oprf as o; print(len(o.new_blind()))"
    done = subprocess.run(
        [sys.executable, "-c", asked], env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "32\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("text", "found"), [
    ("111222333", "111222333"), (" 123456782", "123456782"), ("10000008", "010000008"),
    ("123456789", FaultCode.WRONG_BSN), ("000000000", FaultCode.NOBODY), ("00000000", FaultCode.NOBODY),
    ("999999999", FaultCode.NOBODY), ("1234567", FaultCode.NO_BSN), ("1234567820", FaultCode.NO_BSN),
    ("123.456.782", FaultCode.NO_BSN), ("١٢٣٤٥٦٧٨٢", FaultCode.NO_BSN), ("", FaultCode.NO_BSN),
    ("123456782\n1", FaultCode.NO_BSN),
])  # fmt: skip
def test_what_is_a_bsn(text, found):
    assert checked_bsn(text) == found


@settings(max_examples=200)
@given(number=st.integers(0, 10**9 - 1), place=st.integers(0, 8), change=st.integers(1, 9))
def test_no_typing_error_in_one_digit_is_another_bsn(number, place, change):
    """Weights 1 to 9 are all coprime to eleven."""
    text = f"{number:09}"
    digit = str((int(text[place]) + change) % 10)
    mistyped = text[:place] + digit + text[place + 1 :]
    assert not (isinstance(checked_bsn(text), str) and checked_bsn(text) == text and checked_bsn(mistyped) == mistyped)


def test_a_pseudonym_is_read_as_it_is_written_and_shows_no_digest():
    text = "bsn.planning.12." + digest_of(bytes(range(64)))
    found = Pseudonym.read(text)
    assert found is not None
    assert str(found) == text
    assert (found.type, found.domain, found.version) == ("bsn", "planning", 12)
    assert found.digest not in repr(found)
    for wrong in ("", text + "\n", text.upper(), "bsn.planning.0." + "a" * 22, "bsn.planning.1." + "a" * 21, "a.b.c"):
        assert Pseudonym.read(wrong) is None
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", found.digest)

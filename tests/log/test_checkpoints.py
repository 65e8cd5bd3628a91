"""Signed notes and checkpoints: the public vector, and everything that is not one of this log."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sluis_client.wire.log import (
    EMPTY_ROOT,
    Checkpoint,
    CheckpointError,
    LogKey,
    leaf_hash,
    log_origin,
    open_checkpoint,
    sign_checkpoint,
)

VECTOR = json.loads((Path(__file__).parents[1] / "data" / "merkle" / "vectors.json").read_text())["note"]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
ORIGIN = "sluis.example/v1/log"
PINNED = LogKey(ORIGIN, KEY.public_key())
ROOT = leaf_hash(b"")
GOOD = sign_checkpoint(ORIGIN, 1, ROOT, KEY)


def signed(text: str, key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> str:
    """A note over any text."""
    signature = LogKey(name, key.public_key()).id + key.sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def refused(note: str, key: LogKey = PINNED) -> str:
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(note, key)
    assert error.value.nl
    assert error.value.en
    return error.value.code


def test_the_public_note_is_verified_and_is_no_checkpoint() -> None:
    key = LogKey.from_text(VECTOR["key"])
    assert key.text() == VECTOR["key"]
    line = f"— {key.name} {VECTOR['signature']}\n"
    assert refused(f"{VECTOR['text']}\n{line}", key) == "malformed"  # signed, and says nothing of a log
    assert refused(f"{VECTOR['text'].replace('your', 'my')}\n{line}", key) == "forged"


def test_what_is_signed_is_read() -> None:
    assert open_checkpoint(GOOD.note, PINNED) == GOOD == Checkpoint(ORIGIN, 1, ROOT, GOOD.note)
    assert GOOD.note.splitlines()[:3] == [ORIGIN, "1", "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="]
    empty = sign_checkpoint(ORIGIN, 0, EMPTY_ROOT, KEY)
    assert open_checkpoint(empty.note, PINNED).size == 0


def test_signatures_of_witnesses_stand_below_it() -> None:
    witnessed = GOOD.note + signed("x\n", OTHER, "witness.example").split("\n\n")[1]
    assert open_checkpoint(witnessed, PINNED).size == 1


def test_another_key_or_name_is_no_signature_of_this_log() -> None:
    assert refused(sign_checkpoint(ORIGIN, 1, ROOT, OTHER).note) == "unsigned"
    assert refused(sign_checkpoint("other.example/v1/log", 1, ROOT, KEY).note) == "unsigned"
    forged = GOOD.note.replace("\n1\n", "\n2\n")
    assert refused(forged) == "forged"


def test_the_text_of_another_log_under_this_name_is_of_another_log() -> None:
    text = GOOD.note.partition("\n\n")[0].replace(ORIGIN, "other.example/v1/log") + "\n"
    assert refused(signed(text)) == "other-origin"


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n1\n",
        f"{ORIGIN}\n01\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        f"{ORIGIN}\n-1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        f"{ORIGIN}\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB1=\n",
        f"{ORIGIN}\n1\nbjQL\n",
        f"{ORIGIN}\n0\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        f"{ORIGIN}\n1\n{base64.b64encode(EMPTY_ROOT).decode()}\n",
        f"{ORIGIN}\n٣\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
    ],
)
def test_signed_nonsense_is_no_checkpoint(text: str) -> None:
    assert refused(signed(text)) == "malformed"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        GOOD.note[:-1],
        GOOD.note + "\n",
        GOOD.note.replace("— ", "- "),
        GOOD.note.replace("\n1\n", "\n1\r\n"),
        GOOD.note.replace("— ", "—  "),
        GOOD.note.partition("\n\n")[0] + "\n\n",
        "x" * 70_000 + GOOD.note,
    ],
)
def test_a_misshapen_note_is_refused(note: str) -> None:
    assert refused(note) == "malformed"


@given(st.integers(0, len(GOOD.note.encode()) - 1), st.integers(1, 255))
def test_no_altered_byte_passes(place: int, change: int) -> None:
    raw = bytearray(GOOD.note.encode())
    raw[place] ^= change
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return
    assert refused(text) in {"malformed", "forged", "unsigned"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        VECTOR["key"][:-1],
        VECTOR["key"].replace("c74f20a3", "c74f20a4"),
        VECTOR["key"].replace("+ARpc", "+BRpc"),
    ],
)
def test_a_misshapen_key_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        LogKey.from_text(text)


def test_a_name_that_could_forge_a_line_is_refused() -> None:
    for name in ("", "a b", "a+b", "a\nb"):
        with pytest.raises(ValueError, match="one word"):
            LogKey(name, KEY.public_key())


def test_the_origin_is_the_address_without_scheme() -> None:
    assert log_origin("https://sluis.example.nl") == "sluis.example.nl/v1/log"
    assert log_origin("http://127.0.0.1:8000") == "127.0.0.1:8000/v1/log"

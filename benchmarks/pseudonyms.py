"""Pseudonyms from BSNs, whole, against what libsodium needs for the oblivious function alone.

Ours: blinding, batches as JSON, the key holder with its checks, quota and log, the check of the key, finishing, labels;
in one process, without a network. The limit: per person one map to the group, one random scalar, one inversion and
three multiplications, by the same binding.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import rbcl

from benchmarks.report import Peer, compare, is_full
from service.adapters.clock import SystemClock, SystemRandomness
from service.adapters.keystore import FileKeyStore
from service.keyholder.evaluating import Quota, evaluate
from service.keyholder.keys import Keys
from service.keyholder.store import Store
from sluis_client.pseudonyms import Maker
from sluis_client.pseudonyms.making import KeyHolder
from sluis_client.transport import TokenSource, Transport
from sluis_client.wire.canonical import base64url, from_base64url
from sluis_client.wire.pseudonym import checked_bsn

DOMAIN = "planning"
QUICK, FULL = 2_000, 100_000


@dataclass(frozen=True)
class Answer:
    """What the key holder said."""

    object: dict[str, Any]


class Line:
    """A supplier's connection to a key holder in this process."""

    def __init__(self, folder: Path) -> None:
        self._store, self._clock = Store(folder / "keyholder.db"), SystemClock()
        self._keys = Keys(self._store, FileKeyStore(secrets.token_bytes(32)), self._clock, SystemRandomness())
        self._keys.create(DOMAIN, "benchmark")
        self.published = self._keys.published("https://keys.example")

    def call(self, _method: str, _path: str, *, payload: Any, **_more: Any) -> Answer:
        """As `Transport.call`, with the bytes made and read as they would be on the way."""
        asked = json.loads(payload().content)
        found = evaluate(
            self._store,
            self._keys,
            Quota(10_000_000, 1),
            self._clock,
            supplier="benchmark",
            domain=asked["domain"],
            elements=[from_base64url(one) for one in asked["elements"]],
        )
        made = [{"version": v, "elements": [base64url(one) for one in answers]} for v, answers in found.items()]
        return Answer(json.loads(json.dumps({"evaluations": made})))


def numbers(count: int) -> list[str]:
    found: list[str] = []
    number = 100_000_000
    while len(found) < count:
        number += 1
        if checked_bsn(str(number)) == str(number):
            found.append(str(number))
    return found


def primitive(count: int) -> None:
    """What the function needs of the group, and nothing else."""
    uniform, key = secrets.token_bytes(64), rbcl.crypto_core_ristretto255_scalar_random()
    for _ in range(count):
        point = rbcl.crypto_core_ristretto255_from_hash(uniform)
        scalar = rbcl.crypto_core_ristretto255_scalar_random()
        answer = rbcl.crypto_scalarmult_ristretto255(key, rbcl.crypto_scalarmult_ristretto255(scalar, point))
        rbcl.crypto_scalarmult_ristretto255(rbcl.crypto_core_ristretto255_scalar_invert(scalar), answer)


def made(maker: Maker, bsns: Sequence[str]) -> None:
    found = maker(bsns, DOMAIN)
    if len(set(found.values())) != len(bsns):
        raise RuntimeError("two persons have one pseudonym")


def main() -> None:
    count = FULL if is_full() else QUICK
    bsns = numbers(count)
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder))
        maker = Maker(KeyHolder(cast("Transport", line), cast("TokenSource", None), line.published))
        peer = Peer("libsodium, the primitive alone", lambda: primitive(count), 1.3)
        compare(f"pseudonyms of {count:,} persons", lambda: made(maker, bsns), peer)


if __name__ == "__main__":
    main()

"""The pseudonyms of a file that were made so far: whoever is killed while they are made asks for none of them again.

Each stands beside a tag of the person: a keyed hash, under a key of the profile's secret and the digest of the file.
Neither key nor digest is on this machine's disk: without the file nobody tells from a tag who it is, and whoever has
the file has the BSNs. A line that is not whole counts for nothing.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from sluis_client import storage
from sluis_client.files.persons import Numbers
from sluis_client.pseudonyms import Makes
from sluis_client.pseudonyms.making import BATCH
from sluis_client.wire.pseudonym import BSN, MOST_VERSIONS, Pseudonym

_TAG_BYTES = 10  # of a million persons two have the same tag once in 10^12 files
_TAG_LENGTH = 16


class MadeBefore:
    """Makes pseudonyms, and keeps them in a file as they come."""

    def __init__(self, path: Path, key: bytes, makes: Makes) -> None:
        self._path = path
        self._key = key
        self._makes = makes

    def __call__(self, bsns: Sequence[str], domain: str) -> Iterator[Mapping[str, str]]:
        """As the one that makes them; first those that are in the file."""
        numbers = np.fromiter((int(bsn) for bsn in bsns), np.uint32, len(bsns))
        missing = np.ones(len(numbers), np.bool_)
        for found in self._found(bsns, domain):
            missing[list(found)] = False
            yield {bsns[place]: value for place, value in found.items()}
        if missing.any():
            yield from self._kept(self._makes(Numbers(numbers[missing]), domain))

    def _tag(self, bsn: str) -> bytes:
        return base64.b32encode(hmac.digest(self._key, bsn.encode(), "sha256")[:_TAG_BYTES])

    def _found(self, bsns: Sequence[str], domain: str) -> Iterator[Mapping[int, str]]:
        """By the place of a person its value, some at a time."""
        if not self._path.exists():
            return
        tags = np.fromiter((self._tag(bsn) for bsn in bsns), f"S{_TAG_LENGTH}", len(bsns))
        order = np.argsort(tags)
        with self._path.open("rb") as lines:
            while batch := list(islice(lines, BATCH)):
                found: dict[int, str] = {}
                for line in batch:
                    tag, _, value = line.partition(b" ")
                    place = int(np.searchsorted(tags, np.bytes_(tag), sorter=order))
                    if place < len(order) and tags[order[place]] == tag and _is_whole(value, domain):
                        found[int(order[place])] = value.rstrip(b"\n").decode()
                yield found

    def _kept(self, batches: Iterable[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
        keeps, before = True, b"\n"  # what was last written may not have come to an end
        for batch in batches:
            lines = [self._tag(bsn) + b" " + value.encode() + b"\n" for bsn, value in batch.items()]
            if keeps:
                try:
                    storage.append_private(self._path, before + b"".join(lines))
                except OSError:  # no room: they are made all the same, and again only if that breaks off
                    keeps = False
            before = b""
            yield batch


def _is_whole(value: bytes, domain: str) -> bool:
    """Whether a line ends with the pseudonyms of a person: one for each key, the older first."""
    texts = value.removesuffix(b"\n").decode("ascii", "replace").split(" ")
    read = [Pseudonym.read(text) for text in texts]
    versions = [one.version for one in read if one is not None and (one.type, one.domain) == (BSN, domain)]
    return value.endswith(b"\n") and len(versions) == len(texts) <= MOST_VERSIONS and versions == sorted(set(versions))

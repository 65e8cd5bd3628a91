"""Bundles that tests share: each content is read, checked and given to Cedar once in a process, wherever it lies."""

from __future__ import annotations

import hashlib
from pathlib import Path

from service.adapters.bundle import Bundle, bundle_directory, load_bundle
from service.adapters.cedar import CedarEngine

_READ: dict[bytes, tuple[Bundle, CedarEngine]] = {}
_ENGINES: dict[int, CedarEngine] = {}
"""By the identity of their bundles, which `_READ` keeps."""


def bundle_of(policies: Path | None = None) -> Bundle:
    """The bundle of a folder; that of the service by default."""
    return ruled(policies)[0]


def ruled(policies: Path | None = None) -> tuple[Bundle, CedarEngine]:
    """The bundle with its engine; neither has a memory."""
    folder = policies or bundle_directory()
    content = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        for part in (str(file.relative_to(folder)).encode(), file.read_bytes()):
            content.update(len(part).to_bytes(8, "big") + part)
    key = content.digest()
    if key not in _READ:
        bundle = load_bundle(folder)
        _READ[key] = bundle, CedarEngine(bundle)
        _ENGINES[id(bundle)] = _READ[key][1]
    return _READ[key]


def engine_of(bundle: Bundle) -> CedarEngine:
    """The engine of a bundle that was found here."""
    return _ENGINES[id(bundle)]

"""What is published about the key holder: where it is, and per domain the keys in force.

    {"keyHolder": "https://keys.example",
     "domains": {"planning": [{"version": 1, "since": "0001-01-01", "check": "..."}]}}

The service publishes it, so that a key holder that answers one supplier under another key than the next has to deceive
the service too; `check` is the key's value of an input that is no person, which each batch of the SDK asks for unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sluis_client.wire.pseudonym import DOMAIN, MOST_VERSIONS
from sluis_client.wire.strict import Fields

_CHECK = re.compile(r"[A-Za-z0-9_-]{22}")
_MOST_VERSION = 999_999


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key in force: its version, the day from which figures use it, and its check value."""

    version: int
    since: date
    check: str

    @classmethod
    def from_json(cls, value: Any) -> PublishedKey:
        """Read a key.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, {"version", "since", "check"})
        version = fields.integer("version", 1, _MOST_VERSION)
        since = fields.date("since")
        check = fields.text("check", _CHECK)
        fields.finish()
        return cls(version, since, check)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {"version": self.version, "since": self.since.isoformat(), "check": self.check}


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """The document: the key holder's address, and per domain the keys in force, the older first."""

    address: str
    domains: Mapping[str, tuple[PublishedKey, ...]]

    @classmethod
    def from_json(cls, value: Any) -> PublishedKeys:
        """Read the document.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, {"keyHolder", "domains"})
        address = fields.text("keyHolder")
        given = value.get("domains") if isinstance(value, dict) else None
        domains: dict[str, tuple[PublishedKey, ...]] = {}
        if not isinstance(given, dict) or not all(DOMAIN.fullmatch(name) for name in given):
            fields.refuse("domains", "noemt geen domeinen", "names no domains")
        else:
            inner = Fields(given, given)
            domains = {name: inner.each(name, PublishedKey.from_json) for name in given}
            for name, keys in domains.items():
                versions = [key.version for key in keys]
                if not 0 < len(keys) <= MOST_VERSIONS or versions != sorted(set(versions)):
                    inner.refuse(name, "heeft een of twee sleutels, op volgorde", "has one or two keys, in order")
            inner.finish()
        fields.finish()
        return cls(address, domains)

    def version_for(self, domain: str, last_day: date) -> int | None:
        """The key that figures about a period use; None when the domain has none (any more)."""
        found = [key.version for key in self.domains.get(domain, ()) if key.since <= last_day]
        return max(found, default=None)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        domains = {name: [key.to_json() for key in keys] for name, keys in self.domains.items()}
        return {"keyHolder": self.address, "domains": domains}

"""What is known of one request beside its content: set by the outermost layer, filled in on the way."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any

from starlette.requests import HTTPConnection

from service.domain.principal import Principal, Role

SCOPE_KEY = "sluis.exchange"

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_NOTHING = b"0" * 32
_NO_PARENT = b"0" * 16
_FORBIDDEN_VERSION = b"ff"


@dataclass(slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        trace_id: the W3C trace id, written as a UUID.
        address: the caller's network address.
        principal: who asks, once that is known.
        roles_withheld: roles that the log-in was too weak for.
    """

    trace_id: str
    address: str
    principal: Principal | None = None
    roles_withheld: frozenset[Role] = field(default_factory=frozenset)

    @property
    def neighbourhood(self) -> str:
        """The part of the address that one caller cannot change at will: an IPv4 address, or the /64 of an IPv6 one."""
        try:
            parsed = ip_address(self.address)
        except ValueError:
            return "unknown"
        if isinstance(parsed, IPv6Address):
            return str(parsed.ipv4_mapped or parsed.exploded[:19])
        return str(parsed)


def exchange_of(connection: HTTPConnection) -> Exchange:
    """The exchange of a request that came through the outermost layer."""
    found: Exchange = connection.scope[SCOPE_KEY]
    return found


def begin(scope: Mapping[str, Any]) -> Exchange:
    """The exchange of a request that just came in: the caller's trace goes on when it sent one (W3C Trace Context)."""
    client = scope.get("client")
    sent = [value for name, value in scope["headers"] if name == b"traceparent"]
    return Exchange(_trace_id(sent), str(client[0]) if client else "unknown")


def _trace_id(sent: list[bytes]) -> str:
    found = _TRACEPARENT.fullmatch(sent[0]) if len(sent) == 1 else None
    if found is None or sent[0][:2] == _FORBIDDEN_VERSION or found[1] == _NOTHING or found[2] == _NO_PARENT:
        return str(uuid.uuid4())
    return str(uuid.UUID(found[1].decode()))

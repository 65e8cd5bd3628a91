"""Authorisation as parameter types: a route that wants a `Call` says from whom, and cannot get one otherwise.

    AnyCall         a machine client or a person
    SupplierCall    a machine client of a supplier
    PersonCall      a person who logged in
    StrangerCall    nobody in particular: registration and the token endpoint only

What the caller may do to which object is the policy's answer, inside each use case. Who shows a token that does not
hold gets 401 (RFC 6750, RFC 9449) and leaves an event `login.failed`, or above the limit of its address 429 and counts
in `login.failed-repeatedly`; who shows none gets 401 and is in the access log only.
"""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.requests import Request

from service.api.bodies import invalid
from service.api.edge import Edge, edge_of
from service.api.exchange import Exchange, exchange_of
from service.api.failed_logins import record_or_count
from service.api.faults import MOST_SHOWN, InputFault, named
from service.api.limiting import Counted
from service.api.problems import CHALLENGE, Refused
from service.domain.principal import Anonymous, Person, Principal, Supplier
from service.ports.identity import NotAuthenticated, Shown
from service.use_cases.authenticate import authenticate, record_login, require_kind
from service.use_cases.call import Call

_TOKEN = re.compile(r"(bearer|dpop) ([a-z0-9._~+/=-]{1,8192})", re.IGNORECASE | re.ASCII)


class Known:
    """A dependency that gives the call of a known caller of one of these kinds."""

    def __init__(self, *kinds: type[Principal]) -> None:
        self.kinds = kinds

    def __call__(self, request: Request) -> Call:
        """The call.

        1. The token holds, now; the first call with a person's token is a log-in, and in the log.
        2. The caller has not asked too often.
        3. The caller is of a kind that may come here.
        4. The query holds only what the route knows.

        Raises:
            Refused: no token, too many requests, or an unknown query key.
            NotAuthenticated: the token does not hold.
            Denied: another kind of caller.
        """
        edge, exchange = edge_of(request), exchange_of(request)
        # 1
        found = _TOKEN.fullmatch(request.headers.get("authorization", ""))
        if found is None or len(request.headers.getlist("authorization")) != 1:
            raise Refused("not-authenticated", headers={"WWW-Authenticate": CHALLENGE})
        stranger = _call(edge, exchange, Anonymous())
        try:
            identified = authenticate(stranger, edge.bearer, found[2], shown(request, found[1].lower()))
        except NotAuthenticated as refusal:
            record_or_count(edge, exchange, stranger, refusal)
            raise
        exchange.principal, exchange.roles_withheld = identified.principal, identified.roles_withheld
        if isinstance(identified.principal, Person) and not edge.seen_tokens.knows(found[2]):
            record_login(_call(edge, exchange, identified.principal), identified, found[2])
            edge.seen_tokens.remember(found[2])
        # 2
        edge.limits.count(Counted.PRINCIPAL, identified.principal.id)
        # 3
        call = _call(edge, exchange, identified.principal)
        require_kind(call, self.kinds, request.scope["route"].operation_id)
        # 4
        require_known_query(request)
        return call


class Stranger:
    """A dependency that gives the call of somebody unknown; only what is meant for strangers takes it."""

    def __call__(self, request: Request) -> Call:
        """The call."""
        require_known_query(request)
        return _call(edge_of(request), exchange_of(request), Anonymous())


def shown(request: Request, scheme: str) -> Shown:
    """How this request shows what it has; its address is that of the service as everyone reaches it."""
    path: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return Shown(
        scheme=scheme,
        proofs=request.headers.getlist("dpop"),
        method=request.method,
        url=edge_of(request).services.issuer + path.decode("latin-1"),
    )


def require_known_query(request: Request) -> None:
    """Every query key is one of the route's, and is given once.

    Raises:
        Refused: with every key that is not.
    """
    given = [name for name, _ in request.query_params.multi_items()]
    if not given:
        return
    route: APIRoute = request.scope["route"]
    known = {field.alias for field in get_flat_params(route.dependant) if isinstance(field.field_info, Query)}
    faults = [
        InputFault("query", name if name in known else named(name), code, nl, en)
        for name in dict.fromkeys(given)
        for code, nl, en, wrong in (
            ("unknown-field", "is onbekend", "is unknown", name not in known),
            ("double", "staat er meer dan eens", "is there more than once", given.count(name) > 1),
        )
        if wrong
    ]
    if faults:
        raise invalid(*faults[:MOST_SHOWN])


def _call(edge: Edge, exchange: Exchange, principal: Principal) -> Call:
    return Call(edge.services, principal, f"api:{exchange.address}", exchange.trace_id)


AnyCall = Annotated[Call, Depends(Known(Supplier, Person))]
SupplierCall = Annotated[Call, Depends(Known(Supplier))]
PersonCall = Annotated[Call, Depends(Known(Person))]
StrangerCall = Annotated[Call, Depends(Stranger())]

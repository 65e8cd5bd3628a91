"""What every route reaches for, put together once by `create_app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from service.api.limiting import RateLimits
from service.api.logins import FailedLogins, SeenTokens
from service.api.settings import ApiSettings
from service.ports.identity import BearerTokens, PublicJwk
from service.use_cases.call import Services


@dataclass(frozen=True, slots=True)
class Edge:
    """The services behind the API and what guards them.

    Attributes:
        services: what the use cases run on.
        bearer: who a token belongs to.
        settings: what the operator set.
        limits: how many requests have come from whom.
        jwks: the public keys of access tokens, receipts and releases.
        readiness: per part of the service whether it answers.
        seen_tokens: people whose log-in is in the log.
        failed_logins: those that are counted, for they are too many to be recorded one by one.
    """

    services: Services
    bearer: BearerTokens
    settings: ApiSettings
    limits: RateLimits
    jwks: Callable[[], Sequence[PublicJwk]]
    readiness: Mapping[str, Callable[[], bool]]
    seen_tokens: SeenTokens = field(default_factory=SeenTokens)
    failed_logins: FailedLogins = field(default_factory=FailedLogins)


def edge_of(connection: HTTPConnection) -> Edge:
    """The edge of the application that serves this request."""
    edge: Edge = connection.app.state.edge
    return edge

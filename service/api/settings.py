"""What an operator may set of the HTTP side."""

from __future__ import annotations

from dataclasses import dataclass, field

VERSION = "0.1.0"
"""The version of the API, as every answer tells it (`API-Version`) and the OpenAPI document names it."""

KIB = 1024
SMALL_BODY = 64 * KIB
FORM_BODY = 16 * KIB
INLINE_BODY = 10 * KIB * KIB


@dataclass(frozen=True, slots=True)
class Rates:
    """How many requests a minute; what is over it gets 429 and the time to wait.

    Attributes:
        per_address: of one network address (one /64 for IPv6), before anything else is looked at.
        per_principal: of one machine client or person.
        tokens: token requests of one address.
        failed_logins: refused tokens and assertions of one address; beyond it one event a minute says how many.
        wrong_codes: registrations of one address with a code or proof that does not hold.
    """

    per_address: int = 6_000
    per_principal: int = 600
    tokens: int = 600
    failed_logins: int = 60
    wrong_codes: int = 5


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The HTTP side.

    Attributes:
        strict_transport: whether every answer asks browsers to come back over https only (HSTS).
        rates: limits on the number of requests.
        body_idle_seconds: longest wait for the next bytes of a body.
        body_total_seconds: longest time that a body of the smallest kind may take as a whole; a second is added for
            every 64 KiB of the route's limit.
        providers: issuers of the OpenID providers, for the OpenAPI document.
    """

    strict_transport: bool = True
    rates: Rates = field(default_factory=Rates)
    body_idle_seconds: float = 15.0
    body_total_seconds: float = 30.0
    providers: tuple[str, ...] = ()

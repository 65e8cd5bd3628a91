"""The one table from errors to RFC 9457 problems: nothing else in the service knows what an HTTP status means.

    Refused              the HTTP side itself says no                its own code
    Denied               the policy says no                          403; 404 when it hides the object; 401 to step up
    NotFound             no such object for this caller              404, whatever was asked for
    Conflict             the object is in another state              409
    Invalid              the input breaks a rule of the domain       400
    Unavailable          a part cannot answer, nothing was done      503
    NotAuthenticated     the token does not hold                     401; 503 when the provider cannot be asked
    anything else        a fault of ours                             500, telling nothing

An object that the caller may not know of and one that does not exist are the same 404, byte for byte but the trace id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.api.exchange import Exchange, exchange_of
from service.api.faults import InputFault, in_body, of_rule
from service.api.problem_texts import CONFLICT, EDGE, HEADINGS, INVALID, UNAVAILABLE, Heading
from service.domain.errors import Conflict, Denied, DomainError, Faulty, Invalid, NotFound, Unavailable
from service.domain.reason import Reason
from service.domain.texts import reason_json, text_of_error, text_of_reason
from service.ports.identity import NotAuthenticated, ProofNotValid, TokenFault

PROBLEM_JSON = "application/problem+json"

WRONG_ROLE = "role-not-allowed"
HIDING = frozenset({"not-yours", "not-expected"})
"""Reasons that say that an object is another's: about an object named in the address they would tell that it exists."""

_RETRY_SOON = {"Retry-After": "5"}
PROOF_CHALLENGE = 'DPoP realm="sluis", algs="ES256"'
CHALLENGE = f'Bearer realm="sluis", {PROOF_CHALLENGE}'


class Refused(Exception):
    """The HTTP side says no.

    Attributes:
        code: one of `problem_texts.EDGE`.
        data: what the text names; never anything that the caller sent.
        faults: every place in the input that is wrong.
        headers: headers that belong to the answer.
        extra: further members of the problem.
    """

    def __init__(
        self,
        code: str,
        *,
        data: Mapping[str, str | int] | None = None,
        faults: Sequence[InputFault] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.data = data or {}
        self.faults = faults
        self.headers = headers or {}
        self.extra = extra or {}


def refused(request: Request, error: Exception) -> Response:
    """The answer to a `Refused`."""
    if not isinstance(error, Refused):
        raise TypeError(type(error).__name__)
    text = EDGE[error.code]
    members: dict[str, Any] = {
        "detail": text.detail.format_map(error.data),
        "detailNl": text.detail_nl.format_map(error.data),
    }
    if error.faults:
        members["errors"] = [fault.to_json() for fault in error.faults]
    heading = Heading(text.status, text.title, text.title_nl)
    return _problem(exchange_of(request), error.code, heading, {**members, **error.extra}, error.headers)


def domain_error(request: Request, error: Exception) -> Response:
    """The answer to any error of the domain's tree."""
    match error:
        case NotAuthenticated():
            return not_authenticated(request, error)
        case Denied():
            return _denied(request, error)
        case NotFound():
            return refused(request, Refused("not-found"))
        case Conflict():
            return _by_table(request, error, CONFLICT)
        case Invalid():
            errors = [fault.to_json() for fault in _places(error)]
            return _by_table(request, error, INVALID, extra={"errors": errors} if errors else {})
        case Unavailable():
            return _by_table(request, error, UNAVAILABLE, headers=_RETRY_SOON)
        case _:
            raise error


def _places(error: Invalid) -> list[InputFault]:
    if isinstance(error, Faulty):
        return [in_body(f"/document/{f.where.replace('.', '/')}", f.code, f.nl, f.en) for f in error.found]
    return [of_rule(where, what) for where, what in error.faults]


def not_authenticated(request: Request, error: NotAuthenticated) -> Response:
    """401 (RFC 6750, RFC 9449) with the fault as far as the caller may know it; 503 when nobody could tell."""
    if error.fault is TokenFault.PROVIDER_UNREACHABLE:
        return refused(request, Refused("provider-unreachable", headers=_RETRY_SOON))
    told = error.fault.told.value
    about_proof = isinstance(error, ProofNotValid) or error.fault is TokenFault.UNBOUND
    scheme, what = (PROOF_CHALLENGE, "invalid_dpop_proof") if about_proof else ('Bearer realm="sluis"', "invalid_token")
    challenge = f'{scheme}, error="{what}", error_description="{told}"'
    return refused(
        request, Refused("not-authenticated", headers={"WWW-Authenticate": challenge}, extra={"fault": told})
    )


def unexpected(exchange: Exchange) -> Response:
    """The answer when something broke that nobody foresaw: a number to ask after, and nothing else."""
    return _at_the_edge(exchange, "internal-error", {})


def ambiguous(exchange: Exchange) -> Response:
    """The answer to a request whose end can be read in two ways; the connection ends with it (RFC 9112 section 6.3)."""
    return _at_the_edge(exchange, "ambiguous-length", {"Connection": "close"})


def _at_the_edge(exchange: Exchange, code: str, headers: Mapping[str, str]) -> Response:
    text = EDGE[code]
    heading = Heading(text.status, text.title, text.title_nl)
    return _problem(exchange, code, heading, {"detail": text.detail, "detailNl": text.detail_nl}, headers)


def denied_problem(request: Request, reasons: Sequence[Reason], code: str, extra: Mapping[str, Any]) -> Response:
    """403 with every reason."""
    heading = HEADINGS[code]
    first = text_of_reason(reasons[0])
    members = {"detail": first.en, "detailNl": first.nl, "reasons": [reason_json(reason) for reason in reasons]}
    return _problem(exchange_of(request), code, heading, {**members, **extra}, {})


def _denied(request: Request, error: Denied) -> Response:
    """The answer to a denial.

    1. A role that may never do this learns no more than that: the other reasons would tell of the object.
    2. An object of another, named in the address, does not exist for this caller.
    3. Anybody else gets all reasons.
    """
    wrong_role = [reason for reason in error.reasons if reason.code == WRONG_ROLE]
    if wrong_role:
        if exchange_of(request).roles_withheld:
            challenge = 'Bearer realm="sluis", error="insufficient_user_authentication"'
            return refused(request, Refused("stronger-login-needed", headers={"WWW-Authenticate": challenge}))
        return denied_problem(request, wrong_role, "denied", {})
    if request.path_params and any(reason.code in HIDING for reason in error.reasons):
        return refused(request, Refused("not-found"))
    return denied_problem(request, error.reasons, "denied", {})


def _by_table(
    request: Request,
    error: DomainError,
    otherwise: Heading,
    *,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    text = text_of_error(error)
    members: dict[str, Any] = {
        "detail": text.en,
        "detailNl": text.nl,
        "mend": {"nl": text.mend["nl"], "en": text.mend["en"]},
    }
    if error.data:
        members["data"] = dict(error.data)
    heading = HEADINGS.get(error.code, otherwise)
    return _problem(exchange_of(request), error.code, heading, {**members, **(extra or {})}, headers or {})


def _problem(
    exchange: Exchange, code: str, heading: Heading, members: Mapping[str, Any], headers: Mapping[str, str]
) -> Response:
    problem = {
        "type": f"urn:sluis:problem:{code}",
        "title": heading.title,
        "titleNl": heading.title_nl,
        "status": heading.status,
        "instance": f"urn:uuid:{exchange.trace_id}",
        "code": code,
        **members,
    }
    content = json.dumps(problem, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(content, heading.status, dict(headers), PROBLEM_JSON)

"""How a machine client comes in: it registers its key once, and gets short tokens with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response

from service.api.bodies import FormBody, JsonBody
from service.api.callers import StrangerCall, shown
from service.api.edge import edge_of
from service.api.exchange import exchange_of
from service.api.limiting import Counted
from service.api.problems import CHALLENGE, Refused
from service.api.routes.well_known import JWKS_PATH, TOKEN_PATH
from service.api.schemas.base import answer
from service.api.schemas.organisations import (
    OAuthErrorAnswer,
    OAuthErrorCode,
    RegistrationAnswer,
    RegistrationInput,
    TokenAnswer,
)
from service.domain.errors import Denied, Invalid
from service.ports.identity import NotAuthenticated, ProofNotValid, TokenFault
from service.use_cases.issue_token import issue_token, refused_assertion
from service.use_cases.register_key import register_key

router = APIRouter(tags=["identity"])

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MOST_ASSERTION = 8_192
_CHALLENGE = {"WWW-Authenticate": CHALLENGE}


@router.post(
    "/v1/registrations",
    operation_id="registerKey",
    status_code=201,
    summary="Register the public half of a key",
    response_model=RegistrationAnswer,
    responses={403: {}, 409: {}},
)
def post_registration(
    request: Request, call: StrangerCall, body: Annotated[RegistrationInput, Depends(JsonBody(RegistrationInput))]
) -> Response:
    """Uses up the one-time code of an invitation. A wrong, used and expired code get one and the same answer."""
    limits, address = edge_of(request).limits, exchange_of(request).neighbourhood
    limits.require_room(Counted.WRONG_CODE, address)
    public_key = body.public_key.model_dump(exclude_none=True)
    try:
        made = register_key(call, body.code, public_key, body.proof)
    except Denied:
        limits.count(Counted.WRONG_CODE, address)
        raise
    except NotAuthenticated as refusal:
        limits.count(Counted.WRONG_CODE, address)
        raise Refused("proof-not-valid", extra={"fault": refusal.fault.told.value}) from None
    issuer = call.services.issuer
    registered = RegistrationAnswer(
        organisation_id=made.organisation.id,
        client_id=made.organisation.id,
        name=made.organisation.name,
        key_id=made.key_id,
        issuer=issuer,
        token_endpoint=issuer + TOKEN_PATH,
        jwks_uri=issuer + JWKS_PATH,
    )
    return answer(registered, 201)


@router.post(
    TOKEN_PATH,
    operation_id="issueToken",
    summary="Get an access token",
    response_model=TokenAnswer,
    responses={400: {"model": OAuthErrorAnswer}, 401: {"model": OAuthErrorAnswer}},
)
def post_token(
    request: Request, call: StrangerCall, form: Annotated[Mapping[str, str] | None, Depends(FormBody())]
) -> Response:
    """OAuth 2.0 client credentials with `private_key_jwt` (RFC 6749, RFC 7523): a token of 300 seconds.

    With a header DPoP (RFC 9449), a proof by the client's registered key, the token is bound to that key and has the
    type DPoP; whether it can be had without one is for the operator to say.
    """
    edge, address = edge_of(request), exchange_of(request).neighbourhood
    limits = edge.limits
    limits.count(Counted.TOKENS, address)
    try:
        assertion = _assertion(form)
    except _UnusableForm as unusable:
        return _oauth_error(unusable.error, unusable.description)
    try:
        limits.require_room(Counted.FAILED_LOGIN, address)
    except Refused:
        # Whoever else is behind this address gets in all the same.
        if refused_assertion(call, assertion) is not None:
            edge.failed_logins.add(address, edge.services.clock.now())
            raise
    try:
        issued = issue_token(call, assertion, shown(request, ""), form.get("resource") if form else None)
    except (Invalid, Denied) as refusal:
        return _not_given(refusal)
    except NotAuthenticated as refusal:
        if refusal.fault is not TokenFault.UNBOUND:
            limits.count(Counted.FAILED_LOGIN, address)
        return _not_given(refusal)
    kind: Literal["DPoP", "Bearer"] = "DPoP" if request.headers.getlist("dpop") else "Bearer"
    told = TokenAnswer(access_token=issued.token, token_type=kind, expires_in=issued.expires_in)
    return answer(told, headers={"Pragma": "no-cache"})


def _not_given(refusal: Invalid | Denied | NotAuthenticated) -> Response:
    """Why there is no token, as OAuth says it."""
    match refusal:
        case Invalid():
            return _oauth_error("invalid_target", "This service gives tokens for itself and its key holder (RFC 8707).")
        case Denied():
            return _oauth_error("unauthorized_client", "This client may not have a token now.")
        case ProofNotValid():
            return _oauth_error("invalid_dpop_proof", f"The proof was refused ({refusal.fault.told.value}).")
        case NotAuthenticated(fault=TokenFault.UNBOUND):
            return _oauth_error("invalid_dpop_proof", "Tokens are bound to a key here: send a header DPoP (RFC 9449).")
        case NotAuthenticated():
            pass
    return _oauth_error("invalid_client", f"The client assertion was refused ({refusal.fault.told.value}).", 401)


class _UnusableForm(Exception):
    def __init__(self, error: OAuthErrorCode, description: str) -> None:
        super().__init__(description)
        self.error: OAuthErrorCode = error
        self.description = description


def _assertion(form: Mapping[str, str] | None) -> str:
    """The client assertion in the form.

    Raises:
        _UnusableForm: a parameter is missing, doubled, or asks for what is not supported.
    """
    if form is None:
        raise _UnusableForm("invalid_request", "The form cannot be read, or has a parameter twice.")
    missing = {"grant_type", "client_assertion_type", "client_assertion"} - form.keys()
    if missing:
        raise _UnusableForm("invalid_request", f"Missing: {', '.join(sorted(missing))}.")
    if form["grant_type"] != "client_credentials":
        raise _UnusableForm("unsupported_grant_type", "Only client_credentials is supported.")
    if form["client_assertion_type"] != _ASSERTION_TYPE or len(form["client_assertion"]) > _MOST_ASSERTION:
        raise _UnusableForm("invalid_request", "Only a JWT bearer assertion (RFC 7523) is supported.")
    return form["client_assertion"]


def _oauth_error(error: OAuthErrorCode, description: str, status: int = 400) -> Response:
    """An error as RFC 6749, section 5.2 has it."""
    message = OAuthErrorAnswer(error=error, error_description=description)
    return answer(message, status, _CHALLENGE if status == 401 else None)  # noqa: PLR2004 - RFC 6749

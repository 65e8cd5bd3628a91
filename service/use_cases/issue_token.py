"""A machine client proves itself with its key and gets a short access token (OAuth 2.0, RFC 7523)."""

from __future__ import annotations

import json

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Invalid
from service.domain.principal import Role
from service.ports.identity import IssuedToken, NotAuthenticated, ProofNotValid, Shown, TokenFault
from service.use_cases.call import Behalf, Call

EVENT = EventCode("token.issue", Action.EXECUTE, "client-key", DECIDED | {Fact.BEHALF, Fact.CHECKS, Fact.KEYS})


def issue_token(call: Call, assertion: str, shown: Shown, resource: str | None = None) -> IssuedToken:
    """An access token of 300 seconds; the assertion's `jti` is used up in the same transaction.

    With a proof of possession beside it the token is bound to the client's key (RFC 9449). It is for this service, or
    for `resource` (RFC 8707) alone: the key holder of pseudonyms.

    The event of an assertion that does not hold names the client that it claims to be of, as not verified.

    Entries of assertions that have expired, and can no longer be replayed, are dropped on the way.

    Raises:
        Invalid: `unknown-resource`: nothing that this service gives tokens for.
        NotAuthenticated: the assertion does not hold; the reason is in the log, coarser to the caller.
        ProofNotValid: the proof does not hold; the assertion is not used up.
        Denied: the organisation is suspended.
    """
    with call.transact(EVENT) as step:
        audience = _audience(call, resource)
        organisations = step.data.organisations
        tokens = call.services.tokens
        # Until the assertion holds it is somebody's word: the event says so, and the answer does not depend on it.
        claimed = tokens.claimed_client(assertion)
        step.query = json.dumps({"claimedClient": claimed, "verified": False}) if claimed else None
        client = tokens.authenticate_client(
            assertion, find_key=organisations.find_key, used=step.data.used_tokens, now=step.now
        )
        step.query = None
        step.data.used_tokens.forget(step.now)
        step.object_id = client.key_id
        step.on_behalf_of = Behalf(client.client_id, Role.SUPPLIER, client.client_id)
        step.checked("assertion")
        bound = bool(shown.proofs)
        if bound:
            proof = call.services.tokens.check_proof(shown, token=None, key_id=client.key_id, now=step.now)
            if not step.data.used_tokens.remember(proof.maker, proof.jti, proof.until):
                raise ProofNotValid(TokenFault.PROOF_REPLAYED)
            step.checked("proof-of-possession")
        organisation = step.known(organisations.get, client.client_id)
        step.authorise(facts.may_issue_token(step.caller(), organisation, organisations.find_key(client.key_id)))
        step.uses_key("token-key", call.services.tokens.public_keys()[0]["kid"])
        return call.services.tokens.issue_access_token(client, now=step.now, bound=bound, audience=audience)


def refused_assertion(call: Call, assertion: str) -> NotAuthenticated | None:
    """Why an assertion does not hold, or None: for an address whose failures are counted, not recorded one by one.

    Nothing is used up and no event is left, unless the service itself fails.
    """
    with call.between(EVENT), call.services.database.begin() as data:  # without a commit: the `jti` is given back
        try:
            call.services.tokens.authenticate_client(
                assertion, find_key=data.organisations.find_key, used=data.used_tokens, now=call.services.clock.now()
            )
        except NotAuthenticated as refusal:
            return refusal
    return None


def _audience(call: Call, resource: str | None) -> str | None:
    """The key holder when it is asked for; None for this service."""
    if resource in {None, call.services.issuer}:
        return None
    announced = call.services.pseudonyms.announced()
    if announced is None or resource != announced.address:
        raise Invalid("unknown-resource")
    return resource

"""A machine client proves itself with its key and gets a short access token (OAuth 2.0, RFC 7523)."""

from __future__ import annotations

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.principal import Role
from service.ports.identity import IssuedToken, ProofNotValid, Shown, TokenFault
from service.use_cases.call import Behalf, Call

EVENT = EventCode("token.issue", Action.EXECUTE, "client-key", DECIDED | {Fact.BEHALF, Fact.CHECKS, Fact.KEYS})


def issue_token(call: Call, assertion: str, shown: Shown) -> IssuedToken:
    """An access token of 300 seconds; the assertion's `jti` is used up in the same transaction.

    With a proof of possession beside it the token is bound to the client's key (RFC 9449).

    Entries of assertions that have expired, and can no longer be replayed, are dropped on the way.

    Raises:
        NotAuthenticated: the assertion does not hold; the reason is in the log, coarser to the caller.
        ProofNotValid: the proof does not hold; the assertion is not used up.
        Denied: the organisation is suspended.
    """
    with call.transact(EVENT) as step:
        organisations = step.data.organisations
        client = call.services.tokens.authenticate_client(
            assertion, find_key=organisations.find_key, used=step.data.used_tokens, now=step.now
        )
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
        return call.services.tokens.issue_access_token(client, now=step.now, bound=bound)

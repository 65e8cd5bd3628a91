"""A supplier registers its next key with the one that it has; both hold until it revokes the old one."""

from __future__ import annotations

import json
from collections.abc import Mapping

from service.domain import facts
from service.domain.audit import Action, EventCode, Fact
from service.domain.errors import Conflict, Denied, NotFound
from service.domain.organisation import ClientKey
from service.domain.reason import Reason
from service.ports.identity import NotAuthenticated, TokenFault
from service.use_cases.call import Call
from sluis_client.wire import parse_public_jwk
from sluis_client.wire import public_jwk as public_jwk_of

EVENT = EventCode("key.add-own", Action.CREATE, "client-key", frozenset({Fact.CHECKS}))
MOST_KEYS = 4
"""Valid at the same time, of one organisation."""


def add_own_key(call: Call, public_jwk: Mapping[str, object], proof: str) -> ClientKey:
    """Register the public half of a key; doing it again with the same key answers the same.

    Args:
        call: by a supplier.
        public_jwk: the public half.
        proof: a JWT by the new key, whose subject is the organisation (see `MachineTokens.check_registration_proof`).

    Raises:
        Denied: the caller is no supplier that is known and active, or the proof was made for another.
        NotAuthenticated: the proof does not hold.
        Conflict: `key-exists`: it is another's, or was revoked; `too-many-keys`.
    """
    with call.transact(EVENT) as step:
        caller = step.caller()
        step.authorise(facts.may_change_own_keys(caller))
        if caller.organisation is None:
            raise NotFound("organisation")
        own, organisations = caller.organisation.id, step.data.organisations
        try:
            key_id = call.services.tokens.check_registration_proof(
                proof, public_jwk=public_jwk, code_hash=own, now=step.now
            )
        except NotAuthenticated as refusal:
            if refusal.fault is TokenFault.SUBJECT:
                raise Denied((Reason("key-of-another-organisation"),)) from None
            raise
        step.object_id = key_id
        step.checked("proof-of-possession")
        there = organisations.find_key(key_id)
        if there is not None:
            if there.organisation != own or there.revoked_at is not None:
                raise Conflict("key-exists")
            step.conclude(step.outcome, ("repeated",))
            return there
        if sum(key.revoked_at is None for key in organisations.keys_of(own)) >= MOST_KEYS:
            raise Conflict("too-many-keys", {"limit": MOST_KEYS})
        public_text = json.dumps(public_jwk_of(parse_public_jwk(dict(public_jwk))), sort_keys=True)
        added = ClientKey(key_id, own, public_text, step.now)
        organisations.add_key(added)
        return added

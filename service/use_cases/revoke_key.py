"""An operator revokes a key; from that moment every token that it earned is refused."""

from __future__ import annotations

from dataclasses import replace

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.organisation import ClientKey
from service.use_cases.call import Call

EVENT = EventCode("key.revoke", Action.UPDATE, "client-key")


def revoke_key(call: Call, key_id: str) -> ClientKey:
    """Mark the key revoked; revoking twice keeps the first time.

    Raises:
        Denied: the caller is no operator.
        NotFound: no such key.
    """
    with call.transact(EVENT) as step:
        organisations = step.data.organisations
        key = organisations.find_key(key_id)
        owner = organisations.get(key.organisation) if key else None
        step.object_id = key_id
        step.authorise(facts.may_revoke_key(step.caller(), owner))
        if key is None:
            raise NotFound("client-key")
        revoked = key if key.revoked_at else replace(key, revoked_at=step.now)
        organisations.save_key(revoked)
        return revoked

"""A supplier revokes a key of its own; from that moment it is refused, and every token that it earned."""

from __future__ import annotations

from dataclasses import replace

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import Denied, NotFound
from service.domain.organisation import ClientKey
from service.domain.reason import Reason
from service.use_cases.call import Call

EVENT = EventCode("key.revoke-own", Action.UPDATE, "client-key")


def revoke_own_key(call: Call, key_id: str) -> ClientKey:
    """Mark the key revoked, also the last one: a key that was stolen is worse than none. Twice keeps the first time.

    Raises:
        Denied: the caller is no supplier that is known and active, or the key is another's.
        NotFound: there is no such key; outside this looks the same.
    """
    with call.transact(EVENT) as step:
        caller = step.caller()
        step.object_id = key_id
        step.authorise(facts.may_change_own_keys(caller))
        key = step.data.organisations.find_key(key_id)
        if key is None or caller.organisation is None:
            raise NotFound("client-key")
        if key.organisation != caller.organisation.id:
            raise Denied((Reason("not-yours"),))
        revoked = key if key.revoked_at else replace(key, revoked_at=step.now)
        step.data.organisations.save_key(revoked)
        return revoked

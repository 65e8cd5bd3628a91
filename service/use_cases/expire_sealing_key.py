"""A key to which content is sealed ends now, because somebody else may have it."""

from __future__ import annotations

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import NotFound
from service.domain.sealing import SealingKey
from service.use_cases.call import Call

EVENT = EventCode("sealing-key.expire", Action.UPDATE, "sealing-key")


def expire_sealing_key(call: Call, key_id: str) -> SealingKey:
    """End the key and destroy its private half; uploads under way are sealed anew by who sends them.

    Raises:
        Denied: the caller is no operator.
        NotFound: no such key.
    """
    with call.transact(EVENT) as step:
        step.object_id = key_id
        step.authorise(facts.may_administer(step.caller()))
        found = next((key for key in step.data.sealing_keys.all(lock=True) if key.key_id == key_id), None)
        if found is None:
            raise NotFound("sealing-key")
        ended = found.ending(step.now, step.now)
        step.data.sealing_keys.save(ended)
        return ended

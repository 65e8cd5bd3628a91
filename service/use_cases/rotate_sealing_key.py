"""A new key to seal content to takes over: announced first, then used, while the one before still opens."""

from __future__ import annotations

import json
from datetime import timedelta

from service.domain import facts
from service.domain.audit import Action, EventCode, Fact
from service.domain.principal import Worker
from service.domain.sealing import SealingKey
from service.use_cases.call import Call
from sluis_client.wire import jwk_thumbprint
from sluis_client.wire.sealing import SEALING_KEYS_LIFE, SealingState, sealing_jwk

EVENT = EventCode("sealing-key.rotate", Action.CREATE, "sealing-key", frozenset({Fact.KEYS}))
LEAD = timedelta(hours=1)
_KEY_BYTES = 32
OVERLAP = timedelta(days=7)
"""As long as an upload may take: what was sealed in it keeps opening."""


def rotate_sealing_key(call: Call, *, lead: timedelta = LEAD, overlap: timedelta = OVERLAP) -> SealingKey:
    """Make a key; the others end when it has been in use for `overlap`.

    1. Those that have ended lose their private half: what was recorded of them opens for nobody any more.
    2. The new one is active after `lead`, or at once when no other is.
    3. The others end.

    Args:
        call: by the operator; by the service itself where there is no key.
        lead: between announcing and using.
        overlap: longer than a document of keys holds, so that nobody seals to a key that has ended.

    Raises:
        Denied: the caller is neither.
        ValueError: the overlap is too short.
    """
    if overlap <= SEALING_KEYS_LIFE:
        raise ValueError(f"the overlap has to be longer than {SEALING_KEYS_LIFE}")
    with call.transact(EVENT) as step:
        by_service = isinstance(call.principal, Worker)
        caller = step.caller()
        step.authorise(facts.may_run_service(caller) if by_service else facts.may_administer(caller))
        others = step.data.sealing_keys.all(lock=True)
        in_use = any(key.state(step.now) is SealingState.ACTIVE for key in others)
        private = call.services.randomness.key(_KEY_BYTES)
        jwk = sealing_jwk(private)
        new = SealingKey(
            key_id=jwk_thumbprint(jwk),
            public_jwk=json.dumps(jwk),
            wrapped_key=call.services.keys.wrap(private),
            active_from=step.now + lead if in_use else step.now,
        )
        step.object_id = new.key_id
        step.uses_key("sealing-key", new.key_id)
        for key in others:  # 1, 3
            step.data.sealing_keys.save(key.ending(new.active_from + overlap, step.now))
        step.data.sealing_keys.add(new)  # 2
        return new

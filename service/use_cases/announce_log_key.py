"""The operator says which key follows the one that signs the log, before it does: the announcement is in the log."""

from __future__ import annotations

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import Invalid
from service.use_cases.call import Call
from sluis_client.wire.log import CheckpointError, LogKey, log_origin

EVENT = EventCode("log.announce-key", Action.UPDATE, "log-key")


def announce_log_key(call: Call, text: str) -> LogKey:
    """Record which key is to follow; nothing is signed with it by that.

    Args:
        call: by an operator.
        text: the key as one line, as `sluis keys renew-log` told it.

    Raises:
        Denied: the caller is no operator.
        Invalid: `log-key`: it is no key of this log.
    """
    with call.transact(EVENT) as step:
        key = _read(text, log_origin(call.services.issuer))
        step.object_id = key.text() if key else "log-key"
        step.authorise(facts.may_administer(step.caller()))
        if key is None:
            raise Invalid("log-key")
        return key


def _read(text: str, origin: str) -> LogKey | None:
    try:
        key = LogKey.from_text(text)
    except CheckpointError:
        return None
    return key if key.name == origin else None

"""An invited organisation registers the public half of its key pair with the one-time code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.errors import Denied
from service.domain.organisation import ClientKey, Invitation, Organisation
from service.domain.principal import Role
from service.domain.reason import Reason
from service.ports.identity import NotAuthenticated
from service.use_cases.call import Behalf, Call, Step
from service.use_cases.invite_organisation import hash_of
from sluis_client.wire import parse_public_jwk
from sluis_client.wire import public_jwk as public_jwk_of

EVENT = EventCode("key.register", Action.CREATE, "client-key", DECIDED | {Fact.BEHALF, Fact.AGREEMENT, Fact.CHECKS})


@dataclass(frozen=True, slots=True)
class Registration:
    """The organisation and the key that from now on speaks for it."""

    organisation: Organisation
    key_id: str


def register_key(call: Call, code: str, public_jwk: Mapping[str, object], proof: str) -> Registration:
    """Use the code up and store the key, whose possession the proof shows.

    A call whose answer was lost may be repeated: the same key with the code that it was registered with gets the same
    answer, and nothing is stored. An unknown, expired and otherwise used code give one and the same reason: a guesser
    learns nothing.

    Raises:
        Denied: `code-not-valid`.
        NotAuthenticated: the proof does not hold.
        Conflict: `key-exists`.
    """
    with call.transact(EVENT) as step:
        invitation = step.data.organisations.find_invitation(hash_of(code))
        if invitation is None:
            raise _not_valid()
        if invitation.used_at is not None:
            return _registered_before(step, invitation, public_jwk, proof)
        if invitation.expires_at <= step.now:
            raise _not_valid()
        organisation = _authorised(step, invitation)
        key_id = call.services.tokens.check_registration_proof(
            proof, public_jwk=public_jwk, code_hash=invitation.code_hash, now=step.now
        )
        public_text = json.dumps(public_jwk_of(parse_public_jwk(dict(public_jwk))), sort_keys=True)
        step.data.organisations.add_key(ClientKey(key_id, organisation.id, public_text, step.now))
        step.data.organisations.save_invitation(replace(invitation, used_at=step.now))
        step.object_id = key_id
        step.checked("proof-of-possession")
        step.name(agreement=organisation.agreement.reference)
        return Registration(organisation, key_id)


def _registered_before(
    step: Step, invitation: Invitation, public_jwk: Mapping[str, object], proof: str
) -> Registration:
    """What the first call with this code answered, to the holder of the key that it registered.

    Key and use of the code were written in one transaction, with one time: by that they are known to belong together.

    Raises:
        Denied: `code-not-valid`: the proof does not hold, or the key is another or was revoked.
    """
    try:
        key_id = step.call.services.tokens.check_registration_proof(
            proof, public_jwk=public_jwk, code_hash=invitation.code_hash, now=step.now
        )
    except NotAuthenticated:
        raise _not_valid() from None
    key = step.data.organisations.find_key(key_id)
    if (
        key is None
        or key.revoked_at is not None
        or (key.organisation, key.registered_at) != (invitation.organisation, invitation.used_at)
    ):
        raise _not_valid()
    organisation = _authorised(step, invitation)
    step.object_id = key_id
    step.name(agreement=organisation.agreement.reference)
    step.conclude(step.outcome, ("repeated",))
    return Registration(organisation, key_id)


def _authorised(step: Step, invitation: Invitation) -> Organisation:
    organisation = step.data.organisations.get(invitation.organisation)
    step.on_behalf_of = Behalf(organisation.id, Role.SUPPLIER, organisation.id)
    step.authorise(facts.may_register_key(step.caller(), organisation))
    return organisation


def _not_valid() -> Denied:
    return Denied((Reason("code-not-valid"),))

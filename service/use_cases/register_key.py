"""An invited organisation registers the public half of its key pair with the one-time code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.errors import Denied
from service.domain.organisation import ClientKey, Invitation, Organisation
from service.domain.reason import Reason
from service.use_cases.call import Call, Step
from service.use_cases.invite_organisation import hash_of
from sluis_client.wire import parse_public_jwk
from sluis_client.wire import public_jwk as public_jwk_of

EVENT = EventCode("key.register", Action.CREATE, "client-key")


@dataclass(frozen=True, slots=True)
class Registration:
    """The organisation and the key that from now on speaks for it."""

    organisation: Organisation
    key_id: str


def register_key(call: Call, code: str, public_jwk: Mapping[str, object], proof: str) -> Registration:
    """Use the code up and store the key, whose possession the proof shows.

    An unknown, used and expired code give one and the same reason: a guesser learns nothing.

    Raises:
        Denied: `code-not-valid`.
        NotAuthenticated: the proof does not hold.
        Conflict: `key-exists`.
    """
    with call.transact(EVENT) as step:
        invitation = _valid_invitation(step, hash_of(code))
        organisation = step.data.organisations.get(invitation.organisation)
        step.on_behalf_of = organisation.id
        step.authorise(facts.may_register_key(step.caller(), organisation))
        key_id = call.services.tokens.check_registration_proof(
            proof, public_jwk=public_jwk, code_hash=invitation.code_hash, now=step.now
        )
        public_text = json.dumps(public_jwk_of(parse_public_jwk(dict(public_jwk))), sort_keys=True)
        step.data.organisations.add_key(ClientKey(key_id, organisation.id, public_text, step.now))
        step.data.organisations.save_invitation(replace(invitation, used_at=step.now))
        step.object_id = key_id
        step.name(agreement=organisation.agreement.reference)
        return Registration(organisation, key_id)


def _valid_invitation(step: Step, code_hash: str) -> Invitation:
    invitation = step.data.organisations.find_invitation(code_hash)
    if invitation is None or invitation.used_at is not None or invitation.expires_at <= step.now:
        raise Denied((Reason("code-not-valid"),))
    return invitation

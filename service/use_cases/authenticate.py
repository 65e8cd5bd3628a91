"""Who is calling: the first step of every call that is not open to strangers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.domain.audit import Action, EventCode, Fact, Outcome
from service.domain.errors import Denied, NotFound
from service.domain.organisation import Organisation, held_roles
from service.domain.principal import Person, Principal, Supplier
from service.domain.reason import Reason
from service.ports.identity import BearerTokens, Identified, NotAuthenticated, ProofNotValid, Shown, TokenFault
from service.ports.unit_of_work import UnitOfWork
from service.use_cases.call import Call
from sluis_client.wire.strict import time_text

LOGIN = EventCode("login.succeed", Action.EXECUTE, "login", frozenset({Fact.OBJECT, Fact.CHECKS}))
LOGIN_FAILED = EventCode("login.failed", Action.EXECUTE, "login", frozenset(), refusals_only=True)
LOGIN_FAILED_REPEATEDLY = EventCode(
    "login.failed-repeatedly", Action.EXECUTE, "login", frozenset({Fact.QUERY}), refusals_only=True
)
_LOGINS = "sluis:login"
_LONGEST_TOKEN = timedelta(days=1)
ACCESS_REFUSED = EventCode("access.refuse", Action.EXECUTE, "route", frozenset({Fact.OBJECT}), refusals_only=True)


def authenticate(call: Call, bearer: BearerTokens, token: str, shown: Shown) -> Identified:
    """The caller to whom the token was given, as things are at this moment.

    A machine client's key is looked up each time: a token outlives the revocation of its key by minutes, the access
    does not. A person holds a role only for an organisation that may have it: a provider that calls somebody of a
    hospital a steward is not believed in that. That the organisation is suspended, or unknown, is for the policy to say
    in each use case.

    Args:
        call: a stranger's call: nobody is known yet.
        bearer: who turns tokens into callers.
        token: the access token.
        shown: how it was shown; one that is bound to a key needs a proof by that key, new for each request (RFC 9449).

    Raises:
        NotAuthenticated: with the fault; use `record_failed_login` to leave its event.
    """
    identified = bearer.identify(token)
    if identified.bound_to is None and shown.scheme != "bearer":
        raise NotAuthenticated(TokenFault.PROOF_UNWANTED)
    principal = identified.principal
    if isinstance(principal, Supplier):
        with call.services.database.look() as data:
            key = data.organisations.find_key(principal.key_id)
        if key is None or key.organisation != principal.organisation:
            raise NotAuthenticated(TokenFault.KEY_UNKNOWN)
        if key.revoked_at is not None:
            raise NotAuthenticated(TokenFault.KEY_REVOKED)
    if identified.bound_to is not None:
        _require_proof(call, identified.bound_to, token, shown)
    if isinstance(principal, Person):
        with call.services.database.look() as data:
            organisation = _organisation(data, principal.organisation) if principal.organisation else None
        return replace(identified, principal=replace(principal, roles=held_roles(principal.roles, organisation)))
    return identified


def _require_proof(call: Call, key_id: str, token: str, shown: Shown) -> None:
    """The holder of the key made this very request, and this is the only copy of it.

    That it is the first is asked last, so that nobody else can use the proof up.

    Raises:
        ProofNotValid: with the fault.
    """
    now = call.services.clock.now()
    proof = call.services.tokens.check_proof(shown, token=token, key_id=key_id, now=now)
    if not call.services.database.remember_once(proof.maker, proof.jti, now=now, until=proof.until):
        raise ProofNotValid(TokenFault.PROOF_REPLAYED)


def _organisation(data: UnitOfWork, name: str) -> Organisation | None:
    try:
        return data.organisations.get(name)
    except NotFound:
        return None


def record_login(call: Call, identified: Identified, token: str) -> None:
    """Leave the event of a person's log-in: of the first call with a token, for the log-in itself is the provider's.

    Another instance of the service that sees the token later says so with the reason `continued`.

    Args:
        call: by the person.
        identified: what the token proved.
        token: the bearer token; only its digest is kept, as long as a token can last.
    """
    with call.transact(LOGIN) as step:
        digest = hashlib.sha256(token.encode()).hexdigest()
        reasons = []
        if not step.data.used_tokens.remember(_LOGINS, digest, step.now + _LONGEST_TOKEN):
            reasons.append("continued")
        if identified.roles_withheld:
            reasons.append("second-factor-missing")
        step.caller()  # reads the organisation, which the event names
        step.object_id = identified.principal.id
        step.checked("token")
        if isinstance(identified.principal, Person) and identified.principal.acr:
            step.checked(f"acr:{identified.principal.acr}")
        step.conclude(Outcome.SUCCESS, tuple(reasons))


def record_failed_login(call: Call, refusal: NotAuthenticated) -> None:
    """Leave the event of a token that was refused; failed log-ins are in the log (NEN 7513)."""
    unreachable = refusal.fault is TokenFault.PROVIDER_UNREACHABLE
    with call.transact(LOGIN_FAILED) as step:
        step.conclude(Outcome.FAILED if unreachable else Outcome.DENIED, (refusal.fault.value,))


@dataclass(frozen=True, slots=True)
class MoreFailures:
    """How many log-ins of one address failed between two moments, beside those that are recorded one by one."""

    address: str
    count: int
    since: datetime
    until: datetime


def record_more_failed_logins(call: Call, more: MoreFailures) -> None:
    """Leave one event of many log-ins that failed: who guesses does not choose how large the log gets.

    Args:
        call: a stranger's call, from the address.
        more: what was counted, beside what was recorded one by one.
    """
    with call.transact(LOGIN_FAILED_REPEATEDLY) as step:
        told = {"failures": more.count, "from": time_text(more.since), "to": time_text(more.until)}
        step.query = json.dumps(told, sort_keys=True)
        step.conclude(Outcome.DENIED, ("too-many-requests",))


def require_kind(call: Call, kinds: tuple[type[Principal], ...], what: str) -> None:
    """A machine client where people act, or the other way round, is turned away before anything is read.

    The policy would deny it too; this keeps a route from having to trust that it is asked.

    Args:
        call: the call of a known caller.
        kinds: who may come here at all.
        what: the action, as its route is called.

    Raises:
        Denied: `role-not-allowed`, with its event.
    """
    if isinstance(call.principal, kinds):
        return
    with call.look(ACCESS_REFUSED) as step:
        step.object_id = what
        raise Denied((Reason("role-not-allowed", {"action": what}),))

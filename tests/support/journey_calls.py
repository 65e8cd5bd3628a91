"""How each use case is run well, who may run it, and how it goes wrong: the table of `test_journey_calls`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from journey import (
    AUDITOR,
    OPERATOR,
    OTHER_OWNER,
    OWNER,
    PRIVACY_OFFICER,
    SECOND,
    START,
    STEWARD,
    STRANGER,
    UNPROVEN,
    VERDICT,
    WORKER,
    Party,
    World,
    a_row,
    a_spec,
    csv_of,
    json_of,
    person,
)
from purpose_documents import WHY, a_document
from token_maker import ec_jwk, ec_key

from service.domain.agreement import AgreementKind, Terms
from service.domain.organisation import Agreement, Organisation, OrganisationKind
from service.domain.principal import Person, Principal, Role, Supplier
from service.domain.reminder import Contact, Letter
from service.domain.request import Verdict
from service.domain.round import RoundState
from service.ports.identity import Identified, NotAuthenticated, TokenFault
from service.ports.unit_of_work import AuditFilter, Page
from service.use_cases.authenticate import MoreFailures
from service.use_cases.begin_submission import begin_submission
from service.use_cases.change_contact import record_contact
from service.use_cases.fail_request import fail_request
from service.use_cases.fetch_public_figures import fetch_public_figures
from service.use_cases.judge_agreement import judge_agreement
from service.use_cases.judge_purpose import review_purpose
from service.use_cases.keep_audit_queries import save_audit_query
from service.use_cases.lodge_objection import lodge_objection
from service.use_cases.queue_reminders import queue_reminders
from service.use_cases.read_audit_log import ExportForm
from service.use_cases.record_agreement import record_agreement
from service.use_cases.release_request import release_request
from service.use_cases.rotate_sealing_key import rotate_sealing_key
from service.use_cases.send_reminder import take_reminder, waiting_reminders
from service.use_cases.suspend_organisation import suspend_organisation
from sluis_client.wire import Format, digest
from sluis_client.wire.log import LogKey, log_origin

PAGE = Page()
TERMS = Terms(
    AgreementKind.PROCESSOR,
    "VO-2026-002",
    frozenset({"north"}),
    frozenset({"staffed-beds"}),
    frozenset(),
    date(2026, 1, 1),
    date(2027, 12, 31),
)
NOTHING = "0190f000-0000-7000-8000-000000000000"
MAILBOX = Contact(("aanlevering@north.example",))
SOMEBODY = "bsn.planning.1." + "s" * 22
_KEY = "k" * 43

PRINCIPALS: Mapping[str, Principal] = {
    "stranger": STRANGER,
    "gone": Supplier("gone", "gone", _KEY),
    "unknown-supplier": Supplier("nobody", "nobody", _KEY),
    "owner": OWNER,
    "other-owner": OTHER_OWNER,
    "gone-owner": person("gone-owner", Role.REGIONAL_OWNER, organisation="nhs-gone"),
    "owner-of-nothing": person("nobody", Role.REGIONAL_OWNER, organisation=None),
    "steward": STEWARD,
    "second": SECOND,
    "gone-steward": person("gone-steward", Role.STEWARD, organisation="ttp-gone"),
    "unknown-steward": person("unknown-steward", Role.STEWARD, organisation="ttp-unknown"),
    "privacy-officer": PRIVACY_OFFICER,
    "auditor": AUDITOR,
    "operator": OPERATOR,
    "worker": WORKER,
    "no-role": person("no-role", organisation="ttp"),
}
"""Who calls; `north` and `south` are suppliers of the world at hand."""

SUPPLIERS = {"north", "south"}
OWNERS = {"owner", "other-owner"}
STEWARDS = {"steward", "second"}
EVERYONE = {*PRINCIPALS, *SUPPLIERS}


def principal(world: World, name: str) -> Principal:
    return world.parties[name].principal if name in world.parties else PRINCIPALS[name]


@dataclass(frozen=True)
class Things:
    """What there is in the busy world."""

    code: str
    accepted: str
    begun: str
    content: bytes
    permitted: str
    prepared: str
    evidence: str
    approved: str
    failed: str
    released: str
    release: str
    recorded: str
    agreed: str
    objection: str


def make_busy(world: World) -> Things:
    """One of everything, in every state that a use case starts from."""
    north, south, *_ = parties = list(world.parties.values())
    fetch_public_figures(world.call(OPERATOR), "demography", "2024")
    world.propose(a_document("proposed"))
    world.propose(a_document("reviewed"))
    review_purpose(world.call(PRIVACY_OFFICER), "reviewed", 1, Verdict.APPROVE, WHY)
    world.purpose(a_document("holding"))
    code = world.invite("newcomer", OrganisationKind.SUPPLIER)
    for name, kind in (
        ("gone", OrganisationKind.SUPPLIER),
        ("nhs-gone", OrganisationKind.REGIONAL_OWNER),
        ("ttp-gone", OrganisationKind.TRUSTED_THIRD_PARTY),
    ):
        world.invite(name, kind)
        suspend_organisation(world.call(OPERATOR), name, suspended=True)
    world.round("2024")
    for number, party in enumerate(parties):
        world.deliver(party, [a_row(900 + number, period="2024Q1")], "staffed-beds-2024")
    world.turn("staffed-beds-2024", RoundState.CLOSED)
    world.round("2025")
    world.deliver(south, [a_row()])
    content = csv_of([a_row(800)])
    begun = world.begin(north, content).id
    world.round("2026", RoundState.DRAFT)
    spec = a_spec(periods=("2024",))
    released = world.release(spec)
    assert released.release is not None
    prepared, approved = world.ask(spec), world.ask(spec)
    world.work()
    world.approve(approved.id)
    failed = world.ask(spec)
    fail_request(world.call(WORKER), failed.id)
    recorded = record_agreement(world.call(STEWARD), TERMS)
    agreed = record_agreement(world.call(STEWARD), TERMS)
    judge_agreement(world.call(SECOND), agreed.id, Verdict.APPROVE)
    accepted = world.counting(north, "staffed-beds-2024")
    assert accepted is not None
    with world.services.database.look() as data:
        evidence = data.requests.evidence(prepared.id)
    assert evidence is not None
    return Things(
        code=code,
        accepted=accepted.id,
        begun=begun,
        content=content,
        permitted=world.ask(spec).id,
        prepared=prepared.id,
        evidence=evidence.id,
        approved=approved.id,
        failed=failed.id,
        released=released.id,
        release=released.release,
        recorded=recorded.id,
        agreed=agreed.id,
        objection=lodge_objection(world.call(PRIVACY_OFFICER), SOMEBODY, (), ()).id,
    )


def sealed(world: World, approved: str) -> str:
    """The approved request, with its release sealed and covered by the log."""
    release_request(world.call(WORKER), approved)
    world.sequence()
    return approved


def covered(world: World) -> Callable[[bytes], object]:
    """Somewhere to write the log, which is up to date."""
    world.sequence()
    return bytearray().extend


def reachable(world: World, *_: object) -> tuple[()]:
    """North has an address, and a round that it has to be reminded of."""
    record_contact(world.call(OPERATOR), "north", MAILBOX)
    return ()


def queued(world: World) -> str:
    """A mail in the outbox, to whoever was not reminded before."""
    world.clock.pass_by(hours=1)
    for party in world.parties:
        record_contact(world.call(OPERATOR), party, MAILBOX)
        queue_reminders(world.call(WORKER))
        if waiting := waiting_reminders(world.call(WORKER)):
            return waiting[0]
    raise AssertionError("everybody was reminded")


def taken(world: World) -> Letter:
    """A letter, taken out of the outbox."""
    mail = queued(world)
    letter = take_reminder(world.call(WORKER), mail)
    assert letter is not None
    return letter


Arguments = Callable[[World, Things], tuple[Any, ...]]


def fixed(*arguments: Any) -> Arguments:
    return lambda _world, _things: arguments


@dataclass(frozen=True)
class Case:
    """One use case.

    Attributes:
        who: the names of those who may do it with these arguments; `as_` is one of them.
        args: what it is called with, after the call itself.
        event: the code of the one event that it leaves; None for a look, which leaves none.
        wrong: arguments with which it fails, and what the event says then (`wrong_as`: who fails so).
        kwargs: keywords.
        keeps_denial: who is denied by a stored result instead of an error.
        outcome: what the event says when it goes well.
    """

    who: set[str]
    as_: str
    args: Arguments
    event: str | None = None
    wrong: Arguments | None = None
    wrong_outcome: str = "failed"
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    keeps_denial: set[str] = field(default_factory=set)
    outcome: str = "success"


def _north(world: World) -> Party:
    return world.parties["north"]


def _submit(round_: str) -> Arguments:
    def arguments(world: World, _: Things) -> tuple[Any, ...]:
        content = json_of([a_row(700)])
        return world.sign(_north(world), content, round_=round_), content, secrets.token_hex(8)

    return arguments


def _begin(round_: str) -> Arguments:
    def arguments(world: World, _: Things) -> tuple[Any, ...]:
        return world.sign(_north(world), csv_of([a_row(700)]), Format.CSV, round_), secrets.token_hex(8)

    return arguments


def _part(claimed: bytes | None) -> Arguments:
    """The second of two parts; announced large enough to hold it."""

    def arguments(world: World, things: Things) -> tuple[Any, ...]:
        north = _north(world)
        signed = world.sign(north, b"", Format.CSV, content_size=10**8)
        begun = begin_submission(world.call(north.principal), signed, secrets.token_hex(8)).submission.id
        return begun, 1, b"part", digest(claimed if claimed is not None else b"part")

    return arguments


def _register(proof_of: str | None) -> Arguments:
    def arguments(world: World, things: Things) -> tuple[Any, ...]:
        key = ec_key(424242)
        return things.code, ec_jwk(key), world.proof(proof_of or things.code, key)

    return arguments


def _an_event(world: World, _: Things) -> tuple[Any, ...]:
    return (world.events(code="release.create")[0].id,)


def _a_query(world: World, _: Things) -> tuple[Any, ...]:
    return (save_audit_query(world.call(AUDITOR), secrets.token_hex(4), "code=release.read").id,)


class Identifies:
    """Stands in for the provider: the token is right."""

    def identify(self, token: str) -> Any:
        return Identified(STEWARD)


def _log_key(number: int) -> Arguments:
    def arguments(world: World, _: Things) -> tuple[Any, ...]:
        key = Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)).public_key()
        return (LogKey(log_origin(world.services.issuer), key).text(),)

    return arguments


CASES: Mapping[str, Case] = {
    # --- organisations and keys
    "invite_organisation": Case(
        {"operator"},
        "operator",
        lambda w, _: (Organisation("fresh", "Fresh", frozenset({OrganisationKind.SUPPLIER}), "fresh", _agreement(w)),),
        "organisation.invite",
        wrong=lambda w, _: (
            Organisation("north", "North", frozenset({OrganisationKind.SUPPLIER}), "north", _agreement(w)),
        ),
    ),
    "invite_again": Case({"operator"}, "operator", fixed("north"), "organisation.invite-again", fixed("nowhere")),
    "register_key": Case(
        {"stranger"},
        "stranger",
        _register(None),
        "key.register",
        _register("another code"),
        "denied",
    ),
    "issue_token": Case(
        {"stranger"},
        "stranger",
        lambda w, _: (w.assertion(_north(w)), UNPROVEN),
        "token.issue",
        lambda w, _: (w.assertion(replace(_north(w), id="south")), UNPROVEN),
        "denied",
    ),
    "authenticate": Case(EVERYONE, "stranger", fixed(Identifies(), "token", replace(UNPROVEN, scheme="bearer"))),
    "record_failed_login": Case(
        EVERYONE, "stranger", fixed(NotAuthenticated(TokenFault.EXPIRED)), "login.failed", outcome="denied"
    ),
    "record_more_failed_logins": Case(
        EVERYONE,
        "stranger",
        fixed(MoreFailures("192.0.2.0", 940, START, START)),
        "login.failed-repeatedly",
        outcome="denied",
    ),
    "refused_assertion": Case(EVERYONE, "stranger", lambda w, _: (w.assertion(_north(w)),)),
    "record_login": Case(EVERYONE, "steward", fixed(Identified(STEWARD), "token"), "login.succeed"),
    "require_kind": Case(
        {name for name, who in PRINCIPALS.items() if isinstance(who, Person)}, "owner", fixed((Person,), "/v1/releases")
    ),
    "revoke_key": Case({"operator"}, "operator", lambda w, _: (_north(w).key_id,), "key.revoke", fixed("no-such-key")),
    "suspend_organisation": Case(
        {"operator"},
        "operator",
        fixed("south"),
        "organisation.suspend",
        fixed("nowhere"),
        kwargs={"suspended": True},
    ),
    "add_own_key": Case(
        {"north"},
        "north",
        lambda w, _: (ec_jwk(ec_key(901)), w.token(ec_key(901), aud=w.services.issuer, sub="north")),
        "key.add-own",
        lambda w, _: (ec_jwk(ec_key(901)), w.token(ec_key(902), aud=w.services.issuer, sub="north")),
        "denied",
    ),
    "revoke_own_key": Case(
        {"north"}, "north", lambda w, _: (_north(w).key_id,), "key.revoke-own", fixed("no-such-key")
    ),
    "read_own_organisation": Case({*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor"}, "north", fixed()),
    "list_organisations": Case({"operator"}, "operator", fixed(), "organisation.list"),
    # --- catalogue
    "list_data_sets": Case(
        {*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor", "operator"}, "north", fixed()
    ),
    "read_data_set": Case(
        {*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor", "operator"},
        "north",
        fixed("staffed-beds"),
        None,
        fixed("nothing"),
    ),
    "list_classifications": Case(
        {*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor", "operator"}, "north", fixed()
    ),
    "read_classification": Case(
        {*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor", "operator"},
        "north",
        fixed("scotland-boards"),
        None,
        fixed("nothing"),
    ),
    # --- public figures
    "fetch_public_figures": Case(
        {"operator"},
        "operator",
        fixed("ses-score", "2022"),
        "public-figures.fetch",
        fixed("ses-score", "1066"),
    ),
    "list_public_figures": Case(
        {*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor", "operator"}, "owner", fixed()
    ),
    "read_public_figures": Case(
        {*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor", "operator"},
        "owner",
        fixed("demography", "2024", "nl-zorgkantoor", None),
        None,
        fixed("demography", "2023", "nl-zorgkantoor", None),
    ),
    "list_purposes": Case({*OWNERS, *STEWARDS, "privacy-officer"}, "owner", fixed()),
    "read_purpose": Case(
        {*OWNERS, *STEWARDS, "privacy-officer"}, "steward", fixed("holding"), None, fixed("holding", 2)
    ),
    "propose_purpose": Case(
        {*OWNERS, *STEWARDS},
        "owner",
        fixed(a_document("fresh")),
        "purpose.propose",
        fixed(a_document("regional-capacity-planning")),
    ),
    "review_purpose": Case(
        {"privacy-officer"},
        "privacy-officer",
        fixed("proposed", 1, Verdict.APPROVE, WHY),
        "purpose.review",
        fixed("proposed", 1, Verdict.APPROVE, "why"),
    ),
    "approve_purpose": Case(
        STEWARDS,
        "steward",
        fixed("reviewed", 1, Verdict.APPROVE, WHY),
        "purpose.approve",
        fixed("proposed", 1, Verdict.APPROVE, WHY),
    ),
    "change_purpose": Case(
        {*STEWARDS, "privacy-officer"},
        "steward",
        fixed("holding", 1, "suspend", WHY),
        "purpose.change",
        fixed("holding", 1, "resume", WHY),
    ),
    # --- agreements
    "list_agreements": Case({*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor"}, "north", fixed()),
    "read_agreement": Case(
        {"north", *STEWARDS, "privacy-officer", "auditor"},
        "steward",
        lambda _, things: (things.agreed,),
        None,
        fixed(NOTHING),
    ),
    "record_agreement": Case(
        STEWARDS, "steward", fixed(TERMS), "agreement.record", fixed(replace(TERMS, parties=frozenset()))
    ),
    "give_consent": Case(
        SUPPLIERS,
        "north",
        fixed("staffed-beds", (), None),
        "agreement.consent",
        fixed("no-such-data-set", (), None),
    ),
    "judge_agreement": Case(
        {*STEWARDS, "privacy-officer"} - {"steward"},
        "second",
        lambda _, things: (things.recorded, Verdict.APPROVE),
        "agreement.judge",
        lambda _, things: (things.agreed, Verdict.APPROVE),
    ),
    "withdraw_agreement": Case(
        {*STEWARDS, "privacy-officer"},
        "steward",
        lambda _, things: (things.agreed, WHY),
        "agreement.withdraw",
        lambda _, things: (things.agreed, "why"),
    ),
    "leave_agreement": Case(
        {"north"},
        "north",
        lambda _, things: (things.agreed, WHY),
        "agreement.leave",
        lambda _, things: (things.agreed, "why"),
    ),
    "read_register": Case({*STEWARDS, "privacy-officer", "auditor"}, "auditor", fixed(), "register.read"),
    # --- rounds
    "create_round": Case(
        STEWARDS,
        "steward",
        lambda w, _: ("cancelled-operations", "2025", ["north"], w.clock.now() + timedelta(days=1)),
        "round.create",
        lambda w, _: ("staffed-beds", "1900", ["nobody"], w.clock.now()),
    ),
    "change_round": Case(
        STEWARDS,
        "steward",
        fixed("staffed-beds-2025", RoundState.CLOSED),
        "round.change",
        fixed("staffed-beds-2024", RoundState.CANCELLED, "for no reason"),
    ),
    "list_rounds": Case({*SUPPLIERS, *OWNERS, *STEWARDS, "operator"}, "north", fixed(PAGE)),
    "read_round": Case(
        {*SUPPLIERS, *OWNERS, *STEWARDS, "operator"}, "steward", fixed("staffed-beds-2025"), None, fixed("nothing-2025")
    ),
    "read_deliveries": Case(
        STEWARDS, "steward", fixed("staffed-beds-2025"), "round.read-deliveries", fixed("nothing-2025")
    ),
    # --- submissions
    "submit_records": Case(
        {"north"},
        "north",
        _submit("staffed-beds-2025"),
        "submission.submit",
        _submit("staffed-beds-2026"),
    ),
    "begin_submission": Case(
        {"north"},
        "north",
        _begin("staffed-beds-2025"),
        "submission.begin",
        _begin("staffed-beds-2026"),
    ),
    "receive_part": Case({"north"}, "north", _part(None), "submission.receive-part", _part(b"other bytes")),
    "complete_submission": Case(
        {"north"},
        "north",
        lambda _, t: (t.begun, 1),
        "submission.complete",
        lambda _, t: (t.begun, 3),
    ),
    "abandon_submission": Case(
        {"north"},
        "north",
        lambda _, t: (t.begun,),
        "submission.abandon",
        lambda _, t: (t.accepted,),
    ),
    "withdraw_submission": Case(
        {"north"},
        "north",
        lambda _, t: (t.accepted,),
        "submission.withdraw",
        lambda _, t: (t.begun,),
    ),
    "list_submissions": Case(
        {*SUPPLIERS, *STEWARDS}, "north", fixed(PAGE), None, fixed(Page(cursor="not one of ours"))
    ),
    "read_submission": Case({"north", *STEWARDS}, "steward", lambda _, t: (t.accepted,), None, fixed(NOTHING)),
    # --- requests
    "request_aggregate": Case(
        OWNERS,
        "owner",
        fixed(a_spec(periods=("2024",))),
        "request.submit",
        fixed(a_spec(periods=("2024", "2024"))),
        keeps_denial={"gone-owner"},
    ),
    "list_requests": Case({*OWNERS, *STEWARDS}, "owner", fixed(PAGE), None, fixed(Page(cursor="not one of ours"))),
    "read_request": Case({"owner", *STEWARDS}, "steward", lambda _, t: (t.prepared,), None, fixed(NOTHING)),
    # --- objections
    "lodge_objection": Case(
        {"privacy-officer"},
        "privacy-officer",
        fixed(SOMEBODY, ("staffed-beds",), ()),
        "objection.lodge",
        fixed("no pseudonym", ("nothing",), ("nothing",)),
    ),
    "withdraw_objection": Case(
        {"privacy-officer"}, "privacy-officer", lambda _, t: (t.objection,), "objection.withdraw", fixed(NOTHING)
    ),
    "list_objections": Case(
        {*SUPPLIERS, "privacy-officer"},
        "privacy-officer",
        fixed(PAGE),
        "objection.list",
        fixed(Page(cursor="not one of ours")),
    ),
    "count_objections": Case({*STEWARDS, "privacy-officer"}, "steward", fixed()),
    "erase_objections": Case({"operator"}, "operator", fixed(5), "objection.erase", fixed(4)),
    "retract_request": Case(
        {"owner"}, "owner", lambda _, t: (t.prepared,), "request.retract", lambda _, t: (t.released,)
    ),
    "prepare_request": Case(
        {"worker"},
        "worker",
        lambda _, t: (t.permitted,),
        "request.prepare",
        lambda _, t: (t.prepared,),
    ),
    "fail_request": Case(
        {"worker"},
        "worker",
        lambda _, t: (t.permitted,),
        "request.fail",
        lambda _, t: (t.released,),
        outcome="failed",
    ),
    "retry_request": Case(
        {"operator"}, "operator", lambda _, t: (t.failed,), "request.retry", lambda _, t: (t.permitted,)
    ),
    "read_evidence": Case(
        STEWARDS,
        "steward",
        lambda _, t: (t.prepared,),
        "request.read-evidence",
        lambda _, t: (t.permitted,),
    ),
    "review_request": Case(
        STEWARDS,
        "steward",
        lambda _, t: (t.prepared, t.evidence, Verdict.APPROVE, VERDICT),
        "request.review",
        lambda _, t: (t.prepared, NOTHING, Verdict.APPROVE, VERDICT),
    ),
    "release_request": Case(
        {"worker"},
        "worker",
        lambda _, t: (t.approved,),
        "release.create",
        lambda _, t: (t.prepared,),
    ),
    "publish_release": Case(
        {"worker"},
        "worker",
        lambda w, t: (sealed(w, t.approved),),
        "release.publish",
        lambda _, t: (t.approved,),
    ),
    "announce_log_key": Case({"operator"}, "operator", _log_key(7), "log.announce-key", fixed("no key")),
    "export_log": Case({"operator"}, "operator", lambda w, _: (covered(w),), "log.export"),
    "record_verification": Case({"operator"}, "operator", fixed(12, None), "audit.verify"),
    "read_past_requests": Case(
        {"operator"}, "operator", lambda w, _: (w.services.catalogue, w.services.catalogue), "policy.compare"
    ),
    "erase_expired_events": Case({"operator"}, "operator", fixed(5), "audit.erase", fixed(4)),
    # --- releases and the log
    "list_releases": Case(
        {*SUPPLIERS, *OWNERS, *STEWARDS, "privacy-officer", "auditor"},
        "owner",
        fixed(PAGE),
        None,
        fixed(Page(cursor="not one of ours")),
    ),
    "read_release": Case(
        {*OWNERS, *STEWARDS},
        "steward",
        lambda _, t: (t.release,),
        "release.read",
        fixed(NOTHING),
    ),
    "withdraw_release": Case(
        STEWARDS,
        "steward",
        lambda _, t: (t.release, "a supplier found a fault"),
        "release.withdraw",
        lambda _, t: (t.release, " "),
    ),
    "read_audit_log": Case(
        {"auditor"},
        "auditor",
        fixed(AuditFilter(code="release.create"), PAGE),
        "audit.search",
        fixed(AuditFilter(), Page(cursor="not one of ours")),
    ),
    "read_audit_event": Case({"auditor"}, "auditor", _an_event, "audit.read", fixed(NOTHING)),
    "export_audit_log": Case(
        {"auditor"}, "auditor", fixed(AuditFilter(outcome="denied"), ExportForm.CSV), "audit.export"
    ),
    "save_audit_query": Case(
        {"auditor"},
        "auditor",
        fixed("denials", "outcome=denied"),
        "audit.save-query",
        fixed("a person", "pseudonym=bsn.p.1.x"),
    ),
    "list_audit_queries": Case({"auditor"}, "auditor", fixed(), "audit.list-queries"),
    "remove_audit_query": Case({"auditor"}, "auditor", _a_query, "audit.remove-query", fixed(NOTHING)),
    "read_signals": Case(
        {"auditor"}, "auditor", fixed(None, None), "audit.signals", lambda w, _: (w.clock.now(), w.clock.now())
    ),
    "read_calendar": Case(SUPPLIERS, "north", fixed()),
    "record_contact": Case(
        {"operator"},
        "operator",
        fixed("north", MAILBOX),
        "contact.record",
        fixed("nobody-here", MAILBOX),
    ),
    "change_own_contact": Case(SUPPLIERS, "north", fixed(MAILBOX), "contact.change"),
    "any_reminder_due": Case({"operator", "worker"}, "worker", fixed()),
    "queue_reminders": Case({"operator", "worker"}, "worker", reachable, "reminder.queue"),
    "waiting_reminders": Case({"operator", "worker"}, "worker", fixed()),
    "take_reminder": Case({"operator", "worker"}, "worker", lambda w, _: (queued(w),), "reminder.take", fixed(NOTHING)),
    "send_reminder": Case(
        {"operator", "worker"},
        "worker",
        lambda w, _: (taken(w),),
        "reminder.send",
        lambda w, _: (replace(taken(w), id=NOTHING),),
    ),
    "read_uses": Case(SUPPLIERS, "north", fixed(PAGE), "use.list", fixed(Page(cursor="not one of ours"))),
    # --- the service itself
    "changes_since_last_start": Case({"worker"}, "worker", fixed({"policyHash": "sha-256:00"})),
    "record_policy_change": Case({"worker"}, "worker", fixed("sha-256:00"), "policy.change"),
    "record_configuration_change": Case({"worker"}, "worker", fixed(("version",)), "configuration.change"),
    "start_service": Case({"worker"}, "worker", fixed({"version": "1"}, ("key-1",)), "service.start"),
    "stop_service": Case({"worker"}, "worker", fixed(), "service.stop"),
    "check_clock": Case({"worker"}, "worker", fixed(), "clock.check"),
    "rotate_sealing_key": Case({"operator", "worker"}, "operator", fixed(), "sealing-key.rotate"),
    "expire_sealing_key": Case(
        {"operator"},
        "operator",
        lambda w, _: (rotate_sealing_key(w.call(OPERATOR)).key_id,),
        "sealing-key.expire",
        fixed("no-such-key"),
    ),
    "sweep_store": Case({"operator"}, "operator", fixed(), "store.sweep"),
}


def _agreement(world: World) -> Agreement:
    return Agreement("VO-2026-009", world.clock.now().date())


__all__ = ["CASES", "EVERYONE", "Case", "Things", "make_busy", "principal"]

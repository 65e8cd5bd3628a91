"""One delivery, several data sets: a form goes whole into each that its supplier consents to, or nowhere at all."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest
from bundles import bundle_of
from catalogue_figures import PERIODS, atoms_of
from journey import OPERATOR, OWNER, WORDS, Party, World
from test_every_data_set import content_of, purpose_for, spec_of

from service.domain.errors import Conflict, Denied, Invalid
from service.domain.round import RoundState
from service.domain.submission import Submission, SubmissionState
from service.ports.unit_of_work import Page
from service.use_cases import acceptance
from service.use_cases.acceptance import Delivered
from service.use_cases.begin_submission import begin_submission
from service.use_cases.complete_submission import complete_submission
from service.use_cases.forms import SERVE
from service.use_cases.judge_agreement import leave_agreement
from service.use_cases.read_submissions import read_submission
from service.use_cases.read_uses import read_uses
from service.use_cases.receive_part import receive_part
from service.use_cases.record_agreement import give_consent
from service.use_cases.submit_records import submit_records
from service.use_cases.sweep_store import sweep_store
from service.use_cases.withdraw_submission import withdraw_submission
from sluis_client.wire import Format, content_of_records, digest

FORM, CAPACITY, OUTFLOW = "places-and-outflow", "capacity", "blocked-outflow"
PERIOD = PERIODS["month"]
NEXT = {
    name.removeprefix("waiting_").replace("_", "-"): name
    for name in (m.name for m in bundle_of().catalogue.data_set(FORM).measures)
    if name.startswith("waiting_")
}
REGIONS = atoms_of(bundle_of().catalogue.data_set(FORM).dimensions[1], bundle_of().catalogue, ())
Row = dict[str, str | int | None]


def a_row(region: str = "GM0014", care_form: str = "3", free: int = 5, **more: int | str | None) -> Row:
    waiting = dict.fromkeys(NEXT.values(), 0)
    places = {"available_places": free, "fitting_places": min(free, 2), "note": None}
    return {"period": PERIOD, "region": region, "care_form": care_form, **places, **waiting, **more}


def name_of(data_set: str) -> str:
    return f"{data_set}-{PERIOD}"


def consents(world: World, party: Party, serves: Sequence[str] | None = None) -> str:
    return give_consent(world.call(party.principal), FORM, (), None, serves).id


@pytest.fixture
def rounds(any_world: World) -> World:
    """Rounds of the form and of what it serves, and a supplier that consents."""
    for data_set in (CAPACITY, OUTFLOW, FORM):
        any_world.round(PERIOD, data_set=data_set)
    consents(any_world, any_world.parties["north"])
    return any_world


def deliver(world: World, rows: Sequence[Row], party: str = "north", **changes: object) -> Delivered:
    supplier, content = world.parties[party], content_of_records(rows)
    signed = world.sign(supplier, content, round_=name_of(FORM), data_set=FORM, **changes)
    delivered = submit_records(world.call(supplier.principal), signed, content, secrets.token_hex(8))
    assert delivered.submission.faults is None or "fitting_places" in delivered.submission.faults
    return delivered


def counting(world: World, data_set: str, party: str = "north") -> Submission | None:
    return world.counting(world.parties[party], name_of(data_set))


def rows_of(world: World, data_set: str) -> list[dict[str, object]]:
    """The rows of a counting delivery as they were signed for, made of the stored part."""
    found = counting(world, data_set)
    assert found is not None
    with world.services.database.look() as data:
        key = world.services.keys.unwrap(data.rounds.wrapped_key(found.round))
    assert found.part is not None
    names = [c.name for c in world.services.catalogue.data_set(data_set).dimensions]
    names += [c.name for c in world.services.catalogue.data_set(data_set).measures]
    columns = {
        name: [one for chunk in world.services.parts.read_column(found.part, name, key) for one in chunk.to_pylist()]
        for name in names
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_one_delivery_counts_in_each_data_set(rounds: World) -> None:
    rows = [a_row(free=7, waiting_home=4, note="Een afdeling is dicht."), a_row("GM0037", free=0, waiting_secured=1)]
    delivered = deliver(rounds, rows)
    assert {one.data_set for one in delivered.served} == {CAPACITY, OUTFLOW}
    form = counting(rounds, FORM)
    assert form is not None
    assert form.id == delivered.submission.id
    assert [(row["region"], row["available_places"], row["fitting_places"]) for row in rows_of(rounds, CAPACITY)] == [
        ("GM0014", 7, 2),
        ("GM0037", 0, 0),
    ]
    waiting = {(row["region"], row["next_place"]): row["waiting_for_place"] for row in rows_of(rounds, OUTFLOW)}
    assert waiting == {(str(row["region"]), code): row[column] for row, (code, column) in product(rows, NEXT.items())}
    assert sum(waiting.values()) == 5
    for data_set in (CAPACITY, OUTFLOW):
        found = counting(rounds, data_set)
        assert found is not None
        assert (found.served_by, found.version, found.late) == (form.id, 1, False)
        receipt = rounds.verify_receipt(found).receipt
        (event,) = rounds.events(object_id=found.id)
        assert (event.code, event.id, event.outcome) == ("submission.serve", receipt.audit_event_id, "success")
        assert event.commitment == receipt.commitment()
        assert all(event.says(fact) for fact in SERVE.always)
    view = read_submission(rounds.call(rounds.parties["north"].principal), form.id)
    assert {one.id for one in view.served} == {one.id for one in delivered.served}


def test_no_figure_is_kept_with_the_form_itself(any_world: World) -> None:
    """Those that serve nothing, for want of consent, and those of a data set that is withdrawn, would stay there."""
    world, party = any_world, any_world.parties["north"]
    for data_set in (CAPACITY, OUTFLOW, FORM):
        world.round(PERIOD, data_set=data_set)
    consents(world, party, [CAPACITY])
    delivered = deliver(world, [a_row(free=7, waiting_home=4)])
    assert delivered.submission.rows == 1
    assert rows_of(world, FORM) == []
    assert [row["available_places"] for row in rows_of(world, CAPACITY)] == [7]
    (came,) = delivered.served
    withdraw_submission(world.call(party.principal), came.id)
    assert rows_of(world, FORM) == []
    assert world.files() == world.stored() == {delivered.submission.part}


def test_in_parts_as_in_one_call(rounds: World) -> None:
    party, rows = rounds.parties["north"], [a_row(free=7, waiting_home=4)]
    text = ",".join(rows[0]) + "\r\n" + ",".join("" if v is None else str(v) for v in rows[0].values()) + "\r\n"
    content = text.encode()
    signed = rounds.sign(party, content, Format.CSV, round_=name_of(FORM), data_set=FORM)
    begun = begin_submission(rounds.call(party.principal), signed, "in-parts").submission
    assert counting(rounds, CAPACITY) is None
    receive_part(rounds.call(party.principal), begun.id, 0, content, digest(content))
    done = complete_submission(rounds.call(party.principal), begun.id, 1)
    assert {one.round for one in done.served} == {name_of(CAPACITY), name_of(OUTFLOW)}
    again = complete_submission(rounds.call(party.principal), begun.id, 1)
    assert (again.repeated, {one.id for one in again.served}) == (True, {one.id for one in done.served})


def test_what_a_form_gives_may_be_larger_than_what_is_sent_in_one_call(
    rounds: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in parts, of more rows than records that are sent inline can be."""
    monkeypatch.setattr(acceptance, "ContentLimits", partial(acceptance.ContentLimits, records=600))
    content = content_of_records([a_row()])
    assert len(content) < 600
    assert {one.rows for one in deliver(rounds, [a_row()]).served} == {1, 8}


def test_the_same_call_twice_serves_once(rounds: World) -> None:
    party, content = rounds.parties["north"], content_of_records([a_row()])
    signed = rounds.sign(party, content, round_=name_of(FORM), data_set=FORM)
    first = submit_records(rounds.call(party.principal), signed, content, "once")
    second = submit_records(rounds.call(party.principal), signed, content, "once")
    assert (second.repeated, second.submission.id) == (True, first.submission.id)
    assert deliver(rounds, [a_row()]).submission.id == first.submission.id  # the same content under another manifest
    with rounds.services.database.look() as data:
        assert len(data.submissions.page(Page(limit=50))) == 3


def test_without_consent_nothing_is_taken(rounds: World) -> None:
    with pytest.raises(Denied) as refused:
        deliver(rounds, [a_row()], "south")
    assert {reason.code for reason in refused.value.reasons} == {"consent-missing"}
    assert counting(rounds, FORM, "south") is None


def test_a_supplier_consents_to_some(any_world: World) -> None:
    world = any_world
    for data_set in (CAPACITY, OUTFLOW, FORM):
        world.round(PERIOD, data_set=data_set)
    party = world.parties["north"]
    with pytest.raises(Invalid) as invalid:
        consents(world, party, [CAPACITY, "waiting-list"])
    assert invalid.value.faults == (("serves: waiting-list", "not-served"),)
    nothing = consents(world, party, [])
    with pytest.raises(Conflict, match="serves-nothing"):
        deliver(world, [a_row()])
    leave_agreement(world.call(party.principal), nothing, WORDS)
    consents(world, party, [CAPACITY])
    first = deliver(world, [a_row()])
    assert [one.data_set for one in first.served] == [CAPACITY]
    assert counting(world, OUTFLOW) is None
    # consenting to more lets the same file serve more, as a correction of what counts
    consents(world, party)
    with pytest.raises(Conflict, match="already-delivered"):
        deliver(world, [a_row()])
    more = deliver(world, [a_row()], corrects=first.submission.id)
    assert {one.data_set for one in more.served} == {CAPACITY, OUTFLOW}


def test_a_correction_corrects_all(rounds: World) -> None:
    first = deliver(rounds, [a_row(free=5, waiting_home=3)])
    second = deliver(rounds, [a_row(free=9, waiting_home=1)], corrects=first.submission.id)
    assert [row["available_places"] for row in rows_of(rounds, CAPACITY)] == [9]
    assert sum(int(str(row["waiting_for_place"])) for row in rows_of(rounds, OUTFLOW)) == 1
    with rounds.services.database.look() as data:
        before = {one.data_set: one for one in data.submissions.served_by(first.submission.id)}
        after = {one.data_set: one for one in data.submissions.served_by(second.submission.id)}
    for data_set in (CAPACITY, OUTFLOW):
        assert before[data_set].state is SubmissionState.SUPERSEDED
        assert (after[data_set].state, after[data_set].version) == (SubmissionState.ACCEPTED, 2)
        assert after[data_set].corrects == before[data_set].id


def test_a_correction_leaves_nothing_behind(rounds: World) -> None:
    party = rounds.parties["north"]
    first = deliver(rounds, [a_row()])
    with rounds.services.database.look() as data:
        given = [
            one.id
            for one in data.agreements.all(party="north")
            if FORM in one.data_sets and one.kind == "supplier-consent" and one.recorder == "north"
        ]
    for agreement in given:
        leave_agreement(rounds.call(party.principal), agreement, WORDS)
    consents(rounds, party, [CAPACITY])
    with pytest.raises(Conflict, match="serves-no-longer") as refused:
        deliver(rounds, [a_row(free=8)], corrects=first.submission.id)
    stays = counting(rounds, OUTFLOW)
    assert stays is not None
    assert refused.value.data == {"dataSet": OUTFLOW, "submission": stays.id}
    withdraw_submission(rounds.call(party.principal), stays.id)
    deliver(rounds, [a_row(free=8)], corrects=first.submission.id)
    assert counting(rounds, OUTFLOW) is None
    assert [row["available_places"] for row in rows_of(rounds, CAPACITY)] == [8]


def test_a_delivery_of_its_own_is_not_replaced(rounds: World) -> None:
    party = rounds.parties["north"]
    own: list[Row] = [
        {
            "period": PERIOD,
            "region": "GM0014",
            "care_form": "3",
            "available_places": 1,
            "fitting_places": 1,
            "note": None,
        }
    ]
    content = content_of_records(own)
    signed = rounds.sign(party, content, round_=name_of(CAPACITY), data_set=CAPACITY)
    mine = submit_records(rounds.call(party.principal), signed, content, "own").submission
    with pytest.raises(Conflict, match="served-already-delivered") as refused:
        deliver(rounds, [a_row()])
    assert refused.value.data == {"dataSet": CAPACITY, "round": name_of(CAPACITY), "submission": mine.id}
    assert counting(rounds, FORM) is None
    assert counting(rounds, OUTFLOW) is None
    # and the other way round: what came with a form is replaced by naming it
    withdraw_submission(rounds.call(party.principal), mine.id)
    deliver(rounds, [a_row()])
    came = counting(rounds, CAPACITY)
    assert came is not None
    signed = rounds.sign(party, content, round_=name_of(CAPACITY), data_set=CAPACITY)
    with pytest.raises(Conflict, match="already-delivered"):
        submit_records(rounds.call(party.principal), signed, content, "second")
    signed = rounds.sign(party, content, round_=name_of(CAPACITY), data_set=CAPACITY, corrects=came.id)
    submit_records(rounds.call(party.principal), signed, content, "third")
    now = counting(rounds, CAPACITY)
    assert now is not None
    assert now.served_by is None


def test_a_withdrawal_withdraws_all(rounds: World) -> None:
    party = rounds.parties["north"]
    delivered = deliver(rounds, [a_row()])
    gone = withdraw_submission(rounds.call(party.principal), delivered.submission.id)
    assert gone.withdrawal is not None
    for one in delivered.served:
        with rounds.services.database.look() as data:
            found = data.submissions.get(one.id)
        assert (found.state, found.part) == (SubmissionState.WITHDRAWN, None)
        assert found.withdrawal is not None
        assert {event.code for event in rounds.events(object_id=one.id)} == {"submission.serve", "submission.withdraw"}
    assert counting(rounds, CAPACITY) is None
    assert rounds.files() == rounds.stored()
    withdraw_submission(rounds.call(party.principal), delivered.submission.id)  # twice is fine


@pytest.mark.parametrize("missing", ["no round", "closed", "not expected"])
def test_a_round_that_does_not_take_it_stops_all(any_world: World, missing: str) -> None:
    world = any_world
    world.round(PERIOD, data_set=FORM)
    world.round(PERIOD, data_set=CAPACITY)
    consents(world, world.parties["north"])
    if missing == "closed":
        world.round(PERIOD, data_set=OUTFLOW)
        world.turn(name_of(OUTFLOW), RoundState.CLOSED)
    if missing == "not expected":
        kept = world.parties
        world.parties = {"south": kept["south"]}
        world.round(PERIOD, data_set=OUTFLOW)
        world.parties = kept
    with pytest.raises((Conflict, Denied)) as refused:
        deliver(world, [a_row()])
    codes = {r.code for r in refused.value.reasons} if isinstance(refused.value, Denied) else {refused.value.code}
    assert codes & {"served-round-missing", "round-closed", "not-expected"}
    assert all(counting(world, data_set) is None for data_set in (FORM, CAPACITY))
    failed = world.events(code="submission.submit")[-1]
    assert failed.outcome in {"failed", "denied"}


def test_faults_stop_all(rounds: World) -> None:
    refused = deliver(rounds, [a_row(free=1, fitting_places=3)])
    assert refused.submission.state is SubmissionState.REFUSED
    assert refused.served == ()
    assert counting(rounds, CAPACITY) is None
    assert rounds.files() == rounds.stored() == set()


@pytest.mark.parametrize("at", ["settle", "_supersede", "received"])
def test_what_fails_in_between_leaves_nothing(rounds: World, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """The second of the data sets cannot be stored: nothing of the delivery is."""
    done, real = [], getattr(acceptance, at)

    def breaks(*args: object, **named: object) -> object:
        done.append(at)
        if len(done) > 1:
            raise RuntimeError("the disk is gone")
        return real(*args, **named)

    monkeypatch.setattr(acceptance, at, breaks)
    with pytest.raises(RuntimeError, match="the disk is gone"):
        deliver(rounds, [a_row()])
    monkeypatch.undo()
    assert all(counting(rounds, data_set) is None for data_set in (FORM, CAPACITY, OUTFLOW))
    assert [e.outcome for e in rounds.events(code="submission.submit")] == ["failed"]
    assert rounds.events(code="submission.serve") == []
    assert len(deliver(rounds, [a_row()]).served) == 2


def test_what_it_serves_is_released_and_the_form_is_not(rounds: World) -> None:
    world = rounds
    catalogue = world.services.catalogue
    assert all(purpose.scope(FORM) is None for purpose in catalogue.purposes)
    for supplier, party in world.parties.items():
        if supplier != "north":
            consents(world, party)
        deliver(world, [a_row(region, free=20, waiting_home=25) for region in REGIONS], supplier)
    for data_set in (FORM, CAPACITY, OUTFLOW):
        world.turn(name_of(data_set), RoundState.CLOSED)
    for name in (CAPACITY, OUTFLOW):
        data_set, purpose = catalogue.data_set(name), purpose_for(name)
        released = world.release(spec_of(data_set, purpose), OWNER)
        assert released.state == "released", world.request(released.id)
        (table,) = content_of(world, released)["tables"]
        assert any(cell["value"] for cell in table["cells"])
        uses = read_uses(world.call(world.parties["north"].principal), Page(limit=5))
        (delivery,) = uses[0].deliveries
        assert delivery.submission.data_set == name
        assert delivery.submission.served_by is not None
        assert delivery.agreement is not None


def test_who_leaves_its_consent_stops_the_use(rounds: World) -> None:
    """`capacity` itself asks no consent; for what came with the form its supplier was asked, and can end it."""
    world = rounds
    given = {}
    for supplier, party in world.parties.items():
        given[supplier] = consents(world, party)
        deliver(world, [a_row(region, free=20, waiting_home=25) for region in REGIONS], supplier)
    world.turn(name_of(CAPACITY), RoundState.CLOSED)
    data_set, purpose = world.services.catalogue.data_set(CAPACITY), purpose_for(CAPACITY)
    spec = spec_of(data_set, purpose)
    assert world.ask(spec).state == "permitted"
    leave_agreement(world.call(world.parties["south"].principal), given["south"], WORDS)
    denied = world.ask(spec)
    assert denied.state == "denied"
    assert {r["code"] for r in json.loads(denied.decision)["reasons"]} == {"suppliers-without-consent"}


def test_orphans_of_a_form_are_swept(rounds: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(acceptance, "received", stops)
    with pytest.raises(KeyboardInterrupt):
        deliver(rounds, [a_row()])
    monkeypatch.undo()
    assert rounds.files()
    rounds.clock.moment = datetime.now(UTC) + timedelta(hours=2)
    assert sweep_store(rounds.call(OPERATOR)).missing == ()
    assert rounds.files() == rounds.stored() == set()

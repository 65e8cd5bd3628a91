"""Records of persons: the data set of the journey with a column of pseudonyms, which none of the bundle has yet."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace

from journey import COLUMNS, PRIVACY_OFFICER, World, a_row

from service.domain.catalogue import PersonColumn
from service.domain.classification import Label
from service.domain.objection import Objection
from service.use_cases.lodge_objection import lodge_objection
from service.use_cases.submit_records import submit_records
from sluis_client.wire import canonical_bytes

Record = tuple[str, str, int]
"""A person, the board where it was, and its bed days."""

_TITLE = Label("Pseudoniem", "Pseudonym")


def with_persons(world: World) -> World:
    """The same world, in which `staffed-beds` has a row per person."""
    catalogue = world.services.catalogue
    data_sets = tuple(
        replace(one, person=PersonColumn("person", _TITLE, _TITLE, "planning")) if one.id == "staffed-beds" else one
        for one in catalogue.data_sets
    )
    world.services = replace(world.services, catalogue=replace(catalogue, data_sets=data_sets))
    return world


def pseudonym(name: str) -> str:
    return f"bsn.planning.1.{name:0<26}"


def deliver_persons(
    world: World,
    supplier: str,
    records: Iterable[Record],
    round_: str = "staffed-beds-2024",
    corrects: str | None = None,
) -> str:
    """Hand the records in; the id of the delivery."""
    quarter = f"{round_[-4:]}Q1"
    rows = [
        dict(zip(COLUMNS, a_row(value, region=region, period=quarter), strict=True)) | {"person": pseudonym(name)}
        for name, region, value in records
    ]
    party, content = world.parties[supplier], canonical_bytes(rows)
    signed = world.sign(party, content, round_=round_, corrects=corrects)
    found = submit_records(world.call(party.principal), signed, content, secrets.token_hex(8)).submission
    assert found.part is not None, found.faults
    return found.id


def object_to(world: World, name: str, data_sets: Sequence[str] = (), purposes: Sequence[str] = ()) -> Objection:
    """The person objects, by way of the privacy officer."""
    return lodge_objection(world.call(PRIVACY_OFFICER), pseudonym(name), data_sets, purposes)

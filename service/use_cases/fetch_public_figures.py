"""Fetch public figures of one year from their publisher, and keep a copy with where it came from.

Nobody has to approve them: they are public already, and they go into no release. Who fetched them is in the log.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

from service.domain import facts
from service.domain.audit import DECIDED, Action, EventCode, Fact
from service.domain.catalogue import Catalogue
from service.domain.errors import Invalid, NotFound
from service.domain.public_figures import Fetched, Publication, PublicCopy, PublicSource
from service.domain.public_regions import gaps
from service.use_cases.call import Call, Step
from service.use_cases.public_content import content_of
from sluis_client.wire import digest

EVENT = EventCode("public-figures.fetch", Action.CREATE, "public-figures", DECIDED | {Fact.QUERY, Fact.SENSITIVITY})


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest copy; `new` is False when the publisher gave what was there already, which is then left as it is.

    `missing` are municipalities of that year that the publisher gave nothing of, `unknown` codes that were none.
    """

    copy: PublicCopy
    new: bool
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def fetch_public_figures(call: Call, source_id: str, period: str) -> Kept:
    """Fetch one year of a source.

    1. The caller may, and the source has a table for the year.
    2. The publisher is asked, outside any transaction.
    3. The copy is kept whole, unless the newest one says the same.

    Raises:
        Denied: the caller is no operator.
        Invalid: `public-source`: no such source; `public-period`: no table has the year.
        Unavailable: the publisher is away, or answers what is not understood; nothing is kept.
    """
    # 1
    with call.look(EVENT) as step:
        _about(step, source_id, period)
        source, year = _source(step, source_id), _year(period)
        _require_table(source, year)
    # 2
    with call.between(EVENT, source.id):
        fetched = call.services.public_figures.fetch(source, year)
        content = content_of(fetched.observations)
        missing, unknown = _gaps(call.services.catalogue, source, year, fetched)
    # 3
    with call.transact(EVENT) as step:
        _about(step, source_id, period)
        before = step.data.public_figures.newest(source.id, period)
        made = _copy(step, source, period, fetched, content)
        step.query = json.dumps({**json.loads(step.query or "{}"), "table": made.source_table, "digest": made.digest})
        if before is not None and _same(before, made):
            return Kept(before, new=False, missing=missing, unknown=unknown)
        step.data.public_figures.add(made)
        return Kept(made, new=True, missing=missing, unknown=unknown)


def _about(step: Step, source: str, period: str) -> None:
    step.query = json.dumps({"source": source, "period": period})
    step.authorise(facts.may_fetch_public_figures(step.caller()), names_object=False)
    found = _source(step, source)
    step.object_id = found.id
    step.about(found.data_set)


def _source(step: Step, name: str) -> PublicSource:
    catalogue = step.call.services.catalogue
    try:
        return catalogue.public_source(name)
    except NotFound as error:
        known = ", ".join(sorted(source.id for source in catalogue.public_sources))
        raise Invalid("public-source", {"known": known}) from error


def _year(period: str) -> int:
    if not (period.isascii() and period.isdecimal() and len(period) == len("2024")):
        raise Invalid("public-year")
    return int(period)


def _require_table(source: PublicSource, year: int) -> None:
    try:
        source.table_of(year)
    except NotFound as error:
        last = str(max(table.last_year for table in source.tables))
        first = str(min(table.first_year for table in source.tables))
        raise Invalid("public-years", {"first": first, "last": last}) from error


def _gaps(
    catalogue: Catalogue, source: PublicSource, year: int, fetched: Fetched
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    tree = next(tree for tree in catalogue.classifications if tree.atoms == source.municipalities)
    atoms = [code.code for code in tree.at(tree.finest)]
    codes = {one.region for one in fetched.observations}
    return gaps(source, year, codes, changes=catalogue.border_changes, atoms=atoms)


def _copy(step: Step, source: PublicSource, period: str, fetched: Fetched, content: str) -> PublicCopy:
    return PublicCopy(
        **_said(fetched),
        id=step.call.services.randomness.new_id(),
        source=source.id,
        period=period,
        retrieved_at=step.now,
        retrieved_by=step.call.principal.id,
        digest=digest(content.encode()),
        content=content,
    )


def _same(one: PublicCopy, other: PublicCopy) -> bool:
    """The same figures, and the publisher says the same of them."""
    return (_said(one), one.digest) == (_said(other), other.digest)


def _said(publication: Publication) -> dict[str, str]:
    return {field.name: getattr(publication, field.name) for field in fields(Publication)}

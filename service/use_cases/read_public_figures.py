"""Public figures as they stand beside releases: which there are, and those of the regions of a classification.

They are read on their own: nothing here reads a release, and no release reads these (docs/adr/0019-public-figures.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.classification import Classification
from service.domain.errors import Invalid, NotFound
from service.domain.public_figures import PublicCopy, PublicSource
from service.domain.public_regions import RegionFigures, figures_of
from service.use_cases.call import Call
from service.use_cases.public_content import observations_of

LIST = EventCode("public-figures.list", Action.READ, "public-figures", refusals_only=True)
READ = EventCode("public-figures.read", Action.READ, "public-figures", refusals_only=True)


@dataclass(frozen=True, slots=True)
class PublicView:
    """The figures of one year for the regions of a level, and the copy that they were computed from."""

    source: PublicSource
    copy: PublicCopy
    classification: Classification
    level: str
    figures: RegionFigures


def list_public_figures(call: Call) -> Sequence[tuple[PublicSource, PublicCopy]]:
    """The newest copy of each source and year, by source and year, without its figures.

    What is of a source that the bundle does not name any more is left out: nobody says what it means.

    Raises:
        Denied: a stranger.
    """
    with call.look(LIST) as step:
        step.authorise(facts.may_read_public_figures(step.caller()))
        known = {source.id: source for source in call.services.catalogue.public_sources}
        return [(known[copy.source], copy) for copy in step.data.public_figures.heads() if copy.source in known]


def read_public_figures(
    call: Call, source: str, period: str, classification: str | None, level: str | None
) -> PublicView:
    """The figures of the newest copy, for the regions of a level of a classification.

    Unless they are named, it is the first classification that fits, by id, and its coarsest level.

    Raises:
        Denied: a stranger.
        NotFound: no such source or classification, or nothing was fetched of that year.
        Invalid: `public-regions`: the classification is of other areas, or has no such level.
    """
    with call.look(READ) as step:
        step.authorise(facts.may_read_public_figures(step.caller()))
        catalogue = step.catalogue
        found = catalogue.public_source(source)
        fitting = sorted((c for c in catalogue.classifications if c.atoms == found.municipalities), key=lambda c: c.id)
        tree = fitting[0] if classification is None else catalogue.classification(classification)
        copy = step.data.public_figures.newest(found.id, period)
        if copy is None:
            raise NotFound("public-figures")
        chosen = level or tree.levels[0]
        if tree.atoms != found.municipalities or chosen not in tree.levels:
            known = "; ".join(f"{one.id}: {', '.join(one.levels)}" for one in fitting)
            raise Invalid("public-regions", {"known": known})
    observations, changes = observations_of(copy.content), catalogue.border_changes
    figures = figures_of(found, int(period), observations, changes=changes, classification=tree, level=chosen)
    return PublicView(found, copy, tree, chosen, figures)

"""The questions to the policy about the regions that organisations stand for; see `service.domain.facts`.

listRegionChanges    Service {}
proposeRegions       Organisation {name (its id), status}
judgeRegions         RegionChange {proposer}
listRegionLists, proposeRegionList
                     Service {}
judgeRegionList      RegionList {proposer}
"""

from __future__ import annotations

from service.domain.caller import Caller
from service.domain.facts import NOBODY
from service.domain.organisation import Organisation
from service.domain.policy import Query, Resource
from service.domain.region_change import RegionChange
from service.domain.request_facts import standing
from service.domain.stated_classification import StatedClassification


def may_list_region_changes(caller: Caller) -> Query:
    """Steward, privacy officer and auditor see which regions were proposed, and what became of it."""
    return caller.of_service("listRegionChanges")


def may_propose_regions(caller: Caller, organisation: Organisation | None) -> Query:
    """A steward proposes which regions an organisation is to stand for."""
    name = organisation.id if organisation is not None else NOBODY
    return caller.question(
        "proposeRegions", Resource("Organisation", name, {"name": name, "status": standing(organisation)})
    )


def may_judge_regions(caller: Caller, change: RegionChange | None) -> Query:
    """A steward or the privacy officer judges what somebody else proposed."""
    name = change.id if change is not None else NOBODY
    proposer = change.proposer if change is not None else ""
    return caller.question("judgeRegions", Resource("RegionChange", name, {"proposer": proposer}))


def may_list_stated_classifications(caller: Caller) -> Query:
    """Steward and auditor see which classifications people brought in."""
    return caller.of_service("listRegionLists")


def may_propose_classification(caller: Caller) -> Query:
    """A steward or regional owner brings in a classification."""
    return caller.of_service("proposeRegionList")


def may_judge_classification(caller: Caller, stated: StatedClassification | None) -> Query:
    """A steward judges what somebody else brought in."""
    name = stated.id if stated is not None else NOBODY
    proposer = stated.proposer if stated is not None else ""
    return caller.question("judgeRegionList", Resource("RegionList", name, {"proposer": proposer}))

"""What may flow: data sets and classifications, from the policy bundle."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.caller import Caller
from service.domain.catalogue import DataSet
from service.domain.classification import Classification
from service.domain.request_facts import civil_day, data_sets_known
from service.use_cases.call import Call, Step

DATA_SETS = EventCode("catalogue.read-data-sets", Action.READ, "catalogue", refusals_only=True)
CLASSIFICATIONS = EventCode("catalogue.read-classifications", Action.READ, "catalogue", refusals_only=True)


def list_data_sets(call: Call) -> Sequence[DataSet]:
    """The newest version of every data set, by id; for a consumer of those that it has a purpose for.

    Raises:
        Denied: a stranger.
    """
    with call.look(DATA_SETS) as step:
        caller = step.caller()
        step.authorise(facts.may_read_metadata(caller))
        catalogue, known = call.services.catalogue, known_data_sets(step, caller)
        every = {found.id for found in catalogue.data_sets}
        return [catalogue.data_set(name) for name in sorted(every if known is None else every & known)]


def read_data_set(call: Call, data_set: str, version: int | None = None) -> DataSet:
    """One version of a data set's definition, the newest unless another is asked.

    Raises:
        Denied: a stranger; a consumer without a purpose for it: the answer is that of one that does not exist.
        NotFound: no such data set or version.
    """
    with call.look(DATA_SETS) as step:
        step.authorise(facts.may_read_data_set(step.caller(), data_set, step.catalogue))
        return call.services.catalogue.data_set(data_set, version)


def known_data_sets(step: Step, caller: Caller) -> frozenset[str] | None:
    """The data sets that a consumer may know of; None for everybody else, who may know of all."""
    if not caller.is_consumer:
        return None
    return data_sets_known(caller.organisation, step.catalogue, civil_day(caller.at))


def list_classifications(call: Call) -> Sequence[Classification]:
    """All classifications, by id.

    Raises:
        Denied: a stranger.
    """
    with call.look(CLASSIFICATIONS) as step:
        step.authorise(facts.may_read_metadata(step.caller()))
        return sorted(step.catalogue.classifications, key=lambda found: found.id)


def read_classification(call: Call, classification: str) -> Classification:
    """One classification with its codes.

    Raises:
        Denied: a stranger.
        NotFound: no such classification.
    """
    with call.look(CLASSIFICATIONS) as step:
        step.authorise(facts.may_read_metadata(step.caller()))
        return step.catalogue.classification(classification)

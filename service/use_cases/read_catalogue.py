"""What may flow: data sets, classifications and purposes, from the policy bundle."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain import facts
from service.domain.audit import Action, EventCode
from service.domain.catalogue import DataSet
from service.domain.classification import Classification
from service.domain.principal import Role
from service.domain.purpose import Purpose
from service.use_cases.call import Call

DATA_SETS = EventCode("catalogue.read-data-sets", Action.READ, "catalogue")
CLASSIFICATIONS = EventCode("catalogue.read-classifications", Action.READ, "catalogue")
PURPOSES = EventCode("catalogue.read-purposes", Action.READ, "catalogue")


def list_data_sets(call: Call) -> Sequence[DataSet]:
    """The newest version of every data set, by id.

    Raises:
        Denied: a stranger.
    """
    with call.look(DATA_SETS) as step:
        step.authorise(facts.may_read_metadata(step.caller()))
        catalogue = call.services.catalogue
        return [catalogue.data_set(name) for name in sorted({found.id for found in catalogue.data_sets})]


def read_data_set(call: Call, data_set: str, version: int | None = None) -> DataSet:
    """One version of a data set's definition, the newest unless another is asked.

    Raises:
        Denied: a stranger.
        NotFound: no such data set or version.
    """
    with call.look(DATA_SETS) as step:
        step.authorise(facts.may_read_metadata(step.caller()))
        return call.services.catalogue.data_set(data_set, version)


def list_classifications(call: Call) -> Sequence[Classification]:
    """All classifications, by id.

    Raises:
        Denied: a stranger.
    """
    with call.look(CLASSIFICATIONS) as step:
        step.authorise(facts.may_read_metadata(step.caller()))
        return sorted(call.services.catalogue.classifications, key=lambda found: found.id)


def read_classification(call: Call, classification: str) -> Classification:
    """One classification with its codes.

    Raises:
        Denied: a stranger.
        NotFound: no such classification.
    """
    with call.look(CLASSIFICATIONS) as step:
        step.authorise(facts.may_read_metadata(step.caller()))
        return call.services.catalogue.classification(classification)


def list_purposes(call: Call) -> Sequence[Purpose]:
    """The purposes: all of them for a steward, for a regional owner those that name it as recipient.

    Raises:
        Denied: the caller is neither steward nor regional owner.
    """
    with call.look(PURPOSES) as step:
        caller = step.caller()
        step.authorise(facts.may_read_purposes(caller))
        purposes = sorted(call.services.catalogue.purposes, key=lambda found: (found.id, found.version))
        if Role.STEWARD in call.principal.roles:
            return purposes
        own = call.principal.organisation
        return [found for found in purposes if found.recipients.include(own, is_regional_owner=True)]

"""The catalogue that decisions look at: that of the bundle, with the purposes and classifications people approved."""

from __future__ import annotations

from service.domain.catalogue import Catalogue
from service.domain.region_list_text import read_region_list
from service.domain.stated_classification import as_classification, widened
from service.ports.purposes import PurposeDocuments
from service.ports.unit_of_work import UnitOfWork
from service.use_cases.recent import Recent


def in_force(
    purposes: PurposeDocuments, recent: Recent[Catalogue], data: UnitOfWork, catalogue: Catalogue
) -> Catalogue:
    """The catalogue of a bundle with what people approved, as it stands in an open transaction.

    Args:
        purposes: reads stated purposes.
        recent: catalogues that were widened by classifications before.
        data: the open transaction.
        catalogue: of the bundle.
    """
    stored = data.purposes
    return purposes.in_force(
        _widened(recent, data, catalogue), stored.decided(), lambda name, version: stored.get(name, version).document
    )


def _widened(recent: Recent[Catalogue], data: UnitOfWork, catalogue: Catalogue) -> Catalogue:
    """With the classifications that people brought in and a steward approved; the same object for the same ones."""
    ids = tuple(data.classifications.approved())
    if not ids:
        return catalogue
    found = recent.find((catalogue, ids))
    if found is None:
        stated = [data.classifications.get(id_) for id_ in ids]
        read = [as_classification(one.id, one.version, read_region_list(one.document), catalogue) for one in stated]
        found = widened(catalogue, [one for one in read if one is not None])
        recent.keep((catalogue, ids), found)
    return found

"""What can be asked in place of a table: coarser levels, or without a dimension, in the words of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.disclosure import Obstacle, Table
from service.disclosure.coarser.coarsening import Limits, Offer, Offers, Subject, find_gains, find_offers
from service.disclosure.coarser.ladders import Rung
from service.disclosure.coarser.obstruction import find_obstruction
from service.domain.catalogue import Catalogue
from service.domain.request import RequestedDimension, RequestSpec
from service.use_cases.disclosure_tables import dimension_of

Seconds = Callable[[], float]


@dataclass(frozen=True)
class Asked:
    """A request's table and its measures.

    Attributes:
        spec: the request.
        table: its shape.
        subjects: per measure, in the order of the request.
    """

    spec: RequestSpec
    table: Table
    subjects: tuple[Subject, ...]


@dataclass(frozen=True)
class CoarserRequests:
    """Per dimension of a request what can be asked instead, from fine to coarse; None leaves it out.

    Only what a request can say, under the same classifications: so the purpose covers it as well. A stock has no total
    over its periods, so those stay as they are. What is cut down to some codes stays so.
    """

    choices: tuple[tuple[RequestedDimension | None, ...], ...]
    ladders: tuple[tuple[Rung, ...], ...]

    @classmethod
    def of(cls, spec: RequestSpec, catalogue: Catalogue) -> CoarserRequests:
        """Everything coarser than what a request asks."""
        data_set = catalogue.data_set(spec.data_set, spec.data_set_version)
        choices, ladders = [], []
        for asked in spec.dimensions:
            described = next(d for d in data_set.dimensions if d.name == asked.dimension)
            tree = catalogue.classification(asked.classification)
            top = max((tree.levels.index(tree.by_code[code].level) for code in asked.only), default=0)
            above = tree.levels[top : tree.levels.index(asked.level)] if asked.level in tree.levels else ()
            nl, en = described.title.nl, described.title.en
            chosen: list[RequestedDimension | None] = [asked]
            rungs = [Rung(dimension_of(asked, data_set, catalogue))]
            for level in reversed(above) if described.total else ():
                coarser = replace(asked, level=level)
                words = f"{nl}: {level} in plaats van {asked.level}", f"{en}: {level} instead of {asked.level}"
                chosen.append(coarser)
                rungs.append(Rung(dimension_of(coarser, data_set, catalogue), *words))
            if described.total and not asked.only:
                chosen.append(None)
                rungs.append(Rung(None, f"{nl}: weggelaten", f"{en}: left out"))
            choices.append(tuple(chosen))
            ladders.append(tuple(rungs))
        return cls(tuple(choices), tuple(ladders))

    def dimensions(self, offer: Offer) -> list[dict[str, Any]]:
        """The dimensions to ask for, as a request names them."""
        chosen = (choice[rung] for choice, rung in zip(self.choices, offer.place, strict=True))
        return [
            {
                "dimension": one.dimension,
                "classification": one.classification,
                "level": one.level,
                **({"only": list(one.only)} if one.only else {}),
            }
            for one in chosen
            if one is not None
        ]


def in_the_way(asked: Asked, refused: int, limits: Limits) -> dict[str, Any]:
    """Report members for the stewards of a table that cannot be protected: what is in the way of it.

    Args:
        asked: the request's table.
        refused: number of the measure that was refused.
        limits: for the search.

    Returns:
        `measure`; `inTheWay`, with the ids of the earlier releases.
    """
    subject = asked.subjects[refused]
    obstruction = find_obstruction(subject, asked.table, limits)
    return {
        "measure": asked.spec.measures[refused],
        "inTheWay": {
            "releases": [subject.released[one].table.name for one in obstruction.releases],
            "minimal": obstruction.minimal,
        },
    }


def offered_instead(
    asked: Asked, refused: int, obstacles: Sequence[Obstacle], catalogue: Catalogue, limits: Limits
) -> dict[str, Any]:
    """Report members for the stewards of a table that cannot be protected: what can be made instead.

    Args:
        asked: the request's table.
        refused: number of the measure that was refused.
        obstacles: what stands in the way of it.
        catalogue: of today.
        limits: for the search.

    Returns:
        `offers`, finest first, of which the requester sees the shape; `search`, how far it went.
    """
    coarser = CoarserRequests.of(asked.spec, catalogue)
    offers = find_offers(asked.subjects, asked.table, {refused: obstacles}, ladders=coarser.ladders, limits=limits)
    return {"offers": _told(offers, coarser, asked.spec), "search": _search(offers)}


def gained_instead(asked: Asked, lost: float, seconds: float, catalogue: Catalogue, limits: Limits) -> dict[str, Any]:
    """Report members for the stewards of a protected table: what would be lost by asking less finely.

    Args:
        asked: the request's table.
        lost: the share of the value that it lost, of the measure that lost most.
        seconds: what protecting it took.
        catalogue: of today.
        limits: for the search.
    """
    coarser = CoarserRequests.of(asked.spec, catalogue)
    gains = Offers((), 0)
    if lost:
        gains = find_gains(asked.subjects, asked.table, lost, ladders=coarser.ladders, limits=limits, expected=seconds)
    return {"coarser": _told(gains, coarser, asked.spec), "search": _search(gains)}


def _told(offers: Offers, coarser: CoarserRequests, spec: RequestSpec) -> list[dict[str, Any]]:
    return [
        {
            "dimensions": coarser.dimensions(offer),
            "change": {"nl": offer.dutch, "en": offer.english},
            "measures": [
                {
                    "measure": measure,
                    "cells": figures.cells,
                    "suppressed": figures.suppressed,
                    "shareOfValueLost": figures.lost,
                }
                for measure, figures in zip(spec.measures, offer.figures, strict=True)
            ],
        }
        for offer in offers.found
    ]


def _search(offers: Offers) -> Mapping[str, Any]:
    return {"tries": offers.tries, "stopped": offers.stopped, "nl": offers.dutch, "en": offers.english}

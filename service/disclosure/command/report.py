"""What `sluis protect` tells: REPORT.json after a protected table, and lines after a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from service.disclosure.attack.audit import AttackReport
from service.disclosure.coarser.coarsening import Offer, Offers
from service.disclosure.coarser.obstruction import Obstruction
from service.disclosure.methods.losses import Loss, losses_of
from service.disclosure.methods.suppression import Explanation, Protected, Report


def plain_number(value: int, decimals: int) -> str:
    """A value of the facts as a plain decimal, exactly."""
    text = f"{Decimal(value).scaleb(-decimals):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def report_text(outcome: Protected, warnings: Sequence[str], gains: Offers | None) -> str:
    """REPORT.json, for whoever decides on the table; it tells primary from secondary, so it is not for publication.

    Args:
        outcome: the protected table.
        warnings: of the specification.
        gains: coarser tables that lose less; None when none were looked for.
    """
    figures = outcome.report

    def number(value: int) -> int | float:
        return value if outcome.decimals == 0 else float(plain_number(value, outcome.decimals))

    losses = losses_of(outcome)
    document: dict[str, Any] = {
        "cells": figures.cells,
        "unsafe": figures.unsafe,
        "suppressed": figures.suppressed,
        "suppressed_value": number(figures.suppressed_value),
        "finest_value": number(figures.finest_value),
        "programs": figures.programs,
        "seconds": figures.seconds,
        "attack": _attack_figures(figures.attack, 10**outcome.decimals),
        "warnings": list(warnings),
        "loss": {
            "table": _loss(losses.table),
            "finest": _loss(losses.finest),
            "levels": [
                {"dimension": one.dimension, "level": int(one.level), **_loss(one.loss)} for one in losses.levels
            ],
        },
        "suppressed_cells": [_explained(one) for one in outcome.explanations],
    }
    if figures.rounding is not None:
        document["rounding"] = {
            "base": number(figures.rounding.base),
            "changed": figures.rounding.changed,
            "largest_change": number(figures.rounding.largest_change),
            "widened": figures.rounding.widened,
            "without_suppression": number(figures.rounding.without_suppression),
        }
    if gains is not None:
        document["coarser"] = {
            "tables": [_offer(one) for one in gains.found],
            "tries": gains.tries,
            "stopped": gains.stopped,
        }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def offer_lines(offers: Offers) -> Iterator[str]:
    """What can be made safely in place of a table that was refused, in Dutch and English."""
    if offers.found:
        yield "Wel veilig te maken, fijnste eerst · Safe instead, finest first:"
    for number, offer in enumerate(offers.found, start=1):
        figures = offer.figures[0]
        yield f"  {number}. {offer.dutch} · {offer.english}"
        yield (
            f"     {figures.cells} cellen, {figures.suppressed} onderdrukt, {_percent(offer.lost)} van de waarde kwijt"
            f" · {figures.cells} cells, {figures.suppressed} suppressed, {_percent(offer.lost)} of the value lost"
        )
    yield f"({offers.dutch} · {offers.english})"


def rounding_line(figures: Report, decimals: int) -> str:
    """What rounding came to, in Dutch and English; nothing when nothing was rounded."""
    done = figures.rounding
    if done is None:
        return ""
    base = plain_number(done.base, decimals)
    dutch, english = [f"afgerond op {base}"], [f"rounded to {base}"]
    if done.widened:
        dutch.append(f"{done.widened} cellen een veelvoud verder, anders telt de tabel niet op")
        english.append(f"{done.widened} cells one multiple further, or the table would not add up")
    if figures.suppressed:
        enough = plain_number(done.without_suppression, decimals)
        dutch.append(f"dat alleen beschermt niet, dus ook onderdrukt; probeer een grondtal van {enough} of meer")
        english.append(f"that alone does not protect, so cells are suppressed too; try a base of {enough} or more")
    return f"{'; '.join(dutch)} · {'; '.join(english)}"


def obstruction_line(obstruction: Obstruction, names: Sequence[str]) -> str:
    """Which earlier releases stand in the way; `names` are those of all releases, in their order."""
    if not obstruction.releases:
        return (
            "Geen eerdere vrijgave staat in de weg: de tabel is op zichzelf niet te beschermen"
            " · No earlier release stands in the way: the table cannot be protected by itself"
        )
    listed = ", ".join(names[one] for one in obstruction.releases)
    if obstruction.minimal:
        return f"In de weg staat wat is vrijgegeven in · In the way stands what was released in: {listed}"
    return f"In de weg staat een deel hiervan (niet verder uitgezocht) · In the way stands some of: {listed}"


def _explained(one: Explanation) -> dict[str, Any]:
    reasons = [
        {"rule": type(reason).__name__} | {key: _plain(value) for key, value in asdict(reason).items()}
        for reason in one.reasons
    ]
    return {
        "codes": list(one.codes),
        "primary": one.primary,
        "reasons": reasons,
        "protects": [list(codes) for codes in one.protects],
    }


def _loss(loss: Loss) -> dict[str, Any]:
    """Shares before anything was withheld for the sake of others, and after."""
    return {
        "cells": loss.cells,
        "unsafe": loss.unsafe,
        "suppressed": loss.suppressed,
        "share_of_cells": dict(zip(("before", "after"), loss.share_of_cells, strict=True)),
        "share_of_value": dict(zip(("before", "after"), loss.share_of_value, strict=True)),
    }


def _offer(offer: Offer) -> dict[str, Any]:
    figures = offer.figures[0]
    return {
        "change": {"nl": offer.dutch, "en": offer.english},
        "cells": figures.cells,
        "suppressed": figures.suppressed,
        "share_of_value_lost": offer.lost,
    }


def _attack_figures(attack: AttackReport, unit: int) -> dict[str, Any]:
    return {
        "cells_examined": attack.examined,
        "exact_disclosures": attack.exact_disclosures,
        "interval_breaches": attack.interval_breaches,
        "attackers_tried": attack.attackers,
        "programs": attack.programs,
        "tightest": [
            {
                "codes": dict(one.codes),
                "lower": one.lower / unit,
                "upper": one.upper / unit,
                "needed": {"lower": one.needed_lower / unit, "upper": one.needed_upper / unit},
                "exact": one.exact,
            }
            for one in attack.tightest
        ],
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value

"""Disclosure control: which cells of a table may be published, next to everything published before.

The journey of a table:

1. `facts.Facts` — the rows at the finest level; `dimensions.Dimension` and `tables.Table` — what is asked.
2. `lattice` — every cell of every linked table, and the common refinement of them all.
3. `measures`, `rules` — value, persons, contributors of each; `Rules` says which are unsafe and how uncertain
   an attacker must stay. `insight` — who knows of an empty cell anyway; `hidden` — what must be withheld besides.
4. `finding` — what else must be withheld so that he does. `certificates` say what that takes and when it is shown;
   `hypercubes` show it for large tables, `pattern` and `search` by linear programs (`linear`) for the rest.
5. `attack` — the independent last gate: linear programs over what is published, as an outsider and as every
   contributor. Its own parts are `system` (equations, what is public), `component` (linear programs), `docket`
   (what is shown so far), `attacker` (who asks what) and `findings`.
6. `protection.protect` — the journey in one call; `losses` — what it costs; `progress` — how far it is.
7. `coarsening` — what to offer when nothing helps: `obstruction` says what stands in the way, `ladders` and
   `candidates` how a table can be coarser.
8. `changes.protect_correction` — the same as 6, when earlier tables were made of figures that were corrected since:
   `versions` says what changed, `joined` attacks all versions as one.
9. `rounding.protect_rounded` — the same by rounding to a base: multiples that add up, and the same attack.
10. `noise` — instead of all this, for public figures: noise on every cell, under differential privacy.
11. `command` — from a shell (`sluis protect`): `specification` and `reading` take it in, `report` tells the outcome.

What goes wrong is one of `faults`.

Example:
    >>> from service.disclosure import Dimension, Facts, Rules, Table, protect
    >>> facts = Facts.build(
    ...     {"region": ["N", "N", "S", "S"], "care": ["a", "b", "a", "b"]}, value=[4, 40, 30, 50]
    ... )
    >>> table = Table((Dimension.flat("region", "NS"), Dimension.flat("care", "ab")))
    >>> outcome = protect(facts, table, Rules(minimum_count=10))
    >>> outcome.report.attack.clean
    True
    >>> [cell.value for cell in outcome.cells]
    [124, 34, 90, 44, None, None, 80, None, None]

`protect` raises `CannotBeProtected` when nothing helps, `BadInput` when the question is wrong. Use `attack` on
everything that is about to be public as a gate of its own.
"""

from service.disclosure.attack import AttackReport, Breach, attack
from service.disclosure.changes import CorrectionWaits, protect_correction
from service.disclosure.dimensions import TOTAL, Dimension
from service.disclosure.facts import Coded, Facts
from service.disclosure.faults import BadInput, CannotBeProtected, DisclosureError, Fault, Obstacle
from service.disclosure.joined import attack_versions
from service.disclosure.protection import Cell, Explanation, Protected, Report, protect
from service.disclosure.rules import (
    BelowMinimumCount,
    Dominated,
    EstimatedTooClosely,
    HoldsWholeMargin,
    Reason,
    Rules,
    ShowsChange,
    TooFewContributors,
)
from service.disclosure.tables import NORMAL, SUPPRESSED, ReleasedTable, Table
from service.disclosure.versions import Version

__all__ = [
    "NORMAL",
    "SUPPRESSED",
    "TOTAL",
    "AttackReport",
    "BadInput",
    "BelowMinimumCount",
    "Breach",
    "CannotBeProtected",
    "Cell",
    "Coded",
    "CorrectionWaits",
    "Dimension",
    "DisclosureError",
    "Dominated",
    "EstimatedTooClosely",
    "Explanation",
    "Facts",
    "Fault",
    "HoldsWholeMargin",
    "Obstacle",
    "Protected",
    "Reason",
    "ReleasedTable",
    "Report",
    "Rules",
    "ShowsChange",
    "Table",
    "TooFewContributors",
    "Version",
    "attack",
    "attack_versions",
    "protect",
    "protect_correction",
]

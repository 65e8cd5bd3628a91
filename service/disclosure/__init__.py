"""Disclosure control: which cells of a table may be published, next to everything published before.

The journey of a table, a folder for each step:

1. `question` — the rows, what is asked of them, and which cells are unsafe; `Rules` says how uncertain an attacker must
   stay about these.
2. `pattern` — what else must be withheld so that he does, with certificates that show it.
3. `attack` — the independent last gate: an outsider and every contributor, by linear programs over all that is public.
4. `methods` — all of it in one call: `protect` by suppression, `protect_rounded`, `protect_correction` beside releases
   of figures that were corrected since; and noise, instead of all this, for public figures.
5. `coarser` — what to offer when nothing helps, and what stands in the way.
6. `command` — from a shell: `sluis protect`.

`linear` is the hold on HiGHS that pattern, attack and rounding share; `elimination` solves equations by hand before,
and `choices` asks for what that leaves free. `progress` tells how far the work is. What goes wrong is one of `faults`.

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

from service.disclosure.attack.audit import AttackReport, Breach, attack
from service.disclosure.attack.joined import attack_versions
from service.disclosure.attack.versions import Version
from service.disclosure.faults import BadInput, CannotBeProtected, DisclosureError, Fault, Obstacle
from service.disclosure.methods.corrections import CorrectionWaits, protect_correction
from service.disclosure.methods.suppression import Cell, Explanation, Protected, Report, protect
from service.disclosure.question.dimensions import TOTAL, Dimension
from service.disclosure.question.facts import Coded, Facts, Shared
from service.disclosure.question.rules import (
    BelowMinimumCount,
    Dominated,
    EstimatedTooClosely,
    HoldsWholeMargin,
    Reason,
    Rules,
    ShowsChange,
    TooFewContributors,
)
from service.disclosure.question.tables import NORMAL, SUPPRESSED, ReleasedTable, Table

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
    "Shared",
    "ShowsChange",
    "Table",
    "TooFewContributors",
    "Version",
    "attack",
    "attack_versions",
    "protect",
    "protect_correction",
]

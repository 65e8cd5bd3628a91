"""The attack audit: what can be computed from everything that was published, and is it too much?

It shares nothing with the protector but the definitions. It starts from the published values, the hierarchies of
the tables and the fact that figures are not negative, and it plays the attackers themselves:

1. Every published value is compared with the facts.
2. The equations are written down anew, straight from the hierarchies (`system`). A rounded value bounds a figure.
3. What is published drops out. An equation with one unknown left gives that unknown away; so on until none does.
4. What remains falls apart into components without shared equations.
5. Deviations that the protector claims to be possible are checked, and count for every cell and attacker that they
   serve (`docket`).
6. An outsider solves two linear programs per unsafe cell: how large, how small can it be (`component`)? Where the
   figures are counts, only whole numbers count, however wide the interval.
7. What is still open for some contributor with its own figures known is solved: for all of them at once, then
   contributor by contributor. What is still open after that is a breach.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.disclosure.attack.attacker import Attacker
from service.disclosure.attack.findings import AttackReport, Breach, Interval
from service.disclosure.attack.system import System, equations, known_nodes
from service.disclosure.question.claims import Certificate
from service.disclosure.question.facts import Facts
from service.disclosure.question.lattice import Lattice, build_lattice
from service.disclosure.question.measures import Measures, measure
from service.disclosure.question.rules import Assessment, Rules, assess
from service.disclosure.question.tables import ReleasedTable

__all__ = [
    "AttackReport",
    "Breach",
    "Interval",
    "System",
    "attack",
    "attack_nodes",
    "attack_system",
    "equations",
    "known_nodes",
]


def attack(facts: Facts, rules: Rules, tables: Sequence[ReleasedTable]) -> AttackReport:
    """Attack everything that is or would be published about the same facts, all tables together.

    Args:
        facts: what the tables were made of.
        rules: which cells are unsafe, and how uncertain they must stay.
        tables: earlier releases and the one about to go out.

    Raises:
        BadInput: a published value differs from the facts, so that the tables are not about these facts.
        CannotBeProtected: the common refinement is too large to examine.
    """
    lattice = build_lattice(facts, [released.table for released in tables])
    measures = measure(facts, lattice)
    return attack_nodes(lattice, measures, assess(lattice, measures, rules), tables)


def attack_nodes(
    lattice: Lattice,
    measures: Measures,
    assessment: Assessment,
    tables: Sequence[ReleasedTable],
    *,
    intervals: bool = True,
    claims: Sequence[Certificate] = (),
) -> AttackReport:
    """`attack`, on a lattice over the same tables that is at hand already.

    Without `intervals` the verdict is the same and takes fewer linear programs: a need that a solution for
    another cell shows is not solved for, and the bounds reported are those that were seen. `claims` are
    certificates of the protector. They are not believed: one counts only when the equations written down here
    hold for it and it moves nothing that is known.
    """
    system = System.of(lattice, measures, tables)
    return attack_system(system, measures, assessment, intervals=intervals, claims=claims)


def attack_system(
    system: System,
    measures: Measures,
    assessment: Assessment,
    *,
    intervals: bool = True,
    claims: Sequence[Certificate] = (),
) -> AttackReport:
    """`attack_nodes`, on equations that were written down already; `measures` and `assessment` follow its nodes."""
    attacker = Attacker(system, measures, assessment)
    attacker.verify(claims)
    attacker.run(intervals=intervals)
    return attacker.report()

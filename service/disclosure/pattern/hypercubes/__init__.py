"""The hypercube method, for any number of attackers: patterns for tables of any size, in seconds.

Repsilber (1994) and Giessing and Repsilber (2002) protect a cell by a hypercube of cells around it, 2 along each
dimension, whose figures can rise and fall in turn without changing any total. Here a deviation is a sum of such
hypercubes, each as far as the figures allow; hypercubes follow the hierarchies, and several of them at once; and a
deviation has to be possible to the attacker it is meant for. What comes out are certificates (see `certificates`).

1. `moves` — one step along one axis, and how steps multiply to hypercubes.
2. `desk` — all arrays that the compiled functions work on.
3. `deviation` — the cheapest sum of hypercubes that moves one node far enough.
4. `proving` — the deviations that together prove one need to every attacker.
5. `improving` — publishing again what the proofs can do without.
6. `weaver` — the journey: every need of an assessment, in order.
"""

from service.disclosure.pattern.hypercubes.weaver import Weaver

__all__ = ["Weaver"]

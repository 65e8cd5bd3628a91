"""The hypercube method, for any attacker: certificates in tables of any size, each in a fraction of a millisecond.

Repsilber (1994) and Giessing and Repsilber (2002) protect a cell by a hypercube of cells around it, 2 along each
dimension, whose figures can rise and fall in turn without changing any total. Here a deviation is a sum of such
hypercubes, each as far as the figures allow; hypercubes follow the hierarchies, and several of them at once; and a
deviation has to be possible to the attackers it is meant for.

1. `moves` — one step along one axis, and how steps multiply to hypercubes.
2. `desk` — all arrays that the compiled functions work on.
3. `deviation` — the cheapest sum of hypercubes that moves one node far enough.
4. `cubes` — the same for those who know nothing of all that: a need in, a certificate out.

Beside it `settling`, for whoever's certificate: what does it show, and for whom?
"""

from service.disclosure.pattern.hypercubes.cubes import Cubes

__all__ = ["Cubes"]

"""What is asked, and what of it is unsafe: definitions that pattern and attack share.

`facts`, `dimensions` and `tables` hold the rows and the shape of what is published; `lattice` every cell of every
linked table, down to their common refinement; `measures` what each holds; `rules` which are unsafe and how uncertain
an attacker must stay; `insight` who knows of an empty cell anyway; `hidden` what must be withheld besides; `claims`
what a deviation looks like.
"""

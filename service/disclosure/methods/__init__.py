"""Ways to make a table fit to publish: each from facts and rules to a table that passed the attack.

`suppression` withholds cells, `rounding` rounds to a base, `corrections` publishes beside releases of figures that were
corrected since, `noise` replaces all this for public figures. `losses` says what suppression costs.
"""

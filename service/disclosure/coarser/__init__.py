"""What to offer when a table cannot be protected.

`obstruction` names the earlier releases that stand in the way, `ladders` and `candidates` the ways to be coarser,
`coarsening` the finest of these that is safe.
"""

"""Figures against their limits, as ratios within one run: absolute figures drift too much to mean anything.

`python -m benchmarks` runs every module here that has `main()`; names on the command line choose, `--full` takes the
full size. See docs and `benchmarks.report` for the columns.
"""

"""Which cells to withhold besides the unsafe ones.

`finding` is the journey; `certificates` say what every unsafe cell needs and when it is shown; `hypercubes` show it for
large tables, `withholding` and `search` by linear programs for what is left.
"""

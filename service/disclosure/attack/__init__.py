"""The last gate: what can be computed from everything that was published, and is it too much?

It takes nothing from the pattern but claims, which it verifies. `audit` numbers the steps; `system` writes down the
equations and what is public; `component` holds the linear programs, `docket` what is shown so far, `attacker` who asks
what, `findings` the outcome. `versions` and `joined` do the same for figures that were corrected.
"""

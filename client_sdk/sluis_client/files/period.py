"""Which earlier period a period is compared with."""

from __future__ import annotations

import pyarrow as pa

from sluis_client.rules import RoundRules


def counterparts(rules: RoundRules, earlier: pa.Table) -> dict[str, str]:
    """For each period of an earlier delivery the one of this round that follows it.

    The first of the one is followed by the first of the other, and so on, when the round has as many periods: the first
    quarter of 2020 is held against that of 2019. Otherwise only a single earlier period has one: the round's first.
    """
    name = rules.definition.period_column
    if name is None or name not in earlier.column_names:
        return {}
    old = sorted(set(earlier[name].to_pylist()) - {None})
    new = sorted(code.code for code in rules.codes_of(name))
    if len(old) > len(new):
        return {}
    if set(old) <= set(new):
        return {period: period for period in old}
    return dict(zip(old, new, strict=False)) if len(old) in {1, len(new)} else {}

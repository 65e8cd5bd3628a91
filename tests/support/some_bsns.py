"""Numbers that could be BSNs."""

from __future__ import annotations

from sluis_client.wire.pseudonym import checked_bsn


def some_bsns(count: int) -> list[str]:
    return [_bsn(number) for number in range(count)]


def _bsn(number: int) -> str:
    """The number-th BSN: the last digit follows from the others, and not every eight digits have one."""
    for start in range(1_000_000 + 20 * number, 10**8):
        text = f"{start:08}"
        left = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), text, strict=True)) % 11
        if left < 10:
            assert checked_bsn(text + str(left)) == text + str(left)
            return text + str(left)
    raise AssertionError

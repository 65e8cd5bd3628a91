"""Codes of periods and the days that they span."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

_FORMS = re.compile(
    r"(?P<year>[0-9]{4})"
    r"(?:-?Q(?P<quarter>[1-4])|-?[SH](?P<half>[12])|-W(?P<week>[0-9]{2})"
    r"|-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?"
)


def dates_of_period(code: str) -> tuple[date, date] | None:
    """First and last day of `2019`, `2019Q1`, `2019-Q1`, `2019H1`, `2019S1`, `2019-01`, `2019-W01` or `2019-01-31`.

    Returns:
        None for any other text, and for a period that does not exist, such as `2019-13`.
    """
    form = _FORMS.fullmatch(code)
    if form is None:
        return None
    part = {name: int(text) for name, text in form.groupdict().items() if text is not None}
    year = part["year"]
    try:
        if "week" in part:
            monday = date.fromisocalendar(year, part["week"], 1)
            return monday, monday + timedelta(days=6)
        if "day" in part:
            day = date(year, part["month"], part["day"])
            return day, day
        months = 12
        first = 1
        for name, months_in in (("quarter", 3), ("half", 6), ("month", 1)):
            if name in part:
                months, first = months_in, (part[name] - 1) * months_in + 1
        last = first + months - 1
        return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])
    except ValueError:
        return None

"""Days and months as the ledger counts them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

from runs.calendar import NIGHT_ZONE, buyers_day


# A label's day begins and ends by the buyer's calendar.
LEDGER_ZONE, ledger_day = NIGHT_ZONE, buyers_day


@lru_cache(maxsize=4096)
def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_day_of_term(first: date, months: int) -> date:
    """A term of twelve months from 1 June ends on 31 May."""
    return add_months(first, months) - timedelta(days=1)

"""The buyer's calendar: days begin and end, and the nightly work begins, where the buyer is, wherever a worker runs."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


NIGHT_ZONE = ZoneInfo("Asia/Shanghai")


def buyers_day(at: datetime) -> date:
    return at.astimezone(NIGHT_ZONE).date()

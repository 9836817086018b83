from calendar import monthrange
from datetime import datetime


def months_after(at: datetime, months: int) -> datetime:
    """The same day of a later month, or its last one."""
    years, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + years, month + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))

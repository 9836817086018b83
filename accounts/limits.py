"""How often somebody may try: some tries are free, then each costs a wait that doubles. Counted in the database, before the try is
looked at, so that many at once, to many processes, gain nothing.

Who tries is part of the key. A stranger who guesses somebody's password from elsewhere fills a count of its own: the account itself
is never locked. Who shares the stranger's network, in a browser that never opened the account, waits with it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.crypto import salted_hmac

from accounts.models import Throttle
from accounts.scope import system


@dataclass(frozen=True)
class Limit:
    name: str
    free: int
    first_wait: timedelta
    longest_wait: timedelta
    # After so long without a try the count begins anew.
    forgotten_after: timedelta


# One account from one place; then everything from one place, against one password tried on many accounts.
SIGN_IN = Limit("sign-in", 5, timedelta(seconds=30), timedelta(hours=1), timedelta(days=1))
SIGN_INS_FROM_A_PLACE = Limit("sign-ins", 60, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=1))
# The same of reset links.
RESET_LINKS = Limit("reset-link", 5, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))
RESET_LINKS_FROM_A_PLACE = Limit("reset-links", 60, timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1))
# A whole factory may come from one address.
REPORTS_FROM_A_PLACE = Limit("grievance-reports", 60, timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=6))
CODES_FROM_A_PLACE = Limit("grievance-codes", 60, timedelta(seconds=30), timedelta(minutes=30), timedelta(hours=6))
REGISTRATIONS_FROM_A_PLACE = Limit("registrations", 20, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))
REGISTRATION_MAILS = Limit("registration-mails", 3, timedelta(hours=1), timedelta(days=1), timedelta(days=7))
# Of one person: how often what was refused is written down.
REFUSALS = Limit("refusals", 20, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))

_TAKE = """
    INSERT INTO accounts_throttle AS kept (key, count, last_at) VALUES (%(key)s, 1, %(at)s)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN kept.last_at < %(at)s - %(forgotten_after)s THEN 1 ELSE LEAST(kept.count + 1, 1000000) END,
        last_at = %(at)s
    WHERE kept.count < %(free)s
       OR kept.last_at < %(at)s - %(forgotten_after)s
       OR kept.last_at + LEAST(%(first_wait)s * power(2, LEAST(kept.count - %(free)s, 30)), %(longest_wait)s) <= %(at)s
    RETURNING count
"""


@system()  # whoever is counted does not write the counter
def take(limit: Limit, *who: str, at: datetime) -> int:
    """Counts one try. 0: it may be made. Else it was not counted, and so many seconds are to be waited for."""
    key = _key(limit, who)
    values: dict[str, Any] = {"key": key, "at": at, **vars(limit)}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        if cursor.fetchone():
            return 0
    kept = Throttle.objects.filter(key=key).first()
    return 0 if kept is None else max(1, ceil((kept.last_at + _wait(limit, kept.count) - at).total_seconds()))


def _wait(limit: Limit, count: int) -> timedelta:
    return min(limit.first_wait * int(2 ** min(count - limit.free, 30)), limit.longest_wait)


@system()
def forget(limit: Limit, *who: str) -> None:
    """It went well: the next failure is a first one."""
    Throttle.objects.filter(key=_key(limit, who)).delete()


@system()
def give_back(limit: Limit, *who: str) -> None:
    """It went well and does not count: many people may come from one network."""
    Throttle.objects.filter(key=_key(limit, who), count__gt=0).update(count=F("count") - 1)


def _key(limit: Limit, who: tuple[str, ...]) -> str:
    return salted_hmac(f"accounts.limits.{limit.name}", "\0".join(who), algorithm="sha256").hexdigest()


def network_of(address: str) -> str:
    """Whoever has one address of the newer kind has 2^64 of them: they count as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(parsed) if parsed.version == 4 else str(ip_network(f"{parsed}/64", strict=False))

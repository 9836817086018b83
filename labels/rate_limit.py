"""At most so many requests a minute from one address, counted in the cache. Without a shared cache each web process counts for itself."""

import time

from django.core.cache import cache


def seconds_to_wait(address: str, name: str, *, per_minute: int) -> int:
    """0 when the request may be answered."""
    minute, second = divmod(int(time.time()), 60)
    key = f"rate:{name}:{address}:{minute}"
    cache.add(key, 0, timeout=120)
    try:
        count = cache.incr(key)
    except ValueError:
        # It ran out between the two.
        return 0
    return 60 - second if count > per_minute else 0

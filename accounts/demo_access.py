"""Demo accounts have published passwords, so they open only in demo mode and only from this very machine."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest  # noqa: TID251 - looks at where a sign-in comes from


def demo_account_allowed(request: HttpRequest | None) -> bool:
    if not settings.DEMO or request is None:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    # A proxy in front would make every visitor look local: its header betrays it.
    return address.is_loopback and "HTTP_X_FORWARDED_FOR" not in request.META

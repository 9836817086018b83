"""What opens a report: a key of its own from the settings, so that a copy of the database, or of its backups, tells nothing."""

import json
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings

from accounts.sealing import box


PURPOSE = "grievances"


def keys() -> tuple[str, ...]:
    """The newest first; without one of its own the channel takes the portal's key."""
    return tuple(settings.GRIEVANCE_KEYS) or (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def seal(content: Any) -> str:
    return box(PURPOSE, keys()).encrypt(json.dumps(content, ensure_ascii=False).encode()).decode()


def unseal(sealed: str) -> Any:
    """None for what no key of ours opens: the page says so, and the clocks still run."""
    try:
        return json.loads(box(PURPOSE, keys()).decrypt(sealed.encode()))
    except InvalidToken:
        return None

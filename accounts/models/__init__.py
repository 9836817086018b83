"""Who may enter. `people.py`: persons, hats, invitations, mail; `throttle.py`: how often somebody tried."""

from accounts.models.consent import Consent
from accounts.models.people import (
    BUYER_ROLES,
    HOUSE_ROLES,
    LANGUAGE_CHOICES,
    SUPPLIER_ROLES,
    Invitation,
    InvitationQuerySet,
    Membership,
    Message,
    MessageQuerySet,
    Role,
    User,
    UserManager,
    hash_token,
)
from accounts.models.throttle import Throttle


__all__ = [
    "BUYER_ROLES",
    "HOUSE_ROLES",
    "LANGUAGE_CHOICES",
    "SUPPLIER_ROLES",
    "Consent",
    "Invitation",
    "InvitationQuerySet",
    "Membership",
    "Message",
    "MessageQuerySet",
    "Role",
    "Throttle",
    "User",
    "UserManager",
    "hash_token",
]

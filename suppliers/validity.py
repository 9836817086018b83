"""Whether a document is in date, and how soon it ends."""

from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppliers.models import Document


# People are warned so many days ahead; see suppliers/expiry.py.
DAYS_AHEAD = (120, 90, 60, 30, 7)
SOON = timedelta(days=60)


def validity(document: Document, on: date) -> tuple[str, str]:
    """(state of accounts.badges, words)."""
    if document.valid_from and document.valid_from > on:
        return "pending", _("Not valid yet")
    if document.valid_to is None:
        return "valid", _("No end date")
    if document.valid_to < on:
        return "expired", _("Expired")
    if document.valid_to <= on + SOON:
        return "expiring", ends_in(document.valid_to, on)
    return "valid", _("Valid")


def ends_in(day: date, on: date) -> str:
    left = (day - on).days
    if not left:
        return _("Ends today")
    return ngettext("Ends in %(count)s day", "Ends in %(count)s days", left) % {"count": left}

"""Why people revoke a label."""

from django.utils.translation import gettext_lazy as _


REVOCATION_GROUNDS = [
    ("false_statement", _("False statement or forged evidence")),
    ("serious_violation", _("Serious violation of the supplier code")),
    ("ethics", _("Breach of business ethics")),
    ("misuse", _("Misuse of the label")),
]


def ground_title(reason_code: str) -> str:
    """Empty where the reason is none of these."""
    return str(dict(REVOCATION_GROUNDS).get(reason_code, ""))

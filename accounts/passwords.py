import gzip
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


# Passwords of twelve characters and more that were stolen somewhere and published, in small letters (accounts/breached/README.md).
BREACHED = Path(__file__).parent / "breached" / "passwords.txt.gz"


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's, with a sentence of our own: Django's has no Chinese."""

    def get_error_message(self) -> str:
        text = ngettext(
            "This password is too short. It needs at least %(count)s character.",
            "This password is too short. It needs at least %(count)s characters.",
            self.min_length,
        )
        return text % {"count": self.min_length}


@cache
def breached() -> frozenset[str]:
    return frozenset(gzip.decompress(BREACHED.read_bytes()).decode().split("\n"))


class BreachedPasswordValidator:
    """Refuses what attackers try first. Looked up in a file that comes with the portal: no password leaves the machine."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = password.strip().lower()
        if plain in breached() or _half(plain) in breached():
            raise ValidationError(
                _("This password was stolen somewhere before and stands in lists that attackers try. Choose another one."),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return _("Your password must not be one that was stolen and published before.")


def _half(password: str) -> str:
    """The same word twice is no better than once."""
    middle = len(password) // 2
    return password[:middle] if password[:middle] == password[middle:] else password

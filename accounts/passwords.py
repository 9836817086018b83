import gzip
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
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


# What an attacker of this portal, rather than of any, tries first. The host name of the portal is added.
OWN_WORDS = frozenset(
    {
        *("supplier", "portal", "esg", "compliance", "sustainability", "procurement", "assessment"),
        *("carbon", "neutral", "green", "label"),
    }
)


class OwnWordsValidator:
    """Refuses a password that is made of words of this portal and little else."""

    least = 6

    def validate(self, password: str, user: Any = None) -> None:
        left = password.lower()
        for word in sorted(OWN_WORDS | _host_words(), key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < len(password) and sum(letter.isalpha() for letter in left) < self.least:
            raise ValidationError(_("This password is made of words of this portal, which attackers try first."), code="password_own_words")

    def get_help_text(self) -> str:
        return _("Your password must not be made of words of this portal.")


def _host_words() -> frozenset[str]:
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return frozenset(part for part in re.split(r"[.-]", host) if len(part) > 3 and not part.isdigit())


def _half(password: str) -> str:
    """The same word twice is no better than once."""
    middle = len(password) // 2
    return password[:middle] if password[:middle] == password[middle:] else password

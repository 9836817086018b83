"""The privacy notice and who accepted which version of it. The newest file of accounts/consent_texts/ is in force."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from django.db import transaction

from accounts.models import Consent, User
from audit import trail


TEXTS = Path(__file__).parent / "consent_texts"
SESSION_KEY = "consent"


@dataclass(frozen=True)
class Notice:
    version: str
    paragraphs: dict[str, tuple[str, ...]]

    def in_language(self, language: str) -> tuple[str, ...]:
        return self.paragraphs.get(language, self.paragraphs["en"])

    def sha256(self, language: str) -> str:
        return hashlib.sha256("\n".join(self.in_language(language)).encode()).hexdigest()


@cache
def in_force() -> Notice:
    newest = max(TEXTS.glob("*.yaml"), key=lambda path: path.stem)
    content = yaml.safe_load(newest.read_text(encoding="utf-8"))
    return Notice(newest.stem, {language: tuple(content[language]) for language in ("en", "zh-hans")})


def has_accepted(user: User) -> bool:
    return Consent.objects.filter(user=user, version=in_force().version).exists()


@transaction.atomic
def accept(*, user: User, language: str, at: datetime) -> None:
    """Pressing twice accepts once."""
    notice = in_force()
    values = {"language": language, "sha256": notice.sha256(language), "accepted_at": at}
    _consent, is_new = Consent.objects.get_or_create(user=user, version=notice.version, defaults=values)
    if is_new:
        trail.record("consent.given", actor=user, target=user, detail={"version": notice.version}, at=at)

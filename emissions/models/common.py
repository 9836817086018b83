from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import get_language
from django_stubs_ext import StrOrPromise


def tonnes(verbose_name: StrOrPromise, **options: Any) -> "models.DecimalField[Decimal | int | str, Decimal]":
    """A column of tonnes CO2e, to the gram."""
    return models.DecimalField(verbose_name, max_digits=18, decimal_places=6, **options)


def optional_tonnes(verbose_name: StrOrPromise, **options: Any) -> "models.DecimalField[Decimal | int | str | None, Decimal | None]":
    return models.DecimalField(verbose_name, max_digits=18, decimal_places=6, null=True, blank=True, **options)


def in_use(chinese: str, english: str) -> str:
    """The name in the language in use."""
    return chinese if (get_language() or "en").startswith("zh") else english

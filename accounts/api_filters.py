"""Filters of the API that refuse what the database has no room for."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext as _


class MomentField(django_filters.fields.IsoDateTimeField):  # type: ignore[misc]  # django-filter has no types
    def clean(self, value: Any) -> datetime | None:
        """In UTC: Python knows time zones that PostgreSQL does not, and moments at the ends of time that exist in one zone only."""
        moment = super().clean(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError:
            raise forms.ValidationError(_("Enter a valid date/time.")) from None


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]  # django-filter has no types
    field_class = MomentField

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


FIRST = date(1900, 1, 1)
# Where something never ends, people write 9999-12-31. It also keeps browsers from taking a year of six digits.
LAST = date.max


def check_year(day: date) -> None:
    if day < FIRST:
        raise ValidationError(_("Please check the year: %(year)s cannot be right."), params={"year": day.year})


class DayField(forms.DateField):
    """A day near our time: whoever types the year too fast writes 0026 and means 2026."""

    widget = forms.DateInput({"type": "date", "min": FIRST.isoformat(), "max": LAST.isoformat()}, format="%Y-%m-%d")
    default_validators = [check_year]

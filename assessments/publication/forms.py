"""What is typed on the way of rules into force."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.visible_text import VisibleTextMixin
from assessments.staff_forms import DAY


class AnnouncementForm(VisibleTextMixin, forms.Form):
    in_force_from = forms.DateField(label=_("In force from"), widget=DAY)
    change_en = forms.CharField(
        label=_("What changes, in English"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What, and why, in words a supplier understands. The tables of changes are shown beside it."),
    )
    change_zh = forms.CharField(
        label=_("What changes, in Chinese"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, earliest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["in_force_from"].widget.attrs["min"] = earliest.isoformat()

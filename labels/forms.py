from django import forms
from django.utils.translation import gettext_lazy as _

from labels.deciding import REVOCATION_GROUNDS


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The supplier reads it, and it stays in the ledger for good."),
        max_length=2000,
        min_length=10,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class RevocationForm(ReasonForm):
    ground = forms.ChoiceField(label=_("Ground"), choices=REVOCATION_GROUNDS, widget=forms.RadioSelect)

    field_order = ["ground", "reason"]

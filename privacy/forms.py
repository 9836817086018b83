from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.visible_text import VisibleTextMixin
from privacy.models import LegalHold
from suppliers.models import Supplier


class HoldForm(VisibleTextMixin, forms.Form):
    kind = forms.ChoiceField(label=_("What is held"), choices=LegalHold.Kind.choices)
    subject = forms.CharField(
        label=_("Which one"), max_length=254, help_text=_("The supplier's reference, such as S000123, or the person's e-mail address.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea({"rows": 3}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not {"kind", "subject"} <= set(data):
            return data
        if data["kind"] == LegalHold.Kind.SUPPLIER:
            found: int | None = Supplier.objects.filter(reference=data["subject"]).values_list("pk", flat=True).first()
        else:
            found = User.objects.filter(email=data["subject"].lower()).values_list("pk", flat=True).first()
        if found is None:
            self.add_error("subject", _("Nothing of this kind is known by that name."))
        elif LegalHold.objects.in_force().filter(kind=data["kind"], subject_id=found).exists():
            self.add_error("subject", _("A hold is in force already."))
        return data | {"subject_id": found}

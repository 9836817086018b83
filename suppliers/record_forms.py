"""What people type about public records: the supplier's reply, a decision, whose a row is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.visible_text import VisibleTextMixin
from suppliers.library_forms import FromLibraryForm
from suppliers.models import HeldRecord, PublicRecord


Status = PublicRecord.Status


class ReplyForm(FromLibraryForm):
    answer = forms.CharField(
        label=_("Your reply"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What happened, what was done since, and whether the record is about your company at all."),
    )
    field_order = ("answer", "documents", "upload")


class DecisionForm(VisibleTextMixin, forms.Form):
    outcome = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}), help_text=_("The supplier reads it.")
    )

    def __init__(self, *args: Any, record: PublicRecord, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = [Status.WRONG_MATCH]
        if record.answered_at is not None:
            allowed.insert(0, Status.ANSWERED)
        if record.may_be_upheld(at):
            allowed.insert(0, Status.UPHELD)
        cast(forms.ChoiceField, self.fields["outcome"]).choices = [(status.value, status.label) for status in allowed]


class MatchForm(VisibleTextMixin, forms.Form):
    NOBODY = "nobody"

    supplier = forms.ChoiceField(label=_("Which company is it?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What shows that it is this company, such as the business register, or that it is not."),
    )

    def __init__(self, *args: Any, held: HeldRecord, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Sequence[tuple[str, Any]] = [(str(each["supplier"]), each["name"]) for each in held.candidates]
        cast(forms.ChoiceField, self.fields["supplier"]).choices = [*choices, (self.NOBODY, _("Another company, none of our suppliers"))]

    @property
    def supplier_id(self) -> int | None:
        chosen = self.cleaned_data["supplier"]
        return None if chosen == self.NOBODY else int(chosen)

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pilots.models import Appraisal


class ProposeForm(forms.ModelForm[Appraisal]):
    class Meta:
        model = Appraisal
        fields = ("reasons", "consequence")
        widgets = {"reasons": forms.Textarea({"rows": 4}), "consequence": forms.RadioSelect}
        help_texts = {"reasons": _("The supplier reads them. They stand in the paper.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reasons"].required = True

    def _post_clean(self) -> None:
        """The appraisal is written by `pilots.appraisal`; the form leaves it as it is."""


class CommentForm(forms.Form):
    text = forms.CharField(label=_("Your comment"), max_length=4000, widget=forms.Textarea({"rows": 4}))

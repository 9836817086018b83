"""Why somebody of the buyer takes suppliers' data along. Asked before a file is made of what many suppliers told in confidence, before
an audit report is printed, and before somebody else takes such a file; kept with each line of the access log, where every supplier in
the file reads it. A look is not asked about: who reads because it is their work would learn to press without reading
(docs/adr/0052-files-ask-why.md).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.visible_text import VisibleTextMixin


if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 - for what was sent only

Why = dict[str, str]


class Purpose(TextChoices):
    REVIEW = "review", _("To check answers and evidence")
    DECISION = "decision", _("To decide about an award, a label or a contract")
    REPORT = "report", _("For a report or a disclosure of the buyer")
    AUDIT = "audit", _("For an audit, or because an authority asks")
    REQUEST = "request", _("Because the supplier asked for it")
    OTHER = "other", _("For another reason")


class WhyForm(VisibleTextMixin, forms.Form):
    purpose = forms.ChoiceField(
        label=_("Why do you need this file?"),
        choices=Purpose.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason."), "invalid_choice": _("Choose one of these reasons.")},
    )
    words = forms.CharField(
        label=_("In a few words"),
        required=False,
        max_length=200,
        help_text=_("Needed for another reason. The suppliers in the file read it: name no third person."),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("purpose") == Purpose.OTHER and not given.get("words") and "words" not in self.errors:
            self.add_error("words", _("Say in a few words which reason it is."))
        return given


class WhyNeeded(Exception):
    """Nobody said why yet: `AskWhyMiddleware` shows the question, and then goes on with what was sent."""

    def __init__(self, request: "HttpRequest", form: WhyForm) -> None:
        super().__init__("A reason is needed.")
        self.form = form
        self.action = request.get_full_path()
        own = {*form.fields, "csrfmiddlewaretoken"}
        self.sent = [(name, value) for name, values in request.POST.lists() if name not in own for value in values]


def why_of(request: "HttpRequest") -> Why:
    """What the person answered. Raises `WhyNeeded`."""
    form = WhyForm(request.POST if "purpose" in request.POST or "words" in request.POST else None)
    if not form.is_valid():
        raise WhyNeeded(request, form)
    return {name: value for name, value in form.cleaned_data.items() if value}


def words_for_why(detail: Mapping[str, Any]) -> str:
    """As a supplier reads it; empty where no reason was asked for."""
    why = detail.get("why")
    if not isinstance(why, dict):
        return ""
    said = [str(Purpose(why["purpose"]).label)] if why.get("purpose") in Purpose.values else []
    return ": ".join([*said, *([str(why["words"])] if why.get("words") else [])])

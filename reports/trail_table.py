"""The audit trail as auditors look through it: what is looked for, and the found lines as a table to take along."""

from collections.abc import Iterator
from typing import Any

import orjson
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.looks import role_name
from audit.action_names import NAMES, action_name
from audit.models import Event
from suppliers.models import Supplier
from suppliers.table_files import Column


class TrailForm(forms.Form):
    """What to look for in the trail."""

    action = forms.ChoiceField(label=_("Action"), required=False)
    actor = forms.CharField(label=_("Person"), required=False, max_length=150)
    supplier = forms.CharField(label=_("Supplier (name or number)"), required=False, max_length=150)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["action"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("All")), *sorted(((key, str(name)) for key, name in NAMES.items()), key=lambda pair: pair[1])]

    def found(self) -> "QuerySet[Event]":
        if not self.is_valid():
            return Event.objects.none()
        asked = self.cleaned_data
        events = Event.objects.select_related("actor")
        if asked["action"]:
            events = events.filter(action=asked["action"])
        if asked["actor"]:
            events = events.filter(Q(actor__name__icontains=asked["actor"]) | Q(actor__email__icontains=asked["actor"]))
        if asked["supplier"]:
            events = events.filter(supplier_id__in=_suppliers(asked["supplier"]))
        if asked["since"]:
            events = events.filter(at__date__gte=asked["since"])
        if asked["until"]:
            events = events.filter(at__date__lte=asked["until"])
        return events


def _suppliers(text: str) -> "QuerySet[Supplier, int]":
    named = Q(name_en__icontains=text) | Q(name_zh__icontains=text) | Q(reference=text)
    if text.isdecimal() and len(text) < 19:
        named |= Q(pk=int(text))
    return Supplier.objects.filter(named).order_by().values_list("pk", flat=True)


# What a response may carry: a file of more is narrowed by its dates first.
MOST_LINES = 20_000


def lines_of(form: TrailForm) -> Iterator[Event]:
    """Newest first, as on the screen."""
    return form.found().order_by("-pk").iterator(chunk_size=2000)


def are_too_many(form: TrailForm) -> bool:
    return form.found().order_by("-pk").values_list("pk")[MOST_LINES : MOST_LINES + 1].exists()


COLUMNS = (
    Column(_("What"), lambda event: action_name(event.action), 36),
    Column(_("Action"), lambda event: event.action, 28),
    Column(_("When"), lambda event: event.at.isoformat(timespec="seconds"), 26),
    Column(_("Who"), lambda event: event.actor.name if event.actor else "", 22),
    Column(_("Supplier"), lambda event: event.supplier_id, 10),
    Column(_("Object"), lambda event: f"{event.target_type} {event.target_id}".strip(), 30),
    Column(_("Address"), lambda event: event.address or "", 16),
    # Beyond the page.
    Column(_("Number"), lambda event: event.pk, 12),
    Column(_("E-mail address"), lambda event: event.actor.email if event.actor else "", 28),
    Column(_("Role"), lambda event: role_name(event.actor_role), 20),
    Column(_("Details"), lambda event: orjson.dumps(event.detail).decode() if event.detail else "", 40),
)

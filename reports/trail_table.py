"""The audit trail as auditors look through it: what is looked for, and the found lines as a table to take along."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from django import forms
from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.looks import role_name
from audit.action_names import NAMES, action_name
from audit.models import Event
from reports.object_timeline import has_timeline
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

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (since := data.get("since")) and (until := data.get("until")) and until < since:
            self.add_error("until", _("The last day lies before the first."))
        return data

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


@dataclass(frozen=True)
class Line:
    """An event as people read it: the names of what it speaks of by number, as far as that still exists."""

    event: Event
    what: str
    supplier: str
    object: str
    has_timeline: bool


def lines_of(events: Iterable[Event], suppliers: "QuerySet[Supplier]") -> Iterator[Line]:
    names = {supplier.pk: supplier.name for supplier in suppliers.order_by()}
    for event in events:
        yield Line(event, action_name(event.action), _supplier(event, names), _object(event), has_timeline(event.target_type))


def _supplier(event: Event, names: dict[int, str]) -> str:
    if not event.supplier_id:
        return ""
    return names.get(event.supplier_id) or gettext("Supplier %(number)s") % {"number": event.supplier_id}


def _object(event: Event) -> str:
    try:
        kind = capfirst(str(apps.get_model(event.target_type)._meta.verbose_name))
    except (LookupError, ValueError):
        kind = event.target_type
    return f"{kind} {event.target_id}".strip()


def all_lines(form: TrailForm) -> Iterator[Line]:
    """Newest first, as on the screen."""
    found = form.found()
    suppliers = Supplier.objects.filter(pk__in=found.order_by().values("supplier_id"))
    return lines_of(found.order_by("-pk").iterator(chunk_size=2000), suppliers)


def are_too_many(form: TrailForm) -> bool:
    return form.found().order_by("-pk").values_list("pk")[MOST_LINES : MOST_LINES + 1].exists()


COLUMNS = (
    Column(_("What"), lambda line: line.what, 36),
    Column(_("Action"), lambda line: line.event.action, 28),
    Column(_("When"), lambda line: line.event.at.isoformat(timespec="seconds"), 26),
    Column(_("Who"), lambda line: line.event.actor.name if line.event.actor else "", 22),
    Column(_("Supplier"), lambda line: line.supplier, 36),
    Column(_("Object"), lambda line: line.object, 30),
    Column(_("Address"), lambda line: line.event.address or "", 16),
    # Beyond the page.
    Column(_("Number"), lambda line: line.event.pk, 12),
    Column(_("E-mail address"), lambda line: line.event.actor.email if line.event.actor else "", 28),
    Column(_("Role"), lambda line: role_name(line.event.actor_role), 20),
    Column(_("Supplier ID"), lambda line: line.event.supplier_id, 10),
    Column(_("Object type"), lambda line: line.event.target_type, 26),
    Column(_("Details"), lambda line: orjson.dumps(line.event.detail).decode() if line.event.detail else "", 40),
)

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from assessments import freshness
from audit.action_names import NAMES, action_name
from audit.models import Event
from reports.api_page import operations
from reports.dashboard import dashboard as gather_dashboard


PAGE_SIZE = 50


@require_GET
def dashboard(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.DASHBOARD_VIEW)
    context = {
        "board": gather_dashboard(on=timezone.localdate()),
        "alarm": freshness.last_alarm(),
        "may_see_fairness": has(request.user, Permission.SCORING_RUN),
        "may_decide_registrations": has(request.user, Permission.REGISTRATION_DECIDE),
    }
    return render(request, "reports/dashboard.html", context)


class TrailForm(forms.Form):
    """What to look for in the trail."""

    action = forms.ChoiceField(label=_("Action"), required=False)
    actor = forms.CharField(label=_("Person"), required=False, max_length=150)
    supplier = forms.IntegerField(label=_("Supplier"), required=False, min_value=1, max_value=2**62)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
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
            events = events.filter(actor__name__icontains=asked["actor"]) | events.filter(actor__email__icontains=asked["actor"])
        if asked["supplier"]:
            events = events.about_supplier(asked["supplier"])
        if asked["since"]:
            events = events.filter(at__date__gte=asked["since"])
        if asked["until"]:
            events = events.filter(at__date__lte=asked["until"])
        return events


@require_GET
def audit_trail(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.AUDIT_VIEW)
    form = TrailForm(request.GET)
    page = page_by(form.found(), "-pk", request.GET.dict(), size=PAGE_SIZE)
    lines = [{"event": event, "what": action_name(event.action)} for event in page.rows]
    return render(request, "reports/audit_trail.html", {"form": form, "page": page, "lines": lines})


@require_GET
def api_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """For anybody signed in: the API shows each person only what that person may see."""
    return render(request, "reports/api.html", {"operations": operations()})

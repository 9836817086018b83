"""The disclosure tables: on a page, as a table to take along, and as a PDF."""

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from labels.dates import ledger_day
from reports.disclosure_files import COLUMNS, request_pdf, rows_of
from reports.disclosures import Statement, cycles, statement
from suppliers.views.files import table_response


class CycleForm(forms.Form):
    """Which cycle; the newest where nothing, or nothing that exists, is asked for."""

    cycle = forms.TypedChoiceField(label=gettext_lazy("Fiscal year"), required=False, coerce=int, empty_value=None)

    def __init__(self, query: QueryDict) -> None:
        known = cycles()
        super().__init__(query if query.get("cycle") in {str(cycle) for cycle in known} else {"cycle": known[0] if known else ""})
        field = self.fields["cycle"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(str(cycle), f"FY{cycle}") for cycle in known]

    @property
    def chosen(self) -> int | None:
        return self.cleaned_data["cycle"] if self.is_valid() else None


def _statement(form: CycleForm, request: AuthenticatedHttpRequest) -> Statement:
    return statement(form.chosen, user=request.user, on=ledger_day(timezone.now()))


@require_GET
def disclosures(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.DASHBOARD_VIEW)
    form = CycleForm(request.GET)
    context = {"form": form, "statement": _statement(form, request), "may_export": has(request.user, Permission.PORTFOLIO_EXPORT)}
    return render(request, "reports/disclosures.html", context)


@require_GET
@confirmed("GET")
def disclosures_file(request: AuthenticatedHttpRequest, form: str) -> HttpResponse:
    require(request.user, Permission.PORTFOLIO_EXPORT)
    figures = _statement(CycleForm(request.GET), request)
    trail.record("disclosures.exported", actor=request.user, detail={"form": form, "cycle": figures.scope.cycle})
    name = f"disclosures-{figures.scope.cycle}"
    return table_response(form, name, COLUMNS, rows_of(figures), title=_("Disclosure tables"))


@require_POST
@confirmed("POST")
def disclosures_pdf(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.PORTFOLIO_EXPORT)
    return redirect(request_pdf(cycle=CycleForm(request.GET).chosen, by=request.user, at=timezone.now()))

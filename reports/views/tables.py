"""A table of a page as a file."""

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.reasons import why_of
from reports.table_files import from_the_first, note_look, page, request_table, sheet_title, table_of
from suppliers.table_files import CONTENT_TYPES
from suppliers.views.files import table_response


class TableForm(forms.Form):
    """Which table of which page, and as what."""

    of = forms.CharField(max_length=2000)
    table = forms.RegexField(r"^[a-z0-9-]{1,60}$")
    form = forms.ChoiceField(choices=[(form, form) for form in CONTENT_TYPES])

    def clean_of(self) -> str:
        try:
            return from_the_first(self.cleaned_data["of"])
        except ValueError:  # no address at all
            raise forms.ValidationError(_("There is no such page.")) from None


@require_http_methods(["GET", "POST"])
@confirmed("GET", "POST")
def table_file(request: AuthenticatedHttpRequest) -> HttpResponse:
    """A short table is the answer; one of several pages is asked about first, and made by a run when the button is pressed."""
    form = TableForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise Http404
    address, name, wanted = form.cleaned_data["of"], form.cleaned_data["table"], form.cleaned_data["form"]
    table = table_of(page(address, user=request.user), name, request.user)
    if not table.next_url:
        note_look(table, address=address, name=name, by=request.user, at=timezone.now())
        return table_response(wanted, name, table.columns(), table.rows, title=sheet_title(table.title))
    if request.method == "POST":
        title = table.title or name
        why = why_of(request) if table.suppliers and request.user.is_buyer else {}
        return redirect(request_table(address=address, name=name, form=wanted, title=title, why=why, by=request.user, at=timezone.now()))
    return render(request, "reports/table_file.html", {"table": table, "asked": form.cleaned_data})

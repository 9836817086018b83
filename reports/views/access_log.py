from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.looks import looks_at, role_name, words_for
from accounts.reasons import words_for_why
from accounts.views.colleagues import own_supplier
from reports.trail_table import MOST_LINES
from suppliers.table_files import CONTENT_TYPES, Column, table_bytes


COLUMNS = (
    Column(gettext_lazy("When"), lambda event: event.at.isoformat(timespec="seconds"), 26),
    Column(gettext_lazy("Who"), lambda event: event.actor.name if event.actor else "", 24),
    Column(gettext_lazy("Role"), lambda event: role_name(event.actor_role), 24),
    Column(gettext_lazy("What"), lambda event: words_for(event.action), 48),
    Column(gettext_lazy("Why"), lambda event: words_for_why(event.detail), 40),
)


@require_GET
@confirmed("GET")
def access_log_file(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Who saw this supplier's data, as a table to take along: the newest lines. All of them are in the export of all its data."""
    kind = "csv" if request.GET.get("format") == "csv" else "xlsx"
    looks = looks_at(own_supplier(request)).order_by("-pk")[:MOST_LINES]
    content = table_bytes(kind, COLUMNS, looks.iterator(chunk_size=2000), title=_("Who saw my data"))
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="who-saw-my-data-{timezone.localdate():%Y%m%d}.{kind}"'
    return response

"""Any table of any page as a file: the page is drawn again for the same person, with the same filter, and its table is taken from it.

So the file shows what the screen shows: the same rows, columns and language, and nothing that the person may not see.
What fits on one page is answered at once; a list of several pages is walked by a run.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone, translation

from accounts.models import User
from accounts.permissions import Permission, has
from accounts.reasons import Why
from audit import trail
from reports.exporting import keep_file
from reports.http import NoPage, html_of, query_of
from reports.models import Export
from reports.page_tables import PageReader, PageTable
from runs import engine
from suppliers.table_files import WRITERS


MOST_PAGES = 20_000


class NoTable(NoPage):
    """The page has no such table."""


def page(address: str, *, user: User) -> PageReader:
    return PageReader.of(html_of(address, user=user))


def table_of(found: PageReader, name: str, user: User) -> PageTable:
    """Rows about suppliers leave the house only with those who may take the portfolio along."""
    table = found.tables.get(name)
    if table is None:
        raise NoTable(name)
    if table.suppliers and user.is_buyer and not has(user, Permission.PORTFOLIO_EXPORT):
        raise PermissionDenied(Permission.PORTFOLIO_EXPORT)
    return table


def note_look(table: PageTable, *, address: str, name: str, by: User, at: datetime, export: Export | None = None) -> None:
    """Each supplier in the file can read that it left the house."""
    detail = {"page": address, "table": name, **(export.detail if export else {})}
    trail.record("table.taken", actor=by, detail=detail, at=at)
    if by.is_buyer:
        trail.record_each("table.exported", supplier_ids=sorted(set(table.suppliers)), actor=by, detail=detail, at=at)


@transaction.atomic
def request_table(*, address: str, name: str, form: str, title: str, why: Why, by: User, at: datetime) -> Export:
    export = Export.objects.create(
        kind=Export.Kind.TABLE_CSV if form == "csv" else Export.Kind.TABLE_XLSX,
        title=title[:300],
        language=translation.get_language() or "en",
        parameters={"page": address, "table": name, "why": why},
        made_by=by,
        requested_at=at,
    )
    export.run = engine.start("export_table", parameters={"export": export.pk}, by=by, at=at, title=title[:200])
    export.save(update_fields=["run"])
    trail.record("table.export_requested", actor=by, target=export, detail=export.parameters, at=at)
    return export


def make_table(*, export_id: int, at: datetime) -> int:
    """Writes the file of a table that goes over several pages; says how many rows are in it."""
    export = Export.objects.select_related("made_by__active_membership").get(pk=export_id)
    address, name, by = export.parameters["page"], export.parameters["table"], export.made_by
    suffix = "csv" if export.kind == Export.Kind.TABLE_CSV else "xlsx"
    zone = timezone.override(ZoneInfo(by.timezone))
    with translation.override(export.language), zone, tempfile.TemporaryDirectory() as folder:
        table = whole_table(address, name, user=by)
        path = Path(folder) / "table"
        with path.open("wb") as file:
            count = WRITERS[suffix](file, table.columns(), table.rows, title=sheet_title(table.title))
        keep_file(export, path, name=f"{name}-{export.requested_at:%Y%m%d}-{export.pk}.{suffix}", at=at)
    note_look(table, address=address, name=name, by=by, at=at, export=export)
    return count


def whole_table(address: str, name: str, *, user: User) -> PageTable:
    """The rows of all pages."""
    whole = table_of(page(address, user=user), name, user)
    following = whole.next_url
    for _page in range(MOST_PAGES):
        if not following:
            break
        more = page(urljoin(address, following), user=user).tables.get(name)
        if more is None:
            break
        whole.rows += more.rows
        whole.suppliers += more.suppliers
        following = more.next_url
    return whole


def from_the_first(address: str) -> str:
    """The same filter, without the place in the list."""
    parts = urlsplit(address)
    query = query_of(parts.query)
    for place in ("after", "before"):
        query.pop(place, None)
    return f"{parts.path}?{query.urlencode()}" if query else parts.path


def sheet_title(title: str) -> str:
    """A spreadsheet refuses some characters in the name of a sheet."""
    return "".join(" " if character in "[]:*?/\\'" else character for character in title).strip() or "Table"

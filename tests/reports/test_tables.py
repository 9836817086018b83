"""Every table of every page can be taken along, and the file is what the screen shows: same rows, same columns, same language."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.test.html import Element, parse_html
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.looks import looks_at
from accounts.models import User
from audit.models import Event
from reports.models import Export
from reports.page_tables import PageReader
from reports.table_files import request_table
from runs.engine import work_off
from runs.models import Run
from tests.access_table import PAGES, PEOPLE
from tests.factories import NOW, create_document, create_supplier
from tests.pilots.support import active
from tests.reports.support import fetched
from tests.test_access import world  # noqa: F401 - a fixture
from tests.world import World


# Tables that leave by a way of their own (`test_lists.py`), or hold what is typed and not what is shown.
OTHER_WAYS = {
    "reports:portfolio": "a run over the database: every supplier in seconds",
    "labels:directory": "a run over the database",
    "assessments:finding_list": "a run over the database",
    "assessments:review_queue": "its own file, of all pages at once",
    "reports:audit_trail": "its own file, of all pages at once",
    "accounts:access_log": "its own file, of all pages at once",
    "reports:disclosures": "its own file, with rules and queries",
    "emissions:activity": "a form: quantities are typed into it",
    "emissions:import_new": "an example of what a file may hold",
    "assessments:weight_set_edit": "a form: weights are typed into it",
    "labels:criterion_new": "a form: numbers are typed into it",
    "labels:criterion_edit": "a form: numbers are typed into it",
    "suppliers:import_columns": "a form: columns are chosen in it",
    "grievances:list": "confidential: read on the screen alone",
    "pilots:new": "a form: a supplier is chosen in it",
}
# Content of an answer, drawn as a table because the question asks for one.
ANSWERS = {"assessments:review_area", "assessments:check", "assessments:area", "assessments:history", "assessments:second_review_area"}


def words(element: Any) -> str:
    if not isinstance(element, Element):
        return str(element)
    given = dict(element.attributes)
    if element.name in ("svg", "button", "select", "form", "textarea", "script") or "visually-hidden" in str(given.get("class", "")):
        return ""
    return " ".join(words(child) for child in element.children)


def plain(text: str) -> str:
    """Without what stands between the words, and the commas of thousands."""
    return "".join(text.replace("·", " ").replace("–", "").replace(",", "").split())


def elements(element: Any, name: str) -> Iterator[Element]:
    if isinstance(element, Element):
        if element.name == name:
            yield element
        for child in element.children:
            yield from elements(child, name)


def screen(html: str) -> list[list[list[str]]]:
    """Each table of data: its rows, of which the first are the headings."""
    found = []
    for table in elements(parse_html(html), "table"):
        if "data-table" in str(dict(table.attributes).get("class", "")).split():
            rows = [[cell for cell in row.children if isinstance(cell, Element)] for row in elements(table, "tr")]
            found.append([[plain(words(cell)) for cell in row] for row in rows])
    return found


def pages() -> Iterator[tuple[str, str]]:
    for name, page in PAGES.items():
        if page.get is not None and not page.is_api and name not in OTHER_WAYS:
            # Each role sees another menu and other buttons; one of each side is enough for the tables.
            sides = [next((role for role in PEOPLE if role in page.get and role in side), "") for side in (("staff",), ("signatory",))]
            others = [] if any(sides) else sorted(page.get)[:1]
            yield from ((name, role) for role in [*sides, *others] if role)


@pytest.mark.parametrize(("name", "role"), [pytest.param(*each, id="-".join(each)) for each in pages()])
def test_every_table_of_a_page_is_in_its_file(world: World, name: str, role: str) -> None:  # noqa: F811
    client, page = Client(), PAGES[name]
    client.force_login(world.people[role])
    try:
        address = reverse(name, args=page.at(world))
    except NoReverseMatch:
        pytest.fail(f"no address for {name}")
    with transaction.atomic():
        response = client.get(address, dict(page.sends))
        if response.streaming or response.status_code != 200 or "text/html" not in response["Content-Type"]:
            if response.streaming:
                b"".join(response.streaming_content)  # type: ignore[arg-type]
            transaction.set_rollback(True)
            return
        html = response.content.decode()
        shown = screen(html)
        taken = [file_of(client, address, table) for table in PageReader.of(html).tables]
        transaction.set_rollback(True)
    if name not in ANSWERS:
        assert len(taken) == len(shown), f"{len(shown)} tables and {len(taken)} ways to take them along"
        for on_screen, in_file in zip(shown, taken, strict=True):
            # One of several pages is asked about first: a run makes its file.
            if in_file is not None:
                assert_same(on_screen, in_file)


def file_of(client: Client, address: str, table: str) -> list[list[str]] | None:
    response = client.get(reverse("reports:table_file"), {"of": address, "table": table, "form": "csv"})
    assert response.status_code == 200, table
    if "text/html" in response["Content-Type"]:
        assert "several pages" in response.text
        return None
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def assert_same(on_screen: list[list[str]], in_file: list[list[str]]) -> None:
    header, *rows = in_file
    heads = next(row for row in on_screen if [cell for cell in row if cell] == [plain(cell) for cell in header])
    kept = [place for place, head in enumerate(heads) if head]
    body = on_screen[on_screen.index(heads) + 1 :]
    assert len(rows) == len(body)
    for shown, row in zip(body, rows, strict=True):
        expected = [shown[place] if place < len(shown) else "" for place in kept]
        assert [plain(cell).lstrip("'") for cell in row] == [cell.lstrip("'") for cell in expected]


def take(client: Client, page: str, table: str, form: str = "csv", **query: str) -> Any:
    address = f"{page}?{urlencode(query)}" if query else page
    return client.get(reverse("reports:table_file"), {"of": address, "table": table, "form": form})


def test_the_file_has_the_filter_of_the_screen(client: Client, administrator: User, reviewer: User, staff: User) -> None:
    client.force_login(administrator)

    rows = list(csv.reader(io.StringIO(take(client, reverse("accounts:user_list"), "user-list", q="Rita").content.decode("utf-8-sig"))))

    assert len(rows) == 2
    assert "Rita Reviewer" in rows[1][0]


def test_the_file_speaks_the_language_of_the_screen(client: Client, staff: User) -> None:
    Run.objects.create(kind="score_portfolio", title="Score", created_at=NOW)
    staff.language = "zh-hans"
    staff.save(update_fields=["language"])
    client.force_login(staff)

    data = take(client, reverse("runs:list"), "run-list", "xlsx").content

    header = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[0]
    assert "状态" in header


def test_numbers_stay_numbers_in_a_spreadsheet() -> None:
    html = """<table class="data-table"><caption class="visually-hidden">Sites</caption>
      <thead><tr><th>Site</th><th class="num">Tonnes</th><th class="num">Share</th>
        <th><span class="visually-hidden">Actions</span></th></tr></thead>
      <tbody><tr><th>East<span class="sub">Zhejiang</span></th><td class="num">1,234.50</td><td class="num">12%</td>
        <td><a href="/">Edit</a></td></tr>
      <tr data-supplier="7"><th>=West</th><td class="num">–</td><td class="num"></td><td></td></tr></tbody></table>
      <p data-table="sites"></p>"""
    table = PageReader.of(html).tables["sites"]

    columns = table.columns()

    assert (table.title, table.suppliers) == ("Sites", [7])
    assert [column.heading for column in columns] == ["Site", "Tonnes", "Share"]
    assert [[str(column.value(row)) for column in columns] for row in table.rows] == [
        ["East · Zhejiang", "1234.50", "12%"],
        ["=West", "None", ""],
    ]
    assert columns[1].digits == "#,##0.00"


def test_a_list_of_several_pages_is_made_by_a_run_with_all_of_them(client: Client, owner: User) -> None:
    for number in range(120):
        create_document(supplier=owner.active_membership.supplier, title=f"Document {number}")  # type: ignore[union-attr, arg-type]
    client.force_login(owner)
    page = reverse("suppliers:document_list")

    asked = take(client, page, "document-list")
    assert "several pages" in asked.content.decode()
    assert not Export.objects.exists()
    client.post(reverse("reports:table_file"), {"of": page, "table": "document-list", "form": "csv"})
    export = Export.objects.get()
    assert export.run is not None
    assert work_off(export.run.pk).status == "done"
    export.refresh_from_db()

    with export.file.open("rb") as file:
        rows = list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"))))
    assert len(rows) == 121
    response = client.get(reverse("reports:export_file", args=[export.pk]))
    assert b"".join(response.streaming_content).count(b"\n") == 121  # type: ignore[arg-type, attr-defined]


def test_a_supplier_reads_that_a_table_with_its_name_left_the_house(client: Client, staff: User, administrator: User) -> None:
    supplier = create_supplier()
    client.force_login(staff)

    assert take(client, reverse("labels:list"), "label-table").status_code == 200

    assert Event.objects.get(action="table.exported").supplier_id == supplier.pk
    client.force_login(administrator)
    assert take(client, reverse("labels:list"), "label-table").status_code == 403


def test_a_supplier_reads_of_each_download_of_a_table_made_before(client: Client, staff: User) -> None:
    supplier = create_supplier()
    asked = {"address": reverse("labels:list"), "name": "label-table", "form": "csv", "title": "Labels", "why": {"purpose": "report"}}
    export = request_table(**asked, by=staff, at=timezone.now())
    assert export.run is not None
    work_off(export.run.pk)
    client.force_login(staff)

    fetched(client, reverse("reports:export_file", args=[export.pk]))

    assert looks_at(supplier.pk).filter(action="table.downloaded", actor=staff).count() == 1


def test_a_table_about_one_supplier_is_in_its_access_log(client: Client, staff: User, owner: User) -> None:
    agreement = active(create_supplier(), staff, owner)
    address = agreement.get_absolute_url()
    client.force_login(staff)
    tables = PageReader.of(client.get(address).text).tables

    assert take(client, address, next(iter(tables))).status_code == 200

    assert Event.objects.get(action="table.exported").supplier_id == agreement.supplier_id


def test_a_table_is_closed_to_whom_its_page_is_closed(client: Client, owner: User, stranger: User, reviewer: User) -> None:
    supplier = owner.active_membership.supplier  # type: ignore[union-attr]
    client.force_login(owner)
    assert take(client, reverse("accounts:user_list"), "user-list").status_code == 403
    client.force_login(stranger)
    assert take(client, reverse("reports:supplier", args=[supplier.pk]), "supplier").status_code == 404  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"of": "/nowhere/", "table": "run-list", "form": "csv"},
        {"of": "/runs/", "table": "other", "form": "csv"},
        {"of": "/runs/", "table": "run-list", "form": "exe"},
        {"of": "/reports/tables/?page=/runs/&table=run-list&form=csv", "table": "run-list", "form": "csv"},
        {"of": "https://elsewhere.example/runs/", "table": "../run", "form": "csv"},
        {"of": "/api/suppliers/", "table": "run-list", "form": "csv"},
        {"of": "/runs/\x00", "table": "run-list", "form": "csv"},
    ],
)
def test_what_is_no_table_of_ours_does_not_exist(client: Client, staff: User, asked: dict[str, str]) -> None:
    client.force_login(staff)

    assert client.get(reverse("reports:table_file"), asked).status_code == 404

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import User
from assessments.models import Finding
from audit.models import Event
from reports.models import Export
from runs.engine import work_off
from suppliers.models import Supplier
from tests.factories import create_assessment, create_supplier


@pytest.fixture
def findings(supplier: Supplier) -> list[Finding]:
    made = []
    for number, severity in enumerate(["critical", "minor", "critical", "major"]):
        owner = create_supplier() if number == 2 else supplier
        assessment = create_assessment(supplier=owner)
        made.append(
            Finding.objects.create(
                supplier=owner,
                assessment=assessment,
                question="A-01",
                severity=severity,
                text=f"=Finding {number}",
                opened_at=timezone.now(),
            )
        )
    return made


def exported(client: Client, query: str, form: str) -> Export:
    response = client.post(f"{reverse('reports:findings_export')}{query}", {"format": form, "purpose": "report"})
    export = Export.objects.latest("pk")
    assert response["Location"] == export.get_absolute_url()
    work_off(export.run_id or 0)
    export.refresh_from_db()
    return export


def content(export: Export) -> bytes:
    with export.file.open("rb") as file:
        return bytes(file.read())


def texts(export: Export) -> list[str]:
    data = content(export)
    if export.kind == Export.Kind.FINDINGS_CSV:
        rows: list[list[Any]] = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    else:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    return [str(row[rows[0].index("Finding")]).lstrip("'") for row in rows[1:]]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("query", ["", "?severity=critical&state=open", "?severity=critical&age=week&q=Bamboo"])
def test_the_file_holds_the_rows_of_the_screen_in_their_order(
    client: Client, reviewer: User, findings: list[Finding], query: str, form: str
) -> None:
    client.force_login(reviewer)
    shown = [finding.text for finding in client.get(f"{reverse('assessments:finding_list')}{query}").context["page"].rows]

    assert texts(exported(client, query, form)) == shown
    assert shown


def test_each_supplier_in_the_file_can_read_that_its_findings_left(
    client: Client, reviewer: User, findings: list[Finding], supplier: Supplier
) -> None:
    client.force_login(reviewer)

    exported(client, "?severity=minor", "csv")

    assert list(Event.objects.filter(action="findings.exported").values_list("supplier_id", flat=True)) == [supplier.pk]


def test_a_cell_is_never_a_formula(client: Client, reviewer: User, findings: list[Finding]) -> None:
    client.force_login(reviewer)

    export = exported(client, "", "csv")

    assert "'=Finding 0" in content(export).decode("utf-8-sig")


def test_suppliers_export_no_list_of_findings(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.post(reverse("reports:findings_export")).status_code == 403

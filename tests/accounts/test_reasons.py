"""Files that hold what suppliers told in confidence ask why they are made, and the suppliers in them read the answer."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments import standing
from audit.models import Event
from reports.models import Export
from runs import engine
from suppliers.models import Supplier
from tests.factories import create_assessment


@pytest.fixture
def listed(supplier: Supplier) -> Supplier:
    create_assessment(supplier=supplier)
    standing.refresh([supplier.pk])
    return supplier


def ask(client: Client, name: str = "reports:portfolio_export", *arguments: int, **sent: str) -> Any:
    return client.post(f"{reverse(name, args=arguments)}?category=services", {"format": "csv", **sent})


FILES = [
    "reports:portfolio_export",
    "reports:findings_export",
    "reports:directory_export",
    "reports:audit_pdfs",
    "assessments:review_queue_file",
    "pilots:export",
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_many_suppliers_asks_why_first(client: Client, staff: User, name: str) -> None:
    client.force_login(staff)

    page = ask(client, name).text

    assert "Why do you need this file?" in page
    assert '<input type="hidden" name="format" value="csv">' in page
    assert f'action="{reverse(name)}?category=services"' in page
    assert not Export.objects.exists()
    assert not Event.objects.filter(action__endswith=".exported").exists()


def test_an_audit_report_asks_why_first(client: Client, staff: User, supplier: Supplier) -> None:
    client.force_login(staff)
    assessment = create_assessment(supplier=supplier)

    assert "Why do you need this file?" in ask(client, "reports:audit_pdf", assessment.pk).text


def test_who_may_not_export_is_not_asked(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    assert ask(client).status_code == 403


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"purpose": ""}, "Choose a reason."),
        ({"purpose": "curiosity"}, "Choose one of these reasons."),
        ({"purpose": "other"}, "Say in a few words which reason it is."),
        ({"purpose": "other", "words": " \u200b "}, "Say in a few words which reason it is."),
        ({"purpose": "report", "words": "x" * 201}, "at most 200 characters"),
    ],
)
def test_an_answer_that_is_none_is_said_beside_its_field(client: Client, staff: User, sent: dict[str, str], said: str) -> None:
    client.force_login(staff)

    assert said in ask(client, **sent).text
    assert not Export.objects.exists()


def test_each_supplier_in_the_file_reads_why(client: Client, staff: User, owner: User, listed: Supplier) -> None:
    client.force_login(staff)
    ask(client, purpose="other", words="Annual dinner of <suppliers>")
    export = Export.objects.get()
    engine.work_off(export.run_id)  # type: ignore[arg-type]  # its run was just started
    assert "Annual dinner of &lt;suppliers&gt;" in client.get(export.get_absolute_url()).text

    client.force_login(owner)

    assert "For another reason: Annual dinner of &lt;suppliers&gt;" in client.get(reverse("accounts:access_log")).text
    file = client.get(reverse("reports:access_log_file") + "?format=csv").content.decode("utf-8-sig")
    assert file.startswith("When,Who,Role,What,Why\r\n")
    assert "For another reason: Annual dinner of <suppliers>" in file


def test_a_look_without_a_reason_is_shown_without_one(client: Client, reviewer: User, owner: User, supplier: Supplier) -> None:
    client.force_login(reviewer)
    client.get(reverse("reports:supplier", args=[supplier.pk]))
    client.force_login(owner)

    lines = client.get(reverse("accounts:access_log")).context["lines"]

    assert [(line["what"], line["why"]) for line in lines] == [("Looked at: your company's page", "")]

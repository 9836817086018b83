from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from assessments.filters import FindingFilter
from assessments.findings.overview import overview
from assessments.models import Finding
from tests.factories import create_assessment


@pytest.fixture
def findings(db: None) -> list[Finding]:
    """Of each severity one of 0, 10, 45 and 200 days, the oldest late and escalated."""
    assessment, now = create_assessment(), timezone.now()
    made = []
    for severity in ("critical", "major", "minor"):
        for days in (0, 10, 45, 200):
            late = {"next_due_on": (now - timedelta(days=30)).date(), "escalation": 3} if days == 200 else {}
            made.append(
                Finding.objects.create(
                    supplier=assessment.supplier,
                    assessment=assessment,
                    question="A-01",
                    severity=severity,
                    text=f"{severity} {days}",
                    opened_at=now - timedelta(days=days, hours=1),
                    **late,
                )
            )
    return made


def test_each_number_is_the_length_of_the_list_it_leads_to(findings: list[Finding], staff: User) -> None:
    found = overview(staff, at=timezone.now())

    numbers = [number for table in (found.by_age, found.by_state, found.late) for row in table.rows for number in row.numbers]
    numbers += [found.open, found.critical, found.overdue, found.to_agree, found.to_verify]
    assert sum(number.value for row in found.by_age.rows for number in row.numbers) == len(findings)
    for number in numbers:
        query = {name: values[0] for name, values in parse_qs(urlparse(number.url).query).items()}
        assert FindingFilter(query, queryset=Finding.objects.all()).qs.count() == number.value, number.url


def test_the_page_draws_charts_and_costs_the_same_for_many(
    client: Client, findings: list[Finding], staff: User, django_assert_num_queries: Any
) -> None:
    client.force_login(staff)

    # session, user, by severity, by state
    with django_assert_num_queries(4):
        page = client.get(reverse("assessments:finding_overview")).text

    assert page.count("<svg") >= 3
    assert "severity=critical&amp;age=older" in page


def test_the_page_stands_on_an_empty_portal(client: Client, staff: User) -> None:
    client.force_login(staff)

    assert client.get(reverse("assessments:finding_overview")).status_code == 200


def test_the_filter_speaks_the_readers_language() -> None:
    with translation.override("zh-hans"):
        words = [str(label) for _value, label in FindingFilter().form.fields["level"].choices]

    assert "第 1 级" in words


@pytest.mark.parametrize("query", [{"age": "soon"}, {"severity": "huge"}, {"level": "9"}, {"state": "lost"}, {"q": "\x00"}])
def test_a_filter_that_means_nothing_breaks_nothing(client: Client, findings: list[Finding], staff: User, query: dict[str, str]) -> None:
    client.force_login(staff)

    assert client.get(reverse("assessments:finding_list"), query).status_code == 200

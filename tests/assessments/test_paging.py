from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict

from assessments.models import Finding
from assessments.paging import page_of
from tests.factories import NOW, create_assessment


@pytest.fixture
def findings(db: None) -> list[Finding]:
    """Seven; two of them opened at the same moment."""
    assessment = create_assessment()
    return [
        Finding.objects.create(
            supplier=assessment.supplier,
            assessment=assessment,
            question="A-01",
            severity="minor",
            text=str(number),
            opened_at=NOW + timedelta(hours=number // 2),
        )
        for number in range(7)
    ]


def walk(link: str, direction: str, *, descending: bool) -> list[list[str]]:
    pages = []
    query = QueryDict(link.removeprefix("?"))
    while True:
        page = page_of(Finding.objects.all(), by="opened_at", descending=descending, query=query, size=3)
        pages.append([finding.text for finding in page.rows])
        link = getattr(page, direction)
        if not link:
            return pages
        query = QueryDict(link.removeprefix("?"))


def test_pages_forwards_hold_every_row_once(findings: list[Finding]) -> None:
    assert walk("", "next", descending=False) == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    assert walk("", "next", descending=True) == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


def test_pages_lead_back_the_way_they_came(findings: list[Finding]) -> None:
    last = page_of(
        Finding.objects.all(),
        by="opened_at",
        descending=False,
        query=QueryDict(page_of(Finding.objects.all(), by="opened_at", descending=False, query=QueryDict(""), size=3).next[1:]),
        size=3,
    )

    assert walk(last.previous, "previous", descending=False) == [["0", "1", "2"]]


def test_links_keep_the_filter_and_drop_the_old_mark(findings: list[Finding]) -> None:
    page = page_of(Finding.objects.all(), by="opened_at", descending=False, query=QueryDict("q=a&q=b&after=zzz"), size=3)

    assert parse_qs(page.next[1:])["q"] == ["a", "b"]
    assert parse_qs(page.next[1:])["after"] != ["zzz"]


@pytest.mark.parametrize("mark", ["", "%%%", "WzEsMl0", "bnVsbA", "W10", "WyJub24iLCAxXQ", "é"])
def test_a_mark_we_did_not_write_begins_at_the_beginning(findings: list[Finding], mark: str) -> None:
    query = QueryDict(mutable=True)
    query["after"] = mark

    assert [f.text for f in page_of(Finding.objects.all(), by="opened_at", descending=False, query=query, size=3).rows] == ["0", "1", "2"]

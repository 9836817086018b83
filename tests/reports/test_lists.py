"""The long lists leave by writers of their own: column by column, row by row, their files hold what the screen shows."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from python_calamine import CalamineWorkbook

from accounts.models import User
from assessments.models import Finding, Standing
from audit import trail
from labels import evaluation
from labels.dates import ledger_day
from reports.models import Export, Risk
from runs.engine import work_off
from suppliers.models import Supplier
from tests.factories import NOW, create_assessment, create_campaign, create_supplier
from tests.labels.support import create_green_supplier, create_standard
from tests.reports.test_tables import plain, screen


# --- how the screen shows what a file holds ---------------------------------------------------------------------------


def same(text: str) -> str:
    return text


def score(text: str) -> str:
    return str(Decimal(text).quantize(Decimal("0.1"), ROUND_HALF_UP)) if text else ""


def percent(text: str) -> str:
    return f"{score(text)}%" if text else ""


def whole_percent(text: str) -> str:
    return f"{Decimal(text).quantize(Decimal(1), ROUND_HALF_UP)}%" if text else ""


def day(text: str) -> str:
    return date_format(date.fromisoformat(text)) if text else ""


def moment(style: str) -> Callable[[str], str]:
    return lambda text: date_format(timezone.localtime(datetime.fromisoformat(text)), style)


def said_if_so(words: str) -> Callable[[str], str]:
    return lambda text: _(words) if text == _("Yes") else ""


def only(*words: str) -> Callable[[str], str]:
    return lambda text: text if text in [_(each) for each in words] else ""


def or_words(words: str) -> Callable[[str], str]:
    return lambda text: text or _(words)


def what_is_left(text: str) -> str:
    return _("%(day)s: label at risk") % {"day": ""} if text == _("No label") else text


Shown = tuple[str, Callable[[str], str]]


@dataclass(frozen=True)
class Listed:
    """`columns`: heading on the screen -> what of the file stands in its cell, in order; None where it holds what is pressed."""

    page: str
    columns: Mapping[str, Sequence[Shown] | None]
    export: str = ""
    file: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    who: str = "staff"
    rows: int = 2


LISTS = [
    Listed(
        "reports:portfolio",
        export="reports:portfolio_export",
        query={"category": "services", "sort": "-name"},
        columns={
            "Supplier": [("Supplier", same), ("Identifier", same)],
            "Category": [("Category", same)],
            "Place": [("Place", same)],
            "Assessment": [("Assessment", same), ("Open critical finding", said_if_so("Critical finding"))],
            "Declared": [("Declared", score)],
            "Evidenced": [("Evidenced", score), ("Evidence coverage", percent)],
            "Verified": [("Verified", score)],
            "Label": [("Label", same), ("Level", same)],
            "At risk": [
                ("At risk", same),
                ("Score before", score),
                ("Score then", score),
                ("Label at risk on", same),
                ("Label then", what_is_left),
            ],
        },
    ),
    Listed(
        "assessments:finding_list",
        export="reports:findings_export",
        query={"severity": "critical"},
        columns={
            "Finding": [("Finding", same), ("Question", same), ("Campaign", same)],
            "Supplier": [("Supplier", same)],
            "Severity": [("Severity", same)],
            "State": [("State", same)],
            "Opened": [("Opened", day)],
            "Next step": [("Next step", day), ("Overdue", said_if_so("Overdue")), ("Who acts next", same)],
        },
    ),
    Listed(
        "labels:directory",
        export="reports:directory_export",
        query={"category": "services"},
        columns={
            "Supplier": [("Supplier", same)],
            "Category": [("Category", same)],
            "Place": [("Place", same)],
            "Level": [("Level", same)],
            "Valid until": [("Valid until", day)],
            "Certificate": None,
        },
    ),
    Listed(
        "assessments:review_queue",
        export="assessments:review_queue_file",
        query={"category": "services"},
        columns={
            "Supplier": [("Supplier", same), ("Other name", same)],
            "Category": [("Category", same)],
            "Campaign": [("Campaign", same)],
            "Submitted": [("Submitted", day)],
            "Due": [("Due", day), ("Pace", only("Overdue", "Due soon"))],
            "Declared": [("Declared", score)],
            "Evidenced": [("Evidenced", score), ("Evidence coverage", whole_percent)],
            "State": [("State", same)],
            "Reviewer": [("Reviewer", or_words("Nobody's yet"))],
        },
    ),
    Listed(
        "reports:audit_trail",
        file="reports:audit_trail_file",
        who="auditor",
        query={"action": "supplier.viewed"},
        columns={
            "What": [("What", same), ("Action", same)],
            "When": [("When", moment("SHORT_DATETIME_FORMAT"))],
            "Who": [("Who", or_words("the system"))],
            "Supplier": [("Supplier", same)],
            "Object": [("Object", same)],
            "Address": [("Address", same)],
        },
    ),
    Listed(
        "accounts:access_log",
        file="reports:access_log_file",
        who="owner",
        rows=1,
        columns={"When": [("When", moment("DATETIME_FORMAT"))], "Who": [("Who", same), ("Role", same)], "What": [("What", same)]},
    ),
]


# --- something in every list ------------------------------------------------------------------------------------------


@pytest.fixture
def lists(settings: Any, tmp_path: Path, supplier: Supplier, owner: User, reviewer: User) -> None:
    settings.MEDIA_ROOT = tmp_path
    standard = create_standard()
    campaign = create_campaign()
    waiting = {"status": "submitted", "submitted_at": NOW, "submitted_by": owner}
    others = [create_supplier(name_en="=Ash Ltd", name_zh="白蜡有限公司", category="services"), create_supplier(category="media")]
    Supplier.objects.filter(pk=supplier.pk).update(category="services")
    for number, each in enumerate([supplier, *others]):
        assessment = create_assessment(campaign=campaign, supplier=each, declared="81.25", evidenced="70.05", **waiting)
        Standing.objects.filter(supplier=each).update(declared="81.25", evidenced="70.05", evidence_coverage="66.60", status="submitted")
        find(assessment, number)
        trail.record("supplier.viewed", actor=reviewer, supplier_id=each.pk, target=each)
    trail.record("campaign.closed", actor=reviewer)
    for name, category in (("Elm Ltd", "services"), ("Fir Ltd", "services"), ("Yew Ltd", "media")):
        green = create_supplier(name_en=name, name_zh="", category=category)
        create_green_supplier(green, closed_at=timezone.now() - timedelta(days=60))
    evaluation.evaluate_all(on=ledger_day(timezone.now()), at=timezone.now())
    put_at_risk(others[0], supplier)
    assert standard


def find(assessment: Any, number: int) -> None:
    due = timezone.localdate() + timedelta(days=number - 1)
    given = {"supplier": assessment.supplier, "assessment": assessment, "question": "A-01", "text": f"=Finding {number}"}
    for severity in ("critical", "minor"):
        Finding.objects.create(**given, severity=severity, next_due_on=due, opened_at=NOW + timedelta(days=number))


def put_at_risk(first: Supplier, second: Supplier) -> None:
    on = ledger_day(timezone.now())
    Risk.objects.create(
        supplier=first, forecast_on=on, first_on=on, score_on=on, score_before="70.05", score_after="61.00", label_on=on, level_before="x"
    )
    Risk.objects.create(supplier=second, forecast_on=on, first_on=on, label_on=on, level_before="x", level_after="green")


# --- the file beside the screen ---------------------------------------------------------------------------------------


def file_of(client: Client, each: Listed, form: str) -> list[list[str]]:
    data = client.get(reverse(each.file), {**each.query, "format": form}).content if each.file else exported(client, each, form)
    if form == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    return [[as_text(cell) for cell in row] for row in CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()]


def exported(client: Client, each: Listed, form: str) -> bytes:
    """A short list is the answer; a long one is made by a run."""
    answer = client.post(reverse(each.export, query=each.query), {"format": form, "purpose": "report"})
    if answer.status_code == 200:
        return answer.content
    export = Export.objects.latest("pk")
    assert work_off(export.run_id or 0).status == "done"
    export.refresh_from_db()
    with export.file.open("rb") as file:
        return bytes(file.read())


def as_text(cell: Any) -> str:
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def bare(text: str) -> str:
    """Without the signs that join what stands in one cell, and the quote before what a spreadsheet might run."""
    return text.translate(dict.fromkeys(map(ord, "→:：'")))


def expected(row: Mapping[str, str], columns: Mapping[str, Sequence[Shown] | None]) -> Iterator[str | None]:
    for parts in columns.values():
        yield None if parts is None else plain("".join(shown(row[_(heading)]) for heading, shown in parts))


@pytest.mark.parametrize(("language", "form"), [("en", "csv"), ("zh-hans", "xlsx")])
@pytest.mark.parametrize("each", [pytest.param(each, id=each.page) for each in LISTS])
def test_the_file_of_a_list_holds_what_the_screen_shows(
    client: Client, lists: None, request: Any, each: Listed, language: str, form: str
) -> None:
    user = request.getfixturevalue(each.who)
    user.language = language
    user.save(update_fields=["language"])
    client.force_login(user)
    with translation.override(language):
        html = client.get(reverse(each.page), each.query).content.decode()
        [[heads, *body]] = [table for table in screen(html) if plain(_(next(iter(each.columns)))) in table[0]]
        [heading, *rows] = file_of(client, each, form)

        first = heads.index(plain(_(next(iter(each.columns)))))
        assert heads[first:] == [plain(_(head)) for head in each.columns]
        # The columns of the screen come first, in its order.
        leading = [_(name) for parts in each.columns.values() for name, _shown in parts or ()]
        assert heading[: len(leading)] == leading
        assert len(rows) == len(body) >= each.rows
        for shown, row in zip(body, rows, strict=True):
            wanted = expected(dict(zip(heading, row, strict=True)), each.columns)
            for cell, words in zip(shown[first:], wanted, strict=True):
                assert words is None or bare(cell) == bare(words)

"""The review queue as a workbook: the rows and columns that the page shows, all of them and not one page."""

import io
from collections.abc import Iterable

import xlsxwriter
from django.utils.translation import gettext as _

from assessments.deadlines import Pace
from assessments.models import Assessment


_WIDTHS = (34, 20, 30, 12, 12, 12, 10, 10, 14, 24)


def write_queue(rows: Iterable[Assessment]) -> bytes:
    """`rows` come with supplier, campaign, reviewer, `review_due_on` and `pace`."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True})
    sheet = book.add_worksheet(_("Review queue")[:31])
    sheet.freeze_panes(1, 1)
    bold, day = book.add_format({"bold": True, "bg_color": "#E8EEF4"}), book.add_format({"num_format": "yyyy-mm-dd"})
    for column, (heading, width) in enumerate(zip(_headings(), _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, bold)
    for number, row in enumerate(rows, start=1):
        _write_row(sheet, number, row, day)
    book.close()
    return output.getvalue()


def _headings() -> tuple[str, ...]:
    return (
        _("Supplier"),
        _("Category"),
        _("Campaign"),
        _("Submitted"),
        _("Due"),
        _("Pace"),
        _("Declared"),
        _("Evidenced"),
        _("State"),
        _("Reviewer"),
    )


def _write_row(sheet: xlsxwriter.worksheet.Worksheet, number: int, row: Assessment, day: xlsxwriter.format.Format) -> None:
    words = {0: row.supplier.name, 1: row.supplier.get_category_display(), 2: row.campaign.title, 5: Pace(row.pace).label}  # type: ignore[attr-defined]
    words |= {8: row.get_status_display(), 9: str(row.reviewer or "")}
    for column, text in words.items():
        sheet.write_string(number, column, str(text))
    assert row.submitted_at is not None  # noqa: S101 - the queue holds what was handed in
    sheet.write_datetime(number, 3, row.submitted_at, day)
    sheet.write_datetime(number, 4, row.review_due_on, day)  # type: ignore[attr-defined]
    for column, score in ((6, row.declared), (7, row.evidenced)):
        if score is not None:
            sheet.write_number(number, column, float(score))

"""What staff take away from an import: the list of rows with reasons, and the template to fill in."""

import csv
import io
from collections.abc import Iterable, Iterator

import xlsxwriter
from django.utils.translation import gettext as _

from suppliers.columns import columns_of
from suppliers.models import Category, HeadcountBand, Import, ImportRow, PublicRecord, SiteType


# What a spreadsheet takes for a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """Text that stays text when somebody opens our file in a spreadsheet."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


class Echo:
    """A file that gives back what is written: the response streams it."""

    def write(self, text: str) -> str:
        return text


def rows_as_csv(rows: Iterable[ImportRow]) -> Iterator[str]:
    """One line a reason, so that a spreadsheet can filter by column."""
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow([_("Row"), _("Outcome"), _("Name"), _("Column"), _("Reason")])
    for row in rows:
        for column, reason in row.reasons() or [("", "")]:
            cells = (str(row.number), str(row.get_outcome_display()), row.label, column, reason)
            yield writer.writerow([safe_cell(cell) for cell in cells])


def template_csv(kind: str) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([column.heading for column in columns_of(kind)])
    return text.getvalue().encode("utf-8-sig")


CHOICES = {
    Import.Kind.SUPPLIERS: {"category": Category.values, "headcount_band": HeadcountBand.values},
    Import.Kind.SITES: {"type": SiteType.values},
    Import.Kind.RECORDS: {"kind": PublicRecord.Kind.values, "rating": PublicRecord.Rating.values},
    Import.Kind.CONTACTS: {"language": ["zh-hans", "en"], "is_primary": ["yes", "no"]},
}


def template_xlsx(kind: str) -> bytes:
    """Headings in both languages; every column is text, so that no number loses its zeros or its last digits."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet(kind)
        heading, text = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#E3EFE9"}), book.add_format({"num_format": "@"})
        for position, column in enumerate(columns_of(kind)):
            sheet.set_column(position, position, 24, text)
            sheet.write_string(0, position, column.heading, heading)
            if choices := CHOICES[Import.Kind(kind)].get(column.name):
                sheet.data_validation(1, position, 1048575, position, {"validate": "list", "source": choices, "error_type": "warning"})
        sheet.freeze_panes(1, 0)
    return file.getvalue()

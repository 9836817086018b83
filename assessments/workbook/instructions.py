"""The first sheet of the workbook: whose it is, and how it is filled in."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop as _

from assessments.workbook.layout import AreaSheet, Layout
from assessments.workbook.words import height_of, in_both, joined


if TYPE_CHECKING:
    from assessments.workbook.writing import Copy

_STEPS = (
    _("Fill in the yellow cells, sheet by sheet. White cells hold what is saved already; change them where they are not right any more."),
    _("You need no connection, and not all at once. Several people may fill in several copies: the portal puts them together."),
    _("Where it says “Only if …”, fill in the row only if this is so. What does not apply is kept and not counted."),
    _("Do not insert, delete or move rows, columns or sheets: the portal would not know any more what belongs where."),
    _("Formulas of this workbook are allowed where a number is asked for; their result is taken. Links to other files are not."),
    _("Evidence: write the names of the files, one a line, and upload the files in one ZIP beside this workbook."),
    _("Upload the workbook in the portal. You see first what would change, and choose where somebody else changed the same."),
)
_COMPANY, _ASSESSMENT, _DUE, _DOWNLOADED = _("Company"), _("Self-assessment"), _("Due"), _("Downloaded")
_SHEETS, _QUESTIONS = _("Sheets"), _("Questions")


def instructions(sheet: Any, copy: "Copy", layout: Layout, styles: Any) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 3)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 3, 62)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_row(0, 28)
    sheet.write_string(0, 1, joined(copy.title), styles["title"])
    row = 2
    for label, value in _facts(copy):
        sheet.write_string(row, 1, label, styles["head"])
        sheet.merge_range(row, 2, row, 3, value, styles["box"])
        row += 1
    row += 1
    for number, step in enumerate(_STEPS, start=1):
        text = in_both(step)
        sheet.set_row(row, height_of((text.zh, 62), (text.en, 62)))
        sheet.write_string(row, 1, str(number), styles["code"])
        sheet.write_string(row, 2, text.zh, styles["box"])
        sheet.write_string(row, 3, text.en, styles["box"])
        row += 1
    row += 1
    sheet.write_string(row, 1, joined(in_both(_QUESTIONS)), styles["head"])
    sheet.merge_range(row, 2, row, 3, joined(in_both(_SHEETS)), styles["head"])
    for plan in layout.sheets:
        if isinstance(plan, AreaSheet):
            row += 1
            sheet.write_string(row, 1, str(len({line.slot for line in plan.lines})), styles["box"])
            sheet.merge_range(row, 2, row, 3, "", styles["link"])
            sheet.write_url(row, 2, f"internal:'{plan.name}'!A1", styles["link"], string=f"{plan.area.code} {joined(plan.area.title)}")
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _facts(copy: "Copy") -> list[tuple[str, str]]:
    return [
        (joined(in_both(_COMPANY)), joined(copy.company)),
        (joined(in_both(_ASSESSMENT)), joined(copy.title)),
        (joined(in_both(_DUE)), copy.due_on.isoformat()),
        (joined(in_both(_DOWNLOADED)), f"{copy.at:%Y-%m-%d %H:%M}, {copy.by}"),
    ]

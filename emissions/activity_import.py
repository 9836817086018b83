"""Activity data from a CSV or XLSX file, or from cells pasted out of a spreadsheet: read, checked row by row, then taken over at once.

One row a value: site, source, (refrigerant), month or first and last day, quantity, unit, (estimated). Nothing is written as long
as a row is wrong; the same file a second time changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from audit import trail
from emissions.activity import Entry, save_activities
from emissions.forms import CellError, parse
from emissions.models import ActivityImport, ActivityRecord, Substance
from emissions.sources import UNITS, Source, source_label
from suppliers import notations
from suppliers.inspection import safe_name
from suppliers.models import Site, Supplier
from suppliers.table_files import Column
from suppliers.tables import Line, heading_keys, normal_heading, read_table


if TYPE_CHECKING:
    from accounts.models import User

MOST_ROWS = 5_000
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "site": ("site", "场地", "场所", "站点"),
    "source": ("source", "排放源", "能源品种", "来源"),
    "substance": ("refrigerant", "制冷剂"),
    "month": ("month", "月份", "月"),
    "quantity": ("quantity", "数量", "用量"),
    "unit": ("unit", "单位"),
    "estimated": ("estimated", "估算", "是否估算"),
}
NEEDED = ("site", "source", "month", "quantity", "unit")
YES = frozenset({"yes", "y", "true", "1", "是"})


def template_columns(site: str, month: str) -> list[Column]:
    """The columns of a template whose rows are the sources, each with its usual unit; the quantities are left to fill in."""
    values: Mapping[str, Callable[[Source], str]] = {
        "site": lambda source: site,
        "source": lambda source: str(source.label),
        "substance": lambda source: str(Substance.R410A.label) if source == Source.REFRIGERANT else "",
        "month": lambda source: month,
        "unit": lambda source: UNITS[source][0],
    }
    return [Column(f"{names[0]} ({names[1]})", values.get(name, lambda source: ""), 22) for name, names in HEADINGS.items()]


class UnknownColumns(ValidationError):
    """The first rows hold no heading we know for a column that is needed."""


class AlreadyTaken(Exception):
    """The file was taken over before."""


@dataclass(frozen=True)
class RowProblem:
    """`column` is one of `HEADINGS`, "" when the row as a whole is meant."""

    number: int
    column: str
    text: str


@dataclass(frozen=True)
class RowEntry:
    number: int
    site: Site
    entry: Entry
    was: str

    @property
    def label(self) -> str:
        return source_label(self.entry.source, self.entry.substance)


@dataclass
class Reading:
    """What a file says, row by row, beside what is stored now."""

    new: list[RowEntry] = field(default_factory=list)
    changed: list[RowEntry] = field(default_factory=list)
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def is_fit(self) -> bool:
        return not self.problems and bool(self.new or self.changed)

    @property
    def to_write(self) -> list[RowEntry]:
        return self.new + self.changed


@transaction.atomic
def keep_file(*, supplier: Supplier, data: bytes, name: str, by: "User", at: datetime) -> ActivityImport:
    """Keeps the file once it can be read as a table. Raises `ValidationError` with what is the matter."""
    _columns(_lines(data))
    kept = ActivityImport(supplier=supplier, original_name=safe_name(name), uploaded_by=by, uploaded_at=at)
    kept.file.save(kept.original_name, ContentFile(data), save=False)
    kept.save()
    return kept


def read(source: ActivityImport, *, today: date) -> Reading:
    """Looks the file through against what is stored now; writes nothing."""
    with source.file.open("rb") as file:
        lines = _lines(file.read())
    start, columns = _columns(lines)
    reader = _Reader(source.supplier, columns, today)
    for line in lines[start + 1 :]:
        reader.take(line)
    return reader.reading


@transaction.atomic
def take_over(*, import_id: int, by: "User", at: datetime, today: date) -> ActivityImport:
    """Writes all rows of the file or none. Raises `AlreadyTaken`, and `ValidationError` when a row is wrong."""
    source = ActivityImport.objects.select_for_update().select_related("supplier").get(pk=import_id)
    if source.taken_at:
        raise AlreadyTaken
    Supplier.objects.select_for_update(no_key=True).get(pk=source.supplier_id)
    reading = read(source, today=today)
    if reading.problems:
        raise ValidationError(_("Rows of the file are wrong. Nothing was taken over."))
    by_site: dict[Site, list[Entry]] = defaultdict(list)
    for row in reading.to_write:
        by_site[row.site].append(row.entry)
    source.values_written = save_activities(supplier_id=source.supplier_id, by_site=by_site, by=by, at=at)
    source.taken_at = at
    source.save(update_fields=["taken_at", "values_written"])
    detail = {"file": source.original_name, "values": source.values_written}
    trail.record("activity.imported", actor=by, target=source, supplier_id=source.supplier_id, detail=detail, at=at)
    return source


# --- columns and rows -------------------------------------------------------------------------------------------------


def _lines(data: bytes) -> Sequence[Line]:
    lines = read_table(data).lines
    if len(lines) > MOST_ROWS + 1:
        raise ValidationError(_("The file has more than %(limit)s rows. Split it.") % {"limit": MOST_ROWS})
    return lines


def _columns(lines: Sequence[Line]) -> tuple[int, dict[str, int]]:
    """The heading's place and the column of each value. Raises `UnknownColumns`."""
    known = {normal_heading(heading): name for name, headings in HEADINGS.items() for heading in headings}
    best: tuple[int, dict[str, int]] = (0, {})
    for place, line in enumerate(lines[:10]):
        found: dict[str, int] = {}
        for position, cell in enumerate(line.cells):
            for key in heading_keys(cell):
                if name := known.get(key):
                    found.setdefault(name, position)
        if len(found) > len(best[1]):
            best = (place, found)
    if missing := [name for name in NEEDED if name not in best[1]]:
        headings = ", ".join(HEADINGS[name][0] for name in missing)
        raise UnknownColumns(_("Columns are missing: %(columns)s. Take the template.") % {"columns": headings})
    return best


class _Reader:
    def __init__(self, supplier: Supplier, columns: Mapping[str, int], today: date) -> None:
        self.columns, self.today = columns, today
        sites = list(Site.objects.filter(supplier=supplier))
        names = Counter(site.name.casefold() for site in sites)
        self.sites = {site.name.casefold(): site for site in sites if names[site.name.casefold()] == 1}
        self.sites |= {site.reference.casefold(): site for site in sites if site.reference}
        self.sources = _named(Source.choices)
        self.substances = _named(Substance.choices)
        stored = ActivityRecord.objects.filter(supplier=supplier)
        self.stored = {(r.site_id, r.month, r.source, r.substance): r for r in stored}
        self.seen: dict[tuple[int, date, str, str], int] = {}
        self.reading = Reading()
        self._number = 0

    def take(self, line: Line) -> None:
        self._number = line.number
        before = len(self.reading.problems)
        site = self.sites.get(self._cell(line, "site").casefold())
        if site is None:
            self._problem("site", _("None of your sites is called so, or several are."))
        source = self.sources.get(self._cell(line, "source").casefold(), "")
        if not source:
            self._problem("source", _("This source is not known."))
        substance = self._substance(line, source)
        month = self._month(line)
        quantity, is_measured = self._quantity(line)
        unit = self._unit(line, source)
        if self._cell(line, "estimated").casefold() in YES:
            is_measured = False
        if len(self.reading.problems) > before or site is None or month is None or quantity is None:
            return
        self._sort(site, Entry(month, source, substance, quantity, unit, is_measured))

    def _sort(self, site: Site, entry: Entry) -> None:
        key = (site.pk, *entry.cell)
        if key in self.seen:
            self._problem("", _("Row %(number)s gives the same month of the same source.") % {"number": self.seen[key]})
            return
        self.seen[key] = self._number
        record = self.stored.get(key)
        if record is not None and record.is_from_periods:
            self._problem("month", _("This month is calculated from metered periods. Change those."))
        elif record is None:
            self.reading.new.append(RowEntry(self._number, site, entry, ""))
        elif (record.quantity, record.unit, record.is_measured) == (entry.quantity, entry.unit, entry.is_measured):
            self.reading.unchanged += 1
        else:
            self.reading.changed.append(RowEntry(self._number, site, entry, f"{record.quantity.normalize():f} {record.unit}"))

    def _substance(self, line: Line, source: str) -> str:
        typed = self._cell(line, "substance")
        if source != Source.REFRIGERANT:
            return ""
        found = self.substances.get(typed.casefold(), "")
        if not found:
            self._problem("substance", _("Say which refrigerant it was, for example R-410A."))
        return found

    def _month(self, line: Line) -> date | None:
        typed = self._cell(line, "month")
        text = typed.replace("年", "-").removesuffix("月").replace("/", "-")
        try:
            month = notations.day(f"{text}-01" if text.count("-") == 1 else text).replace(day=1)
        except (notations.Unreadable, notations.Ambiguous):
            self._problem("month", _("Write the month as 2025-03."))
            return None
        if not month.year >= 2015 or month > self.today:
            self._problem("month", _("This month is not over yet, or too long ago."))
            return None
        return month

    def _quantity(self, line: Line) -> tuple[Decimal | None, bool]:
        try:
            quantity, is_measured = parse(self._cell(line, "quantity"))
        except CellError as error:
            self._problem("quantity", str(error))
            return None, True
        if quantity is None:
            self._problem("quantity", _("Enter a quantity. Leave the row out when you do not know it."))
        return quantity, is_measured

    def _unit(self, line: Line, source: str) -> str:
        typed = self._cell(line, "unit").replace("³", "3").replace("₃", "3")
        units = {unit.casefold(): unit for unit in UNITS.get(source, ())} | {"万kwh": "10k kWh", "万千瓦时": "10k kWh"}
        unit = units.get(typed.casefold(), "")
        if source and unit not in UNITS[source]:
            self._problem("unit", _("Take one of: %(units)s.") % {"units": ", ".join(UNITS[source])})
        return unit

    def _cell(self, line: Line, name: str) -> str:
        position = self.columns.get(name)
        return line.cells[position].strip() if position is not None and position < len(line.cells) else ""

    def _problem(self, column: str, text: str) -> None:
        self.reading.problems.append(RowProblem(self._number, column, text))


def _named(choices: Sequence[tuple[str, object]]) -> dict[str, str]:
    """By key and by name in both languages."""
    found = {value.casefold(): value for value, _label in choices}
    for language in ("en", "zh-hans"):
        with override(language):
            found |= {str(label).casefold(): value for value, label in choices}
    return found

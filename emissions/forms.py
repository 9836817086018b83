"""The table of a site's months: what people type, checked cell by cell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from emissions.activity import Entry
from emissions.models import ActivityRecord, Substance
from emissions.sources import Column, columns
from emissions.units import UnknownUnit, convert
from suppliers import notations
from suppliers.models import Site


LARGEST = Decimal(99999999999999)
PLACES = 4
ESTIMATE = "~"
ESTIMATE_MARKS = (ESTIMATE, "～")


class CellError(ValueError):
    """What is wrong with a cell, in words for the person who typed it."""


def parse(text: str) -> tuple[Decimal | None, bool]:
    """The quantity and whether it was measured. "" is no value; "~1,200" is an estimate. Raises `CellError`."""
    plain = text.strip()
    is_estimate = plain.startswith(ESTIMATE_MARKS)
    try:
        quantity = notations.number(plain[1:] if is_estimate else plain)
    except notations.Ambiguous as ambiguous:
        first, second = ambiguous.readings
        raise CellError(_("This can be %(first)s or %(second)s. Write it without a comma.") % {"first": first, "second": second}) from None
    except notations.Unreadable:
        raise CellError(_("This is not a number.")) from None
    if quantity is None:
        return None, True
    if quantity < 0:
        raise CellError(_("A quantity cannot be below zero."))
    if quantity > LARGEST:
        raise CellError(_("This quantity is too large. Please check the unit."))
    if quantity != round(quantity, PLACES):
        raise CellError(_("At most four digits after the point."))
    return quantity, not is_estimate


def written(quantity: Decimal, is_measured: bool) -> str:
    """As a cell shows it, and as `parse` reads it."""
    text = f"{round(quantity, PLACES):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if is_measured else ESTIMATE + text


@dataclass
class Cell:
    column: Column
    month: date
    # As the stored value reads in the column's unit, as the page was given it, and as it was typed.
    stored: str = ""
    was: str = ""
    value: str = ""
    error: str = ""
    is_open: bool = True
    is_from_periods: bool = False

    @property
    def name(self) -> str:
        return f"v-{self.month:%Y-%m}-{self.column.key}"

    @property
    def was_name(self) -> str:
        return f"was-{self.month:%Y-%m}-{self.column.key}"

    @property
    def label(self) -> str:
        return _("%(source)s, %(month)s") % {"source": self.column.label, "month": month_name(self.month)}


@dataclass
class Head:
    """A column's head: its label and the unit its numbers are in."""

    column: Column
    unit: str
    was_unit: str
    substance: str = ""
    error: str = ""

    @property
    def substances(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Substance.choices]


@dataclass
class Row:
    month: date
    cells: list[Cell]
    is_open: bool

    @property
    def label(self) -> str:
        return month_name(self.month)


def month_name(month: date) -> str:
    return date_format(month, "YEAR_MONTH_FORMAT")


@dataclass
class ActivityTable:
    """One site's fiscal year. `data` is what was sent; without it the table shows what is stored."""

    site: Site
    months: list[date]
    today: date
    data: Mapping[str, str] | None = None
    everything: bool = False
    heads: list[Head] = field(init=False)
    rows: list[Row] = field(init=False)
    conflicts: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        found = ActivityRecord.objects.filter(site=self.site, month__range=(self.months[0], self.months[-1]))
        self._stored = {(r.month, r.source, r.substance): r for r in found.order_by("month", "pk")}
        recorded = {(source, substance) for _month, source, substance in self._stored}
        shown = columns(self.site.type, recorded, everything=self.everything)
        self.heads = [self._head(column) for column in shown]
        self.rows = [Row(month, [self._cell(head, month) for head in self.heads], month <= self.today) for month in self.months]
        if self.data is not None:
            self._check()

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """(id of the input, what it is, what is wrong), for the summary above the table."""
        heads = [(f"unit-{head.column.key}", head.column.label, head.error) for head in self.heads if head.error]
        return heads + [(cell.name, cell.label, cell.error) for row in self.rows for cell in row.cells if cell.error]

    def is_valid(self) -> bool:
        return self.data is not None and not self.errors

    def entries(self) -> list[Entry]:
        """The cells that the person changed; of a column whose unit was changed, all that have a value."""
        return [entry for row in self.rows if row.is_open for head, cell in self._pairs(row) if (entry := self._entry(head, cell))]

    # --- reading ------------------------------------------------------------------------------------------------------

    def _head(self, column: Column) -> Head:
        stored = [r.unit for (_m, source, substance), r in self._stored.items() if (source, substance) == (column.source, column.substance)]
        unit = stored[0] if stored else column.units[0]
        if self.data is None:
            return Head(column, unit, unit)
        sent = self.data.get(f"unit-{column.key}", unit)
        error = "" if sent in (*column.units, unit) else _("This unit does not fit.")
        return Head(column, sent if not error else unit, self.data.get(f"was-unit-{column.key}", unit), self._substance(column), error)

    def _substance(self, column: Column) -> str:
        sent = (self.data or {}).get(f"substance-{column.key}", "") if column.is_new else ""
        return sent if sent in Substance.values else ""

    def _cell(self, head: Head, month: date) -> Cell:
        column = head.column
        record = self._stored.get((month, column.source, column.substance))
        stored = _in_unit(record, head.was_unit) if record else ""
        from_periods = bool(record and record.is_from_periods)
        is_open = month <= self.today and not from_periods
        cell = Cell(column, month, stored=stored, was=stored, value=stored, is_open=is_open, is_from_periods=from_periods)
        if self.data is not None and cell.is_open:
            cell.was, cell.value = self.data.get(cell.was_name, stored), self.data.get(cell.name, stored).strip()
        return cell

    # --- checking -----------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        for row in self.rows:
            for _head, cell in self._pairs(row):
                try:
                    parse(cell.value)
                except CellError as error:
                    cell.error = str(error)
        for place, head in enumerate(self.heads):
            typed = any(row.cells[place].value for row in self.rows)
            if head.column.is_new and typed and not head.substance:
                head.error = _("Choose which refrigerant it was.")
            if head.substance and any(head.substance == other.column.substance for other in self.heads):
                head.error = _("This refrigerant has a column already.")
        self._check_conflicts()

    def _check_conflicts(self) -> None:
        """Somebody else saved a cell that this person changed too: show both, overwrite neither."""
        for row in self.rows:
            for head, cell in self._pairs(row):
                if self._changes(head, cell) and cell.stored not in (cell.was, cell.value) and not cell.error:
                    stored = cell.stored or _("nothing")
                    cell.error = _("Changed by somebody else meanwhile: now %(value)s. Save again to use yours.") % {"value": stored}
                    cell.was = cell.stored
                    self.conflicts += 1

    def _changes(self, head: Head, cell: Cell) -> bool:
        return cell.is_open and (cell.value != cell.was or bool(cell.value and head.unit != head.was_unit))

    def _pairs(self, row: Row) -> list[tuple[Head, Cell]]:
        return list(zip(self.heads, row.cells, strict=True))

    def _entry(self, head: Head, cell: Cell) -> Entry | None:
        if not self._changes(head, cell):
            return None
        quantity, is_measured = parse(cell.value)
        return Entry(cell.month, cell.column.source, head.substance or cell.column.substance, quantity, head.unit, is_measured)


def _in_unit(record: ActivityRecord, unit: str) -> str:
    try:
        return written(convert(record.quantity, record.unit, unit), record.is_measured)
    except UnknownUnit:
        return written(record.quantity, record.is_measured)

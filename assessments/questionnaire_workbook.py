"""A questionnaire as a spreadsheet: the document of the YAML file, laid out in tables. Read into that document, and written from it.

A heading is the key of the YAML file, with dots for what stands inside (`text.en`, `credit.kind`). What is a list there has a sheet of
its own here, whose first column names the question it belongs to. What can be asked and scored is decided by `questionnaire.load`
alone; this module adds the cell to each problem. The format: `docs/questionnaire-format.md`.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import xlsxwriter
from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from assessments import questionnaire
from assessments.expressions import gettext_noop
from assessments.questionnaire import QuestionnaireError
from assessments.questions import Questionnaire
from assessments.reading import Problem
from assessments.workbook.reading import cell_text
from suppliers.workbook_opening import Marks, WorkbookRefused, column_letters, open_workbook


TOP, NOTES = "questionnaire", "notes"
_TEXT = ("en", "zh")
_TOP_KEYS = ("key", "version", "title.en", "title.zh", "evidence_share", "zero_tolerance_cap")
_FIELD_KEYS = ("type", "required", "unit", "units", "min", "max", "min_rows", "max_rows")


def _texts(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{language}" for name in names for language in _TEXT)


# Sheet -> its headings. The first heading of a sheet with a parent names the question, the second of some the field.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "areas": ("code", *_texts("title", "summary")),
    "profiles": ("category",),
    "bands": ("key", "from", *_texts("title")),
    "questions": (
        "code", "area", *_texts("topic", "text", "help", "reviewer_note"), "weight", "per_site", *_FIELD_KEYS,
        "credit.kind", "credit.field", "credit.full", "credit.numerator", "credit.denominator", "credit.when_zero",
        "credit.credits.yes", "credit.credits.no", "credit.credits.na",
        "evidence.rule", *_texts("evidence.text"), "evidence.share", "evidence.when",
        "applies.categories", "applies.site_types", "applies.when",
    ),
    "fields": ("question", "table", "key", *_texts("label"), *_FIELD_KEYS),
    "options": ("question", "field", "key", *_texts("label"), "credit", "excludes_others"),
    "credits": ("question", "option", "credit"),
    "credit_bands": ("question", "from", "credit"),
    "checks": ("question", "key", "ok_when", *_texts("message")),
    "triggers": ("question", "kind", "key", "when", *_texts("text")),
}  # fmt: skip
_MAPPINGS = "mappings."
_INSIDE = frozenset(head for heads in (_TOP_KEYS, *HEADINGS.values()) for head in heads if "." in head)
_LISTS = ("units", "applies.categories", "applies.site_types")
_FLAGS = ("required", "per_site", "excludes_others")
_COUNTS = ("min_rows", "max_rows", "credit.full")
_FLAG_WORDS = {"true": True, "yes": True, "false": False, "no": False}


def is_workbook(data: bytes) -> bool:
    """XLSX is a ZIP; the old form and locked files are named as such when they are opened."""
    return data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def read_xlsx(data: bytes) -> Questionnaire:
    """Raises `WorkbookRefused` for what is no spreadsheet, `QuestionnaireError` with every problem and its cell."""
    assembled = _Assembly(_sheets(data))
    found = list(assembled.problems)
    try:
        loaded = questionnaire.load(assembled.document)
    except QuestionnaireError as error:
        # What follows from a cell or sheet that was named already is not said twice.
        paths, cells = {problem.path for problem in found} - {""}, {problem.cell for problem in found} - {""}
        placed = [assembled.placed(problem) for problem in error.problems]
        found += [problem for problem in placed if problem.path not in paths and problem.cell not in cells]
    if found:
        raise QuestionnaireError(found)
    return loaded


# --- cells ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """`cells`: heading -> what stands there; `at`: heading -> address, for all headings of the sheet."""

    cells: Mapping[str, str]
    at: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    rows: Sequence[Sequence[Any]]
    marks: Marks

    def where(self, row: int, column: int) -> str:
        return f"{self.name}!{column_letters(column + 1)}{row + 1}"

    def text(self, row: int, column: int) -> str:
        address = f"{column_letters(column + 1)}{row + 1}"
        return cell_text(self.rows[row][column], is_percentage=address in self.marks.percentages)

    def unreadable(self, row: int, column: int) -> bool:
        address = f"{column_letters(column + 1)}{row + 1}"
        return address in self.marks.errors or (address in self.marks.formulas and address not in self.marks.valued)


def _sheets(data: bytes) -> dict[str, _Sheet]:
    opened = open_workbook(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(opened.data))
        return {
            name.strip().lower(): _Sheet(
                name, book.get_sheet_by_name(name).to_python(skip_empty_area=False), opened.marks.get(name) or Marks()
            )
            for name in book.sheet_names
        }
    except (CalamineError, OSError, ValueError) as error:
        raise WorkbookRefused(_("The spreadsheet cannot be read. Save it again as XLSX."), code="unreadable") from error


# --- the document -----------------------------------------------------------------------------------------------------


class _Assembly:
    """Builds the document, and keeps for each of its paths the cell it came from."""

    def __init__(self, sheets: Mapping[str, _Sheet]) -> None:
        self.document: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self._sheets = sheets
        self._cells: dict[str, str] = {}
        self._questions: dict[str, tuple[dict[str, Any], str]] = {}
        for name, sheet in sheets.items():
            if name not in (TOP, NOTES, *HEADINGS):
                known = ", ".join((TOP, *HEADINGS, NOTES))
                self._complain(sheet.where(0, 0), gettext_noop("Unknown sheet; known are: %(known)s."), known=known)
        for name in (TOP, "areas", "profiles", "bands", "questions"):
            if name not in sheets:
                self._complain("", gettext_noop("The sheet “%(sheet)s” is missing."), path=name, sheet=name)
        self._top()
        self._areas_and_bands()
        self._profiles()
        self._read_questions()
        self._fields()
        self._options()
        self._credits()
        self._parts()

    def placed(self, problem: Problem) -> Problem:
        path = problem.path
        while path not in self._cells and path:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return replace(problem, cell=self._cells.get(path, ""))

    def _complain(self, cell: str, message: str, path: str = "", **params: object) -> None:
        self.problems.append(Problem(path, message, params, cell=cell))

    # --- rows -----------------------------------------------------------------------------------------------------

    def _rows(self, name: str, more: Sequence[str] = ()) -> Iterator[_Row]:
        """The filled rows below the headings. A row whose first cell begins with # is a remark."""
        sheet = self._sheets.get(name)
        if sheet is None or not sheet.rows:
            return
        heads = self._heads(sheet, (*HEADINGS[name], *more))
        for number in range(1, len(sheet.rows)):
            filled = [column for column in range(len(sheet.rows[number])) if self._is_filled(sheet, number, column)]
            if not filled or sheet.text(number, 0).startswith("#"):
                continue
            for column in filled:
                if column not in heads and not sheet.text(0, column):
                    self._complain(sheet.where(number, column), gettext_noop("There is no heading above this cell."))
            yield _Row(
                {heads[column]: sheet.text(number, column) for column in filled if column in heads},
                {head: sheet.where(number, column) for column, head in heads.items()},
            )

    def _heads(self, sheet: _Sheet, known: Sequence[str]) -> dict[int, str]:
        heads: dict[int, str] = {}
        for column in range(len(sheet.rows[0])):
            head = sheet.text(0, column)
            if not head:
                continue
            if head not in known and not (sheet.name.strip().lower() == "questions" and head.startswith(_MAPPINGS)):
                self._complain(
                    sheet.where(0, column), gettext_noop("Unknown heading “%(head)s”; known here: %(known)s."),
                    head=head, known=", ".join(known),
                )  # fmt: skip
            elif head in heads.values():
                self._complain(sheet.where(0, column), gettext_noop("“%(key)s” appears more than once."), key=head)
            else:
                heads[column] = head
        return heads

    def _is_filled(self, sheet: _Sheet, row: int, column: int) -> bool:
        if sheet.unreadable(row, column):
            self._complain(sheet.where(row, column), gettext_noop("This cell holds an error, or a formula without a result."))
            return False
        return bool(sheet.text(row, column))

    # --- values ---------------------------------------------------------------------------------------------------

    def _fill(self, target: dict[str, Any], path: str, row: _Row, heads: Sequence[str]) -> None:
        """The cells of these headings into `target`, which stands at `path`."""
        for head in heads:
            if head in row.cells:
                self._put(target, path, _steps(head), _value(head, row.cells[head]), row.at[head])
            elif head in row.at:
                self._cells.setdefault(_join(path, head), row.at[head])

    def _put(self, target: dict[str, Any], path: str, steps: Sequence[str], value: Any, cell: str) -> None:
        for step in steps[:-1]:
            target, path = target.setdefault(step, {}), _join(path, step)
            self._cells.setdefault(path, cell)
        target[steps[-1]] = value
        self._cells[_join(path, steps[-1])] = cell

    def _append(self, holder: dict[str, Any], path: str, key: str, cell: str) -> tuple[dict[str, Any], str]:
        """A new member of the list `key` of the holder, and its path."""
        items = holder.setdefault(key, [])
        items.append({})
        self._cells.setdefault(_join(path, key), cell)
        path = f"{_join(path, key)}[{len(items) - 1}]"
        self._cells[path] = cell
        return items[-1], path

    # --- sheets ---------------------------------------------------------------------------------------------------

    def _top(self) -> None:
        """Name and value side by side; the first row may be a heading."""
        sheet = self._sheets.get(TOP)
        if sheet is None:
            return
        self._cells[""] = sheet.where(0, 0)
        for number in range(len(sheet.rows)):
            name = sheet.text(number, 0) if sheet.rows[number] else ""
            if not name or name.startswith("#") or (number == 0 and name == "name"):
                continue
            if name not in _TOP_KEYS:
                self._complain(
                    sheet.where(number, 0), gettext_noop("Unknown key; known here: %(known)s."), path=name, known=", ".join(_TOP_KEYS)
                )
            elif len(sheet.rows[number]) > 1 and self._is_filled(sheet, number, 1):
                self._put(self.document, "", _steps(name), sheet.text(number, 1), sheet.where(number, 1))

    def _areas_and_bands(self) -> None:
        for name in ("areas", "bands"):
            for row in self._rows(name):
                item, path = self._append(self.document, "", name, _first(row))
                self._fill(item, path, row, HEADINGS[name])

    def _profiles(self) -> None:
        codes = [str(area.get("code", "")) for area in self.document.get("areas", [])]
        if sheet := self._sheets.get("profiles"):
            self._cells["profiles"] = sheet.where(0, 0)
        for row in self._rows("profiles", codes):
            category = row.cells.get("category", "")
            if not category or category in self.document.get("profiles", {}):
                reason = gettext_noop("“%(key)s” appears more than once.") if category else gettext_noop("A category is needed here.")
                self._complain(_first(row), reason, key=category)
                continue
            profile: dict[str, Any] = {}
            self.document.setdefault("profiles", {})[category] = profile
            self._cells[f"profiles.{category}"] = _first(row)
            self._fill(profile, f"profiles.{category}", row, codes)

    def _read_questions(self) -> None:
        own = [head for head in HEADINGS["questions"] if head not in _FIELD_KEYS]
        for row in self._rows("questions"):
            item, path = self._append(self.document, "", "questions", _first(row))
            mappings = [head for head in row.at if head.startswith(_MAPPINGS)]
            self._fill(item, path, row, [*own, *mappings])
            if any(head in row.cells for head in _FIELD_KEYS):
                field, at = self._append(item, path, "fields", row.at.get("type", _first(row)))
                field["key"] = "value"
                self._fill(field, at, row, _FIELD_KEYS)
            self._questions.setdefault(item.get("code", ""), (item, path))

    def _question(self, row: _Row) -> tuple[dict[str, Any], str] | None:
        code = row.cells.get("question", "")
        if code and code in self._questions:
            return self._questions[code]
        self._complain(
            row.at.get("question", _first(row)), gettext_noop("There is no question “%(code)s” on the sheet “questions”."), code=code
        )
        return None

    def _fields(self) -> None:
        described = {code for code, (item, _path) in self._questions.items() if "fields" in item}
        for row in self._rows("fields"):
            found = self._question(row)
            if found is None:
                continue
            table = row.cells.get("table", "")
            if not table and row.cells["question"] in described:
                self._complain(_first(row), gettext_noop("Describe the field here or on the sheet “questions”, not on both."))
                continue
            holder = self._field(found, table, row, "table") if table else found
            if holder is not None:
                item, path = self._append(*holder, "columns" if table else "fields", _first(row))
                self._fill(item, path, row, HEADINGS["fields"][2:])

    def _field(self, question: tuple[dict[str, Any], str], name: str, row: _Row, head: str) -> tuple[dict[str, Any], str] | None:
        """A field by its key, or a column of a table as `table.column`."""
        holder, path = question
        for kind, key in zip(("fields", "columns"), name.split(".")[:2], strict=False):
            for place, field in enumerate(holder.get(kind, [])):
                if field.get("key") == key:
                    holder, path = field, f"{path}.{kind}[{place}]"
                    break
            else:
                cell = row.at.get(head, _first(row))
                self._complain(cell, gettext_noop("Question %(code)s has no field “%(field)s”."), code=row.cells["question"], field=name)
                return None
        return holder, path

    def _options(self) -> None:
        for row in self._rows("options"):
            question = self._question(row)
            field = self._field(question, row.cells.get("field", "value"), row, "field") if question else None
            if field:
                item, path = self._append(*field, "options", _first(row))
                self._fill(item, path, row, HEADINGS["options"][2:])

    def _credits(self) -> None:
        """Credits of options that do not carry their own, as `credit.credits` of the YAML file."""
        for row in self._rows("credits"):
            question = self._question(row)
            if question:
                option = row.cells.get("option", "")
                self._put(*question, ("credit", "credits", option), row.cells.get("credit", ""), row.at.get("credit", _first(row)))

    def _parts(self) -> None:
        for row in self._rows("credit_bands"):
            if question := self._question(row):
                item, path = question
                self._cells.setdefault(f"{path}.credit", _first(row))
                item, path = self._append(item.setdefault("credit", {}), f"{path}.credit", "bands", _first(row))
                self._fill(item, path, row, HEADINGS["credit_bands"][1:])
        for name in ("checks", "triggers"):
            for row in self._rows(name):
                if question := self._question(row):
                    item, path = self._append(*question, name, _first(row))
                    self._fill(item, path, row, HEADINGS[name][1:])


def _first(row: _Row) -> str:
    return next(iter(row.at.values()))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _steps(head: str) -> list[str]:
    """What a heading stands for, from outside in. Names of mappings and codes of areas are the author's own, dots and all."""
    if head.startswith(_MAPPINGS):
        return head.split(".", 1)
    return head.split(".") if head in _INSIDE else [head]


def _value(head: str, text: str) -> Any:
    if head in _LISTS or head.startswith(_MAPPINGS):
        return [part.strip() for part in re.split(r"[;；\n]", text) if part.strip()]
    if head in _FLAGS:
        return _FLAG_WORDS.get(text.lower(), text)
    return int(text) if head in _COUNTS and re.fullmatch(r"[0-9]{1,6}", text) else text


# --- writing ----------------------------------------------------------------------------------------------------------

_WIDTHS = {"en": 48, "zh": 32, "when": 28, "code": 12, "question": 12}


def write_xlsx(document: Mapping[str, Any]) -> bytes:
    """A questionnaire's document as a workbook that `read_xlsx` reads into the same document."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, wrapped = book.add_format({"bold": True, "bg_color": "#E8EEF4"}), book.add_format({"text_wrap": True, "valign": "top"})
    tables = {TOP: (("name", "value"), [{"name": key, "value": _find(document, key)} for key in _TOP_KEYS]), **dict(_tables(document))}
    for name, (heads, rows) in tables.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for column, head in enumerate(heads):
            sheet.set_column(column, column, _WIDTHS.get(head.rpartition(".")[2], 14), wrapped)
            sheet.write_string(0, column, head, bold)
            for number, row in enumerate(rows, start=1):
                if (text := _written(row.get(head))) != "":
                    sheet.write_string(number, column, text, wrapped)
    book.close()
    return output.getvalue()


def _tables(document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[tuple[str, ...], list[dict[str, Any]]]]]:
    questions = document["questions"]
    areas = tuple(area["code"] for area in document["areas"])
    mappings = tuple(dict.fromkeys(f"{_MAPPINGS}{name}" for each in questions for name in each.get("mappings", {})))
    parts = {
        "areas": document["areas"],
        "profiles": [{"category": category, **shares} for category, shares in document["profiles"].items()],
        "bands": document["bands"],
        "questions": [each | (each["fields"][0] if _is_plain(each) else {}) for each in questions],
        "fields": [row for each in questions for row in _field_rows(each)],
        "options": [row for each in questions for row in _option_rows(each)],
        "credits": [row for each in questions for row in _credit_rows(each)],
        "credit_bands": [{"question": each["code"], **band} for each in questions for band in each["credit"].get("bands", [])],
        **{
            name: [{"question": each["code"], **part} for each in questions for part in each.get(name, [])]
            for name in ("checks", "triggers")
        },
    }
    more = {"profiles": areas, "questions": mappings}
    for name, rows in parts.items():
        heads = (*HEADINGS[name], *more.get(name, ()))
        yield name, (heads, [{head: _find(row, head) for head in heads} for row in rows])


def _is_plain(question: Mapping[str, Any]) -> bool:
    """One field called `value` that needs no more than its type: it stands on the sheet of the questions."""
    fields = question["fields"]
    return len(fields) == 1 and fields[0]["key"] == "value" and "label" not in fields[0]


def _field_rows(question: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The fields, then the columns of tables: a table must be there before its columns."""
    if not _is_plain(question):
        yield from ({"question": question["code"], **field} for field in question["fields"])
    for field in question["fields"]:
        yield from ({"question": question["code"], "table": field["key"], **column} for column in field.get("columns", []))


def _option_rows(question: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for field in question["fields"]:
        inner = [(f"{field['key']}.{column['key']}", column) for column in field.get("columns", [])]
        for name, holder in ((field["key"], field), *inner):
            yield from ({"question": question["code"], "field": name, **option} for option in holder.get("options", []))


def _credit_rows(question: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for option, credit in question["credit"].get("credits", {}).items():
        if option not in ("yes", "no", "na"):
            yield {"question": question["code"], "option": option, "credit": credit}


def _find(row: Mapping[str, Any], head: str) -> Any:
    """By its heading: a name as it stands, or the way into what stands inside."""
    if head in row:
        return row[head]
    value: Any = row
    for step in head.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return "" if value is None else str(value)

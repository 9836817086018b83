"""A questionnaire as a spreadsheet: the document of the YAML file, laid out in tables. Read into that document, and written from it.

A heading is the key of the YAML file, with dots for what stands inside (`text.en`, `credit.kind`). What is a list there has a sheet of
its own here, whose first column names the question it belongs to. What can be asked and scored is decided by `questionnaire.load`
alone; this module adds the cell to each problem. The format: `docs/questionnaire-format.md`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assessments.questionnaires import questionnaire
from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.questionnaires.questions import Questionnaire
from assessments.rules.sheets import Assembly, Row, Sheet, first_cell, join, sheets_of, write_tables


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


def read_xlsx(data: bytes) -> Questionnaire:
    """Raises `WorkbookRefused` for what is no spreadsheet, `QuestionnaireError` with every problem and its cell."""
    assembled = _Assembly(sheets_of(data))
    try:
        loaded = questionnaire.load(assembled.document)
    except QuestionnaireError as error:
        raise QuestionnaireError(assembled.with_cells(error.problems)) from None
    if assembled.problems:
        raise QuestionnaireError(assembled.problems)
    return loaded


# --- the document -----------------------------------------------------------------------------------------------------


class _Assembly(Assembly):
    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        super().__init__(sheets, known=(TOP, *HEADINGS, NOTES), needed=(TOP, "areas", "profiles", "bands", "questions"))
        self._questions: dict[str, tuple[dict[str, Any], str]] = {}
        self._top()
        self._areas_and_bands()
        self._profiles()
        self._read_questions()
        self._fields()
        self._options()
        self._credits()
        self._parts()

    def _rows(self, name: str) -> Iterator[Row]:
        return self.rows_of(name, HEADINGS[name], free=_MAPPINGS if name == "questions" else "")

    def _fill(self, target: dict[str, Any], path: str, row: Row, heads: Sequence[str]) -> None:
        """The cells of these headings into `target`, which stands at `path`."""
        for head in heads:
            if head in row.cells:
                self.put(target, path, _steps(head), _value(head, row.cells[head]), row.at[head])
            elif head in row.at:
                self.cells.setdefault(join(path, head), row.at[head])

    # --- sheets ---------------------------------------------------------------------------------------------------

    def _top(self) -> None:
        for name, value, cell in self.named_values(TOP, _TOP_KEYS):
            self.put(self.document, "", _steps(name), value, cell)

    def _areas_and_bands(self) -> None:
        for name in ("areas", "bands"):
            for row in self._rows(name):
                item, path = self.append(self.document, "", name, first_cell(row))
                self._fill(item, path, row, HEADINGS[name])

    def _profiles(self) -> None:
        self.shares("profiles", [str(area.get("code", "")) for area in self.document.get("areas", [])])

    def _read_questions(self) -> None:
        own = [head for head in HEADINGS["questions"] if head not in _FIELD_KEYS]
        for row in self._rows("questions"):
            item, path = self.append(self.document, "", "questions", first_cell(row))
            mappings = [head for head in row.at if head.startswith(_MAPPINGS)]
            self._fill(item, path, row, [*own, *mappings])
            if any(head in row.cells for head in _FIELD_KEYS):
                field, at = self.append(item, path, "fields", row.at.get("type", first_cell(row)))
                field["key"] = "value"
                self._fill(field, at, row, _FIELD_KEYS)
            self._questions.setdefault(item.get("code", ""), (item, path))

    def _question(self, row: Row) -> tuple[dict[str, Any], str] | None:
        code = row.cells.get("question", "")
        if code and code in self._questions:
            return self._questions[code]
        self.complain(
            row.at.get("question", first_cell(row)), gettext_noop("There is no question “%(code)s” on the sheet “questions”."), code=code
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
                self.complain(first_cell(row), gettext_noop("Describe the field here or on the sheet “questions”, not on both."))
                continue
            holder = self._field(found, table, row, "table") if table else found
            if holder is not None:
                item, path = self.append(*holder, "columns" if table else "fields", first_cell(row))
                self._fill(item, path, row, HEADINGS["fields"][2:])

    def _field(self, question: tuple[dict[str, Any], str], name: str, row: Row, head: str) -> tuple[dict[str, Any], str] | None:
        """A field by its key, or a column of a table as `table.column`."""
        holder, path = question
        for kind, key in zip(("fields", "columns"), name.split(".")[:2], strict=False):
            for place, field in enumerate(holder.get(kind, [])):
                if field.get("key") == key:
                    holder, path = field, f"{path}.{kind}[{place}]"
                    break
            else:
                cell = row.at.get(head, first_cell(row))
                self.complain(cell, gettext_noop("Question %(code)s has no field “%(field)s”."), code=row.cells["question"], field=name)
                return None
        return holder, path

    def _options(self) -> None:
        for row in self._rows("options"):
            question = self._question(row)
            field = self._field(question, row.cells.get("field", "value"), row, "field") if question else None
            if field:
                item, path = self.append(*field, "options", first_cell(row))
                self._fill(item, path, row, HEADINGS["options"][2:])

    def _credits(self) -> None:
        """Credits of options that do not carry their own, as `credit.credits` of the YAML file."""
        for row in self._rows("credits"):
            question = self._question(row)
            if question:
                option = row.cells.get("option", "")
                self.put(*question, ("credit", "credits", option), row.cells.get("credit", ""), row.at.get("credit", first_cell(row)))

    def _parts(self) -> None:
        for row in self._rows("credit_bands"):
            if question := self._question(row):
                item, path = question
                self.cells.setdefault(f"{path}.credit", first_cell(row))
                item, path = self.append(item.setdefault("credit", {}), f"{path}.credit", "bands", first_cell(row))
                self._fill(item, path, row, HEADINGS["credit_bands"][1:])
        for name in ("checks", "triggers"):
            for row in self._rows(name):
                if question := self._question(row):
                    item, path = self.append(*question, name, first_cell(row))
                    self._fill(item, path, row, HEADINGS[name][1:])


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


def write_xlsx(document: Mapping[str, Any]) -> bytes:
    """A questionnaire's document as a workbook that `read_xlsx` reads into the same document."""
    top = [{"name": key, "value": _find(document, key)} for key in _TOP_KEYS]
    return write_tables({TOP: (("name", "value"), top), **dict(_tables(document))})


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

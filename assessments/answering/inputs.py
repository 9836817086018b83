"""Form inputs of a question: how they are named, read from what a browser sent, and filled from a stored value.

One naming serves the whole-area form and the save of one question. `E1-02__value`, `E4-05__value__amount`,
`E4-07__gases__0__gas`; our own inputs beside the fields begin with a hyphen, which no field key does: `E1-02__-base`.
What a single site answers has its site's id behind the code: `E1-02@12__value`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.datastructures import MultiValueDict

from assessments import canonical
from assessments.questionnaires.questions import NOTE, Field, Question
from assessments.questionnaires.wording import well_formed


Posted = MultiValueDict[str, str]
EMPTY: tuple[Any, ...] = (None, "", [], {})
# Rows a table offers beyond those filled in: without JavaScript they are all there is to add.
SPARE_ROWS = 2


def answer_key(code: str, site: int | None = None) -> str:
    """Names one answer of an assessment: "E1-02" for all sites, "E1-02@12" for site 12. It begins the names of its inputs."""
    return code if site is None else f"{code}@{site}"


def split_key(key: str) -> tuple[str, int | None]:
    """The inverse of `answer_key`. Raises ValueError."""
    code, separator, site = key.partition("@")
    if separator and not (site.isascii() and site.isdecimal() and len(site) < 19):
        raise ValueError(key)
    return code, int(site) if separator else None


def name_of(key: str, *parts: object) -> str:
    return "__".join([key, *map(str, parts)])


def is_posted(question: Question, data: Posted, site: int | None = None) -> bool:
    """Every answer on a page sends its base version, even when nothing is filled in."""
    return name_of(answer_key(question.code, site), "-base") in data


def read(question: Question, data: Posted, site: int | None = None) -> dict[str, Any]:
    """What was typed, in the shape of a stored value but not yet checked: field key -> what the field holds."""
    value, answer = {}, answer_key(question.code, site)
    for field in question.fields:
        given = _read_field(field, name_of(answer, field.key), data)
        if given not in EMPTY:
            value[field.key] = given
    note = _text(data, name_of(answer, NOTE))
    if note:
        value[NOTE] = note
    return value


def _read_field(field: Field, name: str, data: Posted) -> Any:
    if field.type == "file":
        return None
    if field.type == "table":
        return _read_table(field, name, data)
    if field.type == "multi":
        return [key for key in data.getlist(name) if key]
    if field.type == "number":
        return _read_amount(field, name, data)
    return _text(data, name)


def _read_amount(field: Field, name: str, data: Posted) -> dict[str, str] | None:
    amount = _text(data, f"{name}__amount")
    if not amount:
        return None
    if field.unit is None:
        return {"amount": amount}
    return {"amount": amount, "unit": _text(data, f"{name}__unit") or field.units[0]}


def _read_table(field: Field, name: str, data: Posted) -> list[dict[str, Any]]:
    """Rows in the order of the page, without those in which nothing is filled in."""
    return list(table_rows(field, name, data).values())


def table_rows(field: Field, name: str, data: Posted) -> dict[int, dict[str, Any]]:
    """The rows in which something is filled in, by their number."""
    rows = {}
    # One more than allowed, so that a table that is too long is refused and not cut.
    for number in range(min(_row_count(name, data), field.max_rows + 1)):
        row = {column.key: _read_field(column, f"{name}__{number}__{column.key}", data) for column in field.columns}
        row = {key: given for key, given in row.items() if given not in EMPTY}
        if row:
            rows[number] = row
    return rows


def _row_count(name: str, data: Posted) -> int:
    """One more than the highest row number sent."""
    prefix, highest = f"{name}__", -1
    for key in data:
        if key.startswith(prefix):
            number = key[len(prefix) :].partition("__")[0]
            if number.isdecimal() and len(number) < 5:
                highest = max(highest, int(number))
    return highest + 1


def _text(data: Posted, name: str) -> str:
    return str(data.get(name) or "").replace("\r\n", "\n").strip()


def pairs(question: Question, value: Mapping[str, Any], site: int | None = None) -> list[tuple[str, str]]:
    """The inverse of `read`: names and values of the inputs that hold a stored value."""
    found: list[tuple[str, str]] = []
    answer = answer_key(question.code, site)
    for field in question.fields:
        if given := well_formed(field, value.get(field.key)):
            found += _pairs_of_field(field, name_of(answer, field.key), given)
    if question.field(NOTE) is None:
        found.append((name_of(answer, NOTE), str(value.get(NOTE) or "")))
    return found


def _pairs_of_field(field: Field, name: str, given: Any) -> Iterator[tuple[str, str]]:
    if field.type == "table":
        for number, row in enumerate(given):
            for column in field.columns:
                if cell := well_formed(column, row.get(column.key)):
                    yield from _pairs_of_field(column, f"{name}__{number}__{column.key}", cell)
    elif field.type == "multi":
        yield from ((name, key) for key in given)
    elif field.type == "number":
        yield from ((f"{name}__{part}", given[part]) for part in ("amount", "unit") if part in given)
    elif field.type != "file":
        yield name, str(given)


def digest(value: Mapping[str, Any]) -> str:
    """Says whether what comes back with a form is what went out with it."""
    return canonical.sha256(value)[:16]

"""A weight set as a spreadsheet: the sheets `weight_set`, `profiles` and `weights`. The format: `docs/questionnaire-format.md`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.rules.sheets import Assembly, Sheet, first_cell, sheets_of, write_tables


TOP, NOTES = "weight_set", "notes"
_TOP_KEYS = ("questionnaire", "of", "version")
# The wording of a question is there to be read; what it says is not taken over.
_WEIGHT_HEADS = ("question", "weight", "text")

Read = TypeVar("Read")


def parse_xlsx(data: bytes, read: Callable[[Any], Read]) -> Read:
    """What `read` makes of the sheets; to the problems it raises, their cells are added. Raises `WorkbookRefused`."""
    assembled = _Assembly(sheets_of(data))
    try:
        found = read(assembled.document)
    except QuestionnaireError as error:
        raise QuestionnaireError(assembled.with_cells(error.problems)) from None
    if assembled.problems:
        raise QuestionnaireError(assembled.problems)
    return found


class _Assembly(Assembly):
    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        super().__init__(sheets, known=(TOP, "profiles", "weights", NOTES), needed=(TOP,))
        for name, value, cell in self.named_values(TOP, _TOP_KEYS):
            self.put(self.document, "", (TOP, name), value, cell)
        self.shares("profiles", self._codes())
        self._weights()

    def _codes(self) -> list[str]:
        """Whatever stands above the shares: whether the questionnaire knows the area is for it to say."""
        sheet = self.sheets.get("profiles")
        if sheet is None or not sheet.rows:
            return []
        heads = (sheet.text(0, column) for column in range(len(sheet.rows[0])))
        return [head for head in heads if head and head != "category"]

    def _weights(self) -> None:
        for row in self.rows_of("weights", _WEIGHT_HEADS):
            code = row.cells.get("question", "")
            if not code or code in self.document.get("weights", {}):
                reason = gettext_noop("“%(key)s” appears more than once.") if code else gettext_noop("A question is needed here.")
                self.complain(first_cell(row), reason, key=code)
            else:
                self.put(self.document, "", ("weights", code), row.cells.get("weight"), row.at.get("weight", first_cell(row)))


def write_xlsx(document: Mapping[str, Any], *, texts: Mapping[str, str]) -> bytes:
    """A weight set as a workbook that `parse_xlsx` reads into the same; `texts` words each question for the reader."""
    areas = list(next(iter(document["profiles"].values())))
    return write_tables(
        {
            TOP: (("name", "value"), [{"name": key, "value": document[TOP][key]} for key in _TOP_KEYS]),
            "profiles": (("category", *areas), [{"category": key, **shares} for key, shares in document["profiles"].items()]),
            "weights": (
                _WEIGHT_HEADS,
                [{"question": code, "weight": weight, "text": texts.get(code, "")} for code, weight in document["weights"].items()],
            ),
        }
    )

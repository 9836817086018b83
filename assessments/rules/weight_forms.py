"""Weights as people type them: a table of shares, categories by areas, and a number for each question."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.visible_text import VisibleTextMixin
from assessments.questionnaires.messages import problem
from assessments.questionnaires.parts import LONGEST_VERSION
from assessments.questionnaires.questionnaire import Problem
from assessments.questionnaires.questions import CATEGORIES, Question, Questionnaire
from assessments.questionnaires.wording import local
from suppliers.models import Category


@dataclass(frozen=True)
class ShareRow:
    key: str
    label: str
    fields: list[forms.BoundField]
    # Of what is in the fields, where all of it can be read.
    total: Decimal | None
    error: str


@dataclass(frozen=True)
class AreaWeights:
    code: str
    title: str
    questions: list[tuple[Question, str, forms.BoundField]]

    @property
    def has_errors(self) -> bool:
        return any(field.errors for _question, _text, field in self.questions)


class WeightsForm(VisibleTextMixin, forms.Form):
    """`base` is the questionnaire, `rules` the weights the form begins with."""

    version = forms.CharField(
        label=_("Version of the rules"),
        max_length=LONGEST_VERSION,
        help_text=_("A name of their own for the rules these weights make."),
    )

    # The hash of the draft the form was opened with.
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, base: Questionnaire, rules: Questionnaire, fixed_version: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base, self.fixed_version, self.row_errors = base, fixed_version, dict[str, str]()
        if fixed_version:
            del self.fields["version"]
        for category in CATEGORIES:
            for area, share in rules.profile(category).items():
                name = self.name_of_share(category, area)
                self.fields[name] = _number(share, f"{Category(category).label}, {area}", 100)
        for question in rules.questions:
            if question.credit.kind != "none":
                self.fields[f"weight-{question.code}"] = _number(question.weight, question.code, 1000)

    @staticmethod
    def name_of_share(category: str, area: str) -> str:
        return f"share-{category}-{area}"

    def document(self) -> dict[str, Any]:
        """As `weighting.read` takes it."""
        given = self.cleaned_data
        codes = [area.code for area in self.base.areas]
        return {
            "weight_set": {"questionnaire": self.base.key, "of": self.base.version, "version": self.fixed_version or given["version"]},
            "profiles": {category: {code: str(given[self.name_of_share(category, code)]) for code in codes} for category in CATEGORIES},
            "weights": {name.removeprefix("weight-"): str(number) for name, number in given.items() if name.startswith("weight-")},
        }

    def take(self, problems: Iterable[Problem]) -> None:
        """Each problem beside what it is about."""
        for found in problems:
            part, _dot, place = found.path.partition(".")
            if part == "profiles":
                self.row_errors[place.partition(".")[0]] = problem(found)
                self.add_error(None, f"{Category(place.partition('.')[0]).label}: {problem(found)}")
            else:
                name = "version" if part in ("weight_set", "version") else f"weight-{place}"
                self.add_error(name if name in self.fields else None, problem(found))

    def refuse_as_changed(self) -> None:
        if "version" in self.fields:
            self.add_error("version", _("There are rules of this version already, with other weights. Choose another name."))
        else:
            self.add_error(None, _("Somebody has changed this draft since you opened it. Nothing was saved: open it again."))

    # --- as a page shows it ---------------------------------------------------------------------------------------

    def share_rows(self) -> list[ShareRow]:
        return [self._share_row(category, str(label)) for category, label in Category.choices]

    def _share_row(self, category: str, label: str) -> ShareRow:
        fields = [self[self.name_of_share(category, area.code)] for area in self.base.areas]
        return ShareRow(category, label, fields, _total(fields), self.row_errors.get(category, ""))

    def weight_areas(self) -> list[AreaWeights]:
        found = []
        for area in self.base.areas:
            scored = [each for each in self.base.in_area(area.code) if each.credit.kind != "none"]
            rows = [(each, local(each.text), self[f"weight-{each.code}"]) for each in scored]
            found.append(AreaWeights(area.code, local(area.title), rows))
        return found


def _number(initial: Decimal, label: str, highest: int) -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"min": "0", "max": str(highest), "step": "any", "inputmode": "decimal", "aria-label": label})
    return forms.DecimalField(label=label, min_value=0, max_value=highest, max_digits=8, decimal_places=4, initial=initial, widget=widget)


def _total(fields: Iterable[forms.BoundField]) -> Decimal | None:
    try:
        total = sum((Decimal(str(field.value())) for field in fields), Decimal(0))
    except ArithmeticError:
        return None
    return total if total.is_finite() else None

"""What the buyer's people type when they draft a standard, read into the lines of its content and shown from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from labels.criteria import SUSPEND, WARN
from labels.models import Level
from suppliers.models import Category, Document, HeadcountBand


LEDGER_TITLES: dict[str, StrOrPromise] = {
    "valid_months": gettext_lazy("Valid for (months)"),
    "renewal_notice_days": gettext_lazy("Renewal announced before the end (days)"),
    "renewal_days": gettext_lazy("Renewed before the end (days)"),
    "grace_days": gettext_lazy("Grace after a warning (days)"),
    "notice_days": gettext_lazy("Notice of a new version (days)"),
    "appeal_days": gettext_lazy("Time to appeal (days)"),
    "appeal_decision_days": gettext_lazy("Time to decide on an appeal (days)"),
}
KIND_TITLES: dict[str, StrOrPromise] = {
    "total_score": gettext_lazy("Least total score"),
    "area_score": gettext_lazy("Least score of an area"),
    "review_age": gettext_lazy("Reviewed within some months"),
    "measure": gettext_lazy("Figure of an answer within a limit"),
    "document": gettext_lazy("Certificate or permit in date"),
    "gate": gettext_lazy("Gate of the questionnaire not hit"),
    "no_critical_finding": gettext_lazy("No open critical finding"),
    "majors_in_time": gettext_lazy("Major findings closed in time"),
    "no_violation": gettext_lazy("No violation on record within some months"),
    "supplier_state": gettext_lazy("Active on the supplier list"),
    "pilot": gettext_lazy("Pilot agreement in force"),
}
# Kinds whose need is a number; the others ask only that it is so.
POINTS, MONTHS, FIGURES = ("total_score", "area_score"), ("review_age", "no_violation"), ("measure",)
# What a kind says besides title, effect, categories and need.
EXTRAS: dict[str, tuple[str, ...]] = {
    "area_score": ("area",),
    "gate": ("gate",),
    "majors_in_time": ("days",),
    "document": ("any_of", "months"),
    "measure": ("question", "field", "bound", "unit"),
}

key_like = RegexValidator(r"^[a-z][a-z0-9_]{1,59}\Z", gettext_lazy("Use small letters, digits and underscores."))


class NewDraftForm(forms.Form):
    version = forms.CharField(
        label=gettext_lazy("Version"),
        help_text=gettext_lazy("The name of the new version, such as 2027 or 2027.1."),
        max_length=20,
        validators=[RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z.\-]*\Z", gettext_lazy("Use letters, digits, dots and hyphens."))],
    )


class PublicationForm(forms.Form):
    in_force_from = forms.DateField(
        label=gettext_lazy("In force from"),
        help_text=gettext_lazy("With the notice the standard itself gives."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, earliest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["in_force_from"].initial = earliest.isoformat()
        self.fields["in_force_from"].widget.attrs["min"] = earliest.isoformat()


class SeenForm(forms.Form):
    """Says which text its reader saw."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


class GeneralForm(SeenForm):
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=200)
    title_zh = forms.CharField(label=gettext_lazy("Chinese title"), max_length=200)
    summary_en = forms.CharField(label=gettext_lazy("English summary"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    summary_zh = forms.CharField(label=gettext_lazy("Chinese summary"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, title in LEDGER_TITLES.items():
            self.fields[name] = forms.IntegerField(label=title, min_value=0, max_value=3650)
        self.fields["cooling_off"] = forms.IntegerField(
            label=gettext_lazy("No label after a revocation (years)"), min_value=0, max_value=50
        )
        self.fields["cooling_off_ethics"] = forms.IntegerField(
            label=gettext_lazy("No label after a breach of ethics (years)"), min_value=0, max_value=50
        )

    def texts(self, name: str) -> dict[str, str]:
        return {language: self.cleaned_data[f"{name}_{language}"] for language in ("en", "zh")}

    def ledger(self) -> dict[str, Any]:
        numbers: dict[str, Any] = {name: self.cleaned_data[name] for name in LEDGER_TITLES}
        years = {"default": self.cleaned_data["cooling_off"], "ethics": self.cleaned_data["cooling_off_ethics"]}
        return {**numbers, "cooling_off_years": years}


def general_initial(content: Mapping[str, Any], ledger: Any) -> dict[str, Any]:
    texts = {f"{name}_{language}": content[name][language] for name in ("title", "summary") for language in ("en", "zh")}
    numbers = {name: getattr(ledger, name) for name in LEDGER_TITLES}
    return {**texts, **numbers, "cooling_off": ledger.cooling_off("default"), "cooling_off_ethics": ledger.cooling_off("ethics")}


@dataclass(frozen=True)
class NeedRow:
    title: str
    fields: list[forms.BoundField]


class CriterionForm(SeenForm):
    """One criterion of any kind. The needs are a grid: a column a level, a row for all categories and one for each that differs."""

    key = forms.CharField(
        label=gettext_lazy("Key"), help_text=gettext_lazy("Stays the same from version to version."), max_length=60, validators=[key_like]
    )
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=200)
    title_zh = forms.CharField(label=gettext_lazy("Chinese title"), max_length=200)
    effect = forms.ChoiceField(
        label=gettext_lazy("If it is missed"),
        choices=[
            (WARN, gettext_lazy("Warn first, with the days of grace")),
            (SUSPEND, gettext_lazy("Suspend at once: a gate, the same for every level")),
        ],
        widget=forms.RadioSelect,
    )
    categories = forms.MultipleChoiceField(label=gettext_lazy("Asked of"), choices=Category.choices, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self, *args: Any, kind: str, content: Mapping[str, Any], known: Mapping[str, Mapping[str, str]], is_new: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.levels = kind, [level["key"] for level in content["levels"]]
        self.level_titles = {level: str(Level(level).label) if level in Level.values else level for level in self.levels}
        self.old: dict[str, Any] = {}
        if not is_new:
            del self.fields["key"]
        self._add_extras(known)
        self._add_needs()
        if kind == "document":
            for level in self.levels:
                self.fields[f"spares__{level}"] = forms.MultipleChoiceField(
                    label=_("Not asked at level “%(level)s” of companies with") % {"level": self.level_titles[level]},
                    choices=HeadcountBand.choices,
                    required=False,
                    widget=forms.CheckboxSelectMultiple,
                )

    def _add_extras(self, known: Mapping[str, Mapping[str, str]]) -> None:
        makers: dict[str, forms.Field] = {
            "area": forms.ChoiceField(label=_("Area"), choices=list(known["areas"].items())),
            "gate": forms.ChoiceField(label=_("Gate"), choices=list(known["gates"].items())),
            "days": forms.IntegerField(label=_("Days, where the finding names no date"), min_value=1, max_value=3650),
            "any_of": forms.MultipleChoiceField(
                label=_("One of these in date"), choices=Document.Kind.choices, widget=forms.CheckboxSelectMultiple
            ),
            "months": forms.IntegerField(
                label=_("Counts for (months)"),
                help_text=_("For papers without an end of their own."),
                required=False,
                min_value=1,
                max_value=600,
            ),
            "question": forms.ChoiceField(label=_("Question"), choices=list(known["questions"].items())),
            "field": forms.CharField(
                label=_("Field of the answer"), help_text=_("Its key in the questionnaire, such as pue."), max_length=60
            ),
            "bound": forms.ChoiceField(
                label=_("Bound"), choices=[("at_most", _("At most")), ("at_least", _("At least"))], widget=forms.RadioSelect
            ),
            "unit": forms.CharField(label=_("Unit"), max_length=10, required=False),
        }
        for name in EXTRAS.get(self.kind, ()):
            self.fields[name] = makers[name]

    def _add_needs(self) -> None:
        for level in self.levels:
            if not self.is_number:
                self.fields[f"need__{level}"] = forms.BooleanField(label=self.level_titles[level], required=False)
                continue
            for category, title in [("default", _("All categories")), *Category.choices]:
                name = f"need__{level}__{category}"
                self.fields[name] = forms.CharField(label=f"{title}: {self.level_titles[level]}", required=False, max_length=12)
                self.fields[name].widget.attrs["inputmode"] = "decimal"

    @property
    def is_number(self) -> bool:
        return self.kind in (*POINTS, *MONTHS, *FIGURES)

    @property
    def need_rows(self) -> list[NeedRow]:
        rows = [("default", _("All categories")), *((key, str(title)) for key, title in Category.choices)]
        return [NeedRow(title, [self[f"need__{level}__{key}"] for level in self.levels]) for key, title in rows]

    @property
    def need_boxes(self) -> list[forms.BoundField]:
        return [self[f"need__{level}"] for level in self.levels]

    @property
    def extra_fields(self) -> list[forms.BoundField]:
        spares = [self[f"spares__{level}"] for level in self.levels] if self.kind == "document" else []
        return [*(self[name] for name in EXTRAS.get(self.kind, ())), *spares]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_number:
            for name in [name for name in self.fields if name.startswith("need__")]:
                self._clean_number(name, cleaned.get(name, ""))
        return cleaned

    def _clean_number(self, name: str, typed: str) -> None:
        if not typed.strip():
            return
        try:
            number = Decimal(typed.strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.add_error(name, _("Enter a number."))
            return
        if self.kind in MONTHS and number != number.to_integral_value():
            self.add_error(name, _("Enter whole months."))

    # --- to and from the line of the content ---

    def line(self, key: str) -> dict[str, Any]:
        data = self.cleaned_data
        line: dict[str, Any] = {
            **{name: value for name, value in self.old.items() if name == "asked_when"},
            "key": key,
            "kind": self.kind,
            "effect": data["effect"],
            "title": {"en": data["title_en"], "zh": data["title_zh"]},
            "categories": [category for category in Category.values if category in data["categories"]],
            "need": self._need(),
        }
        for name in EXTRAS.get(self.kind, ()):
            if data.get(name) not in (None, ""):
                line[name] = data[name]
        spares = {level: data[f"spares__{level}"] for level in self.levels if data.get(f"spares__{level}")}
        return {**line, "not_asked_of": spares} if spares else line

    def _need(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not self.is_number:
            return {level: True for level in self.levels if data[f"need__{level}"]}
        need = {}
        for level in self.levels:
            typed = {category: data[f"need__{level}__{category}"].strip() for category in ("default", *Category.values)}
            given = {category: self._as_stored(text) for category, text in typed.items() if text}
            if given:
                need[level] = given
        return need

    def _as_stored(self, text: str) -> str | int:
        return int(Decimal(text)) if self.kind in MONTHS else text


def criterion_initial(line: Mapping[str, Any]) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "title_en": line["title"]["en"],
        "title_zh": line["title"]["zh"],
        "effect": line["effect"],
        "categories": list(line.get("categories", Category.values)),
        **{name: line[name] for name in EXTRAS.get(line["kind"], ()) if name in line},
        **{f"spares__{level}": bands for level, bands in (line.get("not_asked_of") or {}).items()},
    }
    for level, need in line["need"].items():
        if need is True:
            initial[f"need__{level}"] = True
            continue
        for category, value in (need if isinstance(need, Mapping) else {"default": need}).items():
            initial[f"need__{level}__{category}"] = value
    return initial

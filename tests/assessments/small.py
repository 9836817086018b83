"""Small questionnaires for tests: a document with just the parts a test is about."""

from typing import Any

from assessments.questionnaires import questionnaire
from assessments.questionnaires.names import Facts
from assessments.scoring import scorer
from assessments.scoring.scorer import RuleSet


MEDIA = Facts("media", "CN", "small", (("office", "CN"),))


def text(words: str) -> dict[str, str]:
    return {"en": words, "zh": f"{words}（中文）"}


def question(code: str, kind: str = "yes_no", *, area: str = "A", weight: str = "1", **parts: Any) -> dict[str, Any]:
    field: dict[str, Any] = {"key": "value", "type": kind}
    for key in ("options", "unit", "units", "min", "max", "columns", "min_rows", "max_rows"):
        if key in parts:
            field[key] = parts.pop(key)
    return {"code": code, "area": area, "text": text(code), "weight": weight, "fields": [field], "credit": credit_of(kind), **parts}


def credit_of(kind: str) -> dict[str, Any]:
    rules_of = {"maturity": "maturity", "yes_no": "options", "yes_no_na": "options", "single": "options", "multi": "checklist"}
    return {"kind": rules_of.get(kind, "disclosure")}


def option(key: str, credit: str | None = None, **parts: Any) -> dict[str, Any]:
    return {"key": key, "label": text(key), **({} if credit is None else {"credit": credit}), **parts}


def document(*questions: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Every area of the questions, with equal shares of the total unless `profiles` says otherwise."""
    areas = list(dict.fromkeys(each["area"] for each in questions))
    shares = {areas[0]: str(100 - 100 // len(areas) * (len(areas) - 1))}
    shares |= {area: str(100 // len(areas)) for area in areas[1:]}
    return {
        "key": "small",
        "version": "1",
        "title": text("Small"),
        "areas": [{"code": area, "title": text(area)} for area in areas],
        "profiles": {"default": shares},
        "bands": [
            {"key": "starting", "from": "0", "title": text("Starting")},
            {"key": "developing", "from": "40", "title": text("Developing")},
            {"key": "established", "from": "60", "title": text("Established")},
            {"key": "leading", "from": "80", "title": text("Leading")},
        ],
        "evidence_share": "0.5",
        "zero_tolerance_cap": "30",
        "questions": list(questions),
        **parts,
    }


def rules(*questions: dict[str, Any], **parts: Any) -> RuleSet:
    return scorer.compile(questionnaire.load(document(*questions, **parts)))

"""Weight sets: other shares of the areas by category, and other weights of questions, for a questionnaire that stays as it is.

    weight_set: {questionnaire: supplier-esg-code, of: "2026.1", version: "2026.1-w2"}
    profiles: {logistics: {E1: "10", E2: "20", …}}     # whole rows; a category that is not named keeps its shares
    weights: {E1-02: "3"}                              # a question that is not named keeps its weight

Applied to its questionnaire, a set makes the document of a version of its own, so that whatever scores, tests, publishes or proves a
version does the same with it. Pure: no database, no clock. The format for people: `docs/questionnaire-format.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments import canonical
from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.parts import LONGEST_VERSION
from assessments.questionnaires.questionnaire import QuestionnaireError, load, plain
from assessments.questionnaires.questions import CATEGORIES, Questionnaire
from assessments.questionnaires.reading import Node, Problem


@dataclass(frozen=True, slots=True)
class WeightSet:
    """`content` says only what is otherwise than in the questionnaire; `made` is the questionnaire with these weights."""

    version: str
    content: Mapping[str, Any]
    made: Questionnaire

    @property
    def sha256(self) -> str:
        return canonical.sha256(self.content)


def read(data: Any, *, base: Questionnaire) -> WeightSet:
    """Raises QuestionnaireError with every problem found."""
    problems: list[Problem] = []
    root = Node(plain(data), "", problems, texts=False)
    root.only("weight_set", "profiles", "weights")
    version = _head(root.at("weight_set"), base)
    profiles = _profiles(root.at("profiles"), base)
    weights = _weights(root.at("weights"), base)
    if problems:
        raise QuestionnaireError(problems)
    content = {
        "profiles": {category: _texts(shares) for category, shares in profiles.items() if shares != _otherwise(category, profiles, base)},
        "weights": _texts({code: weight for code, weight in weights.items() if weight != base.by_code[code].weight}),
    }
    return WeightSet(version, content, load(apply(base, content, version=version)))


def _otherwise(category: str, profiles: Mapping[str, Mapping[str, Decimal]], base: Questionnaire) -> Mapping[str, Decimal]:
    """The shares a category has where the set does not name it: its own, or those of the default as the set makes it."""
    return base.profiles.get(category) or profiles.get("default", base.profiles["default"])


def apply(base: Questionnaire, content: Mapping[str, Any], *, version: str) -> dict[str, Any]:
    """The questionnaire's document with these weights in the place of its own, saying whose they are."""
    weights = content["weights"]
    return {
        **base.document,
        "version": version,
        "weight_set": {"of": base.version, "sha256": base.sha256},
        "profiles": {**base.document["profiles"], **content["profiles"]},
        "questions": [each | ({"weight": weights[each["code"]]} if each["code"] in weights else {}) for each in base.document["questions"]],
    }


def document(base: Questionnaire, rules: Questionnaire, *, version: str) -> dict[str, Any]:
    """The weights of these rules as a set for the questionnaire, every number written out: what people are given to change."""
    categories = [*(key for key in rules.profiles if key == "default"), *CATEGORIES]
    return {
        "weight_set": {"questionnaire": base.key, "of": base.version, "version": version},
        "profiles": {category: _texts(rules.profile(category)) for category in categories},
        "weights": _texts({each.code: each.weight for each in rules.questions if each.credit.kind != "none"}),
    }


def _texts(numbers: Mapping[str, Decimal]) -> dict[str, str]:
    """The same number is written in one way, however it was typed."""
    return {key: f"{number.normalize():f}" for key, number in numbers.items()}


def _head(node: Node, base: Questionnaire) -> str:
    node.only("questionnaire", "of", "version")
    for key, expected in (("questionnaire", base.key), ("of", base.version)):
        said = node.at(key).string()
        if said and said != expected:
            node.at(key).complain(
                gettext_noop("These weights are meant for “%(said)s”, not for “%(expected)s”."), said=said, expected=expected
            )
    version = node.at("version").string(longest=LONGEST_VERSION)
    if version == base.version:
        node.at("version").complain(gettext_noop("This is the version of the questionnaire itself: give the weights one of their own."))
    return version


def _profiles(node: Node, base: Questionnaire) -> dict[str, dict[str, Decimal]]:
    codes = [area.code for area in base.areas]
    if node.missing:
        return {}
    node.only("default", *CATEGORIES)
    return {category: node.at(category).shares(codes) for category in (node.value if isinstance(node.value, Mapping) else ())}


def _weights(node: Node, base: Questionnaire) -> dict[str, Decimal]:
    if node.missing:
        return {}
    if not isinstance(node.value, Mapping):
        node.only()
        return {}
    return {code: _weight(node.at(code), code, base) for code in node.value}


def _weight(node: Node, code: str, base: Questionnaire) -> Decimal:
    question = base.by_code.get(code)
    if question is None:
        node.complain(gettext_noop("The questionnaire has no question “%(code)s”."), code=code)
    elif question.credit.kind == "none":
        node.complain(gettext_noop("Question %(code)s is collected and never scored: it has no weight."), code=code)
    return node.number(None, "0", "1000")

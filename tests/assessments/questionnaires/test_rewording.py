"""What changed between two wordings, and what of an answer stands."""

from typing import Any

import pytest

from assessments.questionnaires import questionnaire
from assessments.questionnaires.questions import Question
from assessments.questionnaires.rewording import asks_figures, carried, changes, compare, is_same
from tests.assessments import small


def ask(kind: str = "yes_no", words: str = "Do you sort waste?", **parts: Any) -> Question:
    wording = {"en": words, "zh": parts.pop("zh", "是否分类？")}
    question = small.question("A-01", kind, **parts) | {"text": wording}
    return questionnaire.load(small.document(question)).questions[0]


def test_same_words_and_fields_are_the_same_question_whatever_it_is_worth() -> None:
    assert is_same(ask(weight="1"), ask(weight="5"))
    assert is_same(ask(words="Do you  sort waste?"), ask())


@pytest.mark.parametrize(
    "other",
    [
        ask(words="Do you sort all waste?"),
        ask("yes_no_na"),
        ask(zh="是否分类垃圾？"),
    ],
)
def test_other_words_in_either_language_or_other_fields_make_another_question(other: Question) -> None:
    assert not is_same(ask(), other)


def test_changed_words_are_marked_on_both_sides() -> None:
    old, new = compare("Do you sort waste on site?", "Do you sort and weigh waste?")

    assert "".join(piece.text for piece in old) == "Do you sort waste on site?"
    assert "".join(piece.text for piece in new) == "Do you sort and weigh waste?"
    assert [piece.text.strip() for piece in old if piece.is_changed] == ["on site"]
    assert [piece.text.strip() for piece in new if piece.is_changed] == ["and weigh"]


def test_chinese_is_compared_sign_by_sign() -> None:
    old, new = compare("管理层是否批准了环境方针？", "最高管理者是否批准了环境方针？")

    assert [piece.text for piece in new if not piece.is_changed][-1].endswith("是否批准了环境方针？")
    assert any(piece.is_changed for piece in old)


def test_new_dropped_and_renamed_choices_are_named() -> None:
    before = ask("single", options=[small.option("a", "1"), small.option("b", "0")])
    after = ask("single", options=[small.option("a", "1") | {"label": small.text("A, or more")}, small.option("c", "0")])

    found = {(each.key, each.option.en if each.option else "") for each in changes(before, after)}

    assert found == {("renamed", "A, or more"), ("dropped", "b"), ("added", "c")}


@pytest.mark.parametrize("kind", ["number", "percent", "date"])
def test_figures_never_become_another_years_answer(kind: str) -> None:
    question = ask(kind)

    assert asks_figures(question)
    assert carried(question, {"value": "12", "note": "As metered."}) is None


def test_table_with_a_figure_is_a_figure() -> None:
    columns = [
        {"key": "what", "type": "text", "label": small.text("What")},
        {"key": "amount", "type": "number", "label": small.text("Amount")},
    ]

    assert asks_figures(ask("table", columns=columns))
    assert not asks_figures(ask("table", columns=columns[:1]))


def test_answer_goes_along_with_its_note_where_it_fits() -> None:
    assert carried(ask(), {"value": "yes", "note": "Since 2024."}) == {"value": "yes", "note": "Since 2024."}
    assert carried(ask("maturity"), {"value": "yes"}) is None
    assert carried(ask("single", options=[small.option("a", "1")]), {"value": "b"}) is None
    assert carried(ask(), {"other": "yes"}) is None
    assert carried(ask(), {}) is None

"""The language of conditions, checks and triggers."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.questionnaires.expressions import Bound, ExpressionError, Name, bind, parse


KINDS = {
    "value": ("choice", ("yes", "no")),
    "bought": ("number", None),
    "recovered": ("number", None),
    "issued": ("date", None),
    "expires": ("date", None),
    "sources": ("set", ("ground", "surface", "mains")),
    "E1-02": ("choice", ("key_management", "simplified")),
    "E3-05.value": ("number", None),
    "site.country": ("any", None),
    "company.headcount": ("rank", ("micro", "small", "medium")),
    "remark": ("text", None),
}


def scope(word: str) -> Name | None:
    if word not in KINDS:
        return None
    kind, options = KINDS[word]
    code = word.partition(".")[0] if "-" in word else ""
    return Name(kind, lambda state: state.given.get(word, [] if kind == "any" else None), options, code, own="." not in word and not code)


def compiled(source: str) -> Bound:
    return bind(parse(source), scope)


def holds(source: str, **given: Any) -> bool:
    names = {name.replace("_", "-", 1) if name.startswith("E") else name: value for name, value in given.items()}
    return compiled(source).test(SimpleNamespace(given=names))


@pytest.mark.parametrize(
    ("source", "given", "expected"),
    [
        ("value = yes", {"value": "yes"}, True),
        ("value = yes", {"value": "no"}, False),
        ("value != yes", {"value": "no"}, True),
        ("value in [yes, no]", {"value": "no"}, True),
        ("E1-02 in [key_management, simplified]", {"E1_02": "simplified"}, True),
        ("recovered <= 1.5 * bought", {"recovered": Decimal(15), "bought": Decimal(10)}, True),
        ("recovered <= 1.5 * bought", {"recovered": Decimal("15.01"), "bought": Decimal(10)}, False),
        ("recovered / bought >= 0.9", {"recovered": Decimal(9), "bought": Decimal(10)}, True),
        ("bought - recovered = 1", {"recovered": Decimal(9), "bought": Decimal(10)}, True),
        ("-bought < -2 - 1", {"bought": Decimal(4)}, True),
        ("bought in [1, 2.50]", {"bought": Decimal("2.5")}, True),
        ("2 * (bought + recovered) = 20", {"bought": Decimal(4), "recovered": Decimal(6)}, True),
        ("bought + recovered * 2 = 16", {"bought": Decimal(4), "recovered": Decimal(6)}, True),
        ("sources has ground", {"sources": ("mains", "ground")}, True),
        ("sources has [ground, surface]", {"sources": ("mains",)}, False),
        ("sources has [ground, surface]", {"sources": ("surface",)}, True),
        ("issued < expires", {"issued": "2025-12-31", "expires": "2026-01-01"}, True),
        ("expires >= 2026-03-31", {"expires": "2026-03-30"}, False),
        ("site.country = CN", {"site.country": ["US", "CN"]}, True),
        ("site.country != CN", {"site.country": ["US", "CN"]}, True),
        ("site.country != CN", {"site.country": ["CN"]}, False),
        ("site.country in [US, DE]", {"site.country": ["CN"]}, False),
        ("company.headcount >= small", {"company.headcount": "medium"}, True),
        ("company.headcount >= small", {"company.headcount": "micro"}, False),
        ("company.headcount = micro", {"company.headcount": "micro"}, True),
        ('remark = "two words"', {"remark": "two words"}, True),
        ("value = yes and (bought > 1 or recovered > 1)", {"value": "yes", "recovered": Decimal(2)}, True),
        ("value = yes and bought > 1 or recovered > 1", {"value": "no", "recovered": Decimal(2)}, True),
        ("not value = yes", {"value": "no"}, True),
        ("not (value = yes or value = no)", {"value": "no"}, False),
    ],
)
def test_expression_means_what_it_says(source: str, given: dict[str, Any], expected: bool) -> None:
    assert holds(source, **given) is expected


@pytest.mark.parametrize(
    "source",
    [
        "value = yes",
        "value != yes",
        "bought < 1",
        "bought >= 0 - 1",
        "bought + 1 > 0",
        "0 < bought",
        "sources has ground",
        "issued != expires",
        "company.headcount <= medium",
        "E1-02 != simplified",
    ],
)
def test_comparison_with_something_not_answered_is_false(source: str) -> None:
    assert not holds(source)
    assert holds(f"not ({source})")


def test_division_by_zero_makes_the_comparison_false() -> None:
    assert not holds("bought / recovered > 0", bought=Decimal(1), recovered=Decimal(0))
    assert not holds("bought / recovered <= 0", bought=Decimal(1), recovered=Decimal(0))


def test_expression_lists_the_names_and_questions_it_looks_at() -> None:
    bound = compiled("E1-02 = simplified and (E3-05.value > 0 or site.country = CN) and value = yes")

    assert bound.names == ("E1-02", "E3-05.value", "site.country", "value")
    assert bound.questions == ("E1-02", "E3-05")
    assert not bound.local
    assert compiled("value = yes and recovered <= bought").local


@pytest.mark.parametrize(
    ("source", "position", "message"),
    [
        ("value = ", 8, "The expression ends too early."),
        ("valeu = yes", 1, "Unknown name “valeu” at position 1."),
        ("value = maybe", 9, "Unknown option “maybe” at position 9; known: yes, no."),
        ("E1-02 in [key]", 11, "Unknown option “key” at position 11; known: key_management, simplified."),
        ("value = yes and ?", 17, "Unexpected character “?” at position 17."),
        ("value == yes", 8, "“=” at position 8 does not fit here."),
        ("value < yes", 7, "“<” at position 7 does not fit the kind of answer on its left."),
        ("sources = ground", 9, "“=” at position 9 does not fit the kind of answer on its left."),
        ("bought has 1", 8, "“has” at position 8 does not fit the kind of answer on its left."),
        ("value", 1, "A comparison is needed at position 1, such as “value = yes”."),
        ("bought + 1", 8, "A comparison is needed at position 8, such as “value = yes”."),
        ("bought > yes", 10, "Unknown name “yes” at position 10."),
        ("bought > value", 10, "A number is needed at position 10."),
        ("issued > 5", 10, "A date such as 2026-03-31 is needed at position 10."),
        ("(value = yes", 13, "The expression ends too early."),
        ("value = yes)", 12, "“)” at position 12 does not fit here."),
        ("value in yes", 10, "A list such as [a, b] is needed at position 10."),
        ("bought-recovered > 0", 1, "Unknown name “bought-recovered” at position 1."),
        ("(" * 60 + "value = yes" + ")" * 60, 52, "The expression is nested too deeply."),
        ("", 1, "The expression ends too early."),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_position(source: str, position: int, message: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compiled(source)

    assert (str(refused.value), refused.value.position) == (message, position)


_words = st.sampled_from(
    [*KINDS, "yes", "and", "or", "not", "in", "has", "=", "<", "(", ")", "[", "]", ",", "-", "/", "1", "2026-01-01", "?", "'", "中"]
)


@given(st.lists(_words, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_either_compiles_or_is_refused_as_an_expression(source: str) -> None:
    position, outcome = 1, False
    try:
        outcome = compiled(source).test(SimpleNamespace(given={}))
    except ExpressionError as refusal:
        position = refusal.position

    assert outcome in (True, False)
    assert 1 <= position <= len(source) + 1

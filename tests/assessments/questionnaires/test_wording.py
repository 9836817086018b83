from decimal import Decimal

import pytest

from assessments.questionnaires.questions import Field, Text
from assessments.questionnaires.wording import value_text


def number(**fields: object) -> Field:
    return Field(**{"key": "value", "type": "number", "label": Text("How much", "多少")} | fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "amount", "words"),
    [
        (number(unit="tCO2e"), "1234567.50", "1,234,567.50 t CO₂e"),
        (number(min=Decimal(0), max=Decimal(5000)), "2024", "2,024"),
        (number(min=Decimal(1990), max=Decimal(2100)), "2024", "2024"),
    ],
)
def test_amounts_are_grouped_and_years_are_not(field: Field, amount: str, words: str) -> None:
    given = {"amount": amount} | ({"unit": field.unit} if field.unit else {})

    assert value_text(field, given) == words

"""Units of activity data and exact conversion between them, by pint with Decimal.

What pint does not know is defined here: 1 tce = 29.307 GJ (GB/T 2589-2020); a normal cubic metre counts as a cubic metre; money
and pieces are quantities of their own, which convert into nothing else.
"""

from decimal import Context, Decimal
from functools import cache
from typing import Any


# Wide enough for any product of a quantity and a factor; a context of our own, because the process-wide one may be changed by anyone.
EXACT = Context(prec=50)

# How a unit is written on our pages: as a multiple of a unit pint knows.
SPELLINGS: dict[str, tuple[int, str]] = {
    "kWh": (1, "kilowatt_hour"),
    "MWh": (1, "megawatt_hour"),
    "GWh": (1, "gigawatt_hour"),
    "10k kWh": (10_000, "kilowatt_hour"),
    "MJ": (1, "megajoule"),
    "GJ": (1, "gigajoule"),
    "tce": (1, "tonne_coal_equivalent"),
    "m3": (1, "meter ** 3"),
    "Nm3": (1, "meter ** 3"),
    "1000 m3": (1_000, "meter ** 3"),
    "10k m3": (10_000, "meter ** 3"),
    "kg": (1, "kilogram"),
    "t": (1, "metric_ton"),
    "CNY": (1, "yuan"),
    "10k CNY": (10_000, "yuan"),
    "million CNY": (1_000_000, "yuan"),
    "pieces": (1, "piece"),
    "10k pieces": (10_000, "piece"),
}


class UnknownUnit(ValueError):
    """No such unit, or two units that do not measure the same thing."""


@cache
def _registry() -> Any:
    # Here, because building it takes a third of a second that most processes never need.
    import pint

    registry: Any = pint.UnitRegistry(non_int_type=Decimal)
    registry.define("tonne_coal_equivalent = 29.307 gigajoule")
    registry.define("yuan = [currency]")
    registry.define("piece = [item]")
    return registry


@cache
def ratio(unit: str, to: str) -> Decimal:
    """How many `to` one `unit` holds. Raises `UnknownUnit`."""
    if unit == to:
        return Decimal(1)
    if unit not in SPELLINGS or to not in SPELLINGS:
        raise UnknownUnit(f"{unit} to {to}")
    import pint

    (multiple, name), (other_multiple, other) = SPELLINGS[unit], SPELLINGS[to]
    try:
        magnitude: Decimal = _registry().Quantity(Decimal(1), name).to(other).magnitude
    except pint.DimensionalityError as error:
        raise UnknownUnit(f"{unit} to {to}") from error
    return EXACT.divide(EXACT.multiply(magnitude, Decimal(multiple)), Decimal(other_multiple))


def convert(quantity: Decimal, unit: str, to: str) -> Decimal:
    return quantity if unit == to else EXACT.multiply(quantity, ratio(unit, to))


def units_like(unit: str) -> list[str]:
    """The units a quantity in `unit` can be given in."""
    return [other for other in SPELLINGS if _is_convertible(other, unit)]


def _is_convertible(unit: str, to: str) -> bool:
    try:
        ratio(unit, to)
    except UnknownUnit:
        return False
    return True

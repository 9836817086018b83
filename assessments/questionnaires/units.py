"""Units a person may answer in, and exact conversion to the unit a question counts in.

Factors are exact: each says how many of the dimension's base units one unit holds. 1 tce = 29.307 GJ (GB/T 2589-2020).
Nm3 is treated as m3: a normal cubic metre is a volume at stated conditions, and the question states them.
A unit that is not in the table (students, vehicles) is a dimension of its own and converts only to itself.
"""

from __future__ import annotations

from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import NamedTuple


# Wide enough that additions, products and conversions of any answer people can type are exact; quotients that do not end
# are cut at 100 digits. A context of our own, because the process-wide one may be changed by anyone.
EXACT = Context(prec=100, traps=[DivisionByZero, InvalidOperation, Overflow])

_BASE_UNITS: dict[str, dict[str, str]] = {
    "mass": {"kg": "1", "g": "0.001", "t": "1000", "kt": "1000000"},
    "volume": {"m3": "1", "Nm3": "1", "L": "0.001", "mL": "0.000001", "thousand m3": "1000", "10k m3": "10000"},
    "energy": {
        "MJ": "1",
        "kJ": "0.001",
        "GJ": "1000",
        "TJ": "1000000",
        "kWh": "3.6",
        "MWh": "3600",
        "GWh": "3600000",
        "kgce": "29.307",
        "tce": "29307",
    },
    "CNY": {"CNY": "1", "thousand CNY": "1000", "10k CNY": "10000", "million CNY": "1000000", "100m CNY": "100000000"},
    "USD": {"USD": "1", "thousand USD": "1000", "million USD": "1000000"},
    "EUR": {"EUR": "1", "thousand EUR": "1000", "million EUR": "1000000"},
    "emissions": {"kgCO2e": "1", "tCO2e": "1000", "ktCO2e": "1000000"},
    "time": {"hours": "1", "minutes": "1/60", "days": "24"},
    "distance": {"km": "1", "m": "0.001"},
    "area": {"m2": "1", "ha": "10000"},
    "power": {"kW": "1", "MW": "1000", "W": "0.001"},
    "share": {"%": "1"},
}


class Ratio(NamedTuple):
    """Multiply by `top`, divide by `bottom`."""

    top: Decimal
    bottom: Decimal


_ONE = Decimal(1)
_UNITS: dict[str, tuple[str, Ratio]] = {}
for _dimension, _units in _BASE_UNITS.items():
    for _unit, _factor in _units.items():
        _top, _, _bottom = _factor.partition("/")
        _UNITS[_unit] = (_dimension, Ratio(Decimal(_top), Decimal(_bottom or "1")))


def dimension(unit: str | None) -> str:
    """What a unit measures ("mass", "energy"); "" for a unit of its own."""
    return _UNITS[unit][0] if unit in _UNITS else ""


def ratio(unit: str, to: str) -> Ratio | None:
    """How to turn an amount in `unit` into one in `to`; None when they do not measure the same thing."""
    if unit == to:
        return Ratio(_ONE, _ONE)
    if unit not in _UNITS or to not in _UNITS or _UNITS[unit][0] != _UNITS[to][0]:
        return None
    mine, theirs = _UNITS[unit][1], _UNITS[to][1]
    top, bottom = EXACT.multiply(mine.top, theirs.bottom), EXACT.multiply(mine.bottom, theirs.top)
    # A quotient that ends (1 kg = 0.001 t) becomes a plain factor.
    quotient = EXACT.divide(top, bottom)
    if EXACT.multiply(quotient, bottom) == top and len(quotient.as_tuple().digits) < 50:
        return Ratio(quotient, _ONE)
    return Ratio(top, bottom)


def convert(amount: Decimal, unit: str, to: str) -> Decimal:
    """The amount in another unit. Raises ValueError when the two do not measure the same thing."""
    found = ratio(unit, to)
    if found is None:
        raise ValueError(f"{unit} does not convert to {to}")
    return apply(found, amount)


def apply(ratio: Ratio, amount: Decimal) -> Decimal:
    product = EXACT.multiply(amount, ratio.top)
    return product if ratio.bottom == _ONE else EXACT.divide(product, ratio.bottom)

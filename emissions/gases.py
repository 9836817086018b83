"""Which gases the tonnes are made of. Pure: no database; tonnes CO2e, `Decimal`, to the gram.

The split follows the factors (IPCC 2006 Guidelines vol. 2 ch. 1): per unit of activity kg CO2, kg CH4 x GWP, kg N2O x GWP. What a
factor gives as CO2e in one figure (a lifecycle factor of a grid) cannot be split and is said to be so. Refrigerants are HFCs or
blends of them; SF6 and R-22 stand for themselves.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from emissions.calculation import GRAM, THOUSAND, Ledger, LineSum
from emissions.lookup import FactorBook
from emissions.units import EXACT


class Gas(StrEnum):
    CO2 = "co2"
    CH4 = "ch4"
    N2O = "n2o"
    HFCS = "hfcs"
    SF6 = "sf6"
    HCFCS = "hcfcs"
    UNSPLIT = "unsplit"


OF_SUBSTANCE = {"sf6": Gas.SF6, "hcfc22": Gas.HCFCS}


def by_gas(lines: Iterable[LineSum], book: FactorBook) -> dict[Ledger, dict[Gas, Decimal]]:
    """Tonnes CO2e by ledger and gas. The gases of a ledger add up to its total to the last digit."""
    sums: dict[Ledger, dict[Gas, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        for gas, tonnes in gases_of(line, book).items():
            sums[line.ledger][gas] += tonnes
    return {ledger: dict(found) for ledger, found in sums.items()}


def gases_of(line: LineSum, book: FactorBook) -> dict[Gas, Decimal]:
    if not line.tonnes or line.factor is None:
        return {}
    if line.source == "refrigerant":
        return {OF_SUBSTANCE.get(line.substance, Gas.HFCS): line.tonnes}
    if line.factor.subject == "electricity_lifecycle":
        return {Gas.UNSPLIT: line.tonnes}
    methane = _tonnes(line, line.factor.ch4 * (book.gas("ch4") or Decimal(0)))
    nitrous = _tonnes(line, line.factor.n2o * (book.gas("n2o") or Decimal(0)))
    # What rounding leaves over belongs to the largest part.
    split = {Gas.CO2: line.tonnes - methane - nitrous, Gas.CH4: methane, Gas.N2O: nitrous}
    return {gas: tonnes for gas, tonnes in split.items() if tonnes}


def _tonnes(line: LineSum, kg_per_unit: Decimal) -> Decimal:
    exact = EXACT.divide(EXACT.multiply(line.quantity, kg_per_unit), THOUSAND)
    return exact.quantize(GRAM, ROUND_HALF_UP, EXACT)

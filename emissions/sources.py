"""What a site can report: its sources, the units of each, and which a type of site is asked for."""

from dataclasses import dataclass

from accounts.templatetags.ui import lead
from emissions.models import ActivityRecord, Substance


Source = ActivityRecord.Source

ENERGY = ("kWh", "MWh", "10k kWh", "GWh")
WEIGHT = ("t", "kg")
UNITS: dict[str, tuple[str, ...]] = {
    Source.ELECTRICITY: ENERGY,
    Source.RENEWABLE_ELECTRICITY: ENERGY,
    Source.IT_ENERGY: ENERGY,
    Source.HEAT: ("GJ", "MJ", "MWh", "tce"),
    Source.NATURAL_GAS: ("m3", "Nm3", "1000 m3", "10k m3"),
    Source.DIESEL: WEIGHT,
    Source.PETROL: WEIGHT,
    Source.LPG: WEIGHT,
    Source.LNG: WEIGHT,
    Source.FUEL_OIL: WEIGHT,
    Source.KEROSENE: WEIGHT,
    Source.BITUMINOUS_COAL: WEIGHT,
    Source.ANTHRACITE: WEIGHT,
    Source.REFRIGERANT: ("kg", "t"),
    Source.PRODUCTION: ("pieces", "10k pieces"),
    Source.REVENUE: ("10k CNY", "million CNY", "CNY"),
    Source.PACKAGING_BOUGHT: WEIGHT,
    Source.PACKAGING_RECOVERED: WEIGHT,
    Source.EXHIBITION_MATERIAL: WEIGHT,
    Source.EXHIBITION_REUSED: WEIGHT,
}
ASKED: dict[str, tuple[str, ...]] = {
    "data_centre": (
        Source.ELECTRICITY,
        Source.RENEWABLE_ELECTRICITY,
        Source.IT_ENERGY,
        Source.DIESEL,
        Source.NATURAL_GAS,
        Source.REFRIGERANT,
    ),
    "factory": (
        Source.ELECTRICITY,
        Source.RENEWABLE_ELECTRICITY,
        Source.HEAT,
        Source.NATURAL_GAS,
        Source.DIESEL,
        Source.LPG,
        Source.REFRIGERANT,
        Source.PRODUCTION,
        Source.PACKAGING_BOUGHT,
        Source.PACKAGING_RECOVERED,
    ),
    "warehouse": (
        Source.ELECTRICITY,
        Source.RENEWABLE_ELECTRICITY,
        Source.HEAT,
        Source.NATURAL_GAS,
        Source.DIESEL,
        Source.LPG,
        Source.PACKAGING_BOUGHT,
        Source.PACKAGING_RECOVERED,
    ),
    "fleet": (Source.DIESEL, Source.PETROL, Source.LPG, Source.NATURAL_GAS, Source.ELECTRICITY),
    "construction_site": (Source.ELECTRICITY, Source.DIESEL, Source.PETROL),
    # Revenue is the company's: asked where its head office is, so that it is not typed once a site.
    "office": (Source.ELECTRICITY, Source.RENEWABLE_ELECTRICITY, Source.HEAT, Source.NATURAL_GAS, Source.PETROL, Source.REVENUE),
    "venue": (
        Source.ELECTRICITY,
        Source.RENEWABLE_ELECTRICITY,
        Source.HEAT,
        Source.NATURAL_GAS,
        Source.DIESEL,
        Source.EXHIBITION_MATERIAL,
        Source.EXHIBITION_REUSED,
    ),
}


@dataclass(frozen=True)
class Column:
    """A column of the table. `substance` names the gas of a refrigerant; "new" is one that is yet to be chosen."""

    source: str
    substance: str = ""

    @property
    def key(self) -> str:
        return f"{self.source}.{self.substance}" if self.substance else self.source

    @property
    def label(self) -> str:
        label = str(Source(self.source).label)
        return f"{lead(label)}{Substance(self.substance).label}" if self.substance in Substance.values else label

    @property
    def is_new(self) -> bool:
        return self.substance == "new"

    @property
    def units(self) -> tuple[str, ...]:
        return UNITS[self.source]


def columns(site_type: str, recorded: set[tuple[str, str]], *, everything: bool = False) -> list[Column]:
    """The columns a site is asked for and those it has values in; every source when asked."""
    asked = tuple(Source.values) if everything else ASKED[site_type]
    sources = [source for source in Source.values if source in asked or any(source == known for known, _substance in recorded)]
    found = []
    for source in sources:
        if source != Source.REFRIGERANT:
            found.append(Column(source))
            continue
        found += [Column(source, substance) for known, substance in sorted(recorded) if known == source]
        found.append(Column(source, "new"))
    return found


def source_label(source: str, substance: str = "") -> str:
    return Column(source, substance).label

from emissions.models.activity import (
    ActivityImport,
    ActivityRecord,
    DataReply,
    MeterPeriod,
    RenewableInstrument,
    Substance,
)
from emissions.models.common import in_use, optional_tonnes, tonnes
from emissions.models.factors import Factor, FactorSet
from emissions.models.inventories import Abatement, Inventory, Scope3Entry


__all__ = [
    "Abatement",
    "ActivityImport",
    "ActivityRecord",
    "DataReply",
    "Factor",
    "FactorSet",
    "Inventory",
    "MeterPeriod",
    "RenewableInstrument",
    "Scope3Entry",
    "Substance",
    "in_use",
    "optional_tonnes",
    "tonnes",
]

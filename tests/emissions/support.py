"""Rows and activities for the tests of emissions."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from python_calamine import CalamineWorkbook

from emissions import factors
from emissions.calculation import Activity
from emissions.lookup import FactorBook, FactorRow, places_of
from emissions.models import ActivityRecord
from suppliers.models import Site
from tests.factories import NOW


def shipped_book(key: str) -> FactorBook:
    """A set the product brings, read from its files."""
    declared = next(each for each in factors.declared_sets() if each["key"] == key)
    rows = [
        FactorRow(
            row["key"],
            row["subject"],
            row["region"],
            int(row["year"]),
            row["unit"],
            *(Decimal(row[f"{gas}_kg_per_unit"]) for gas in ("co2", "ch4", "n2o")),
            Decimal(row["ncv_gj_per_unit"]) if row["ncv_gj_per_unit"] else None,
        )
        for row in factors.rows_of(declared)
    ]
    return FactorBook.of(rows, set_id=0, gwp=declared["gwp"])


def activity(source: str, quantity: str, unit: str, **fields: Any) -> Activity:
    """In Zhejiang in June 2023, unless the test says otherwise."""
    defaults: dict[str, Any] = {"site_id": 1, "site_type": "data_centre", "places": places_of("CN", "Zhejiang"), "month": date(2023, 6, 1)}
    return Activity(source=source, quantity=Decimal(quantity), unit=unit, **defaults | fields)


def create_record(site: Site, source: str, quantity: str | int, unit: str, month: date, **fields: Any) -> ActivityRecord:
    return ActivityRecord.objects.create(
        supplier_id=site.supplier_id,
        site=site,
        source=source,
        quantity=Decimal(quantity),
        unit=unit,
        month=month,
        reported_at=NOW,
        **fields,
    )


def history_of(model: type[models.Model]) -> "models.QuerySet[Any]":
    """What rows of the model were before they were changed or deleted."""
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event")._default_manager.all()


def table_in(data: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def values(hall: Site, **fields: Any) -> dict[str, Any]:
    row = {"site": hall.pk, "month": "2025-01-01", "source": "diesel", "quantity": "2.5", "unit": "t"}
    return {"values": [{**row, "source": "petrol"}, row | fields]}

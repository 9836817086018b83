"""Agreements for the tests of pilots: made by the services, so that they are what the product makes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import User
from emissions.factors import default_factor_set, load_factor_sets
from emissions.models import FactorSet
from pilots.agreements import Signing, draft_agreement, offer_agreement, sign_agreement
from pilots.models import Agreement
from pilots.reporting import Figures, YearReport, report_year
from pilots.terms import Terms
from suppliers.models import Supplier
from tests.factories import NOW, PASSWORD


def factor_set() -> FactorSet:
    load_factor_sets(at=NOW)
    return default_factor_set()


def terms(**fields: Any) -> Terms:
    defaults: dict[str, Any] = {
        "title_en": "Carbon-neutral pilot",
        "title_zh": "碳中和试点协议",
        "starts_on": date(2024, 1, 1),
        "ends_on": date(2028, 12, 31),
        "base_year": 2023,
        "base_emissions": Decimal(1000),
        "total_reduction": Decimal(50),
        "boundary": "All sites, scope 1 and 2",
    }
    if "factor_set" not in fields:
        fields["factor_set"] = factor_set()
    return Terms(**defaults | fields)


def drafted(supplier: Supplier, staff: User, **fields: Any) -> Agreement:
    return draft_agreement(supplier_id=supplier.pk, terms=terms(**fields), by=staff, at=NOW)


def offered(supplier: Supplier, staff: User, **fields: Any) -> Agreement:
    return offer_agreement(agreement_id=drafted(supplier, staff, **fields).pk, by=staff, at=NOW)


def sign(agreement: Agreement, side: str, by: User, at: datetime = NOW) -> Agreement:
    signing = Signing(side, agreement.content_sha256, by.name, "Head of energy")
    sign_agreement(agreement_id=agreement.pk, signing=signing, by=by, at=at)
    return Agreement.objects.get(pk=agreement.pk)


def active(supplier: Supplier, staff: User, owner: User, **fields: Any) -> Agreement:
    agreement = offered(supplier, staff, **fields)
    sign(agreement, "supplier", owner)
    return sign(agreement, "buyer", staff)


def report(agreement: Agreement, year: int, emissions: str | int, *, by: User, months: int = 12, **fields: Any) -> None:
    figures = Figures(Decimal(emissions), months)
    report_year(agreement_id=agreement.pk, report=YearReport(year=year, figures=figures, **fields), by=by, at=NOW)


def signature_data(agreement: Agreement, **fields: str) -> dict[str, str]:
    filled = {"name": "Olive Owner", "job_title": "Director", "password": PASSWORD, "agreed": "on", "sha256": agreement.content_sha256}
    return filled | fields

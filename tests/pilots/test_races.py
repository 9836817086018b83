"""Two people press at once: only one may win."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Role
from emissions.activity import Entry, save_activity
from emissions.models import ActivityRecord, Inventory
from pilots.agreements import AlreadySigned, Signing, sign_agreement
from pilots.models import Agreement, AgreementSignature
from tests.factories import NOW, create_site, create_supplier, create_user
from tests.pilots.support import factor_set, offered
from tests.races import at_once


@pytest.mark.django_db(transaction=True)
def test_of_four_clicks_on_sign_one_signs_and_both_sides_together_put_it_into_force() -> None:
    staff, supplier = create_user(role=Role.ESG_STAFF), create_supplier()
    owner = create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier)
    agreement = offered(supplier, staff)

    def signs(side: str) -> Callable[[], object]:
        by = staff if side == "buyer" else owner
        signing = Signing(side, agreement.content_sha256, by.name, "x")
        return lambda: sign_agreement(agreement_id=agreement.pk, signing=signing, by=by, at=NOW)

    ended = at_once(*(signs(side) for side in ("buyer", "supplier", "buyer", "supplier")))

    assert ended["done"] == 2
    assert set(ended) <= {"done", AlreadySigned.__name__, "IllegalTransition"}
    assert AgreementSignature.objects.count() == 2
    assert Agreement.objects.get().status == Agreement.Status.ACTIVE


@pytest.mark.django_db(transaction=True)
def test_sites_saved_side_by_side_all_stand_in_the_inventory() -> None:
    factor_set()
    supplier = create_supplier()
    sites = [create_site(supplier=supplier) for _ in range(4)]
    entry = Entry(date(2023, 1, 1), "electricity", "", Decimal(1000), "kWh")

    ended = at_once(*(lambda site=site: save_activity(site=site, entries=[entry], by=None, at=NOW) for site in sites))

    assert ended == {"done": 4}
    assert ActivityRecord.objects.count() == 4
    assert Inventory.objects.get().electricity_kwh == 4000

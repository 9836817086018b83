from typing import Any

from accounts.models import Role
from audit import trail
from audit.sealing import seal_trail
from tests.factories import NOW, create_site, create_supplier, create_user
from tests.services import assert_accessible


def test_an_auditor_follows_one_object_through_the_trail_and_a_supplier_reads_who_did(new_page: Any, transactional_db: None) -> None:
    supplier = create_supplier(name_en="Bamboo Bridge Ltd")
    owner = create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier)
    auditor = create_user(role=Role.AUDITOR, name="Ada Auditor")
    site = create_site(supplier=supplier, name="Old yard")
    site.name = "New yard"
    site.save()
    trail.record("supplier.changed", actor=owner, target=site, supplier_id=supplier.pk)
    seal_trail(at=NOW)
    page = new_page(user=auditor)

    page.goto("/reports/audit-trail/")
    page.get_by_text("Sealed: number 1").click()
    page.get_by_text("verify_audit --seal 1:").wait_for()
    assert_accessible(page)
    page.get_by_label("Supplier (name or number)").fill("Bamboo")
    page.get_by_role("button", name="Filter").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.startswith("audit-trail-")
    page.get_by_role("link", name=f"Site {site.pk}").click()
    page.get_by_role("cell", name="Old yard").wait_for()
    assert_accessible(page)

    phone = new_page(user=auditor, phone=True)
    phone.goto(f"/reports/audit-trail/suppliers.site/{site.pk}/")
    phone.get_by_text("Old yard").first.wait_for()
    assert_accessible(phone)

    theirs = new_page(user=owner)
    theirs.goto("/access-log/")
    theirs.get_by_text("the history of something of yours").first.wait_for()
    with theirs.expect_download() as download:
        theirs.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert_accessible(theirs)

"""Public records in a real browser: staff import a list, the supplier replies on a phone, staff decide."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role, User
from runs.engine import work_off
from suppliers.models import HeldRecord, Import, PublicRecord, Supplier
from tests.factories import create_document, create_user
from tests.services import assert_accessible
from tests.suppliers.files import valid_uscc


@pytest.fixture
def people(site: str) -> dict[str, User]:
    owner = create_user(role=Role.SUPPLIER_SIGNATORY, name="Olive Owner")
    return {"owner": owner, "staff": create_user(role=Role.ESG_STAFF, name="Steve Staff")}


@pytest.fixture
def published(people: dict[str, User], tmp_path: Path) -> Path:
    """One row is the supplier's by its code, one by a name it gave up, one is nobody's."""
    supplier = people["owner"].active_membership.supplier
    create_document(supplier=supplier, title="Test report of March")
    old_name = supplier.name_zh
    Supplier.objects.filter(pk=supplier.pk).update(uscc=valid_uscc(1), name_zh="纸灯笼新程有限公司")
    path = tmp_path / "penalties.csv"
    path.write_text(
        "企业名称,统一社会信用代码,违法行为类型,处罚机关,处罚决定书文号,处罚决定日期,主要违法事实\n"
        f"纸灯笼新程有限公司,{valid_uscc(1)},水污染,示例市生态环境局,示环罚1号,2026-03-02,超标排放\n"
        f"{old_name},,噪声,示例市生态环境局,示环罚2号,2026-03-03,夜间施工\n"
        f"陌生有限公司,{valid_uscc(2)},噪声,示例市生态环境局,示环罚3号,2026-03-04,夜间施工\n",
        encoding="utf-8",
    )
    return path


def test_a_list_is_imported_a_supplier_replies_and_staff_decide(
    new_page: Callable[..., Any], people: dict[str, User], published: Path
) -> None:
    staff, supplier = new_page(user=people["staff"]), new_page(user=people["owner"], phone=True)

    staff.goto("/suppliers/records/")
    assert_accessible(staff)
    staff.get_by_role("link", name="Import records").click()
    assert staff.get_by_label("Public records").is_checked()
    staff.get_by_label("File", exact=True).set_input_files(published)
    staff.get_by_role("button", name="Upload and look at the columns").click()
    staff.get_by_role("button", name="Start the dry run").click()
    staff.wait_for_url("**/imports/*/")
    source = Import.objects.get()
    work_off(source.dry_run_id or 0)
    staff.reload()
    staff.get_by_text("For a person to match").first.wait_for()
    assert_accessible(staff)
    staff.get_by_role("button", name="Import these rows").click()
    staff.wait_for_load_state()
    source.refresh_from_db()
    work_off(source.run_id or 0)
    record = PublicRecord.objects.get()

    supplier.goto("/assessments/")
    supplier.get_by_role("link", name="超标排放").click()
    assert_accessible(supplier)
    supplier.get_by_role("textbox", name="Your reply").fill("Repaired in March.")
    supplier.get_by_label("Test report of March").check()
    supplier.get_by_role("button", name="Send the reply").click()
    supplier.get_by_text("Your reply is with the buyer").wait_for()
    assert_accessible(supplier)

    staff.goto(record.get_absolute_url())
    staff.get_by_role("link", name="Test report of March").wait_for()
    assert_accessible(staff)
    staff.get_by_label("Answered to our satisfaction").check()
    staff.get_by_label("Reason").fill("The report shows it.")
    staff.get_by_role("button", name="Decide").click()
    staff.get_by_text("The supplier is told").wait_for()
    record.refresh_from_db()
    assert record.status == "answered"

    staff.goto(HeldRecord.objects.get().get_absolute_url())
    assert_accessible(staff)
    staff.get_by_label("纸灯笼新程有限公司").check()
    staff.get_by_label("Reason").fill("Renamed in May.")
    staff.get_by_role("button", name="Decide").click()
    staff.get_by_text("The record is the supplier's now").wait_for()
    assert PublicRecord.objects.count() == 2

"""A company applies, staff let it in; staff import a list and see row by row what became of it."""

from pathlib import Path

import pytest

from runs.engine import work_off
from suppliers.models import Import, Registration, Supplier
from tests.factories import create_supplier, create_user
from tests.services import assert_accessible
from tests.suppliers.files import valid_uscc


LIST = """供应商名称,统一社会信用代码,国家,省份,类别
纸鹤有限公司,{first},中国,浙江,媒体
竹桥有限公司,{second},中国,上海,媒体
石灯有限公司,{second},中国,江苏,玩具
"""


@pytest.mark.parametrize("javascript", [True, False])
def test_a_company_registers_and_staff_approve_it(new_page, javascript):
    public = new_page(phone=True, javascript=javascript)
    public.goto("/suppliers/register/")
    public.get_by_label("English name").fill("Paper Lantern Ltd")
    public.get_by_label("Category").select_option("media")
    public.get_by_label("Headcount").select_option("small")
    public.get_by_label("Unified Social Credit Code").fill("91330100799655058A")
    public.get_by_label("Your name").fill("Lin Deng")
    public.get_by_label("Your e-mail address").fill("lin@lantern.example")
    public.get_by_role("button", name="Send the application").click()
    # Once at the top and once beside the field.
    public.get_by_text("The check digit of this Unified Social Credit Code is wrong").nth(1).wait_for()
    if javascript:
        assert_accessible(public)
    public.get_by_label("Unified Social Credit Code").fill(valid_uscc())
    public.get_by_role("button", name="Send the application").click()
    public.get_by_role("heading", name="Thank you, your application has arrived").wait_for()

    staff = new_page(user=create_user(), javascript=javascript)
    staff.goto("/suppliers/registrations/")
    staff.get_by_role("link", name="Paper Lantern Ltd").click()
    staff.get_by_role("button", name="Approve").click()
    staff.get_by_text("An invitation is on its way to lin@lantern.example").wait_for()
    assert Registration.objects.get().supplier == Supplier.objects.get(uscc=valid_uscc())


def test_staff_import_a_list_and_see_every_row(new_page, tmp_path: Path):
    create_supplier(name_zh="竹桥有限公司", uscc=valid_uscc(2), region="Zhejiang")
    path = tmp_path / "供应商清单.csv"
    path.write_text(LIST.format(first=valid_uscc(1), second=valid_uscc(2)), encoding="gb18030")
    page = new_page(user=create_user())

    page.goto("/suppliers/imports/new/")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Upload and look at the columns").click()
    page.get_by_role("heading", name="Choose the columns").wait_for()
    assert_accessible(page)
    page.get_by_role("button", name="Start the dry run").click()
    page.get_by_role("heading", name="The rows are being checked").wait_for()
    source = Import.objects.get()
    work_off(source.dry_run_id)

    # The progress bar finds out by itself that the run has ended.
    page.get_by_text("Nothing has changed yet.").wait_for()
    page.get_by_text("The same as row 3 of this file.").wait_for()
    page.get_by_role("link", name="Updated (1)").click()
    page.get_by_text("Zhejiang → Shanghai").wait_for()
    assert_accessible(page)
    page.get_by_role("button", name="Import these rows").click()
    page.get_by_role("heading", name="The rows are being imported").wait_for()
    source.refresh_from_db()
    work_off(source.run_id)

    page.get_by_text("All 3 rows of the file are accounted for.").wait_for()
    assert set(Supplier.objects.values_list("uscc", "region")) == {(valid_uscc(1), "Zhejiang"), (valid_uscc(2), "Shanghai")}

"""Many reports at once as its people do it: chosen by the filter, started, paused, gone on with, tried again, and taken along."""

import io
import zipfile
from typing import Any

import pytest

from accounts.models import User
from reports.models import Export
from runs import engine
from tests.reports.test_bulk import closed_suppliers, index_of, refuse_to_print
from tests.services import assert_accessible


def test_reports_of_a_filtered_set_are_printed_paused_tried_again_and_taken_along(
    new_page: Any, reviewer: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed = closed_suppliers(3, reviewer)[1]
    page, phone = new_page(user=staff), new_page(user=staff, phone=True)
    page.goto("/reports/portfolio/?category=media")
    page.get_by_role("link", name="Audit PDFs").click()
    page.get_by_text("Reports to print").wait_for()
    page.get_by_label("English", exact=True).check()
    assert_accessible(page)
    page.get_by_role("button", name="Start printing").click()
    page.get_by_label("For an audit, or because an authority asks").check()
    assert_accessible(page)
    page.get_by_role("button", name="Get the file").click()

    page.get_by_text("Waiting for a worker").wait_for()
    export = Export.objects.get()
    assert export.run_id
    refuse_to_print(doomed, monkeypatch)
    engine.work(export.run_id, slice_seconds=0)
    page.get_by_text("1 of 3 (33%)").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").wait_for()
    engine.work_off(export.run_id)
    page.get_by_text("1 of 3 (33%)").wait_for()
    assert_accessible(page)

    page.get_by_role("button", name="Go on").click()
    engine.work_off(export.run_id)
    page.get_by_role("row", name="Lantern 1 Ltd No room on the disk.").wait_for()
    phone.goto(export.get_absolute_url())
    phone.get_by_text("No room on the disk.").wait_for()
    assert_accessible(page)
    assert_accessible(phone)
    assert set(taken(page)) == {"Lantern 0 Ltd", "Lantern 1 Ltd", "Lantern 2 Ltd"}
    assert taken(page)["Lantern 1 Ltd"] == ""

    monkeypatch.undo()
    page.get_by_role("button", name="Try what failed again").click()
    engine.work_off(export.run_id)
    page.get_by_text("The file is ready.").wait_for()
    assert all(taken(page).values())


def taken(page: Any) -> dict[str, str]:
    """Supplier -> its file in the ZIP, as the index has it."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        return {line["English name"]: line["File"] for line in index_of(archive)}

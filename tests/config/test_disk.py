"""A full disk, and one that can only be read: said in the reader's language, nothing half kept, and the same again works later."""

import html
import os
import resource
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django_stubs_ext import StrOrPromise
from psycopg.errors import DiskFull

from accounts.models import User
from assessments import standing
from assessments.models import Assessment, EvidenceUse, WorkbookUpload
from assessments.workbook import uploads as workbooks
from reports import bulk
from reports.models import Export, IssuedDocument
from runs import disk, engine
from runs.models import Chunk, Run
from suppliers import uploads
from suppliers.models import Document, Supplier
from suppliers.refusals import REASONS
from tests.factories import NOW, create_answer, create_assessment, create_campaign
from tests.suppliers.files import pdf_bytes


BIG = pdf_bytes(os.urandom(200_000))
# Less than any file of these tests.
ROOM = 16 * 1024


@dataclass
class Disk:
    """A small disk of its own where the tests may mount one (as root); else a limit that the kernel sets on the size of any file."""

    folder: Path
    is_mounted: bool
    limits: ExitStack = field(default_factory=ExitStack)

    def fill(self) -> None:
        if self.is_mounted:
            self._remount(f"size={ROOM}")
        else:
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
            self.limits.callback(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))

    def make_read_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        if self.is_mounted:
            self._remount("ro")
        else:
            patch = self.limits.enter_context(monkeypatch.context())
            patch.setattr(os, "open", _refuse_to_write(os.open, self.folder))

    def mend(self) -> None:
        if self.is_mounted:
            self._remount("rw,size=64m")
        self.limits.close()

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def _remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)


def _refuse_to_write(really: Any, folder: Path) -> Any:
    def open_to_read(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if str(path).startswith(str(folder)) and flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(30, "Read-only file system", str(path))
        return int(really(path, flags, *rest, **more))

    return open_to_read


@pytest.fixture
def media(settings: Any) -> Iterator[Disk]:
    with tempfile.TemporaryDirectory(prefix="portal-disk-") as folder:
        mounted = os.geteuid() == 0 and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=False, capture_output=True
        ).returncode  # fmt: skip
        settings.MEDIA_ROOT = folder
        small = Disk(Path(folder), mounted)
        yield small
        small.mend()
        if mounted:
            subprocess.run(["umount", folder], check=True)


@pytest.fixture(params=["full", "read-only"])
def trouble(request: pytest.FixtureRequest, media: Disk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its code. The disk is in trouble from here on, until it is mended."""
    if request.param == "full":
        media.fill()
        yield "disk_full"
    else:
        media.make_read_only(monkeypatch)
        yield "disk_read_only"


def in_chinese(text: StrOrPromise) -> str:
    with translation.override("zh-hans"):
        return str(text)


@pytest.fixture
def browser(owner: User) -> Client:
    """The owner reads Chinese. Answers with 500 where a test's own client would raise."""
    owner.language = "zh-hans"
    owner.save()
    client = Client(raise_request_exception=False)
    client.force_login(owner)
    return client


def test_half_a_file_does_not_stay(media: Disk, trouble: str) -> None:
    with pytest.raises(OSError, match=r"No space|Read-only|too large"):
        default_storage.save("documents/a.pdf", ContentFile(BIG))

    assert media.files == []


@pytest.mark.parametrize("has_links", [True, False], ids=["with links", "without links"])
def test_two_files_of_one_name_are_both_kept_whole(media: Disk, monkeypatch: pytest.MonkeyPatch, has_links: bool) -> None:
    def refuse(*_: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)

    first, second = (default_storage.save("documents/a.pdf", ContentFile(content)) for content in (b"one", b"two"))

    assert first == "documents/a.pdf" != second
    for name, content in ((first, b"one"), (second, b"two")):
        with default_storage.open(name) as file:
            assert file.read() == content
    assert len(media.files) == 2


def test_evidence_is_refused_beside_its_question_and_taken_later(media: Disk, supplier: Supplier, browser: Client, trouble: str) -> None:
    assessment = create_assessment(supplier=supplier)
    address = reverse("assessments:evidence", args=[assessment.pk, "A-01"])

    def give() -> Any:
        return browser.post(address, {"file": SimpleUploadedFile("bill.pdf", BIG)}, headers={"X-Requested-With": "fetch"})

    refused = give()
    assert refused.status_code == 422
    assert in_chinese(REASONS[trouble]) in html.unescape(refused.json()["html"])
    assert not Document.objects.exists()
    assert media.files == []

    media.mend()
    assert give().status_code == 200
    assert EvidenceUse.objects.count() == 1


def test_part_of_a_large_file_says_why_and_goes_on_later(
    media: Disk, supplier: Supplier, owner: User, browser: Client, trouble: str
) -> None:
    upload = uploads.begin(supplier=supplier, name="a.pdf", size=len(BIG), fingerprint="", by=owner, at=NOW)
    address = reverse("suppliers:upload", args=[upload.pk])

    def send() -> Any:
        return browser.post(f"{address}?place=0", BIG, content_type="application/octet-stream")

    refused = send()
    assert refused.status_code == 507
    assert refused.json()["error"] == in_chinese(REASONS[trouble])
    assert browser.get(address).json()["received"] == 0

    media.mend()
    assert send().json()["received"] == len(BIG)


def test_workbook_whose_evidence_finds_no_room_keeps_nothing(
    media: Disk, supplier: Supplier, owner: User, browser: Client, trouble: str
) -> None:
    assessment = create_assessment(supplier=supplier)
    filled = workbooks.copy_of(Assessment.objects.select_related("campaign", "supplier").get(pk=assessment.pk), by=owner, at=NOW)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bill.pdf", BIG)

    def send() -> Any:
        files = {"workbook": SimpleUploadedFile("a.xlsx", filled), "evidence": SimpleUploadedFile("a.zip", packed.getvalue())}
        return browser.post(reverse("assessments:workbooks", args=[assessment.pk]), files)

    refused = send()
    assert refused.status_code == 507
    assert in_chinese(disk.TOLD[trouble]) in html.unescape(refused.text)
    assert not WorkbookUpload.objects.exists()
    assert media.files == []

    media.mend()
    assert send().status_code == 302


def test_reports_fail_with_the_reason_and_are_made_when_tried_again(
    media: Disk, reviewer: User, staff: User, supplier: Supplier, browser: Client, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MOST_ATTEMPTS", 1)
    handed_in = {"submitted_at": NOW, "submitted_by": reviewer, "closed_at": NOW, "closed_by": reviewer, "reviewer": reviewer}
    create_answer(
        assessment=create_assessment(supplier=supplier, campaign=create_campaign(), status="closed", **handed_in), question="A-01"
    )
    standing.refresh([supplier.pk])
    export = bulk.request_audit_pdfs(query={}, language="en", why={"purpose": "audit"}, by=staff, at=NOW)

    run = engine.work_off(export.run_id or 0)

    assert run.status == Run.Status.FAILED
    with translation.override("zh-hans"):
        assert run.reason == run.chunks.get().reason == str(disk.TOLD[trouble])
    assert not IssuedDocument.objects.exists()
    # The index, which says what failed, may have found room.
    assert not [name for name in media.files if name.endswith((".pdf", ".draft"))]

    media.mend()
    engine.retry_failed(run_id=run.pk, by=staff, at=NOW)
    assert engine.work_off(run.pk).status == Run.Status.DONE
    with Export.objects.get().file.open("rb") as file, zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 2


def test_full_disk_of_the_database_is_told_the_same_way(
    media: Disk, supplier: Supplier, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: Any, **__: Any) -> None:
        raise DiskFull("could not extend file")

    monkeypatch.setattr("suppliers.uploads.begin", no_room)

    refused = browser.post(reverse("suppliers:upload_begin"), {"name": "a.pdf", "size": 5})

    assert refused.status_code == 507
    assert in_chinese(disk.TOLD["disk_full"]) in html.unescape(refused.text)


def test_other_errors_are_not_put_down_to_the_disk(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suppliers.uploads.begin", lambda **_: 1 / 0)

    assert browser.post(reverse("suppliers:upload_begin"), {"name": "a.pdf", "size": 5}).status_code == 500
    assert disk.trouble(FileNotFoundError(2, "no such file")) == ""
    assert Chunk().reason == ""

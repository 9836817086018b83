"""A file in parts: through cuts, repeats and two tabs, to one document."""

import os
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from privacy.models import Disposal
from privacy.policy import policy
from privacy.retention import _delete, dispose, due
from suppliers import uploads
from suppliers.models import Document, Upload, UploadPart
from suppliers.refusals import FileRefused
from suppliers.tasks import forget_drafts
from suppliers.uploads import WrongPlace, add_part, begin, cancel, finish
from tests.factories import NOW, create_document, create_supplier
from tests.suppliers.files import pdf_bytes


pytestmark = pytest.mark.django_db
CONTENT = pdf_bytes(bytes(500))
SIZE = len(CONTENT)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def start(supplier, owner, *, name="permit.pdf", size=SIZE, fingerprint=""):
    return begin(supplier=supplier, name=name, size=size, fingerprint=fingerprint, by=owner, at=NOW)


def send(upload, content=CONTENT, step=400):
    while upload.received < len(content):
        part = content[upload.received : upload.received + step]
        upload = add_part(upload_id=upload.pk, place=upload.received, content=part, at=NOW)
    return upload


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_parts_become_one_document(supplier, owner, tmp_path, django_capture_on_commit_callbacks):
    upload = send(start(supplier, owner))
    with django_capture_on_commit_callbacks(execute=True):
        document = finish(upload_id=upload.pk, by=owner, at=NOW)

    with document.file.open("rb") as kept:
        assert kept.read() == CONTENT
    assert document.original_name == "permit.pdf"
    assert not UploadPart.objects.exists()
    assert len(files_in(tmp_path)) == 1, "the parts are gone"


def test_finishing_twice_is_finishing_once(supplier, owner):
    upload = send(start(supplier, owner))

    assert finish(upload_id=upload.pk, by=owner, at=NOW) == finish(upload_id=upload.pk, by=owner, at=NOW)
    assert Document.objects.count() == 1


def test_a_part_sent_twice_is_kept_once(supplier, owner):
    upload = start(supplier, owner)
    add_part(upload_id=upload.pk, place=0, content=CONTENT[:400], at=NOW)

    with pytest.raises(WrongPlace) as wrong:
        add_part(upload_id=upload.pk, place=0, content=CONTENT[:400], at=NOW)
    assert wrong.value.received == 400


@pytest.mark.parametrize(("place", "content"), [(10, b"x"), (0, b""), (0, CONTENT + b"x"), (-1, b"x"), (0, bytes(uploads.PART_BYTES + 1))])
def test_a_part_that_does_not_fit_is_not_kept(supplier, owner, tmp_path, place, content):
    upload = start(supplier, owner)

    with pytest.raises(WrongPlace):
        add_part(upload_id=upload.pk, place=place, content=content, at=NOW)
    assert files_in(tmp_path) == []


def test_a_file_is_not_finished_before_it_is_whole(supplier, owner):
    upload = start(supplier, owner)
    add_part(upload_id=upload.pk, place=0, content=CONTENT[:400], at=NOW)

    with pytest.raises(WrongPlace):
        finish(upload_id=upload.pk, by=owner, at=NOW)


def test_the_same_file_chosen_again_goes_on_where_it_stopped(supplier, owner, colleague):
    upload = start(supplier, owner, fingerprint="permit.pdf:1:2")
    add_part(upload_id=upload.pk, place=0, content=CONTENT[:400], at=NOW)

    assert start(supplier, owner, fingerprint="permit.pdf:1:2").received == 400
    assert start(supplier, owner, fingerprint="permit.pdf:1:3").received == 0
    assert start(supplier, colleague, fingerprint="permit.pdf:1:2").received == 0


def test_a_refused_file_leaves_nothing(supplier, owner, tmp_path, django_capture_on_commit_callbacks):
    content = pdf_bytes(catalog=b"/OpenAction << /S /JavaScript /JS (x) >>")
    upload = send(start(supplier, owner, size=len(content)), content)

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(FileRefused, match="scripts"):
        finish(upload_id=upload.pk, by=owner, at=NOW)
    assert not Upload.objects.exists()
    assert files_in(tmp_path) == []


def test_a_file_that_cannot_be_scanned_now_is_kept_for_another_try(supplier, owner, settings):
    upload = send(start(supplier, owner))
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    with pytest.raises(FileRefused):
        finish(upload_id=upload.pk, by=owner, at=NOW)

    settings.CLAMD_URL = ""
    assert finish(upload_id=upload.pk, by=owner, at=NOW).sha256


@pytest.mark.parametrize(("size", "code"), [(0, "file_empty"), (51 * 1024 * 1024, "file_size")])
def test_sizes_are_refused_before_anything_is_sent(supplier, owner, size, code):
    with pytest.raises(FileRefused) as refused:
        start(supplier, owner, size=size)
    assert refused.value.code == code


def test_nobody_fills_the_disk_with_beginnings(supplier, owner, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_UNFINISHED", 2)
    start(supplier, owner)
    start(supplier, owner)

    with pytest.raises(FileRefused) as refused:
        start(supplier, owner)
    assert refused.value.code == "too_many"


def test_what_nobody_goes_on_with_is_removed(supplier, owner, tmp_path, django_capture_on_commit_callbacks):
    upload = start(supplier, owner)
    add_part(upload_id=upload.pk, place=0, content=CONTENT[:400], at=NOW)

    [rule] = policy().entries["suppliers.Upload"].rules
    assert dispose(rule, at=NOW + timedelta(days=2)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert dispose(rule, at=NOW + timedelta(days=4)) == 1
    assert not Upload.objects.exists()
    assert files_in(tmp_path) == []
    assert Disposal.objects.get().numbers == [str(upload.pk)]


def test_what_somebody_just_went_on_with_stays(supplier, owner):
    upload = start(supplier, owner)
    add_part(upload_id=upload.pk, place=0, content=CONTENT[:400], at=NOW)
    [rule] = policy().entries["suppliers.Upload"].rules
    later = NOW + timedelta(days=4)
    [found] = due(rule, at=later)

    add_part(upload_id=upload.pk, place=400, content=CONTENT[400:500], at=later)

    assert _delete(rule, found, later) is None
    assert upload.parts.count() == 2


def test_what_a_killed_process_was_writing_goes_the_day_after(tmp_path):
    folder = tmp_path / "evidence"
    folder.mkdir()
    dead, being_written = (f"{uuid.uuid4().hex}.draft" for _ in range(2))
    two_days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    for name, written in ((dead, two_days_ago), ("permit.pdf", two_days_ago), (being_written, timezone.now().timestamp())):
        (folder / name).write_bytes(CONTENT)
        os.utime(folder / name, (written, written))

    forget_drafts()

    assert files_in(folder) == sorted([being_written, "permit.pdf"])


def test_cancelling_leaves_nothing_but_finished_documents(supplier, owner, tmp_path, django_capture_on_commit_callbacks):
    unfinished, finished = start(supplier, owner), send(start(supplier, owner))
    finish(upload_id=finished.pk, by=owner, at=NOW)

    with django_capture_on_commit_callbacks(execute=True):
        cancel(upload_id=unfinished.pk)
        cancel(upload_id=finished.pk)
    assert list(Upload.objects.all()) == [finished]
    assert supplier.documents.count() == 1


# --- addresses --------------------------------------------------------------------------------------------------------


def test_a_browser_sends_a_file_in_parts(client, supplier, colleague):
    client.force_login(colleague)
    begun = client.post(reverse("suppliers:upload_begin"), {"name": "../permit\u202e.pdf", "size": len(CONTENT), "fingerprint": "f"}).json()
    for place in range(0, len(CONTENT), 500):
        part = client.post(f"{begun['url']}?place={place}", CONTENT[place : place + 500], content_type="application/octet-stream")
        assert part.status_code == 200
    again = client.post(f"{begun['url']}?place=0", CONTENT[:500], content_type="application/octet-stream")
    done = client.post(begun["finish"]).json()

    assert (again.status_code, again.json()) == (409, {"received": len(CONTENT)})
    assert client.get(begun["url"]).json()["received"] == len(CONTENT)
    assert supplier.documents.get().pk == done["document"]
    assert done["name"] == "permit.pdf"


def test_what_is_wrong_comes_back_as_words(client, owner):
    client.force_login(owner)

    assert "larger than 50 MB" in client.post(reverse("suppliers:upload_begin"), {"name": "a", "size": 10**9}).json()["error"]
    for size in ("", "-1", "NaN", "１２", "9" * 40):
        assert client.post(reverse("suppliers:upload_begin"), {"name": "a", "size": size}).status_code == 422
    begun = client.post(reverse("suppliers:upload_begin"), {"name": "a.txt", "size": 2}).json()
    client.post(f"{begun['url']}?place=0", b"#!", content_type="application/octet-stream")
    assert client.post(f"{begun['url']}?place=x", b"", content_type="application/octet-stream").status_code == 409
    refused = client.post(begun["finish"])
    assert (refused.status_code, "error" in refused.json()) == (422, True)
    assert client.get(begun["url"]).status_code == 404


def test_a_part_larger_than_agreed_is_refused(client, owner):
    client.force_login(owner)
    begun = client.post(reverse("suppliers:upload_begin"), {"name": "a.txt", "size": 9_000_000}).json()

    assert client.post(f"{begun['url']}?place=0", bytes(2_000_000), content_type="application/octet-stream").status_code == 409
    assert client.post(f"{begun['url']}?place=0", bytes(6_000_000), content_type="application/octet-stream").status_code == 400


def test_half_a_file_is_its_senders_alone(client, supplier, owner, colleague, stranger, reviewer):
    upload = Upload.objects.create(supplier=supplier, by=owner, name="a", size=2, created_at=timezone.now(), moved_at=timezone.now())
    for person, status in ((colleague, 404), (stranger, 404), (reviewer, 403)):
        client.force_login(person)
        assert client.get(reverse("suppliers:upload", args=[upload.pk])).status_code == status
    client.force_login(owner)
    assert client.get(reverse("suppliers:upload", args=[upload.pk])).status_code == 200
    assert client.get(reverse("suppliers:upload", args=[uuid.uuid4()])).status_code == 404


def test_what_one_person_chose_is_not_sent_as_another_who_signed_in_since(client, owner, colleague):
    client.force_login(colleague)
    sent = {"name": "a.txt", "size": 2}

    assert client.post(reverse("suppliers:upload_begin"), sent, headers={"X-Person": str(owner.pk)}).status_code == 403
    assert client.post(reverse("suppliers:upload_begin"), sent, headers={"X-Person": str(colleague.pk)}).status_code == 201


# --- a new revision ---------------------------------------------------------------------------------------------------


def test_parts_become_a_new_revision_with_what_it_has_in_common(client, supplier, owner):
    older = create_document(supplier=supplier, kind="iso_14001", title="ISO 14001", issuer="TÜV", number="7")
    upload = send(start(supplier, owner))
    client.force_login(owner)
    url = reverse("suppliers:upload_finish", args=[upload.pk])

    first, again = (client.post(url, {"replaces": older.pk}).json() for _time in range(2))

    newest = Document.objects.get(replaces=older)
    assert (newest.kind, newest.title, newest.issuer, newest.number) == ("iso_14001", "ISO 14001", "TÜV", "7")
    assert first == again
    assert first["edit"] == reverse("suppliers:document_edit", args=[newest.pk])


def test_a_document_that_was_replaced_meanwhile_is_said_and_nothing_is_kept(client, supplier, owner):
    older = create_document(supplier=supplier)
    create_document(supplier=supplier, replaces=older)
    upload = send(start(supplier, owner))
    client.force_login(owner)

    response = client.post(reverse("suppliers:upload_finish", args=[upload.pk]), {"replaces": older.pk})

    assert response.status_code == 422
    assert "replaced in the meantime" in response.json()["error"]
    assert not Upload.objects.exists()


def test_another_suppliers_document_is_not_replaced(client, supplier, owner):
    upload = send(start(supplier, owner))
    client.force_login(owner)

    response = client.post(
        reverse("suppliers:upload_finish", args=[upload.pk]), {"replaces": create_document(supplier=create_supplier()).pk}
    )

    assert response.status_code == 404
    assert Document.objects.filter(supplier=supplier).count() == 0

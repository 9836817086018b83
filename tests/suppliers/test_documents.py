import hashlib
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audit.models import Event
from suppliers import documents
from suppliers.documents import NotTheCurrentRevision, store
from suppliers.models import Document
from suppliers.refusals import FileRefused
from tests.factories import NOW, create_supplier
from tests.suppliers.files import pdf, pdf_bytes, picture


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def uploaded(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_file_is_kept_with_its_hash_under_a_name_of_our_own(supplier, owner):
    file = pdf("../../排污许可证.PDF")
    document = store(supplier=supplier, file=file, kind="discharge_permit", by=owner, at=NOW, valid_to=date(2027, 1, 1))

    document.refresh_from_db()
    with document.file.open("rb") as kept:
        content = kept.read()
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert (document.original_name, document.content_type, document.size) == ("排污许可证.PDF", "application/pdf", len(content))
    assert "排污" not in document.file.name
    assert Event.objects.get(action="document.uploaded").supplier_id == supplier.pk


def test_what_is_hashed_is_what_is_kept(supplier, owner):
    taken = uploaded("photo.jpg", picture(place=True))
    document = store(supplier=supplier, file=taken, by=owner, at=NOW)

    with document.file.open("rb") as kept:
        content = kept.read()
    assert (document.size, document.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert b"Phone" not in content


def test_the_same_file_again_is_the_document_that_is_there(supplier, owner):
    first = store(supplier=supplier, file=pdf("a.pdf"), by=owner, at=NOW)

    assert store(supplier=supplier, file=pdf("b.pdf"), by=owner, at=NOW) == first
    assert store(supplier=create_supplier(), file=pdf("b.pdf"), by=owner, at=NOW) != first


def test_a_new_revision_replaces_the_old_one_which_stays(supplier, owner):
    first = store(supplier=supplier, file=pdf(content=b"1"), by=owner, at=NOW)
    second = store(supplier=supplier, file=pdf(content=b"2"), by=owner, at=NOW, replaces=first)

    assert list(supplier.documents.current()) == [second]
    with pytest.raises(NotTheCurrentRevision):
        store(supplier=supplier, file=pdf(content=b"3"), by=owner, at=NOW, replaces=first)
    with pytest.raises(NotTheCurrentRevision):
        store(supplier=create_supplier(), file=pdf(content=b"3"), by=owner, at=NOW, replaces=second)
    with pytest.raises(FileRefused):
        store(supplier=supplier, file=pdf(content=b"2"), by=owner, at=NOW, replaces=second)


def test_a_file_that_was_replaced_may_come_again(supplier, owner):
    first = store(supplier=supplier, file=pdf(content=b"1"), by=owner, at=NOW)
    store(supplier=supplier, file=pdf(content=b"2"), by=owner, at=NOW, replaces=first)

    assert store(supplier=supplier, file=pdf(content=b"1"), by=owner, at=NOW) in supplier.documents.current()


def test_a_file_given_twice_is_said_to_be_there(client, supplier, owner):
    client.force_login(owner)
    for _ in range(2):
        page = client.post(
            reverse("suppliers:document_new"), {"kind": "other", "title": "Bill", "upload": pdf()}, follow=True
        ).content.decode()

    assert "This very file is kept already, as “Bill”." in page
    assert supplier.documents.count() == 1


def test_a_row_that_fails_leaves_no_file(supplier, owner, tmp_path, monkeypatch):
    monkeypatch.setattr(documents.trail, "record", lambda *_args, **_options: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        store(supplier=supplier, file=pdf(), by=owner, at=NOW)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not Document.objects.exists()


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_pdf_is_shown_by_the_browser_alone_and_saved_on_request(client, supplier, owner):
    document = store(supplier=supplier, file=pdf("许可证 1.pdf"), by=owner, at=NOW)

    client.force_login(owner)
    shown, saved = client.get(document.file_url), client.get(document.file_url + "?download")

    assert b"".join(shown.streaming_content) == b"".join(saved.streaming_content) == pdf_bytes()
    assert shown["Content-Disposition"].startswith("inline;")
    assert saved["Content-Disposition"].startswith("attachment;")
    assert "%E8%AE%B8" in saved["Content-Disposition"]
    assert not Event.objects.filter(action__startswith="document.viewed").exists()


@pytest.mark.parametrize(
    ("name", "content", "kind"), [("a.pdf", pdf_bytes(), "inline"), ("a.png", picture("PNG"), "inline"), ("a.csv", b"a,b", "attachment")]
)
def test_a_file_comes_with_headers_that_let_it_do_nothing(client, supplier, owner, name, content, kind):
    document = store(supplier=supplier, file=uploaded(name, content), by=owner, at=NOW)

    client.force_login(owner)
    response = client.get(document.file_url)

    assert b"".join(response.streaming_content)
    assert response["Content-Disposition"].startswith(kind)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert ("sandbox" in response["Content-Security-Policy"]) == (name != "a.pdf")
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_supplier_can_see_that_the_buyer_opened_and_took_a_document(client, supplier, owner, reviewer):
    document = store(supplier=supplier, file=pdf(), by=owner, at=NOW)

    client.force_login(reviewer)
    client.get(document.get_absolute_url())
    assert b"".join(client.get(document.file_url).streaming_content)
    assert b"".join(client.get(document.file_url + "?download").streaming_content)

    events = Event.objects.filter(action__startswith="document.", actor=reviewer).order_by("pk")
    assert [event.action for event in events] == ["document.viewed", "document.viewed", "document.downloaded"]
    assert {(event.supplier_id, event.target_id) for event in events} == {(supplier.pk, str(document.pk))}


def test_a_stranger_gets_no_document(client, supplier, owner, stranger):
    document = store(supplier=supplier, file=pdf(), by=owner, at=NOW)

    client.force_login(stranger)

    assert client.get(document.get_absolute_url()).status_code == 404
    assert client.get(document.file_url).status_code == 404
    assert client.get("/media/" + document.file.name).status_code == 404
    assert client.get(reverse("suppliers:document_revise", args=[document.pk])).status_code == 404


def test_a_supplier_uploads_a_document_and_its_next_revision(client, supplier, colleague):
    client.force_login(colleague)
    form = {"kind": "iso_14001", "title": "ISO 14001", "issuer": "CQC", "number": "1", "valid_from": "2024-01-01", "valid_to": "2025-01-01"}

    client.post(reverse("suppliers:document_new"), form | {"upload": pdf(content=b"1")})
    first = supplier.documents.get()
    later = form | {"valid_from": "2026-01-01", "valid_to": "2999-01-01"}
    client.post(reverse("suppliers:document_revise", args=[first.pk]), later | {"upload": pdf(content=b"2")})

    assert supplier.documents.current().get().replaces == first
    page = client.get(reverse("suppliers:document_list")).content.decode()
    assert "ISO 14001" in page
    assert "Valid" in page
    assert "Earlier revision" in page


@pytest.mark.parametrize(("valid_to", "words"), [("2020-01-01", "Expired"), ("2999-01-01", "Valid"), ("", "No end date")])
def test_the_list_says_what_is_out_of_date(client, supplier, owner, valid_to, words):
    client.force_login(owner)
    client.post(reverse("suppliers:document_new"), {"kind": "other", "valid_to": valid_to, "upload": pdf()})

    assert words in client.get(reverse("suppliers:document_list")).content.decode()


def test_the_page_of_a_document_says_what_is_known_about_it(client, supplier, owner):
    first = store(supplier=supplier, file=pdf(content=b"1"), title="ISO 14001", issuer="CQC", number="0119E", by=owner, at=NOW)
    second = store(supplier=supplier, file=pdf(content=b"2"), title="ISO 14001, renewed", by=owner, at=NOW, replaces=first)

    client.force_login(owner)
    page = client.get(first.get_absolute_url()).content.decode()

    assert all(words in page for words in ("CQC", "0119E", first.sha256, "Bamboo Bridge", "No end date"))
    assert "A newer revision has taken the place of this one." in page
    assert first.get_absolute_url() in client.get(second.get_absolute_url()).content.decode()


def test_what_is_said_about_a_document_can_be_put_right(client, supplier, colleague):
    document = store(supplier=supplier, file=pdf(), by=colleague, at=NOW)
    client.force_login(colleague)

    client.post(reverse("suppliers:document_edit", args=[document.pk]), {"kind": "iso_14001", "title": "ISO", "valid_to": "2027-01-01"})

    document.refresh_from_db()
    assert (document.kind, document.title, document.valid_to) == ("iso_14001", "ISO", date(2027, 1, 1))
    assert Event.objects.get(action="document.changed").detail == {"fields": ["kind", "title", "valid_to"]}


def test_an_earlier_revision_does_not_change_any_more(client, supplier, owner):
    first = store(supplier=supplier, file=pdf(content=b"1"), by=owner, at=NOW)
    store(supplier=supplier, file=pdf(content=b"2"), by=owner, at=NOW, replaces=first)

    client.force_login(owner)

    assert client.get(reverse("suppliers:document_edit", args=[first.pk])).status_code == 404
    with pytest.raises(NotTheCurrentRevision):
        documents.change_details(document=first, details={"title": "New"}, by=owner, at=NOW)


@pytest.mark.parametrize(("q", "found"), [("iso cqc", True), ("0119e", True), ("permit", False), ("\x00", True), ("%", False)])
def test_the_library_is_searched_by_what_documents_are_called(client, supplier, owner, q, found):
    store(supplier=supplier, file=pdf(), title="ISO 14001", issuer="CQC", number="0119E", by=owner, at=NOW)

    client.force_login(owner)

    assert ("0119E" in client.get(reverse("suppliers:document_list"), {"q": q}).content.decode().partition("<tbody>")[2]) == found


def test_a_wrong_file_is_named_beside_its_field(client, owner):
    client.force_login(owner)
    data = {"kind": "other", "valid_from": "2026-02-01", "valid_to": "2026-01-01", "upload": uploaded("tool.exe", b"MZ\x90\x00")}
    page = client.post(reverse("suppliers:document_new"), data).content.decode()

    assert "Files of this kind cannot be uploaded" in page
    assert "The document ends before it begins." in page


def test_the_list_of_documents_costs_the_same_for_one_and_for_twenty(client, supplier, owner, django_assert_num_queries):
    def show():
        client.get(reverse("suppliers:document_list"))

    client.force_login(owner)
    store(supplier=supplier, file=pdf(content=b"first"), by=owner, at=NOW)
    with django_assert_num_queries(5):  # session, person, supplier, documents, those that end
        show()
    for number in range(20):
        store(supplier=supplier, file=pdf(content=str(number).encode()), by=owner, at=NOW)
    with django_assert_num_queries(5):
        show()

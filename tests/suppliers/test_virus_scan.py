import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from config import environment
from suppliers.inspection import inspect
from suppliers.refusals import FileRefused
from tests.suppliers.clamd import EICAR, scanner
from tests.suppliers.files import pdf, pdf_bytes


def code_of_refusal(content: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        inspect(SimpleUploadedFile("a.txt", content))
    return refused.value.code


def test_without_a_scanner_files_are_taken(settings):
    assert settings.CLAMD_URL == ""
    inspect(SimpleUploadedFile("a.txt", b"fine")).close()


@pytest.mark.parametrize("over", ["tcp", "unix"])
def test_every_file_is_shown_to_the_scanner_whole(settings, tmp_path, over):
    content = pdf_bytes(bytes(300_000))
    with scanner(socket_path=tmp_path / "clamd.sock" if over == "unix" else None) as (settings.CLAMD_URL, given):
        inspect(SimpleUploadedFile("a.pdf", content)).close()

    assert given == [content]


def test_what_the_scanner_finds_is_refused_by_name(settings):
    with scanner() as (settings.CLAMD_URL, _given), pytest.raises(FileRefused) as refused:
        inspect(SimpleUploadedFile("a.txt", EICAR))

    assert refused.value.code == "virus"
    assert "Eicar-Test-Signature" in refused.value.messages[0]


def test_nothing_is_kept_while_the_scanner_cannot_be_asked(settings):
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    assert code_of_refusal(b"fine") == "scan_unavailable"
    settings.CLAMD_URL = "unix:///nowhere/clamd.sock"
    assert code_of_refusal(b"fine") == "scan_unavailable"


@pytest.mark.parametrize("answer", [b"", b"stream: Can't allocate memory ERROR\x00", b"UNKNOWN COMMAND\x00"])
def test_nothing_is_kept_without_a_clear_word(settings, answer):
    with scanner(answer=answer) as (settings.CLAMD_URL, _given):
        assert code_of_refusal(b"fine") == "scan_unavailable"


def test_a_file_that_is_too_large_for_the_scanner_is_not_kept(settings):
    with scanner(limit=1000) as (settings.CLAMD_URL, _given):
        assert code_of_refusal(b"long " * 1_000_000) == "scan_unavailable"


@pytest.mark.django_db
def test_the_person_reads_that_the_file_cannot_be_checked_now(client, owner, supplier, settings):
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    client.force_login(owner)

    page = client.post(reverse("suppliers:document_new"), {"kind": "other", "upload": pdf()}).content.decode()

    assert "cannot be checked for viruses at the moment" in page
    assert not supplier.documents.exists()


@pytest.mark.parametrize(("value", "is_right"), [("tcp://scan.example:3310", True), ("unix:///run/clamd.sock", True), ("tcp://", False),
                                                 ("unix://", False), ("http://scan.example", False)])  # fmt: skip
def test_the_address_of_the_scanner_is_read_from_the_environment(monkeypatch, value, is_right):
    monkeypatch.setenv("CLAMD_URL", value)
    if is_right:
        assert environment.scanner("CLAMD_URL") == value
    else:
        with pytest.raises(ImproperlyConfigured, match="CLAMD_URL"):
            environment.scanner("CLAMD_URL")

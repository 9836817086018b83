"""What makes a document stand up in an archive and in an audit: PDF/A-3a by its parts, the signature, and the command that checks."""

import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pikepdf
import pytest
from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.management import CommandError, call_command
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pypdf import PdfReader

from accounts.models import User
from assessments.models import Assessment
from audit.models import Seal
from audit.sealing import seal_trail
from reports import audit_pdf, printing, signing, verifying
from tests.archive import against_pdf_a, before_signature
from tests.factories import NOW
from tests.reports.support import full_assessment, opened, printed


PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"


@pytest.fixture
def assessment(reviewer: User, owner: User, staff: User) -> Assessment:
    return full_assessment(reviewer, owner, staff)


@pytest.fixture
def pdf(assessment: Assessment, staff: User) -> bytes:
    return printed(assessment, staff, "zh-hans")


def elements(node: Any) -> Iterator[Any]:
    """Of the structure tree, from the top down."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements(kid)


def fonts_of(document: pikepdf.Pdf) -> list[Any]:
    return [font for page in document.pages for font in page.Resources.get("/Font", {}).values()]


# --- PDF/A-3a ---------------------------------------------------------------------------------------------------------


def test_a_report_says_that_it_is_pdf_a_3a_in_its_language(pdf: bytes) -> None:
    with opened(pdf) as document:
        metadata = document.open_metadata()
        assert (metadata[f"{PDFAID}part"], metadata[f"{PDFAID}conformance"]) == ("3", "A")
        assert "竹桥有限公司" in metadata["dc:title"]
        assert document.docinfo["/Title"] == metadata["dc:title"]
        assert str(document.docinfo["/Producer"]) == metadata["pdf:Producer"]
        assert str(document.Root.Lang) == "zh-Hans"
        assert document.Root.ViewerPreferences.DisplayDocTitle
        assert "/Encrypt" not in document.trailer
        assert "/ID" in document.trailer


def test_an_independent_validator_finds_nothing_against_a_report_in_an_archive(pdf: bytes) -> None:
    assert against_pdf_a(pdf) == []
    out = io.BytesIO()
    with opened(before_signature(pdf)) as document:
        del document.Root.OutputIntents
        document.save(out)
    assert "OutputIntent" in " ".join(against_pdf_a(out.getvalue()))


def test_a_report_states_its_colours_by_a_profile_of_its_own(pdf: bytes) -> None:
    with opened(pdf) as document:
        [intent] = document.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert intent.DestOutputProfile.N == 3
        assert intent.DestOutputProfile.read_bytes()[36:40] == b"acsp"


def test_every_font_is_embedded_as_the_part_that_is_used_and_maps_back_to_text(pdf: bytes) -> None:
    with opened(pdf) as document:
        fonts = fonts_of(document)
        assert fonts
        for font in fonts:
            [descendant] = font.DescendantFonts
            descriptor = descendant.FontDescriptor
            assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
            assert str(descriptor.FontName)[7:8] == "+"
            assert "/ToUnicode" in font
        assert any(str(font.BaseFont).endswith("Portal-Sans-SC") for font in fonts)
    assert len(pdf) < 1_500_000


def test_a_report_is_tagged_from_heading_to_table_cell(pdf: bytes) -> None:
    with opened(pdf) as document:
        assert document.Root.MarkInfo.Marked
        found = list(elements(document.Root.StructTreeRoot))
        kinds = {str(element.S) for element in found}
        assert {"/H1", "/H2", "/H3", "/P", "/Table", "/TR", "/TH", "/TD", "/Sect", "/L", "/Link", "/Figure"} <= kinds
        figures = [element for element in found if element.S == "/Figure"]
        assert len(figures) >= 2
        assert all(str(figure.Alt) for figure in figures)


def test_charts_are_drawn_not_pictured(pdf: bytes) -> None:
    with opened(pdf) as document:
        assert [image for page in document.pages for image in page.get_images()] == []


def test_contents_bookmarks_and_page_numbers_lead_through_a_report(pdf: bytes) -> None:
    with opened(pdf) as document:
        links = [annotation for page in document.pages for annotation in page.get("/Annots", []) if annotation.Subtype == "/Link"]
        assert len(links) >= 10
        with document.open_outline() as outline:
            [cover] = outline.root
            sections = [str(item.title) for item in cover.children]
        assert {"水", "人员"} <= set(sections)
        assert len(sections) >= 11


def test_what_acts_or_reaches_outside_is_not_in_a_report(pdf: bytes) -> None:
    with opened(pdf) as document:
        for name in ("/OpenAction", "/AA", "/Names"):
            assert "/JavaScript" not in str(document.Root.get(name, ""))
        actions = [annotation.get("/A") for page in document.pages for annotation in page.get("/Annots", [])]
        assert not [action for action in actions if action is not None and action.get("/S") != "/GoTo"]


def test_enclosed_files_are_bound_to_the_document(pdf: bytes) -> None:
    with opened(pdf) as document:
        files = list(document.Root.AF)
        assert {str(file.UF) for file in files} == {"answers.json", "receipt.json"}
        for file in files:
            assert file.AFRelationship == "/Data"
            assert file.EF.F.Subtype == "/application/json"
            assert file.EF.F.Params.ModDate


# --- signature --------------------------------------------------------------------------------------------------------


def test_a_report_is_signed_the_european_way(pdf: bytes) -> None:
    with opened(pdf) as document:
        [field] = document.Root.AcroForm.Fields
        assert field.V.SubFilter == "/ETSI.CAdES.detached"
        start, _length, rest, end = (int(number) for number in field.V.ByteRange)
        assert (start, rest + end) == (0, len(pdf))


def test_a_report_as_it_left_is_sound(pdf: bytes) -> None:
    verdict = verifying.verify(pdf)

    assert verdict.problems == []
    assert len(verdict.facts) == 4


def changed_at(pdf: bytes, place: int, bit: int = 1) -> bytes:
    return pdf[:place] + bytes([pdf[place] ^ bit]) + pdf[place + 1 :]


def places_that_matter(pdf: bytes) -> dict[str, int]:
    """Where in the file stand the score and the seal that are printed, the data that are enclosed, and the signature."""
    with opened(pdf) as document:
        streams = {name: document.attachments[name].get_file().obj.read_raw_bytes() for name in document.attachments}
        for page, text in zip(document.pages, PdfReader(io.BytesIO(pdf)).pages, strict=True):
            for words in ("SCORE declared", "SEAL 1 "):
                if words in text.extract_text():
                    streams[words] = page.Contents.read_raw_bytes()
        streams["profile"] = document.Root.OutputIntents[0].DestOutputProfile.read_raw_bytes()
    places = {name: pdf.index(stream) + len(stream) // 2 for name, stream in streams.items()}
    signature = re.search(rb"/Contents <([0-9A-F]+)>", pdf)
    assert signature is not None
    start, end = signature.span(1)
    return places | {"signature": start + 300, "behind the signature": end - 3, "its bounds": pdf.rindex(b"/ByteRange [") + 13}


def test_one_changed_byte_is_reported_wherever_it_is(assessment: Assessment, staff: User) -> None:
    seal_trail(at=NOW)
    pdf = printed(assessment, staff)
    places = places_that_matter(pdf)
    assert {"answers.json", "receipt.json", "SCORE declared", "SEAL 1 ", "signature", "behind the signature"} <= set(places)
    assert verifying.verify(pdf).is_sound

    everywhere = {f"byte {place}": place for place in range(0, len(pdf), len(pdf) // 12)}
    unnoticed = [name for name, place in {**places, **everywhere}.items() if not verifying.verify(changed_at(pdf, place)).problems]

    assert unnoticed == []
    # A capital letter made small means the same number, and is another byte.
    letter = pdf.index(b"A", places["signature"])
    assert verifying.verify(changed_at(pdf, letter, 0x20)).problems


def test_something_added_behind_the_signature_is_reported(pdf: bytes) -> None:
    with opened(pdf) as document:
        document.docinfo["/Title"] = "Another"
        out = io.BytesIO()
        document.save(out)

    assert verifying.verify(out.getvalue()).problems
    assert any("added" in problem for problem in verifying.verify(pdf + b"\n% a remark\n").problems)


def test_a_report_without_a_signature_or_by_somebody_else_is_reported(assessment: Assessment, staff: User, settings: Any) -> None:
    document = audit_pdf.audit_document(assessment, language="en", by=staff)
    bare = printing.as_pdf(document.html, files=document.files, at=NOW)
    ours = signing.sign(bare, reason="Audit report", at=NOW)
    settings.SECRET_KEY = "another portal's secret"
    theirs = signing.sign(bare, reason="Audit report", at=NOW)
    settings.DOCUMENT_FORMER_SIGNERS = []

    assert "The file is not signed." in verifying.verify(bare).problems
    assert any("not by this portal" in problem for problem in verifying.verify(ours).problems)
    assert verifying.verify(theirs).is_sound


def test_pages_that_state_another_score_than_the_enclosed_data_are_reported(assessment: Assessment, staff: User) -> None:
    document = audit_pdf.audit_document(assessment, language="en", by=staff)
    score = f"verified={assessment.verified}"
    assert score in document.html

    pages = signing.signed_pdf(document.html.replace(score, "verified=99.00"), files=document.files, reason="x", at=NOW)

    [problem] = verifying.verify(pages).problems
    assert "99.00" in problem


def test_data_that_do_not_compute_to_their_score_are_reported(assessment: Assessment, staff: User) -> None:
    document = audit_pdf.audit_document(assessment, language="en", by=staff)
    answers, receipt = (json.loads(file.text) for file in document.files)
    receipt["result"]["verified"] = "99.00"
    answers["answers"][0]["value"] = {"value": "no"}
    files = [printing.Enclosed(name, json.dumps(data), "") for name, data in (("answers.json", answers), ("receipt.json", receipt))]

    problems = " ".join(verifying.verify(signing.signed_pdf(document.html, files=files, reason="x", at=NOW)).problems)

    assert "result.verified" in problems
    assert "Question A-01" in problems
    assert "another score" in problems


def test_the_printed_seal_is_looked_up_in_the_trail(assessment: Assessment, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = Seal.objects.create(number=1, sealed_at=NOW, rows=5, last_block=9, hash="5e" * 32)
    ours = verifying.verify(printed(assessment, staff))
    monkeypatch.setattr(audit_pdf, "newest_seal", lambda: Seal(number=2, sealed_at=NOW, hash="6f" * 32))
    another = verifying.verify(printed(assessment, staff))

    assert ours.is_sound
    assert f"The audit trail has the printed seal, number {seal.number} of 2026-06-01." in ours.facts
    assert another.problems == ["The audit trail does not have the printed seal, number 2 of 2026-06-01."]


def test_the_printed_seal_is_the_one_verify_audit_checks(assessment: Assessment, staff: User, capsys: pytest.CaptureFixture[str]) -> None:
    seal_trail(at=NOW)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(printed(assessment, staff))).pages)
    [(number, _day, digest)] = verifying.SEAL.findall(text.replace("\n", "")) or verifying.SEAL.findall(text.replace("\n", " "))

    call_command("verify_audit", "--seal", f"{number}:{digest}")
    assert "0 differences" in capsys.readouterr().out
    with pytest.raises(CommandError, match="not what was sealed"):
        call_command("verify_audit", "--seal", f"{number}:{digest[:-1]}{'0' if digest[-1] != '0' else '1'}")


def test_the_command_says_what_it_found_and_ends_with_an_error(pdf: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, none = tmp_path / "good.pdf", tmp_path / "bad.pdf", tmp_path / "none.pdf"
    good.write_bytes(pdf)
    bad.write_bytes(pdf[:5000] + b"x" + pdf[5001:])

    call_command("verify_document", good)
    assert "nothing was changed since" in capsys.readouterr().out
    with pytest.raises(CommandError, match="bad"):
        call_command("verify_document", good, bad)
    assert "PROBLEM" in capsys.readouterr().out
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_document", none)


@pytest.mark.parametrize("content", [b"", b"no PDF at all", b"%PDF-1.7\n%%EOF"])
def test_a_file_that_is_no_document_is_reported(content: bytes) -> None:
    assert verifying.verify(content).problems


def certified(key: Any, owner: str, *purposes: x509.ObjectIdentifier) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, owner)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(NOW - timedelta(days=9)).not_valid_after(NOW.replace(year=2040))
    for purpose in purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return builder.sign(key, hashes.SHA256())


def test_a_key_of_ones_own_signs_from_a_file(settings: Any, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certified(key, "Lantern Buyer Ltd")
    secret = serialization.BestAvailableEncryption(b"open sesame")
    (tmp_path / "key.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"key", key, certificate, None, secret))
    settings.DOCUMENT_SIGNING_KEY, settings.DOCUMENT_SIGNING_PASSPHRASE = str(tmp_path / "key.p12"), "open sesame"

    signed = signing.sign(printing.as_pdf('<html lang="en"><title>Words</title><p>Words'), reason="A test", at=NOW)

    assert (signing.identity().name, signing.identity().is_self_made) == ("Lantern Buyer Ltd", False)
    assert "Signed by this portal: Lantern Buyer Ltd" in verifying.verify(signed).facts


@pytest.fixture
def authority() -> Iterator[str]:
    """The address of a time-stamping authority; its clock stands still."""
    key = rsa.generate_private_key(65537, 2048)
    certificate = certified(key, "Clock of the house", x509.ExtendedKeyUsageOID.TIME_STAMPING)
    private = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    clock = DummyTimeStamper(public, asn1_keys.PrivateKeyInfo.load(private), fixed_dt=NOW + timedelta(hours=1))

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            with ThreadPoolExecutor(1) as pool:
                answer = pool.submit(clock.request_tsa_response, asked).result()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer.dump())

        def log_message(self, *_words: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


STAMP = "signature_time_stamp_token"


def test_an_authority_stamps_the_time_where_one_is_set(settings: Any, authority: str) -> None:
    settings.DOCUMENT_TIMESTAMP_URL = authority

    signed = signing.sign(printing.as_pdf('<html lang="en"><title>Words</title><p>Words'), reason="A test", at=NOW)

    [signature] = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    tokens = [each["values"][0]["content"] for each in signature.signer_info["unsigned_attrs"] if each["type"].native == STAMP]
    assert [token["encap_content_info"]["content"].parsed["gen_time"].native for token in tokens] == [NOW + timedelta(hours=1)]
    assert verifying.verify(signed).is_sound

"""What people write, and what becomes of it on paper: the page is right, or the error is clear."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.conf import settings as portal
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from PIL import Image

from accounts.models import User
from assessments.models import Assessment
from labels import evaluation
from labels.dates import ledger_day
from labels.models import Label
from pilots import appraisal
from pilots.appraisal import load_schemes
from reports import agreement_pdf, disclosure_files, label_files, management_report, printing, verifying
from reports.models import Export
from reports.printing import _OwnFiles, printable
from runs import engine
from suppliers.models import Supplier
from tests.factories import NOW, before_handing_in, create_answer, create_assessment, create_campaign, create_questionnaire
from tests.labels.support import create_green_supplier, create_standard
from tests.pilots.support import active, report
from tests.reports.support import add_one_of_everything, closed_assessment, content_of, fetch, full_assessment, opened, printed, text_of


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def printed_with(assessment: Assessment, by: User, **fields: str) -> bytes:
    Supplier.objects.filter(pk=assessment.supplier_id).update(**fields)
    return printed(fetch(assessment), by)


def has_unknown_shapes(pdf: bytes) -> bool:
    """A page that shows glyph 0 shows a box in place of a letter; an archive may not hold one."""
    with opened(pdf) as document:
        for page in document.pages:
            for operands, operator in pikepdf.parse_content_stream(page, "Tj TJ"):
                texts = operands[0] if str(operator) == "TJ" else operands
                if any(b"\x00\x00" in (codes[place : place + 2] for place in range(0, len(codes), 2)) for codes in _bytes_in(texts)):
                    return True
    return False


def _bytes_in(texts: Any) -> list[bytes]:
    return [bytes(text) for text in texts if isinstance(text, pikepdf.String)]


@pytest.mark.parametrize("name", ["Lantern" * 42, "灯笼" * 150, "<b>" * 100])
def test_a_name_of_three_hundred_characters_is_printed_whole(reviewer: User, staff: User, owner: User, name: str) -> None:
    pdf = printed_with(closed_assessment(reviewer, owner), staff, name_en=name[:300], name_zh="")

    assert name[:300] in text_of(pdf).replace(" ", "")
    with opened(pdf) as document:
        assert len(document.pages) < 12


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("شركة الفانوس", "الفانوس"),
        ("חברת הפנס", "הפנס"),
        ("Lantern 🏮🌱", "🏮"),
        ("Hieroglyph 𓀀", "[egyptian hieroglyph a001]"),
        ("bell\x07 and\x1b[31m escape", "bell and[31m escape"),
    ],
)
def test_any_script_is_readable_or_named(reviewer: User, staff: User, owner: User, written: str, read: str) -> None:
    pdf = printed_with(closed_assessment(reviewer, owner), staff, name_en=written, name_zh="")

    text = text_of(pdf)
    assert read in text
    assert not has_unknown_shapes(pdf)


def test_control_characters_do_not_reach_the_page() -> None:
    assert printable("a\x00b\x08c\x7fd\ufffee\uffff") == "abcde"
    assert printable("line\nbreak\ttab") == "line\nbreak\ttab"


def test_markup_and_script_in_every_text_field_are_printed_as_they_were_typed(reviewer: User, staff: User, owner: User) -> None:
    typed = '<script>alert(1)</script><img src="http://outside.example/x.png"><style>p{display:none}</style>&amp;'
    assessment = full_assessment(reviewer, owner, staff)
    with before_handing_in():
        assessment.answers.update(note=f"N {typed}")
    assessment.answers.get(question="A-01").verdict.__class__.objects.update(reason=f"R {typed}")
    finding = assessment.findings.get()
    finding.text, finding.cause, finding.action_taken = f"F {typed}", f"C {typed}", f"T {typed}"
    finding.save(update_fields=["text", "cause", "action_taken"])
    finding.actions.update(what=f"W {typed}", owner=f"O {typed}"[:150])

    text = text_of(printed_with(assessment, staff, name_en=f"S {typed}", name_zh=f"Z {typed}")).replace(" ", "")

    for place in "NRFCTWSZ":
        assert f"{place}{typed}".replace(" ", "") in text, place


BAD = '<script>alert(1)</script><img src="http://outside.example/x.png">&amp; الفانوس 🏮 \x07𓀀 '
SHAPELESS = "[egyptian hieroglyph a001]"


def test_every_other_document_takes_the_same_names(reviewer: User, staff: User, owner: User) -> None:
    supplier = owner.active_membership.supplier  # type: ignore[union-attr]
    name = (BAD * 9)[:300]
    supplier.name_en = supplier.name_zh = name
    supplier.region = "<script>alert(1)</script><img src=x> الفانوس 🏮 𓀀"
    supplier.save()
    create_standard()
    create_green_supplier(supplier, closed_at=timezone.now() - timedelta(days=60))
    evaluation.evaluate_all(on=ledger_day(timezone.now()), at=timezone.now())
    label = Label.objects.select_related("supplier", "standard").get()
    create_campaign(cycle=2031)
    agreement = active(supplier, staff, owner, boundary=BAD * 20, title_en=BAD[:100], title_zh=BAD[:100])

    pdfs = {
        "certificate": made(label_files.request_certificate(label=label, by=owner, at=timezone.now())),
        "agreement": agreement_pdf.agreement_pdf(
            agreement,
            kind="signed",
            terms=agreement.offered_terms,
            sha256=agreement.content_sha256,
            amendment=None,
            language="en",
            at=timezone.now(),
        ),
        "disclosures": made(disclosure_files.request_pdf(cycle=None, by=staff, at=timezone.now())),
    }

    for kind, pdf in pdfs.items():
        text = text_of(pdf).replace(" ", "")
        assert "<script>alert(1)</script><img" in text, kind
        assert SHAPELESS.replace(" ", "") in text, kind
        assert "الفانوس" in text, kind
        assert not has_unknown_shapes(pdf), kind
        assert verifying.verify(pdf).is_sound, kind


@pytest.mark.parametrize("written", [BAD * 9, "灯笼" * 150, "Lantern" * 43], ids=["markup", "chinese", "one word"])
@pytest.mark.parametrize("kind", ["appraisal", "management report"])
def test_appraisals_and_the_management_report_take_any_text(
    reviewer: User, staff: User, owner: User, supplier: Supplier, kind: str, written: str
) -> None:
    """In everything that somebody types and they print: names, titles, reasons, comments."""
    for person in (reviewer, staff, owner):
        person.name = written[:150]
        person.save()
    supplier.name_en = supplier.name_zh = written[:300]
    supplier.save()
    pdf = appraisal_of(supplier, staff, reviewer, owner, written) if kind == "appraisal" else management_report_by(staff, written)

    assert printable(written[:100]).replace(" ", "") in text_of(pdf).replace(" ", "")
    assert not has_unknown_shapes(pdf)
    assert verifying.verify(pdf).is_sound
    with opened(pdf) as document:
        assert len(document.pages) < 12


def appraisal_of(supplier: Supplier, staff: User, second: User, owner: User, written: str) -> bytes:
    load_schemes(at=NOW)
    agreement = active(supplier, staff, owner, title_en=written[:200], title_zh=written[:200])
    report(agreement, 2024, 900, by=owner)
    appraisal.calculate_appraisals(agreement_id=agreement.pk, at=NOW)
    found = agreement.appraisals.get(year=2024)
    appraisal.propose(appraisal_id=found.pk, reasons=written, consequence="incentive", by=staff, at=NOW)
    appraisal.comment(appraisal_id=found.pk, text=written, by=owner, at=NOW)
    appraisal.confirm(appraisal_id=found.pk, by=second, at=NOW)
    agreement_pdf.print_agreement(agreement.pk, at=NOW)
    with agreement.papers.get(kind="appraisal", language="en").file.open("rb") as file:
        return bytes(file.read())


def management_report_by(staff: User, written: str) -> bytes:
    create_assessment(campaign=create_campaign(title_en=written[:200], title_zh=written[:200], launched_at=NOW))
    return made(management_report.request_pdf(by=staff, at=timezone.now()))


def made(export: Export) -> bytes:
    assert engine.work_off(export.run_id or 0).status == "done"
    export.refresh_from_db()
    return content_of(export)


def test_a_table_of_five_hundred_rows_breaks_over_pages_with_its_head(reviewer: User, staff: User, owner: User) -> None:
    assessment = closed_assessment(reviewer, owner, campaign=campaign_with_a_table())
    rows = [{"substance": f"Substance {number}", "tonnes": str(number)} for number in range(500)]
    create_answer(assessment=assessment, question="A-03", value={"rows": rows})

    pdf = printed(fetch(assessment), staff)

    text = text_of(pdf)
    assert "Substance 0 " in text
    assert "Substance 499" in text
    with opened(pdf) as document:
        assert 10 < len(document.pages) < 60
    assert text.count("Which substance") >= 10


def campaign_with_a_table() -> Any:
    from copy import deepcopy

    from tests.factories import SMALL_QUESTIONNAIRE

    content = deepcopy(SMALL_QUESTIONNAIRE)
    content["questions"].append(
        {
            "code": "A-03",
            "area": "A",
            "topic": {"en": "Substances", "zh": "物质"},
            "text": {"en": "Which substances do you use?", "zh": "使用哪些物质？"},
            "weight": "1",
            "fields": [
                {
                    "key": "rows",
                    "type": "table",
                    "max_rows": 500,
                    "columns": [
                        {"key": "substance", "type": "text", "label": {"en": "Which substance", "zh": "物质"}},
                        {"key": "tonnes", "type": "number", "label": {"en": "Tonnes", "zh": "吨"}, "unit": "t"},
                    ],
                }
            ],
            "credit": {"kind": "disclosure"},
            "evidence": {"rule": "none"},
        }
    )
    return create_campaign(questionnaire=create_questionnaire(content=content))


def test_evidence_without_its_file_or_with_a_huge_picture_is_named_and_never_opened(
    reviewer: User, staff: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assessment = full_assessment(reviewer, owner, staff)
    document = assessment.answers.get(question="A-01").evidence.get().document
    huge = Path(portal.MEDIA_ROOT) / "documents" / "huge.png"
    huge.parent.mkdir(parents=True)
    Image.new("1", (30_000, 30_000)).save(huge)
    document.file.name, document.content_type = "documents/huge.png", "image/png"
    document.save(update_fields=["file", "content_type"])
    add_one_of_everything(assessment, reviewer, owner)
    monkeypatch.setattr(FileSystemStorage, "open", lambda *args: pytest.fail("a report opens no file of a supplier"))

    text = text_of(printed(fetch(assessment), staff))

    assert document.sha256 in text.replace(" ", "")
    assert "Water bill 1" in text


@pytest.mark.parametrize(
    "outside", ["http://example.com/x.png", "file:///etc/passwd", "{static}/../manage.py", "{static}-x/a.css", "data:,x"]
)
def test_a_document_reads_no_file_but_its_own(outside: str) -> None:
    static = (portal.BASE_DIR / "static").as_uri()

    with pytest.raises(ValueError, match="may not fetch"):
        _OwnFiles().fetch(outside.format(static=static))


def test_nothing_outside_is_fetched_while_a_page_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    fetch_file = _OwnFiles.fetch
    monkeypatch.setattr(_OwnFiles, "fetch", lambda self, url, headers=None: asked.append(url) or fetch_file(self, url, headers))
    html = """<html lang="en"><head><title>t</title><link rel="stylesheet" href="http://outside.example/a.css">
      <style>@import url(http://outside.example/b.css); p { background: url(http://outside.example/c.png) }</style></head>
      <body><img src="http://outside.example/d.png" alt="d"><p>Words</p><object data="file:///etc/passwd"></object></body></html>"""

    assert "Words" in text_of(printing.as_pdf(html))

    assert {url.rpartition("/")[2] for url in asked} >= {"a.css", "b.css", "c.png", "d.png"}

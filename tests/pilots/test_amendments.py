import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdfium2 import PdfDocument

from accounts.models import User
from pilots.agreements import AlreadySigned, Signing, TermsChanged
from pilots.amendments import (
    AlreadyProposed,
    BelowThreshold,
    NothingChanges,
    Proposal,
    YearsReported,
    propose_amendment,
    sign_amendment,
    withdraw_amendment,
)
from pilots.models import Agreement, AgreementPaper, AgreementSignature, Amendment
from pilots.papers import unprinted
from pilots.terms import is_as_offered
from reports.agreement_pdf import print_agreement
from suppliers.models import Supplier
from tests.archive import against_pdf_a
from tests.emissions.support import create_record
from tests.factories import NOW, PASSWORD, create_site
from tests.pilots.support import active, offered, report, sign, signature_data
from tests.suppliers.files import pdf_bytes


Kind = Amendment.Kind


def amended(agreement: Agreement, staff: User, **changes: Any) -> Amendment:
    proposal = Proposal(Kind.TERMS, "Both sides agreed on more.", changes)
    return propose_amendment(agreement_id=agreement.pk, proposal=proposal, by=staff, at=NOW)


def recalculated(agreement: Agreement, staff: User, **changes: Any) -> Amendment:
    proposal = Proposal(Kind.RECALCULATION, "A hall was sold.", changes, cause=Amendment.Cause.STRUCTURE)
    return propose_amendment(agreement_id=agreement.pk, proposal=proposal, by=staff, at=NOW)


def sign_it(amendment: Amendment, side: str, by: User) -> None:
    sign_amendment(amendment_id=amendment.pk, signing=Signing(side, amendment.content_sha256, by.name, "Director"), by=by, at=NOW)


def targets_of(agreement: Agreement) -> dict[int, Decimal]:
    return dict(agreement.targets.values_list("year", "emissions"))


def test_an_amendment_signed_by_one_side_is_not_in_force(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    amendment = amended(agreement, staff, total_reduction=Decimal(60))

    sign_it(amendment, "buyer", staff)

    assert targets_of(agreement)[2028] == 500
    assert Amendment.objects.get().status == Amendment.Status.OFFERED
    assert is_as_offered(Agreement.objects.get())


def test_signed_by_both_it_is_in_force_and_the_former_series_is_kept(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    report(agreement, 2024, 880, by=owner)
    amendment = amended(agreement, staff, total_reduction=Decimal(60), ends_on=date(2029, 12, 31))

    sign_it(amendment, "buyer", staff)
    sign_it(amendment, "supplier", owner)

    amendment.refresh_from_db()
    now = Agreement.objects.get()
    assert (amendment.status, amendment.ended_at) == (Amendment.Status.IN_FORCE, NOW)
    assert (now.total_reduction, now.ends_on, targets_of(now)[2029]) == (60, date(2029, 12, 31), 400)
    assert amendment.former_terms["targets"]["2028"] == "500"
    assert amendment.former["reported"][0]["emissions"] == "880.000000"
    assert now.content_sha256 == amendment.content_sha256
    assert is_as_offered(now)


def test_targets_that_were_edited_by_hand_stay_when_only_words_are_amended(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    agreement.targets.filter(year=2025).update(emissions=850)

    amendment = amended(agreement, staff, incentive="Longer lease")

    assert amendment.terms["targets"]["2025"] == "850"


def test_what_cannot_be_amended_is_refused(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    report(agreement, 2026, 700, by=owner)

    with pytest.raises(NothingChanges):
        amended(agreement, staff, total_reduction=Decimal(50))
    with pytest.raises(YearsReported):
        amended(agreement, staff, ends_on=date(2025, 12, 31))
    with pytest.raises(Agreement.IllegalTransition):
        amended(offered(supplier, staff), staff, total_reduction=Decimal(60))
    amended(agreement, staff, total_reduction=Decimal(60))
    with pytest.raises(AlreadyProposed):
        amended(agreement, staff, total_reduction=Decimal(70))
    assert Amendment.objects.count() == 1


def test_a_side_signs_an_amendment_once_and_only_what_it_has_read(supplier: Supplier, staff: User, owner: User) -> None:
    amendment = amended(active(supplier, staff, owner), staff, total_reduction=Decimal(60))
    sign_it(amendment, "supplier", owner)

    with pytest.raises(AlreadySigned):
        sign_it(amendment, "supplier", owner)
    with pytest.raises(TermsChanged):
        sign_amendment(amendment_id=amendment.pk, signing=Signing("buyer", "0" * 64, "x", "y"), by=staff, at=NOW)
    withdraw_amendment(amendment_id=amendment.pk, by=staff, at=NOW)
    with pytest.raises(Amendment.IllegalTransition):
        sign_it(amendment, "buyer", staff)


def test_a_base_year_is_recalculated_from_the_threshold_on(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)

    with pytest.raises(BelowThreshold):
        recalculated(agreement, staff, base_emissions=Decimal(951))
    amendment = recalculated(agreement, staff, base_emissions=Decimal(950))

    assert Agreement.objects.get().status == Agreement.Status.IN_RECALCULATION
    sign_it(amendment, "buyer", staff)
    sign_it(amendment, "supplier", owner)
    now = Agreement.objects.get()
    assert (now.status, now.base_emissions, targets_of(now)[2028]) == (Agreement.Status.ACTIVE, 950, 475)


def test_a_withdrawn_recalculation_leaves_the_agreement_as_it_was(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)

    withdraw_amendment(amendment_id=recalculated(agreement, staff, base_emissions=Decimal(800)).pk, by=staff, at=NOW)

    assert (Agreement.objects.get().status, targets_of(agreement)[2028]) == (Agreement.Status.ACTIVE, 500)


def test_years_from_activity_data_are_restated_and_those_by_hand_stay(supplier: Supplier, staff: User, owner: User) -> None:
    from pilots.reporting import YearReport, report_year

    kept, sold = create_site(supplier=supplier, type="data_centre"), create_site(supplier=supplier, type="data_centre")
    agreement = active(supplier, staff, owner, sites=[kept, sold])
    for site in (kept, sold):
        for month in range(1, 13):
            create_record(site, "electricity", 10_000, "kWh", date(2024, month, 1))
    before = report_year(agreement_id=agreement.pk, report=YearReport(2024), by=owner, at=NOW).emissions
    report(agreement, 2025, 333, by=owner)

    amendment = recalculated(agreement, staff, sites=[kept], base_emissions=Decimal(500))
    sign_it(amendment, "buyer", staff)
    sign_it(amendment, "supplier", owner)

    now = dict(agreement.reported_years.values_list("year", "emissions"))
    amendment.refresh_from_db()
    assert (now[2024] * 2, now[2025]) == (before, 333)
    assert {row["year"]: Decimal(row["emissions"]) for row in amendment.former["reported"]} == {2024: before, 2025: 333}
    assert list(Agreement.objects.get().sites.all()) == [kept]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_an_amendment_from_its_proposal_to_its_force(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    agreement = active(supplier, staff, owner)
    client.force_login(staff)
    amend = reverse("pilots:amend", args=[agreement.pk])
    data = {"ends_on": "2028-12-31", "boundary": "All sites, scope 1 and 2", "total_reduction": "60", "path": "linear"}
    data |= {"recalculation_threshold": "5", "reason": "More than was hoped for."}
    assert client.get(amend).status_code == 200
    client.post(amend, data)
    amendment = Amendment.objects.get()
    page, sign_page = reverse("pilots:amendment", args=[amendment.pk]), reverse("pilots:amendment_sign", args=[amendment.pk])
    assert "It is not in force" in client.get(page).content.decode()
    client.post(sign_page, signature_data(agreement, sha256=amendment.content_sha256))
    assert "Signed by one side" in client.get(page).content.decode()

    client.force_login(owner)
    assert "More than was hoped for." in client.get(sign_page).content.decode()
    client.post(sign_page, signature_data(agreement, sha256=amendment.content_sha256))

    shown = client.get(reverse("pilots:detail", args=[agreement.pk])).content.decode()
    assert "Amendment 1" in shown
    assert Agreement.objects.get().total_reduction == 60


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("terms", {"reason": ""}, "reason"),
        ("terms", {"ends_on": "2023-01-01"}, "ends_on"),
        ("terms", {"total_reduction": "50"}, "__all__"),
        ("recalculation", {"cause": ""}, "cause"),
        ("recalculation", {"base_emissions": "-1"}, "base_emissions"),
        ("recalculation", {"base_emissions": "990"}, "base_emissions"),
    ],
)
def test_amendments_that_cannot_be_are_told_beside_the_field(
    client: Client, staff: User, owner: User, supplier: Supplier, kind: str, fields: dict[str, str], field: str
) -> None:
    agreement = active(supplier, staff, owner)
    client.force_login(staff)
    data = {
        "terms": {
            "ends_on": "2028-12-31",
            "boundary": agreement.boundary,
            "total_reduction": "60",
            "path": "linear",
            "recalculation_threshold": "5",
        },
        "recalculation": {"cause": "error", "base_emissions": "800", "factor_set": str(agreement.factor_set_id)},
    }[kind]

    response = client.post(reverse("pilots:amend", args=[agreement.pk]) + f"?kind={kind}", {**data, "reason": "Why", **fields})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Amendment.objects.exists()


# --- papers -----------------------------------------------------------------------------------------------------------


def test_offer_and_signed_agreement_are_printed_in_both_languages_and_kept(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = offered(supplier, staff)
    assert list(unprinted()) == [agreement.pk]

    assert print_agreement(agreement.pk, at=NOW) == 2
    assert print_agreement(agreement.pk, at=NOW) == 0
    assert list(unprinted()) == []
    sign(agreement, "supplier", owner)
    sign(agreement, "buyer", staff)
    assert list(unprinted()) == [agreement.pk]
    print_agreement(agreement.pk, at=NOW)

    papers = AgreementPaper.objects.order_by("pk")
    assert [(each.kind, each.language) for each in papers] == [
        ("offer", "en"), ("offer", "zh-hans"), ("signed", "en"), ("signed", "zh-hans"),
    ]  # fmt: skip
    for paper in papers:
        with paper.file.open("rb") as file:
            content = file.read()
        assert against_pdf_a(content) == []
        assert (len(content), len(paper.sha256)) == (paper.size, 64)
        assert (b"EmbeddedFile" in content) == (paper.kind == "signed")


def test_an_amendment_on_offer_is_printed_too(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    print_agreement(agreement.pk, at=NOW)
    amendment = amended(agreement, staff, total_reduction=Decimal(60))

    assert list(unprinted()) == [agreement.pk]
    assert print_agreement(agreement.pk, at=NOW) == 2
    assert agreement.papers.filter(kind="offer", content_sha256=amendment.content_sha256).count() == 2


def offer_of(agreement: Agreement) -> bytes:
    """The English paper, as the supplier prints it."""
    with agreement.papers.get(kind="offer", language="en").file.open("rb") as file:
        return bytes(file.read())


def upload_data(agreement: Agreement, **fields: Any) -> dict[str, Any]:
    return signature_data(agreement) | {
        "signed_on": NOW.date().isoformat(),
        "upload": SimpleUploadedFile("signed.pdf", offer_of(agreement), "application/pdf"),
        **fields,
    }


def test_a_pdf_signed_elsewhere_takes_the_place_of_a_signature(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    agreement = offered(supplier, staff)
    client.force_login(owner)
    url = reverse("pilots:sign", args=[agreement.pk]) + "?way=upload"
    assert "multipart/form-data" in client.get(url).content.decode()
    early = client.post(url, signature_data(agreement) | {"upload": SimpleUploadedFile("signed.pdf", pdf_bytes(), "application/pdf")})
    assert "not printed yet" in str(early.context["form"].errors["upload"])
    print_agreement(agreement.pk, at=NOW)

    client.post(url, upload_data(agreement, name="Madam Director"))

    signature = AgreementSignature.objects.select_related("paper").get()
    assert (signature.way, signature.name, signature.signed_on) == ("upload", "Madam Director", NOW.date())
    assert signature.paper is not None
    comparison = signature.paper.comparison
    assert comparison is not None
    assert (comparison.is_refused, comparison.is_to_be_read, comparison.pages) == (False, False, comparison.offered_pages)
    assert "As offered, word for word" in client.get(reverse("pilots:detail", args=[agreement.pk])).content.decode()
    fetched = client.get(reverse("pilots:paper", args=[signature.paper.pk]))
    assert b"".join(fetched.streaming_content).startswith(b"%PDF-")  # type: ignore[attr-defined]


def test_the_paper_of_other_terms_is_refused_and_shown_beside_these(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    other, agreement = offered(supplier, staff, total_reduction=Decimal(30)), offered(supplier, staff)
    for each in (other, agreement):
        print_agreement(each.pk, at=NOW)
    client.force_login(owner)
    upload = SimpleUploadedFile("signed.pdf", offer_of(other), "application/pdf")

    # Not even with the tick.
    response = client.post(reverse("pilots:sign", args=[agreement.pk]) + "?way=upload", upload_data(agreement, upload=upload, read="on"))

    assert response.status_code == 422
    comparison = response.context["form"].comparison
    assert any("30 %" in place.brought and "30 %" not in place.offered for place in comparison.missing)
    assert "Not what was offered" in response.content.decode()
    assert not AgreementPaper.objects.filter(kind="uploaded").exists()


def test_a_scan_needs_a_person_who_read_it(client: Client, staff: User, owner: User, supplier: Supplier) -> None:
    agreement = offered(supplier, staff)
    print_agreement(agreement.pk, at=NOW)
    client.force_login(owner)
    url = reverse("pilots:sign", args=[agreement.pk]) + "?way=upload"
    scan = scanned(offer_of(agreement))

    def send(content: bytes, **fields: Any) -> Any:
        upload = SimpleUploadedFile("scan.pdf", content, "application/pdf")
        return client.post(url, upload_data(agreement, upload=upload, **fields))

    assert "fewer pages" in str(send(scanned(offer_of(agreement), pages=1), read="on").context["form"].errors["upload"])
    assert list(send(scan).context["form"].errors) == ["read"]
    assert send(scan, read="on").status_code == 302

    paper = AgreementPaper.objects.get(kind="uploaded")
    assert paper.comparison is not None
    assert paper.comparison.is_scan
    client.force_login(staff)
    assert "only their number was compared" in client.get(reverse("pilots:detail", args=[agreement.pk])).content.decode()


def scanned(content: bytes, *, pages: int | None = None) -> bytes:
    """The pages as a scanner gives them back: a picture each."""
    document = PdfDocument(content)
    pictures = [document[number].render(scale=0.5).to_pil().convert("L") for number in range(pages or len(document))]
    kept = io.BytesIO()
    pictures[0].save(kept, "PDF", save_all=True, append_images=pictures[1:])
    return kept.getvalue()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"upload": SimpleUploadedFile("signed.txt", b"signed, honestly", "text/plain")}, "upload"),
        ({"upload": ""}, "upload"),
        ({"password": "wrong"}, "password"),
        ({"signed_on": "2099-01-01"}, "signed_on"),
        ({"signed_on": (NOW - timedelta(days=1)).date().isoformat()}, "signed_on"),
    ],
)
def test_an_upload_that_is_no_signature_is_told_beside_the_field(
    client: Client, staff: User, owner: User, supplier: Supplier, fields: dict[str, Any], field: str
) -> None:
    agreement = offered(supplier, staff)
    print_agreement(agreement.pk, at=NOW)
    client.force_login(owner)

    response = client.post(reverse("pilots:sign", args=[agreement.pk]) + "?way=upload", upload_data(agreement, **fields))

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert PASSWORD not in response.content.decode()
    assert not AgreementPaper.objects.filter(kind="uploaded").exists()

"""A new revision reaches the open answers that hold an earlier one: shown, and chosen."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.answering.saving import attach_evidence
from assessments.models import Assessment, EvidenceUse
from assessments.submission import submitting
from suppliers.models import Document, Supplier
from tests.factories import NOW, create_answer, create_assessment, create_document


@pytest.fixture
def older(supplier: Supplier) -> Document:
    return create_document(supplier=supplier, title="Permit of 2024")


@pytest.fixture
def assessment(supplier: Supplier, owner: User, older: Document) -> Assessment:
    assessment = create_assessment(supplier=supplier, status="in_progress")
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"})
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    for question in ("A-01", "B-01"):
        attach_evidence(assessment_id=assessment.pk, question=question, document_id=older.pk, by=owner, at=NOW)
    return assessment


@pytest.fixture
def newest(supplier: Supplier, older: Document) -> Document:
    """With one between them, which no answer holds."""
    between = create_document(supplier=supplier, title="Permit of 2025", replaces=older)
    return create_document(supplier=supplier, title="Permit of 2026", replaces=between)


def held(assessment: Assessment) -> dict[str, str]:
    uses = EvidenceUse.objects.filter(answer__assessment=assessment)
    return dict(uses.values_list("answer__question", "document__title"))


def test_the_page_of_the_revision_lists_them_and_the_chosen_ones_change(
    client: Client, assessment: Assessment, owner: User, newest: Document
) -> None:
    client.force_login(owner)
    page = client.get(newest.get_absolute_url())
    [use] = EvidenceUse.objects.filter(answer__question="A-01")
    assert "Answers that still hold an earlier revision" in page.text
    assert "Permit of 2024" in page.text
    assert held(assessment) == {"A-01": "Permit of 2024", "B-01": "Permit of 2024"}

    for _twice in range(2):
        response = client.post(reverse("assessments:renew", args=[newest.pk]), {"use": [use.pk, "x", 10**30]})
        assert response.status_code == 302

    assert held(assessment) == {"A-01": "Permit of 2026", "B-01": "Permit of 2024"}
    assert assessment.answers.get(question="A-01").evidence_count == 1


def test_what_was_handed_in_stays(client: Client, assessment: Assessment, owner: User, newest: Document) -> None:
    uses = list(EvidenceUse.objects.values_list("pk", flat=True))
    submitting.submit_assessment(
        assessment_id=assessment.pk, by=owner, name="Olive", job_title="Owner", statement="True.", at=NOW + timedelta(hours=1)
    )
    client.force_login(owner)

    response = client.post(reverse("assessments:renew", args=[newest.pk]), {"use": uses}, follow=True)

    assert "No answer was changed." in response.text
    assert "Answers that still hold an earlier revision" not in response.text
    assert held(assessment) == {"A-01": "Permit of 2024", "B-01": "Permit of 2024"}


def test_an_earlier_revision_and_the_buyer_are_shown_nothing_of_it(
    client: Client, assessment: Assessment, owner: User, staff: User, older: Document, newest: Document
) -> None:
    for person, document in ((owner, older), (staff, newest)):
        client.force_login(person)
        assert "Answers that still hold an earlier revision" not in client.get(document.get_absolute_url()).text


def test_beside_the_answer_one_click_takes_the_newest_revision(
    client: Client, assessment: Assessment, owner: User, older: Document, newest: Document
) -> None:
    client.force_login(owner)
    area = reverse("assessments:area", args=[assessment.pk, "A"])
    first, second = EvidenceUse.objects.filter(document=older).order_by("pk")
    assert client.get(area).text.count("Use the newer revision") >= 1

    # The whole page, as without script; then the one answer, as the script sends it. Pressed twice, once.
    client.post(area, {"newest": first.pk})
    url = reverse("assessments:evidence", args=[assessment.pk, second.answer.question])
    for _twice in range(2):
        said = client.post(url, {"newest": second.pk}, headers={"X-Requested-With": "fetch"}).json()

    assert held(assessment) == {"A-01": "Permit of 2026", "B-01": "Permit of 2026"}
    assert "Permit of 2026" in said["html"]
    assert "Use the newer revision" not in said["html"] + client.get(area).text


def test_the_evidence_of_another_assessment_is_not_touched(
    client: Client, assessment: Assessment, stranger: User, newest: Document
) -> None:
    own = create_assessment(supplier=Supplier.objects.get(memberships__user=stranger), status="in_progress")
    use = EvidenceUse.objects.filter(answer__assessment=assessment).first()
    assert use is not None
    client.force_login(stranger)

    client.post(reverse("assessments:evidence", args=[own.pk, "A-01"]), {"newest": use.pk})

    assert set(held(assessment).values()) == {"Permit of 2024"}

"""What was signed can be checked: outside by its fingerprint, inside against what is stored."""

import hashlib
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.models import Answer, Assessment, Signature
from assessments.submission import signatures
from assessments.submission.submitting import submit_assessment
from audit.models import Event
from tests.factories import NOW, attach, before_handing_in, create_answer, create_assessment, create_document


LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def scored_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from assessments.tasks import score_assessment

    monkeypatch.setattr(score_assessment, "delay", lambda *, assessment_id: None)


@pytest.fixture
def assessment(supplier: Any, owner: User) -> Assessment:
    found = create_assessment(supplier=supplier, status="in_progress")
    answer = create_answer(assessment=found, question="A-01", value={"value": "yes", "note": "Zähler “A” – 水表"})
    attach(answer=answer, document=create_document(supplier=supplier))
    submit_assessment(assessment_id=found.pk, by=owner, name="Olive Owner", job_title="Manager", statement="True.", at=NOW)
    found.refresh_from_db()
    return found


def page(name: str, *args: int) -> str:
    return reverse(f"assessments:{name}", args=args)


def verify(*args: int) -> str:
    out = StringIO()
    call_command("verify_signatures", *args, stdout=out)
    return out.getvalue()


def test_signed_text_has_the_fingerprint_byte_for_byte(client: Client, assessment: Assessment, owner: User) -> None:
    signature = assessment.signatures.get()
    client.force_login(owner)

    response = client.get(page("signed_content", assessment.pk, signature.pk))

    assert hashlib.sha256(response.content).hexdigest() == signature.content_sha256
    assert json.loads(response.content)["answers"][0]["value"] == {"value": "yes", "note": "Zähler “A” – 水表"}
    assert "attachment" in response["Content-Disposition"]


def test_database_holds_the_hash_to_the_text(assessment: Assessment, owner: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.create(assessment=assessment, signed_by=owner, content="{}", content_sha256="0" * 64, signed_at=NOW)


def test_page_says_that_nothing_has_changed(client: Client, assessment: Assessment, owner: User) -> None:
    client.force_login(owner)

    assert "nothing has changed since the signature" in client.get(page("signature", assessment.pk)).text
    for name in ("submitted", "overview"):
        assert assessment.signatures.get().content_sha256 in client.get(page(name, assessment.pk)).text


def test_page_and_command_name_what_was_changed_behind_the_portals_back(client: Client, assessment: Assessment, owner: User) -> None:
    assert "matches" in verify()
    with before_handing_in():
        Answer.objects.update(value={"value": "no"})
    client.force_login(owner)

    text = client.get(page("signature", assessment.pk)).text
    assert "What is stored now is not what was signed" in text
    assert "A-01" in text
    with pytest.raises(CommandError, match="1 signatures do not match"):
        verify(assessment.pk)


def test_evidence_is_part_of_what_was_signed(assessment: Assessment) -> None:
    signature = assessment.signatures.get()
    with before_handing_in():
        assessment.answers.get().evidence.all().delete()

    found = signatures.check(signature, assessment)

    assert (found.matches, found.changed, found.is_sound) == (False, ("A-01",), False)


def test_assessment_that_was_returned_may_differ_and_says_where(assessment: Assessment) -> None:
    assessment.return_to_supplier(reason="See the verdicts.", opened=None, due_on=assessment.due_on)
    create_answer(assessment=assessment, question="A-02", value={"value": "2"})

    found = signatures.check(assessment.signatures.get(), assessment)

    assert (found.matches, found.changed, found.is_sound) == (False, ("A-02",), True)
    assert "open again, changed since: A-02" in verify()


def test_signature_from_before_the_text_was_kept_is_checked_by_its_hash(client: Client, assessment: Assessment, owner: User) -> None:
    fields = {"name": "Olive Owner", "job_title": "Manager", "statement": "True.", "signed_by": owner}
    sha256 = assessment.signatures.get().content_sha256
    Signature.objects.create(assessment=assessment, content_sha256=sha256, signed_at=LATER, **fields)
    client.force_login(owner)

    text = client.get(page("signature", assessment.pk)).text

    assert "only its fingerprint is on record" in text
    assert "nothing has changed since the signature" in text


def test_buyer_reads_what_was_signed_and_the_look_is_recorded(client: Client, assessment: Assessment, reviewer: User) -> None:
    client.force_login(reviewer)

    assert client.get(page("signature", assessment.pk)).status_code == 200
    assert client.get(page("signed_content", assessment.pk, assessment.signatures.get().pk)).status_code == 200
    assert Event.objects.get(action="signed_content.exported").actor == reviewer


def test_signature_of_another_assessment_is_not_found(client: Client, assessment: Assessment, owner: User, supplier: Any) -> None:
    other = create_assessment(supplier=supplier)
    client.force_login(owner)

    assert client.get(page("signature", other.pk)).status_code == 404
    assert client.get(page("signed_content", other.pk, assessment.signatures.get().pk)).status_code == 404

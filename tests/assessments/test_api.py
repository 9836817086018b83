import time

from django.test import Client
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts.models import User
from assessments.api import views
from assessments.scores import keeping
from suppliers.models import Supplier
from tests.factories import NOW, create_answer, create_assessment


def get(view: type, user: User | None, **query: str) -> dict:
    request = APIRequestFactory().get("/", query)
    request.session = {"confirmed_at": time.time()}
    if user:
        force_authenticate(request, user)
    response = view.as_view()(request)
    return {"status": response.status_code} | (response.data if isinstance(response.data, dict) else {})


def test_a_supplier_reads_its_own_assessments_and_scores_only(db: None, supplier: Supplier, owner: User, reviewer: User) -> None:
    mine = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    other = create_assessment(status="submitted", submitted_at=NOW, submitted_by=reviewer)
    for assessment in (mine, other):
        create_answer(assessment=assessment, question="A-01")
        keeping.keep_scores([assessment.pk], at=NOW)

    assert [row["id"] for row in get(views.AssessmentList, owner)["results"]] == [mine.pk]
    assert [row["assessment"] for row in get(views.ScoreList, owner)["results"]] == [mine.pk]
    assert len(get(views.AssessmentList, reviewer)["results"]) == 2
    assert [row["supplier"] for row in get(views.ScoreList, reviewer, assessment=str(other.pk))["results"]] == [other.supplier_id]


def test_nobody_reads_without_signing_in(db: None, client: Client) -> None:
    assert get(views.AssessmentList, None)["status"] in (401, 403)


def test_assessments_are_narrowed_by_cycle_and_state(db: None, reviewer: User) -> None:
    create_assessment(status="in_progress")
    found = create_assessment(status="returned")

    rows = get(views.AssessmentList, reviewer, status="returned", cycle="2026")["results"]

    assert [row["id"] for row in rows] == [found.pk]

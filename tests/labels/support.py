"""What the label tests share: our own standard, and facts of a supplier that meets all of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from accounts.models import Role, User
from assessments import canonical
from assessments.findings import handling
from assessments.models import Assessment, Campaign, Finding, QuestionnaireVersion, Score
from labels import standards
from labels.criteria import VERIFIED, Basis, Facts, Outcome, Paper
from labels.evaluation import decide
from labels.models import Standard
from labels.rules import Rules
from suppliers.models import Document, Supplier
from tests.factories import NOW, create_assessment, create_campaign, create_document, create_questionnaire, create_user


TODAY = date(2026, 6, 1)
AREAS = ("E1", "E2", "E3", "E4", "E5", "E6", "ethics", "labor")


@cache
def our_rules() -> Rules:
    return standards.check(standards.read(standards.OURS))


def basis(**fields: Any) -> Basis:
    score = fields.pop("areas", "90.00")
    defaults: dict[str, Any] = {
        "assessment_id": 1,
        "score": VERIFIED,
        "total": Decimal("90.00"),
        "areas": dict.fromkeys(AREAS, score),
        "closed_on": TODAY - timedelta(days=60),
    }
    return Basis(**defaults | fields)


def paper(kind: str = "iso_14001", **fields: Any) -> Paper:
    defaults: dict[str, Any] = {
        "document_id": 1,
        "kind": kind,
        "valid_from": date(2025, 1, 1),
        "valid_to": date(2027, 12, 31),
        "uploaded_on": date(2025, 1, 2),
    }
    return Paper(**defaults | fields)


def facts(**fields: Any) -> Facts:
    """A services company that is a green leader in every respect."""
    defaults: dict[str, Any] = {"category": "services", "headcount": "medium", "basis": basis(), "papers": [paper()]}
    return Facts(**defaults | fields)


def judged(on: date = TODAY, **fields: Any) -> Outcome:
    return decide(our_rules(), facts(**fields), on)


# --- rows ---------------------------------------------------------------------------------------------------------------

QUESTIONNAIRE: dict[str, Any] = {
    "key": "supplier-esg-code",
    "version": "t",
    "title": {"en": "Supplier ESG self-assessment", "zh": "供应商ESG自评问卷"},
    "areas": [{"code": area} for area in AREAS],
    "questions": [
        {"code": "E1-02"},
        {"code": "E1-04", "triggers": [{"kind": "gate", "key": "E1-04-permit-expired"}]},
        {"code": "E4-08"},
        {"code": "E4-16"},
        {"code": "E1-12", "triggers": [{"kind": "gate", "key": "E1-12-red-or-black-rating"}]},
        {"code": "T-13", "triggers": [{"kind": "gate", "key": "T-13-code-not-accepted"}]},
    ],
}


def create_our_campaign(**fields: Any) -> Campaign:
    questionnaire = QuestionnaireVersion.objects.filter(key="supplier-esg-code").first()
    return create_campaign(questionnaire=questionnaire or create_questionnaire(content=QUESTIONNAIRE), **fields)


def create_standard(**fields: Any) -> Standard:
    """Our standard, published and in force since 2024."""
    content = standards.read(standards.OURS)
    defaults: dict[str, Any] = {
        "key": content["key"],
        "version": content["version"],
        "title_en": content["title"]["en"],
        "title_zh": content["title"]["zh"],
        "content": content,
        "sha256": canonical.sha256(content),
        "status": Standard.Status.PUBLISHED,
        "published_at": NOW - timedelta(days=900),
        "in_force_from": date(2024, 1, 1),
    }
    return Standard.objects.create(**defaults | fields)


def create_reviewed(
    supplier: Supplier,
    *,
    total: str = "90.00",
    areas: str = "90.00",
    closed_at: datetime = NOW - timedelta(days=60),
    triggers: list[dict[str, str]] | None = None,
    campaign: Campaign | None = None,
) -> Assessment:
    """A closed assessment with its verified scores."""
    person = create_user()
    scores = {area: {"declared": areas, "evidenced": areas, "verified": areas} for area in AREAS}
    numbers = {"declared": total, "evidenced": total, "verified": total}
    assessment = create_assessment(
        supplier=supplier,
        campaign=campaign or create_our_campaign(),
        status=Assessment.Status.CLOSED,
        created_at=closed_at - timedelta(days=30),
        submitted_at=closed_at - timedelta(days=10),
        submitted_by=person,
        closed_at=closed_at,
        closed_by=person,
        area_scores=scores,
        scored_at=closed_at,
        **numbers,
    )
    create_score(assessment, triggers or [])
    return assessment


def create_score(assessment: Assessment, triggers: list[dict[str, str]]) -> Score:
    return Score.objects.create(
        assessment=assessment,
        ruleset_sha256="0" * 64,
        inputs_sha256="0" * 64,
        declared=assessment.declared or 0,
        evidenced=assessment.evidenced or 0,
        verified=assessment.verified,
        evidence_coverage=Decimal(100),
        areas=assessment.area_scores,
        triggers_hit=triggers,
        computed_at=NOW,
    )


def create_green_supplier(supplier: Supplier, *, total: str = "90.00", areas: str = "90.00", **fields: Any) -> Supplier:
    """What makes this services company a green leader (or less, by its scores)."""
    create_reviewed(supplier, total=total, areas=areas, **fields)
    create_document(
        supplier=supplier,
        kind=Document.Kind.ISO_14001,
        valid_from=date(2025, 1, 1),
        valid_to=date(2027, 12, 31),
        uploaded_at=NOW - timedelta(days=500),
    )
    return supplier


def create_critical_finding(supplier: Supplier, **fields: Any) -> Finding:
    assessment = Assessment.objects.filter(supplier=supplier).first() or create_assessment(supplier=supplier)
    defaults: dict[str, Any] = {"question": "E1-05", "severity": Finding.Severity.CRITICAL, "text": "Hidden pipe", "opened_at": NOW}
    return Finding.objects.create(supplier=supplier, assessment=assessment, **defaults | fields)


def correct_finding(finding: Finding, *, verified_by: User, at: datetime) -> None:
    """The whole way: planned, agreed, done, shown, and verified by another pair of eyes than agreed the plan."""
    person = create_user(role=Role.SUPPLIER_SIGNATORY, supplier=finding.supplier)
    about: dict[str, Any] = {"finding_id": finding.pk, "at": at}
    handling.plan(**about, cause="Nobody looked.", actions=[handling.Action("Look", "Mrs Wang", at.date())], by=person)
    handling.agree(**about, by=create_user(role=Role.REVIEWER))
    handling.report(**about, action_taken="Looked.", documents=[create_document(supplier=finding.supplier)], by=person)
    handling.close(**about, reason="Seen on site.", by=verified_by)

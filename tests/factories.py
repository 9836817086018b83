"""Keyword functions that make rows for tests: each takes what the test cares about and fills in the rest."""

import hashlib
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pgtrigger
from django.db.models import QuerySet

from accounts.models import Membership, Role, User
from assessments.models import Answer, Assessment, Campaign, EvidenceUse, QuestionnaireVersion, Score
from suppliers.models import Category, Contact, Document, Site, SiteType, Supplier


NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"

_number = count(1)


def create_supplier(**fields: Any) -> Supplier:
    number = next(_number)
    defaults: dict[str, Any] = {
        "name_en": f"Paper Lantern {number} Ltd",
        "name_zh": f"纸灯笼{number}有限公司",
        "country": "CN",
        "region": "Zhejiang",
        "category": Category.SERVICES,
        "headcount_band": "medium",
        "state": Supplier.State.ACTIVE,
    }
    return Supplier.objects.create(**defaults | fields)


def create_site(*, supplier: Supplier, **fields: Any) -> Site:
    defaults: dict[str, Any] = {"name": f"Site {next(_number)}", "type": SiteType.OFFICE, "country": "CN", "region": "Zhejiang"}
    return Site.objects.create(supplier=supplier, **defaults | fields)


def create_contact(*, supplier: Supplier, **fields: Any) -> Contact:
    number = next(_number)
    return Contact.objects.create(supplier=supplier, **{"name": f"Contact {number}", "email": f"contact{number}@supplier.example"} | fields)


def create_user(*, role: Role = Role.ESG_STAFF, supplier: Supplier | None = None, **fields: Any) -> User:
    """A person wearing one hat; supplier roles get a supplier of their own unless the test names one."""
    number = next(_number)
    if role in (Role.SUPPLIER_CONTRIBUTOR, Role.SUPPLIER_SIGNATORY) and supplier is None:
        supplier = create_supplier()
    defaults: dict[str, Any] = {"email": f"person{number}@example.com", "name": f"Person {number}", "language": "en", "timezone": "UTC"}
    user = User.objects.create_user(password=fields.pop("password", PASSWORD), **defaults | fields)
    user.active_membership = Membership.objects.create(user=user, role=role, supplier=supplier)
    user.save(update_fields=["active_membership"])
    return user


def create_document(*, supplier: Supplier, **fields: Any) -> Document:
    number = next(_number)
    defaults: dict[str, Any] = {
        "title": f"Document {number}",
        "original_name": f"document-{number}.pdf",
        "content_type": "application/pdf",
        "size": 10,
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "uploaded_at": NOW,
    }
    return Document.objects.create(supplier=supplier, **defaults | fields)


# A stranger's questionnaire: small enough to calculate by hand.
SMALL_QUESTIONNAIRE: dict[str, Any] = {
    "key": "small",
    "version": "1",
    "title": {"en": "Small questionnaire", "zh": "小问卷"},
    "areas": [
        {"code": "A", "title": {"en": "Water", "zh": "水"}, "summary": {"en": "Water use.", "zh": "用水。"}},
        {"code": "B", "title": {"en": "People", "zh": "人员"}, "summary": {"en": "People at work.", "zh": "劳动者。"}},
    ],
    "profiles": {"default": {"A": "50", "B": "50"}},
    "bands": [
        {"key": "starting", "from": "0", "title": {"en": "Starting", "zh": "起步"}},
        {"key": "leading", "from": "80", "title": {"en": "Leading", "zh": "领先"}},
    ],
    "evidence_share": "0.5",
    "zero_tolerance_cap": "30",
    "questions": [
        {
            "code": "A-01",
            "area": "A",
            "topic": {"en": "Meter", "zh": "计量"},
            "text": {"en": "Do you meter your water?", "zh": "贵公司是否计量用水？"},
            "weight": "2",
            "fields": [{"key": "value", "type": "yes_no"}],
            "credit": {"kind": "options", "field": "value", "credits": {"yes": "1", "no": "0"}},
            "evidence": {"rule": "required", "text": {"en": "Water bill", "zh": "水费单"}, "when": "value = yes"},
        },
        {
            "code": "A-02",
            "area": "A",
            "topic": {"en": "Saving", "zh": "节水"},
            "text": {"en": "How mature is your water saving?", "zh": "节水管理成熟度如何？"},
            "weight": "2",
            "fields": [{"key": "value", "type": "maturity"}],
            "credit": {"kind": "maturity"},
            "evidence": {"rule": "none"},
            "applies": {"when": "A-01 = yes"},
        },
        {
            "code": "B-01",
            "area": "B",
            "topic": {"en": "Children", "zh": "童工"},
            "text": {"en": "Did anyone under the legal age work for you?", "zh": "是否有低于法定年龄的人员工作？"},
            "weight": "5",
            "fields": [{"key": "value", "type": "yes_no"}],
            "credit": {"kind": "options", "field": "value", "credits": {"yes": "0", "no": "1"}},
            "evidence": {"rule": "none"},
            "triggers": [
                {
                    "kind": "zero_tolerance",
                    "when": "value = yes",
                    "key": "B-01-child-labour",
                    "text": {"en": "Child labour", "zh": "童工"},
                }
            ],
        },
    ],
}


def create_questionnaire(*, content: dict[str, Any] | None = None, **fields: Any) -> QuestionnaireVersion:
    content = content or SMALL_QUESTIONNAIRE
    defaults: dict[str, Any] = {
        "key": content["key"],
        "version": f"{content['version']}.{next(_number)}",
        "title_en": content["title"]["en"],
        "title_zh": content["title"]["zh"],
        "content": content,
        "sha256": hashlib.sha256(repr(content).encode()).hexdigest(),
        "status": QuestionnaireVersion.Status.IN_FORCE,
        "published_at": NOW,
    }
    # One version of a questionnaire is in force at a time.
    QuestionnaireVersion.objects.filter(key=fields.get("key", content["key"]), status="in_force").update(status="superseded")
    return QuestionnaireVersion.objects.create(**defaults | fields)


def create_campaign(*, questionnaire: QuestionnaireVersion | None = None, **fields: Any) -> Campaign:
    defaults: dict[str, Any] = {
        "title_en": "Self-assessment 2026",
        "title_zh": "2026年度自评",
        "questionnaire": questionnaire or create_questionnaire(),
        "cycle": 2026,
        "opens_on": date(2026, 4, 1),
        "due_on": date(2026, 6, 30),
        "status": Campaign.Status.OPEN,
        "launched_at": NOW,
    }
    return Campaign.objects.create(**defaults | fields)


def create_assessment(*, supplier: Supplier | None = None, campaign: Campaign | None = None, **fields: Any) -> Assessment:
    campaign = campaign or create_campaign()
    defaults: dict[str, Any] = {"due_on": campaign.due_on, "created_at": NOW}
    return Assessment.objects.create(supplier=supplier or create_supplier(), campaign=campaign, **defaults | fields)


def create_answer(*, assessment: Assessment, question: str, value: dict[str, Any] | None = None, **fields: Any) -> Answer:
    """Also to what was handed in: it had been answered before."""
    with before_handing_in():
        return Answer.objects.create(assessment=assessment, question=question, value=value or {"value": "yes"}, updated_at=NOW, **fields)


def attach(*, answer: Answer, document: Document, **fields: Any) -> EvidenceUse:
    with before_handing_in():
        return EvidenceUse.objects.create(answer=answer, document=document, **{"added_at": NOW} | fields)


def before_handing_in() -> Any:
    """The database refuses to change what was handed in; inside, it is as if that were still to come."""
    return pgtrigger.ignore("assessments.Answer:handed_in_stays", "assessments.EvidenceUse:handed_in_stays")


def forge_scores(scores: "QuerySet[Score]", **fields: Any) -> None:
    """The database refuses to change what was computed; this is as if somebody had got past it."""
    with pgtrigger.ignore("assessments.Score:computed_stays"):
        scores.update(**fields)

"""Signatures under what was handed in: of the supplier people look at, and of those whose review comes next."""

import hashlib

from django.db.models import Q
from django.utils import translation

from accounts.models import User
from assessments import canonical
from assessments.models import Assessment, Signature
from assessments.submission.submitting import STATEMENT, content_of


NEXT_IN_QUEUE = 40


def sign(showcase_id: int) -> None:
    handed_in = Assessment.objects.filter(submitted_at__isnull=False, submitted_by__isnull=False)
    waiting = handed_in.filter(status=Assessment.Status.SUBMITTED).order_by("submitted_at", "pk").values("pk")[:NEXT_IN_QUEUE]
    signed = handed_in.filter(Q(supplier=showcase_id) | Q(pk__in=waiting))
    found = signed.select_related("campaign__questionnaire").order_by("pk")
    names = dict(User.objects.filter(pk__in=[each.submitted_by_id for each in found]).values_list("pk", "name"))
    Signature.objects.bulk_create([_signature(each, names[each.submitted_by_id or 0]) for each in found])


def _signature(assessment: Assessment, name: str) -> Signature:
    with translation.override("zh-hans"):
        statement = str(STATEMENT)
    content = canonical.encode(content_of(assessment))
    return Signature(
        assessment=assessment,
        signed_by_id=assessment.submitted_by_id or 0,
        name=name,
        job_title="ESG负责人",
        statement=statement,
        content=content.decode(),
        content_sha256=hashlib.sha256(content).hexdigest(),
        signed_at=assessment.submitted_at or assessment.created_at,
    )

"""What suppliers are told of coming rules: on their home page, and by one mail a person."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Message, User
from assessments.models import Assessment, Publication, QuestionnaireVersion


def coming_for(supplier_id: int | None) -> QuerySet[Publication]:
    """Announced versions of the questionnaires this supplier was ever asked by."""
    keys = Assessment.objects.filter(supplier=supplier_id).values("campaign__questionnaire__key")
    return Publication.objects.coming().filter(version__key__in=keys).select_related("version").defer("version__content")


def suppliers_concerned(version: QuestionnaireVersion) -> QuerySet[Assessment, int]:
    asked = Assessment.objects.filter(campaign__questionnaire__key=version.key)
    return asked.order_by("supplier").values_list("supplier", flat=True).distinct()


def tell(version_id: int, supplier_ids: Sequence[int]) -> int:
    """One mail to each person of these suppliers, also who works for several; how many were queued. Telling again queues none."""
    version = QuestionnaireVersion.objects.only("status").get(pk=version_id)
    kind = "rules_withdrawn" if version.status == QuestionnaireVersion.Status.WITHDRAWN else "rules_announced"
    people = User.objects.filter(memberships__supplier__in=supplier_ids, is_active=True).distinct().order_by("pk")
    context = {"rules_version": version_id}
    messages = [NewMessage(each.email, f"{kind}:{version_id}:{each.pk}", each.language, context, each.name) for each in people]
    return len(queue_many(kind, messages))


@adds_context("rules_version")
def _write(message: Message) -> dict[str, Any]:
    """What the templates of both kinds show."""
    version = QuestionnaireVersion.objects.select_related("publication").defer("content").get(pk=message.context["rules_version"])
    return {
        "title": str(version),
        "publication": version.publication,
        "page_url": absolute_url(reverse("assessments:method", args=[version.pk])),
    }

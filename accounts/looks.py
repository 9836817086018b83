"""The access log: which of the buyer's people looked at a supplier's data. An action counts when its verb is one of these."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from accounts.models import BUYER_ROLES, Role
from audit.models import Event, EventQuerySet


VERBS: dict[str, StrOrPromise] = {
    "viewed": gettext_lazy("Looked at: %(subject)s"),
    "exported": gettext_lazy("Exported: %(subject)s"),
    "printed": gettext_lazy("Printed: %(subject)s"),
    "downloaded": gettext_lazy("Downloaded: %(subject)s"),
}
SUBJECTS: dict[str, StrOrPromise] = {
    "answers": gettext_lazy("your answers"),
    "assessment": gettext_lazy("your assessment"),
    "signed_content": gettext_lazy("the answers as they were signed"),
    "receipt": gettext_lazy("the receipt of your score"),
    "document": gettext_lazy("one of your documents"),
    "documents": gettext_lazy("the list of your documents"),
    "evidence": gettext_lazy("evidence you gave"),
    "finding": gettext_lazy("a finding, with your answer and what you did"),
    "findings": gettext_lazy("a list of findings with yours in it"),
    "public_record": gettext_lazy("a public record about your company, with your reply"),
    "history": gettext_lazy("the history of something of yours"),
    "supplier": gettext_lazy("your company's page"),
    "portfolio": gettext_lazy("the supplier list with your company in it"),
    "audit_pdf": gettext_lazy("the audit report of your assessment"),
    "agreement": gettext_lazy("your pilot agreement"),
    "pilot": gettext_lazy("the list of pilots with your agreement in it"),
    "joint_action": gettext_lazy("your part in a joint action"),
    "inventory": gettext_lazy("your emission data"),
    "abatement": gettext_lazy("an abatement you handed in"),
    "label": gettext_lazy("your green label"),
    "directory": gettext_lazy("the list of labelled suppliers with your company in it"),
    "table": gettext_lazy("a table with your company in it"),
    "certificate": gettext_lazy("the certificate of your label"),
}


LOOK = rf"\.({'|'.join(VERBS)})$"


def looks_at(supplier_id: int) -> QuerySet[Event]:
    return Event.objects.about_supplier(supplier_id).filter(actor_role__in=BUYER_ROLES, action__regex=LOOK).select_related("actor")


def without_looks(events: EventQuerySet) -> EventQuerySet:
    """What was done. Looks are many more, and would leave no room for it on a page of the newest events."""
    return events.exclude(action__regex=LOOK)


def words_for(action: str) -> str:
    subject, _dot, verb = action.rpartition(".")
    if verb not in VERBS:
        return action
    return str(VERBS[verb]) % {"subject": SUBJECTS.get(subject, subject)}


def role_name(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role

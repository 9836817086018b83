"""The findings of the list page as a table to take along: the same filter, the same order, every row the person may see."""

from collections.abc import Iterator, Mapping

from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from assessments.filters import FindingFilter
from assessments.findings.states import SUPPLIER
from assessments.models import Finding
from suppliers.table_files import Column


def _who_acts(finding: Finding) -> str:
    if finding.next_due_on is None:
        return ""
    return str(_("the supplier acts") if finding.waits_for == SUPPLIER else _("a reviewer acts"))


COLUMNS = (
    Column(_("Finding"), lambda finding: finding.local_text, 60),
    Column(_("Question"), lambda finding: finding.question, 10),
    Column(_("Campaign"), lambda finding: finding.assessment.campaign.title, 26),
    Column(_("Supplier"), lambda finding: finding.supplier.name, 36),
    Column(_("Severity"), lambda finding: finding.get_severity_display(), 12),
    Column(_("State"), lambda finding: finding.get_status_display(), 22),
    Column(_("Opened"), lambda finding: timezone.localdate(finding.opened_at), 12),
    Column(_("Next step"), lambda finding: finding.next_due_on, 12),
    Column(_("Overdue"), lambda finding: bool(finding.next_due_on and finding.next_due_on < timezone.localdate()), 10),
    Column(_("Who acts next"), _who_acts, 18),
    # Beyond the page.
    Column(_("Supplier number"), lambda finding: finding.supplier.reference or ""),
    Column(_("Unified Social Credit Code"), lambda finding: finding.supplier.uscc or "", 22),
    Column(_("Category"), lambda finding: finding.supplier.get_category_display(), 20),
    Column(_("Comes from"), lambda finding: finding.get_origin_display(), 22),
    Column(_("To be put right by"), lambda finding: finding.due_on, 12),
    Column(_("Escalation"), lambda finding: str(finding.escalation or ""), 10),
    Column(_("Closed"), lambda finding: timezone.localdate(finding.closed_at) if finding.closed_at else None, 12),
    Column(_("Reason for closing"), lambda finding: finding.closing_reason, 40),
)


def rows(query: Mapping[str, str], *, user: User) -> Iterator[Finding]:
    narrowed = FindingFilter(MultiValueDict({name: [value] for name, value in query.items()}), queryset=Finding.objects.visible_to(user))
    found = narrowed.qs.select_related("supplier", "assessment__campaign").order_by("-opened_at", "-pk")
    yield from found.iterator(chunk_size=1000)


def kept_query(given: Mapping[str, str]) -> dict[str, str]:
    """What of an address narrows the list."""
    return {name: given[name] for name in FindingFilter.base_filters if given.get(name)}

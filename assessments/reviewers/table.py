"""The review queue as a table to take along: the rows and columns that the page shows, all of them and not one page."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.reviewers.deadlines import Pace
from suppliers.table_files import Column


# Rows come with supplier, campaign, reviewer, `evidence_coverage`, `review_due_on` and `pace`.
COLUMNS = (
    Column(_("Supplier"), lambda row: row.supplier.name, 34),
    Column(_("Other name"), lambda row: row.supplier.other_name, 34),
    Column(_("Category"), lambda row: row.supplier.get_category_display(), 20),
    Column(_("Campaign"), lambda row: row.campaign.title, 30),
    Column(_("Submitted"), lambda row: timezone.localdate(row.submitted_at), 12),
    Column(_("Due"), lambda row: row.review_due_on, 12),
    Column(_("Pace"), lambda row: str(Pace(row.pace).label), 12),
    Column(_("Declared"), lambda row: row.declared, 10),
    Column(_("Evidenced"), lambda row: row.evidenced, 10),
    Column(_("Evidence coverage"), lambda row: row.evidence_coverage, 11),
    Column(_("State"), lambda row: row.get_status_display(), 14),
    Column(_("Reviewer"), lambda row: str(row.reviewer or ""), 24),
)

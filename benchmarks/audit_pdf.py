"""`audit_pdf`: the audit PDF of one full assessment, beside WeasyPrint alone on the same finished HTML."""

from django.db.models import Count
from django.utils import timezone, translation

from accounts.models import Role, User
from assessments.models import Assessment
from benchmarks.bench import Bench
from benchmarks.measuring import Measured, in_turns, seconds
from reports import audit_pdf, printing


LANGUAGE = "zh-hans"


def measure(bench: Bench) -> Measured:
    """`n` is the number of answers in the report."""
    at = timezone.now()
    by = User.objects.filter(active_membership__role=Role.ESG_STAFF).order_by("pk")[0]
    pk = _fullest()
    with translation.override(LANGUAGE):
        html = audit_pdf.as_html(audit_pdf.gather(_fetch(pk), by=by))
        printing.as_pdf(html)  # the first one reads the fonts
    ours, limit = in_turns(
        bench.rounds,
        ours=lambda _: seconds(lambda: audit_pdf.audit_pdf(_fetch(pk), language=LANGUAGE, by=by, at=at)),
        limit=lambda _: seconds(lambda: printing.as_pdf(html)),
    )
    return Measured(ours, limit, _fetch(pk).answers.count())


def _fullest() -> int:
    """The closed assessment with the most answers."""
    closed = Assessment.objects.filter(status=Assessment.Status.CLOSED)
    return int(closed.annotate(given=Count("answers")).order_by("-given", "pk").values_list("pk", flat=True)[0])


def _fetch(pk: int) -> Assessment:
    people = ("submitted_by", "closed_by", "reviewer")
    return Assessment.objects.select_related("campaign__questionnaire", "supplier", *people).get(pk=pk)

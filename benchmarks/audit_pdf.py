"""`audit_pdf`: the audit PDF of one full assessment, beside WeasyPrint alone on the same finished HTML.

Further: a filtered set of reports through the run engine, signed, kept and put into a ZIP, by one process and by two.
"""

from itertools import product
from multiprocessing import get_context

from django.db.models import Count
from django.utils import timezone, translation

from accounts.models import Role, User
from assessments.models import Assessment
from benchmarks.bench import Bench
from benchmarks.measuring import Measured, in_turns, run_seconds, seconds
from benchmarks.processes import logs, workers
from reports import audit_pdf, bulk, printing
from reports.models import Export, IssuedDocument
from runs import engine
from runs.models import Run
from suppliers.models import Category, Supplier


LANGUAGE = "zh-hans"
MANY, FEW = 24, 6
DRAWN_EACH = 3


def measure(bench: Bench) -> Measured:
    """`n` is the number of answers in the report."""
    at = timezone.now()
    by = User.objects.select_related("active_membership").filter(active_membership__role=Role.ESG_STAFF).order_by("pk")[0]
    pk = _fullest()
    with translation.override(LANGUAGE):
        html = audit_pdf.as_html(audit_pdf.gather(_fetch(pk), by=by))
        printing.as_pdf(html)  # the first one reads the fonts
    ours, limit = in_turns(
        bench.rounds,
        ours=lambda _: seconds(lambda: audit_pdf.audit_pdf(_fetch(pk), language=LANGUAGE, by=by, at=at)),
        limit=lambda _: seconds(lambda: printing.as_pdf(html)),
    )
    return Measured(ours, limit, _fetch(pk).answers.count(), {**_in_bulk(bench, by), "machine_linear_share": _side_by_side(html)})


def _in_bulk(bench: Bench, by: User) -> dict[str, float]:
    """`linear`: of twice what one process does, the share that two do."""
    query, count = _set_of_about(MANY if bench.rounds > 1 else FEW, by)
    alone = seconds(lambda: engine.work_off(_asked(query, by).pk))
    with workers(bench.ground.environment(bench.database), log=logs() / "worker-pdf.log") as server, server.followed() as memory:
        run_seconds(_asked(query, by), "documents", count)  # their first ones read the fonts
        together = run_seconds(_asked(query, by), "documents", count)
    return {
        "one_process_a_minute": 60 * count / alone,
        "two_processes_a_minute": 60 * count / together,
        "linear_share": alone / together / 2,
        "printer_peak_mb": memory.peak,
        "printer_growth_mb": memory.growth,
    }


def _side_by_side(html: str) -> float:
    """The limit of `linear_share`: WeasyPrint alone, in one process and in two at once, which share memory, caches and clock."""
    return seconds(lambda: _drawn_by(1, html)) / seconds(lambda: _drawn_by(2, html))


def _drawn_by(processes: int, html: str) -> None:
    # Forked, they have read the fonts already.
    made = [get_context("fork").Process(target=_draw, args=(html,)) for _ in range(processes)]
    for process in made:
        process.start()
    for process in made:
        process.join()
    if any(process.exitcode for process in made):
        raise RuntimeError("A process that draws did not come to its end.")


def _draw(html: str) -> None:
    with translation.override(LANGUAGE):
        for _time in range(DRAWN_EACH):
            printing.as_pdf(html)


def _set_of_about(wanted: int, by: User) -> tuple[dict[str, str], int]:
    """A filter of the portfolio that finds about so many reports."""
    regions = Supplier.objects.filter(country="CN").order_by("region").values_list("region", flat=True).distinct()
    queries = [{"category": category, "region": region} for category, region in product(Category.values, regions)]
    counted = [(query, bulk.Selection(query, user=by).count) for query in queries]
    return min((each for each in counted if each[1]), key=lambda each: abs(each[1] - wanted))


def _asked(query: dict[str, str], by: User) -> Run:
    """Nothing of it is there from before."""
    IssuedDocument.objects.all().delete()
    Export.objects.filter(kind=Export.Kind.AUDIT_PDFS).delete()
    run = bulk.request_audit_pdfs(query=query, language=LANGUAGE, why={"purpose": "audit"}, by=by, at=timezone.now()).run
    assert run is not None  # noqa: S101 - just started
    return run


def _fullest() -> int:
    """The closed assessment with the most answers."""
    closed = Assessment.objects.filter(status=Assessment.Status.CLOSED)
    return int(closed.annotate(given=Count("answers")).order_by("-given", "pk").values_list("pk", flat=True)[0])


def _fetch(pk: int) -> Assessment:
    people = ("submitted_by", "closed_by", "reviewer")
    return Assessment.objects.select_related("campaign__questionnaire", "supplier", *people).get(pk=pk)

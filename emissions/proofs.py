"""The documents behind the months: which bill or metering report shows what was reported for a source at a site."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from audit import trail
from emissions.models import ActivityRecord, Inventory, MeterPeriod
from emissions.periods import last_day_of, months_touched
from emissions.sources import source_label
from suppliers.models import Document, Site, Supplier


if TYPE_CHECKING:
    from accounts.models import User


Line = tuple[int, str, str]


class NothingReported(ValueError):
    """None of the months has a value of this source that was typed in or taken from a file."""


@transaction.atomic
def link_evidence(
    *, site: Site, source: str, substance: str, first: date, last: date, document: Document | None, by: "User", at: datetime
) -> int:
    """Names the document behind the months from `first` to `last`, or none, and returns how many months that changed.

    Months calculated from metered periods keep the bills of those. Raises `NothingReported`.
    """
    # The lock of saving months: a month that is being emptied does not get a document.
    Supplier.objects.select_for_update(no_key=True).get(pk=site.supplier_id)
    months = ActivityRecord.objects.filter(site=site, source=source, substance=substance, month__range=(first, last), is_from_periods=False)
    known = dict(months.values_list("pk", "evidence_id"))
    if not known:
        raise NothingReported
    changed = [pk for pk, evidence in known.items() if evidence != (document.pk if document else None)]
    if changed:
        ActivityRecord.objects.filter(pk__in=changed).update(evidence=document)
        detail = {"source": source, "substance": substance, "months": f"{first:%Y-%m} – {last:%Y-%m}", "document": str(document or "")}
        trail.record("activity.evidence", actor=by, target=site, supplier_id=site.supplier_id, detail=detail, at=at)
    return len(changed)


@dataclass(frozen=True)
class Proof:
    """A document and the months of one source that it stands behind."""

    label: str
    document: Document
    months: list[date]


def proofs_of_site(site: Site, months: Sequence[date]) -> list[Proof]:
    """What is linked for the months of a year, source by source in the order of its first month."""
    rows = ActivityRecord.objects.filter(site=site, month__in=months, evidence__isnull=False).select_related("evidence")
    found: dict[tuple[str, str, int], Proof] = {}
    for row in rows.order_by("source", "substance", "month"):
        if document := row.evidence:
            key = (row.source, row.substance, document.pk)
            found.setdefault(key, Proof(source_label(row.source, row.substance), document, [])).months.append(row.month)
    return list(found.values())


@dataclass(frozen=True)
class Backing:
    """The documents behind a line of an inventory, and the months that they cover."""

    documents: list[Document]
    months: frozenset[date]


def backing(inventory: Inventory, months: Sequence[date]) -> dict[Line, Backing]:
    """By (site, source, substance): documents of typed months, and of the metered periods that others were calculated from."""
    documents: dict[Line, dict[int, Document]] = defaultdict(dict)
    covered: dict[Line, set[date]] = defaultdict(set)

    def add(line: Line, document: Document | None, of: Iterable[date]) -> None:
        if document:
            documents[line][document.pk] = document
            covered[line].update(of)

    typed = ActivityRecord.objects.filter(supplier_id=inventory.supplier_id, month__in=months, evidence__isnull=False)
    for row in typed.select_related("evidence").order_by("month", "pk"):
        add((row.site_id, row.source, row.substance), row.evidence, [row.month])
    periods = MeterPeriod.objects.filter(
        supplier_id=inventory.supplier_id, evidence__isnull=False, first_day__lte=last_day_of(months[-1]), last_day__gte=months[0]
    )
    for period in periods.select_related("evidence").order_by("first_day", "pk"):
        add((period.site_id, period.source, ""), period.evidence, months_touched(period.first_day, period.last_day))
    return {line: Backing(list(found.values()), frozenset(covered[line])) for line, found in documents.items()}

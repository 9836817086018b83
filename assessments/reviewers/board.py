"""Who has what: open reviews by reviewer and by how near they are due, in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.models import Absence, Assessment
from assessments.reviewers import assigning
from assessments.reviewers.deadlines import Pace, queue_with_deadlines
from charts import Part, counted_rows
from runs.calendar import buyers_day


@dataclass(frozen=True)
class Desk:
    """What lies on one desk; `reviewer` is None for what is nobody's."""

    reviewer: User | None
    overdue: int
    soon: int
    later: int
    begun: int
    oldest_due_on: date | None
    away_until: date | None

    @property
    def open(self) -> int:
        return self.overdue + self.soon + self.later

    @property
    def name(self) -> str:
        return str(self.reviewer) if self.reviewer else _("Nobody's yet")

    @property
    def query(self) -> str:
        """The part of the queue that lies here."""
        return f"reviewer={self.reviewer.pk}" if self.reviewer else "whose=free"


@dataclass(frozen=True)
class Board:
    desks: list[Desk]
    chart: SafeString

    @property
    def open(self) -> int:
        return sum(desk.open for desk in self.desks)

    @property
    def overdue(self) -> int:
        return sum(desk.overdue for desk in self.desks)

    @property
    def soon(self) -> int:
        return sum(desk.soon for desk in self.desks)

    @property
    def nobodys(self) -> int:
        return next((desk.open for desk in self.desks if desk.reviewer is None), 0)


def board(*, at: datetime) -> Board:
    """Everybody who may decide reviews, and whoever still has one; the fullest desk first, what is nobody's on top."""
    counted = {row["reviewer"]: row for row in _counted(at)}
    people = {person.pk: person for person in assigning.reviewers()}
    people |= User.objects.in_bulk([pk for pk in counted if pk and pk not in people])
    away = dict(Absence.objects.on(buyers_day(at)).order_by("last_day").values_list("user", "last_day"))
    desks = [_desk(person, counted.get(pk, {}), away.get(pk)) for pk, person in people.items()]
    desks.sort(key=lambda desk: (-desk.open, -desk.overdue, desk.name))
    if None in counted:
        desks.insert(0, _desk(None, counted[None], None))
    return Board(desks, _chart(desks))


def _counted(at: datetime) -> Iterable[Mapping[str, Any]]:
    numbers = {pace.name.lower(): Count("pk", filter=Q(pace=pace)) for pace in Pace}
    begun = Count("pk", filter=Q(status=Assessment.Status.IN_REVIEW))
    rows: Iterable[Mapping[str, Any]] = (
        queue_with_deadlines(at=at).order_by().values("reviewer").annotate(**numbers, begun=begun, oldest=Min("review_due_on"))
    )
    return rows


def _desk(person: User | None, row: Mapping[str, Any], away_until: date | None) -> Desk:
    overdue, soon, later, begun = (row.get(name, 0) for name in ("overdue", "soon", "later", "begun"))
    return Desk(person, overdue, soon, later, begun, row.get("oldest"), away_until)


def _chart(desks: Sequence[Desk]) -> SafeString:
    rows = {
        desk.name: [
            Part(_("Overdue"), desk.overdue, "bad"),
            Part(_("Due soon"), desk.soon, "warning"),
            Part(_("Due later"), desk.later, "chart-1"),
        ]
        for desk in desks
        if desk.open
    }
    return counted_rows(rows, title=_("Open reviews by reviewer"), unit=_("reviews"))

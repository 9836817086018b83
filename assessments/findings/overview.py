"""Open findings by severity and age, by state, and by lateness: charts, and each number with the way to the list behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.filters import FINDING_AGES, opened_within
from assessments.models import Finding
from charts import Part, distribution, stacked_rows


AGE_PAINTS = ("good", "info", "warning", "bad")
SEVERITY_PAINTS = {"critical": "bad", "major": "warning", "minor": "info"}
STATE_PAINTS = {"open": "bad", "action_planned": "info", "plan_agreed": "chart-2", "action_done": "good"}


@dataclass(frozen=True)
class Number:
    value: int
    url: str


@dataclass(frozen=True)
class Row:
    label: str
    numbers: Sequence[Number]


@dataclass(frozen=True)
class Table:
    """`chart` is None where there is nothing to draw."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Row]
    chart: SafeString | None


@dataclass(frozen=True)
class Overview:
    open: Number
    critical: Number
    overdue: Number
    to_agree: Number
    to_verify: Number
    by_age: Table
    by_state: Table
    late: Table


def overview(user: User, *, at: datetime) -> Overview:
    """Two queries, whatever the number of findings."""
    today = timezone.localdate(at)
    ages = {key: Count("pk", filter=opened_within(key, at)) for key, *_rest in FINDING_AGES}
    late = Count("pk", filter=Q(next_due_on__lt=today))
    by_level = {f"level{level}": Count("pk", filter=Q(next_due_on__lt=today, escalation=level)) for level in range(4)}
    found = Finding.objects.visible_to(user).open().order_by().values("severity").annotate(total=Count("pk"), late=late, **ages, **by_level)
    by_severity = {row["severity"]: row for row in found}
    states = dict(Finding.objects.visible_to(user).open().order_by().values_list("status").annotate(Count("pk")))
    return Overview(
        open=Number(sum(states.values()), link(state="open")),
        critical=Number(_of(by_severity, "critical", "total"), link(state="open", severity="critical")),
        overdue=Number(sum(row["late"] for row in by_severity.values()), link(state="overdue")),
        to_agree=Number(states.get("action_planned", 0), link(state="action_planned")),
        to_verify=Number(states.get("action_done", 0), link(state="action_done")),
        by_age=_by_age(by_severity),
        by_state=_by_state(states),
        late=_late(by_severity),
    )


def link(**query: str) -> str:
    return f"{reverse('assessments:finding_list')}?{urlencode(query)}"


def _of(by_severity: Mapping[str, Any], severity: str, name: str) -> int:
    return int(by_severity[severity][name]) if severity in by_severity else 0


def _by_age(by_severity: Mapping[str, Any]) -> Table:
    title = _("Open findings by severity and age")
    rows = [
        Row(
            str(severity.label),
            [Number(_of(by_severity, severity, key), link(state="open", severity=severity, age=key)) for key, *_rest in FINDING_AGES],
        )
        for severity in Finding.Severity
    ]
    labels = [str(label) for _key, label, *_rest in FINDING_AGES]
    drawn = {
        row.label: [Part(label, number.value, paint) for label, number, paint in zip(labels, row.numbers, AGE_PAINTS, strict=True)]
        for row in rows
        if any(number.value for number in row.numbers)
    }
    return Table(title, labels, rows, stacked_rows(drawn, title=title) if drawn else None)


def _by_state(states: Mapping[str, int]) -> Table:
    title = _("Open findings by state")
    labels = dict(Finding.Status.choices)
    parts = [Part(str(labels[state]), states.get(state, 0), paint) for state, paint in STATE_PAINTS.items()]
    wanted = {"open": "without_plan"}
    rows = [Row(str(labels[state]), [Number(states.get(state, 0), link(state=wanted.get(state, state)))]) for state in STATE_PAINTS]
    return Table(title, [_("Count")], rows, distribution(parts, title=title) if states else None)


def _late(by_severity: Mapping[str, Any]) -> Table:
    title = _("Overdue findings by severity and escalation")
    heads = [_("Not escalated"), *(_("Level %(level)s") % {"level": level} for level in (1, 2, 3))]
    rows = [
        Row(
            str(severity.label),
            [
                Number(_of(by_severity, severity, f"level{level}"), link(state="overdue", severity=severity, level=str(level)))
                for level in range(4)
            ],
        )
        for severity in Finding.Severity
    ]
    drawn = {
        row.label: [Part(head, number.value, paint) for head, number, paint in zip(heads, row.numbers, AGE_PAINTS, strict=True)]
        for row in rows
        if any(number.value for number in row.numbers)
    }
    return Table(title, heads, rows, stacked_rows(drawn, title=title) if drawn else None)
